package hardening

import (
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
)

// Argon2idCost is how hard a hash is to make. Memory is what graphics cards are
// short of, and bcrypt uses next to none.
type Argon2idCost struct {
	Memory  uint32 // in KiB
	Passes  uint32
	Threads uint8
}

// What a hash in the database may cost.
const (
	maxMemory = 128 << 10 // in KiB
	maxPasses = 16
)

// In bytes (RFC 9106 §3.1).
const (
	saltSize = 16
	hashSize = 32
)

// prefixArgon2id is how the text form of a hash begins.
const prefixArgon2id = "$argon2id$"

// format writes a hash in the form that other programs read too, with all that
// is needed to make it again.
func format(c Argon2idCost, salt, hash []byte) string {
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("%sv=19$m=%d,t=%d,p=%d$%s$%s", prefixArgon2id, c.Memory, c.Passes, c.Threads, b64(salt), b64(hash))
}

var phc = regexp.MustCompile(`^\$argon2id\$v=19\$(m=\d{1,7},t=\d{1,2},p=\d{1,2})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$`)

// parse reads what format writes. It refuses a hash that costs too much: a row of the
// database must not be able to stop the server.
func parse(text string) (c Argon2idCost, salt, hash []byte, err error) {
	unreadable := errors.New("hardening: not a hash of argon2id that can be used")
	m := phc.FindStringSubmatch(text)
	if m == nil {
		return c, nil, nil, unreadable
	}
	_, err = fmt.Sscanf(m[1], "m=%d,t=%d,p=%d", &c.Memory, &c.Passes, &c.Threads)
	if err == nil {
		salt, err = base64.RawStdEncoding.DecodeString(m[2])
	}
	if err == nil {
		hash, err = base64.RawStdEncoding.DecodeString(m[3])
	}
	switch {
	case err != nil, len(salt) < 8, len(hash) != hashSize:
		return c, nil, nil, unreadable
	case c.Passes < 1, c.Threads < 1, c.Memory > maxMemory, c.Passes > maxPasses:
		return c, nil, nil, unreadable
	}
	return c, salt, hash, nil
}
