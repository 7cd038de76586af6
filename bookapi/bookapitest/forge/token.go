// Package forge makes forged tokens out of an honest one: a JSON Web Token of
// which everything is kept but one thing.
package forge

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"slices"
	"strings"
)

// A Token is a JSON Web Token taken apart. Its methods that change something
// return another token and leave this one as it is.
type Token struct {
	header, claims object
	parts          [3]string // as they were read
	mac            func() hash.Hash
}

// Parse takes a token apart that was signed with HS256, HS384 or HS512. Whether
// the signature is good, it does not ask.
func Parse(raw string) (Token, error) {
	t, err := Open(raw)
	if err == nil && macs[fmt.Sprint(t.Header("alg"))] == nil {
		return Token{}, fmt.Errorf("forge: the token is signed with %v, and not with HS256, HS384 or HS512", t.Header("alg"))
	}
	return t, err
}

var macs = map[string]func() hash.Hash{"HS256": sha256.New, "HS384": sha512.New384, "HS512": sha512.New}

// Open takes a token apart, whatever its algorithm. Signed signs with HS256 where
// that is none of those of Parse.
func Open(raw string) (Token, error) {
	parts := strings.Split(raw, ".")
	if len(parts) != 3 {
		return Token{}, fmt.Errorf("forge: a token is three texts joined by dots, not %d", len(parts))
	}
	t := Token{parts: [3]string(parts)}
	for i, into := range []*object{&t.header, &t.claims} {
		text, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err == nil {
			err = json.Unmarshal(text, into)
		}
		if err != nil {
			return Token{}, fmt.Errorf("forge: part %d of the token: %w", i+1, err)
		}
	}
	t.mac = macs[fmt.Sprint(t.Header("alg"))]
	if t.mac == nil {
		t.mac = sha256.New
	}
	return t, nil
}

// Header returns a member of the header, nil if there is none.
func (t Token) Header(name string) any { return t.header.get(name) }

// Claim returns a claim, nil if there is none.
func (t Token) Claim(name string) any { return t.claims.get(name) }

// WithHeader returns the token with another value of a member of its header.
func (t Token) WithHeader(name string, value any) Token {
	t.header = t.header.with(name, value)
	return t
}

// WithoutHeader returns the token without a member of its header.
func (t Token) WithoutHeader(name string) Token {
	t.header = t.header.without(name)
	return t
}

// WithClaim returns the token with another value of a claim.
func (t Token) WithClaim(name string, value any) Token {
	t.claims = t.claims.with(name, value)
	return t
}

// WithoutClaim returns the token without a claim.
func (t Token) WithoutClaim(name string) Token {
	t.claims = t.claims.without(name)
	return t
}

// Repeated returns the token with a claim that is there a second time.
func (t Token) Repeated(name string, value any) Token {
	t.claims = append(slices.Clone(t.claims), member{name, encode(value)})
	return t
}

// Signed is the token with a signature by a key, in the algorithm of the token
// that was parsed, whatever its header says by now.
func (t Token) Signed(secret []byte) string {
	text := t.text()
	mac := hmac.New(t.mac, secret)
	mac.Write([]byte(text))
	return text + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// SignedBy reports whether a key has made the signature that was parsed.
func (t Token) SignedBy(secret []byte) bool {
	mac := hmac.New(t.mac, secret)
	mac.Write([]byte(t.parts[0] + "." + t.parts[1]))
	return hmac.Equal(mac.Sum(nil), t.signature())
}

// Unsigned is the token with nothing where the signature was.
func (t Token) Unsigned() string { return t.text() + "." }

// Tampered is the token with the signature that was parsed with it.
func (t Token) Tampered() string { return t.text() + "." + t.parts[2] }

// WithSignature is the token with a signature of the caller's.
func (t Token) WithSignature(signature []byte) string {
	return t.text() + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// signature is the one that was parsed.
func (t Token) signature() []byte {
	signature, _ := base64.RawURLEncoding.DecodeString(t.parts[2])
	return signature
}

func (t Token) text() string { return t.header.part() + "." + t.claims.part() }

// An object is a JSON object whose members keep their order and their numbers
// every digit.
type object []member

type member struct {
	name  string
	value json.RawMessage
}

var errNoObject = errors.New("no JSON object")

// UnmarshalJSON reads an object.
func (o *object) UnmarshalJSON(text []byte) error {
	d := json.NewDecoder(bytes.NewReader(text))
	if start, err := d.Token(); err != nil || start != json.Delim('{') {
		return errNoObject
	}
	*o = nil
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		m := member{name: name.(string)} // in an object the decoder has let nothing else pass
		if err := d.Decode(&m.value); err != nil {
			return err
		}
		*o = append(*o, m)
	}
	return nil
}

func (o object) get(name string) (value any) {
	for _, m := range o {
		if m.name == name {
			d := json.NewDecoder(bytes.NewReader(m.value))
			d.UseNumber()
			_ = d.Decode(&value) // it was read once already
		}
	}
	return value
}

func (o object) with(name string, value any) object {
	changed := member{name, encode(value)}
	if i := slices.IndexFunc(o, func(m member) bool { return m.name == name }); i >= 0 {
		o = slices.Clone(o)
		o[i] = changed
		return o
	}
	return append(slices.Clone(o), changed)
}

func (o object) without(name string) object {
	return slices.DeleteFunc(slices.Clone(o), func(m member) bool { return m.name == name })
}

// part is the object as a part of a token.
func (o object) part() string {
	var text bytes.Buffer
	for i, m := range o {
		text.WriteByte("{,"[min(i, 1)])
		text.Write(encode(m.name))
		text.WriteByte(':')
		text.Write(m.value)
	}
	if len(o) == 0 {
		text.WriteByte('{')
	}
	text.WriteByte('}')
	return base64.RawURLEncoding.EncodeToString(text.Bytes())
}

// encode is a value in JSON. A json.RawMessage stays as it is, whatever it is.
func encode(value any) json.RawMessage {
	if raw, ok := value.(json.RawMessage); ok {
		return raw
	}
	text, err := json.Marshal(value)
	if err != nil {
		panic(fmt.Sprintf("forge: %v is no JSON: %v", value, err))
	}
	return text
}
