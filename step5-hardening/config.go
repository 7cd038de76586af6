// Package hardening turns the API that works into one that may stand on the
// internet: keys from the environment that can be changed, logins that can be
// ended, limits, transport security, and a log that says who did what. Routes
// and guards are those of the steps before.
package hardening

import (
	"net/netip"
)

// Config is what the environment says. Nothing in it has a default that is
// unsafe on the internet.
type Config struct {
	Keys       Secret         // BOOKAPI_KEYS: see ParseKeys
	Production bool           // BOOKAPI_ENV: "production", or "development", which is what it is if not set
	Proxies    []netip.Prefix // BOOKAPI_TRUSTED_PROXIES: who may say in X-Forwarded-For whom a request is from
	Argon2id   bool           // BOOKAPI_PASSWORDS: "argon2id", or "bcrypt", which is what it is if not set
}

// LoadConfig reads the configuration from the environment. With a single
// mistake there is none: the error has a line for each of them, with two bad keys
// two, and repeats no secret (ASVS 5.0 13.3.1).
func LoadConfig(getenv func(string) string) (Config, error) {
	// Exercise 5.1: start with all of it right, or not at all.
	//
	// Read the four variables of Config. Note each mistake and go on, so that
	// whoever starts the server hears of all of them at once: errors.Join makes
	// one error of many; mistake and badKey, given in mistake.go, make each.
	// BOOKAPI_KEYS must be there. list, given in mistake.go too, takes it apart at
	// its commas. Each key is ID:SECRET or ID:SECRET:END: strings.SplitN takes one
	// apart, and CheckSecret judges the secret. The words of the other variables
	// are those at Config: a typing mistake ("prod") must not pass for the unsafe
	// one. BOOKAPI_TRUSTED_PROXIES is a list as well, for netip.ParsePrefix; one
	// that takes in everybody (Bits() == 0) trusts mallory. Quote what is wrong
	// with named, given as well: it may be a key, pasted into the wrong variable.
	return Config{}, errTODO("5.1")
}
