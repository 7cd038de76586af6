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
	Production bool           // BOOKAPI_ENV: "production", or "development", the default
	Proxies    []netip.Prefix // BOOKAPI_TRUSTED_PROXIES: who may say in X-Forwarded-For whom a request is from
	Argon2id   bool           // BOOKAPI_PASSWORDS: "argon2id", or "bcrypt", the default
}

// LoadConfig reads the four variables of Config, with getenv alone. BOOKAPI_KEYS must
// have a key, and goes into Keys as it is: ParseKeys judges what is in it. In
// BOOKAPI_TRUSTED_PROXIES are networks, with commas between them; one that is the whole
// Internet is a mistake. In the other two, any word that Config does not name is one.
//
// If there is even one mistake, it returns Config{} and an error. That has a line for
// each variable that is wrong, with its name, and repeats no secret, even if one was
// put into another variable (ASVS 5.0 13.3.1).
func LoadConfig(getenv func(string) string) (Config, error) {
	// Exercise 5.1: start with all of it right, or not at all.
	//
	// Toolbox: list, mistake and named in mistake.go; netip.ParsePrefix, errors.Join.
	return Config{}, errTODO("5.1")
}
