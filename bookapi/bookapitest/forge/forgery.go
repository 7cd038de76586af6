package forge

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"example.com/bookapi/bookapitest/internal/where"
)

// A Forgery is a token that differs from an honest one in one thing.
type Forgery struct {
	Name string // what mallory did: `wrote "alg":"none" into the header and left the signature out`
	Raw  string
	CWE  int // the weakness of a verifier that believes it

	// OwnKey says that it took our key to make. That is no attack, since mallory
	// has no key of ours; it is a token that a careless issuer makes.
	OwnKey bool
}

// Honest is what forgeries are made from.
type Honest struct {
	Raw    string    // a token that the verifier under test believes
	Secret []byte    // the key that signed it
	Now    time.Time // the time for the verifier
	Victim string    // whom mallory wants to be; claims of it go into "sub"

	Another string            // another honest token of that issuer, if there is one
	KeyIDs  []string          // of the issuer's other keys
	Fetch   []string          // addresses at which mallory's key can be fetched: see MallorysKey
	Files   map[string][]byte // files that everybody can read, by path
}

// MallorysKey is the secret that mallory signs with.
const MallorysKey = "a secret that mallory made up, long enough for any algorithm: 64+"

// Forgeries are all forgeries of an honest token that a verifier must refuse,
// whoever wrote it.
func Forgeries(h Honest) iter.Seq[Forgery] {
	return func(yield func(Forgery) bool) {
		for _, kind := range []func(Honest) iter.Seq[Forgery]{Algorithms, Keys, Signatures, Shapes, Claims} {
			for f := range kind(h) {
				if !yield(f) {
					return
				}
			}
		}
	}
}

// token is the honest token, and the same with the victim's name in it.
func (h Honest) token() (honest, victims Token) {
	honest, err := Open(h.Raw)
	if err != nil {
		panic(err) // whoever has an honest token can open it
	}
	return honest, honest.WithClaim("sub", h.Victim)
}

// Algorithms are tokens that choose how they are verified (RFC 8725 §3.1).
func Algorithms(h Honest) iter.Seq[Forgery] {
	honest, victims := h.token()
	return func(yield func(Forgery) bool) {
		const cwe = 347 // Improper Verification of Cryptographic Signature
		for _, alg := range []any{"none", "None", "NONE", "nOnE", " none", "none ", "", nil, "null", "plain", "HS", "none\x00", []string{"none"}, 0, false} {
			forged := victims.WithHeader("alg", alg)
			name := fmt.Sprintf(`wrote "alg":%s into the header`, encode(alg))
			for _, f := range []Forgery{
				{name + " and left the signature out", forged.Unsigned(), cwe, false},
				{name + " and left the signature and its dot out", strings.TrimSuffix(forged.Unsigned(), "."), cwe, false},
				{name + " and kept the old signature", forged.Tampered(), cwe, false},
				{name + " and signed with no key", forged.Signed(nil), cwe, false},
			} {
				if !yield(f) {
					return
				}
			}
		}
		unnamed := victims.WithoutHeader("alg")
		if !yield(Forgery{"took alg out of the header and the signature away", unnamed.Unsigned(), cwe, false}) ||
			!yield(Forgery{"took alg out of the header and signed with no key", unnamed.Signed(nil), cwe, false}) {
			return
		}
		for _, alg := range []string{"HS256", "HS384", "HS512", "RS256", "PS256", "ES256", "EdDSA", "HS1", "MD5", "A128KW", "dir"} {
			if alg == honest.Header("alg") {
				continue
			}
			forged := victims.WithHeader("alg", alg)
			if !yield(Forgery{"changed alg to " + alg + " and kept the old signature", forged.Tampered(), cwe, false}) ||
				!yield(Forgery{"changed alg to " + alg + " and left the signature out", forged.Unsigned(), cwe, false}) {
				return
			}
		}
		for _, k := range keyPairs() {
			forged := victims.WithHeader("alg", k.alg)
			for _, header := range []struct {
				what  string
				token Token
			}{
				{"", forged},
				{", which came as jwk in the header", forged.WithHeader("jwk", k.jwk)},
				{", which came as x5c in the header", forged.WithHeader("x5c", []string{base64.StdEncoding.EncodeToString([]byte("no certificate"))})},
			} {
				if !yield(Forgery{"signed with " + k.alg + " and a key pair of her own" + header.what, header.token.WithSignature(k.sign(header.token.text())), cwe, false}) {
					return
				}
			}
		}
		blank := victims.WithHeader("alg", "ES256")
		yield(Forgery{"changed alg to ES256 and signed with zeros, as in CVE-2022-21449", blank.WithSignature(make([]byte, 64)), cwe, false})
	}
}

// Keys are tokens that bring a key, choose one, or guess one (RFC 8725 §3.10).
func Keys(h Honest) iter.Seq[Forgery] {
	honest, victims := h.token()
	kid, _ := honest.Header("kid").(string)
	mallorys := []byte(MallorysKey)
	k := base64.RawURLEncoding.EncodeToString(mallorys)
	alg, _ := honest.Header("alg").(string)
	jwk := map[string]any{"kty": "oct", "alg": alg, "use": "sig", "k": k}
	jwkAs := func(id string) map[string]any {
		return map[string]any{"kty": "oct", "alg": alg, "use": "sig", "k": k, "kid": id}
	}
	return func(yield func(Forgery) bool) {
		const own, guessed, path, sql = 347, 1391, 22, 89
		all := []Forgery{
			{"signed with a key of her own", victims.Signed(mallorys), own, false},
			{"signed with no key at all", victims.Signed(nil), guessed, false},
			{"signed with the kid as the key", victims.Signed([]byte(kid)), guessed, false},
			{`signed with the key "secret"`, victims.Signed([]byte("secret")), guessed, false},
			{"signed with 32 zero bytes", victims.Signed(make([]byte, 32)), guessed, false},
			{"signed with 64 zero bytes", victims.Signed(make([]byte, 64)), guessed, false},
			{"put her key into the header as jwk, under our kid", victims.WithHeader("jwk", jwkAs(kid)).Signed(mallorys), own, false},
			{"put her key into the header as jwk, without a kid", victims.WithoutHeader("kid").WithHeader("jwk", jwk).Signed(mallorys), own, false},
			{"put her key into the header as jwk, under a kid of her own", victims.WithHeader("kid", "m").WithHeader("jwk", jwkAs("m")).Signed(mallorys), own, false},
			{"put her key into the header as jwks", victims.WithHeader("kid", "m").WithHeader("jwks", map[string]any{"keys": []any{jwkAs("m")}}).Signed(mallorys), own, false},
			{"put her key into the header as k", victims.WithHeader("k", k).Signed(mallorys), own, false},
			{"put her key into the header as key", victims.WithHeader("key", MallorysKey).Signed(mallorys), own, false},
			{"put her key into the header as x5c", victims.WithHeader("x5c", []string{base64.StdEncoding.EncodeToString(mallorys)}).Signed(mallorys), own, false},
			{"put her key into the claims as cnf", victims.WithClaim("cnf", map[string]any{"jwk": jwkAs(kid)}).Signed(mallorys), own, false},
			{"wrote her key into kid", victims.WithHeader("kid", MallorysKey).Signed(mallorys), own, false},
			{"wrote her key into kid, in base64", victims.WithHeader("kid", k).Signed(mallorys), own, false},
			{"wrote her key into kid as a URL", victims.WithHeader("kid", "data:,"+MallorysKey).Signed(mallorys), own, false},
		}
		for _, id := range []any{
			"", " ", nil, 0, 1, -1, 1.5, true, false, "0", "null", "undefined", "nil", "nobody", "default", "*", "%", ".", "..", "/",
			[]string{}, []string{kid}, []any{nil}, map[string]any{}, map[string]any{"$ne": nil}, kid + " ", " " + kid, strings.ToUpper(kid), kid + "\x00", kid + "\n",
			"/dev/null", "../../../../../../dev/null", "/proc/sys/kernel/randomize_va_space", "file:///dev/null", strings.Repeat("k", 100_000),
		} {
			name := fmt.Sprintf("named the key %s, and signed", cut(string(encode(id))))
			forged := victims.WithHeader("kid", id)
			all = append(all,
				Forgery{name + " with no key", forged.Signed(nil), guessed, false},
				Forgery{name + " with a key of her own", forged.Signed(mallorys), own, false})
		}
		without := victims.WithoutHeader("kid")
		all = append(all,
			Forgery{"left kid out and signed with no key", without.Signed(nil), guessed, false},
			Forgery{"left kid out and signed with a key of her own", without.Signed(mallorys), own, false})
		for _, id := range h.KeyIDs {
			all = append(all,
				Forgery{"named another key of ours, and kept the old signature", honest.WithHeader("kid", id).Tampered(), own, false},
				Forgery{"named another key of ours, and signed with no key", victims.WithHeader("kid", id).Signed(nil), guessed, false},
				Forgery{"named another key of ours, and signed with a key of her own", victims.WithHeader("kid", id).Signed(mallorys), own, false})
		}
		for _, file := range slices.Sorted(maps.Keys(h.Files)) {
			all = append(all, Forgery{"named the file " + file + " as the key, and knew what is in it", victims.WithHeader("kid", file).Signed(h.Files[file]), path, false})
		}
		for _, injected := range []string{"' UNION SELECT '" + MallorysKey + "' --", "x' OR '1'='1", "0 UNION SELECT '" + MallorysKey + "'"} {
			all = append(all, Forgery{"wrote SQL into kid that selects her key", victims.WithHeader("kid", injected).Signed(mallorys), sql, false})
		}
		const fetched = 918 // Server-Side Request Forgery
		for _, address := range h.Fetch {
			for _, name := range []string{"jku", "x5u", "kid", "iss"} {
				forged := victims.WithHeader("kid", "m").WithHeader(name, address)
				if name == "iss" {
					forged = victims.WithHeader("kid", "m").WithClaim(name, address)
				}
				all = append(all, Forgery{"named an address of her own in " + name + ", from which to fetch the key", forged.Signed(mallorys), fetched, false})
			}
		}
		for _, f := range all {
			if !yield(f) {
				return
			}
		}
	}
}

// Signatures are tokens whose signature is not that of what they say.
func Signatures(h Honest) iter.Seq[Forgery] {
	honest, victims := h.token()
	signature := honest.signature()
	if len(signature) == 0 {
		signature = []byte{0}
	}
	return func(yield func(Forgery) bool) {
		const cwe = 347
		head := honest.parts[0] + "." + honest.parts[1] + "."
		with := func(signature []byte) string { return head + base64.RawURLEncoding.EncodeToString(signature) }
		role := "admin"
		if honest.Claim("role") == role {
			role = "owner"
		}
		flipped := append([]byte{signature[0] ^ 0x80}, signature[1:]...)
		last := append([]byte(nil), signature...)
		last[len(last)-1] ^= 1
		all := []Forgery{
			{"wrote another name into the token, above the old signature", victims.Tampered(), cwe, false},
			{"wrote another role into the token, above the old signature", honest.WithClaim("role", role).Tampered(), cwe, false},
			{"made the token last a year longer, above the old signature", honest.WithClaim("exp", h.Now.AddDate(1, 0, 0).Unix()).Tampered(), cwe, false},
			{"added a member to the header, above the old signature", honest.WithHeader("x", 1).Tampered(), cwe, false},
			{"added a claim, above the old signature", honest.WithClaim("x", 1).Tampered(), cwe, false},
			{"cut the signature off", head, cwe, false},
			{"cut the signature and its dot off", strings.TrimSuffix(head, "."), cwe, false},
			{"put zeros in place of the signature", with(make([]byte, len(signature))), cwe, false},
			{"changed the first bit of the signature", with(flipped), cwe, false},
			{"changed the last bit of the signature", with(last), cwe, false},
			{"wrote the signature twice", with(append(append([]byte(nil), signature...), signature...)), cwe, false},
			{"wrote a byte behind the signature", with(append(append([]byte(nil), signature...), 0)), cwe, false},
			{"wrote the signature backwards", with(backwards(signature)), cwe, false},
			{"signed the payload alone", head + strings.Split(Token{header: nil, claims: honest.claims, mac: honest.mac}.Signed(nil), ".")[2], cwe, false},
			{"put a SHA-256 in place of the signature, which takes no key", with(sum(strings.TrimSuffix(head, "."))), cwe, false},
		}
		for _, length := range []int{1, 2, 4, 8, 16, len(signature) - 1} {
			if length < 1 || length >= len(signature) {
				continue
			}
			all = append(all, Forgery{fmt.Sprintf("kept %d of the %d bytes of the signature", length, len(signature)), with(signature[:length]), cwe, false})
		}
		if other, err := Parse(h.Another); err == nil {
			all = append(all,
				Forgery{"took the signature of another token of ours", head + other.parts[2], cwe, false},
				Forgery{"took the payload of another token of ours", honest.parts[0] + "." + other.parts[1] + "." + honest.parts[2], cwe, false})
		}
		for _, f := range all {
			if !yield(f) {
				return
			}
		}
	}
}

// Shapes are texts that are not a token in the compact form (RFC 7515 §7.1).
func Shapes(h Honest) iter.Seq[Forgery] {
	honest, victims := h.token()
	p := honest.parts
	return func(yield func(Forgery) bool) {
		const cwe = 20 // Improper Input Validation
		victimsText := strings.TrimSuffix(victims.Unsigned(), ".")
		victimsParts := strings.Split(victimsText, ".")
		for _, f := range []Forgery{
			{"sent nothing", "", cwe, false},
			{"sent a dot", ".", cwe, false},
			{"sent two dots", "..", cwe, false},
			{"sent ten thousand dots", strings.Repeat(".", 10_000), cwe, false},
			{"sent null", "null", cwe, false},
			{"sent three empty objects", "e30.e30.e30", cwe, false},
			{"sent null for header and payload", "bnVsbA.bnVsbA.", cwe, false},
			{"sent lists for header and payload", "W10.W10.", cwe, false},
			{"sent a NUL", "\x00", cwe, false},
			{"sent a token that was not encoded", "{}.{}.{}", cwe, false},
			{"sent a token with a dot more", h.Raw + ".", cwe, false},
			{"sent a token with a part more", h.Raw + "." + p[2], cwe, false},
			{"sent a token with a dot in front", "." + h.Raw, cwe, false},
			{"sent a token with a payload of hers in front", victimsText + "." + h.Raw, cwe, false},
			{"sent a token with a payload of hers in the middle", p[0] + "." + victimsParts[1] + "." + p[1] + "." + p[2], cwe, false},
			{"sent a token with a payload of hers behind it", h.Raw + "." + victimsParts[1], cwe, false},
			{"sent two tokens with a comma", h.Raw + "," + victims.Unsigned(), cwe, false},
			{"sent a token that stands in a token", nested(victims, h.Raw), cwe, false},
			{"sent a token in JSON, with no signature", general(p, victimsParts[1], ""), cwe, false},
			{"sent a token in JSON, with the old signature", general(p, victimsParts[1], p[2]), cwe, false},
			{"sent an encrypted token, which it is not", p[0] + "..." + p[1] + "." + p[2], cwe, false},
		} {
			if !yield(f) {
				return
			}
		}
	}
}

// Claims are tokens that our key signed, and whose claims are no good: they
// have ended, never end, have not begun, or name nobody (RFC 8725 §3.8, §3.10).
func Claims(h Honest) iter.Seq[Forgery] {
	honest, _ := h.token()
	return func(yield func(Forgery) bool) {
		const expired, unnamed = 613, 287 // Insufficient Session Expiration, Improper Authentication
		try := func(name string, t Token, cwe int) bool {
			return yield(Forgery{"found a token of ours " + name, t.Signed(h.Secret), cwe, true})
		}
		now := h.Now.Unix()
		for _, c := range []struct {
			name string
			exp  any
		}{
			{"that ended an hour ago", now - 3600},
			{"that ended five minutes ago", now - 300},
			{"that ended a year ago", now - 365*24*3600},
			{"that ended in 1970: its exp is 0", 0},
			{"that ended before 1970: its exp is negative", -now},
			{"that ended an hour ago, and says so with a fraction", float64(now) - 3600.5},
			{"that ended an hour ago, and says so with an exponent", json.RawMessage(fmt.Sprintf("%de0", now-3600))},
			{"that ended an hour ago, and says so in a string", fmt.Sprint(now - 3600)},
			{"whose exp is a word", "tomorrow"},
			{"whose exp is a date, as text", h.Now.AddDate(1, 0, 0).Format(time.RFC3339)},
			{"whose exp is the empty string", ""},
			{"whose exp is null", nil},
			{"whose exp is true", true},
			{"whose exp is a list", []int64{now + 900}},
			{"whose exp is an object", map[string]any{"time": now + 900}},
		} {
			if !try(c.name, honest.WithClaim("exp", c.exp), expired) {
				return
			}
		}
		if !try("that never ends: it has no exp", honest.WithoutClaim("exp"), expired) ||
			!try("that starts in an hour: its nbf", honest.WithClaim("nbf", now+3600), expired) ||
			!try("that starts in a year: its nbf", honest.WithClaim("nbf", now+365*24*3600), expired) {
			return
		}
		for _, sub := range []any{"", nil, 0, 7, 1.5, true, false, []string{h.Victim}, []string{}, map[string]any{"name": h.Victim}, map[string]any{}} {
			if !try(fmt.Sprintf("whose sub is %s", encode(sub)), honest.WithClaim("sub", sub), unnamed) {
				return
			}
		}
		if !try("that has no sub", honest.WithoutClaim("sub"), unnamed) {
			return
		}
		for _, name := range []string{"iss", "aud", "jti", "azp", "client_id", "scope", "username", "user", "user_id", "uid", "name", "email",
			"preferred_username", "upn", "subject", "id"} {
			if !try("that has no sub, but the victim's name in "+name, honest.WithoutClaim("sub").WithClaim(name, h.Victim), unnamed) ||
				!try("whose sub is empty, and which has the victim's name in "+name, honest.WithClaim("sub", "").WithClaim(name, h.Victim), unnamed) {
				return
			}
		}
	}
}

// Oddities are tokens over which sound verifiers differ: none may panic, or take
// one that mallory made herself for the victim's.
func Oddities(h Honest) iter.Seq[Forgery] {
	honest, _ := h.token()
	return func(yield func(Forgery) bool) {
		now := h.Now.Unix()
		p := honest.parts
		for _, f := range []Forgery{
			{"sent a token with padding", p[0] + "=." + p[1] + "==." + p[2] + "=", 20, false},
			{"sent a token in the other base64", strings.NewReplacer("-", "+", "_", "/").Replace(h.Raw), 20, false},
			{"sent a token with a space in front", " " + h.Raw, 20, false},
			{"sent a token with a line break behind it", h.Raw + "\n", 20, false},
			{"sent a token with a line break in it", p[0] + "\n." + p[1] + "." + p[2], 20, false},
			{"sent a token in quotes", `"` + h.Raw + `"`, 20, false},
			{"sent a token in JSON, with its good signature", general(p, p[1], p[2]), 20, false},
			{"has a token of ours whose exp is in a string", honest.WithClaim("exp", fmt.Sprint(now+900)).Signed(h.Secret), 20, true},
			{"has a token of ours whose exp has a fraction", honest.WithClaim("exp", float64(now)+900.5).Signed(h.Secret), 20, true},
			{"has a token of ours whose exp is 1e30", honest.WithClaim("exp", json.RawMessage("1e30")).Signed(h.Secret), 20, true},
			{"has a token of ours whose exp is 1e400", honest.WithClaim("exp", json.RawMessage("1e400")).Signed(h.Secret), 20, true},
			{"has a token of ours whose exp has 400 digits", honest.WithClaim("exp", json.RawMessage(strings.Repeat("9", 400))).Signed(h.Secret), 20, true},
			{"has a token of ours whose iat is in the future", honest.WithClaim("iat", now+3600).Signed(h.Secret), 20, true},
			{"has a token of ours whose iat is a word", honest.WithClaim("iat", "noon").Signed(h.Secret), 20, true},
			{"has a token of ours whose nbf is a word", honest.WithClaim("nbf", "noon").Signed(h.Secret), 20, true},
			{"has a token of ours with two sub", honest.Repeated("sub", h.Victim).Signed(h.Secret), 20, true},
			{"has a token of ours with two exp", honest.Repeated("exp", now+900).Signed(h.Secret), 20, true},
			{"has a token of ours with a Sub beside sub", honest.WithClaim("Sub", h.Victim).Signed(h.Secret), 20, true},
			{"has a token of ours with a SUB for sub", honest.WithoutClaim("sub").WithClaim("SUB", h.Victim).Signed(h.Secret), 20, true},
			{"has a token of ours with an EXP for exp", honest.WithoutClaim("exp").WithClaim("EXP", now+900).Signed(h.Secret), 20, true},
			{"has a token of ours with a crit that nobody knows", honest.WithHeader("crit", []string{"x"}).WithHeader("x", 1).Signed(h.Secret), 20, true},
			{"has a token of ours that is not encoded, as b64 says", honest.WithHeader("crit", []string{"b64"}).WithHeader("b64", false).Signed(h.Secret), 20, true},
			{"has a token of ours with alg in small letters", honest.WithHeader("alg", strings.ToLower(fmt.Sprint(honest.Header("alg")))).Signed(h.Secret), 20, true},
			{"has a token of ours without typ", honest.WithoutHeader("typ").Signed(h.Secret), 20, true},
			{"has a token of ours without a kid", honest.WithoutHeader("kid").Signed(h.Secret), 20, true},
			{"has a token of ours with a sub of a megabyte", honest.WithClaim("sub", strings.Repeat("a", 1<<20)).Signed(h.Secret), 20, true},
			{"has a token of ours with a sub that is no UTF-8", honest.WithClaim("sub", json.RawMessage("\"\xff\"")).Signed(h.Secret), 20, true},
			{"has a token of ours with a thousand lists in it", honest.WithClaim("x", json.RawMessage(strings.Repeat("[", 1000)+strings.Repeat("]", 1000))).Signed(h.Secret), 20, true},
		} {
			if !yield(f) {
				return
			}
		}
	}
}

var (
	// ErrControl says that the honest token was refused, so that the refusal of
	// a forgery proves nothing.
	ErrControl = errors.New("forge: the honest token is refused")

	// ErrNotHonest says that forgeries cannot be made from what was given for an
	// honest token.
	ErrNotHonest = errors.New("forge: no honest token")

	// ErrPanic says that the verifier panicked, and at which forgery.
	ErrPanic = errors.New("forge: the verifier panics")
)

// Believed returns the first forgery that verify believes: for which it returns
// no error. Before and after all, verify has to believe the honest token, and
// the same signed anew, or the error is ErrControl. If verify panics, it is
// ErrPanic.
func Believed(h Honest, forgeries iter.Seq[Forgery], verify func(raw string) error) (believed *Forgery, err error) {
	honest, err := Parse(h.Raw)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotHonest, err)
	}
	control := func() error {
		for _, raw := range []string{h.Raw, honest.Signed(h.Secret)} {
			if err := verify(raw); err != nil {
				return fmt.Errorf("%w: %w", ErrControl, err)
			}
		}
		return nil
	}
	if err := control(); err != nil {
		return nil, err
	}
	for f := range forgeries {
		switch err := safely(verify, f); {
		case err == nil:
			return &f, nil
		case errors.Is(err, ErrPanic):
			return nil, err
		}
	}
	return nil, control()
}

// safely verifies a forgery. A panic is ErrPanic.
func safely(verify func(raw string) error, f Forgery) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("%w with a token of somebody who %s: %s", ErrPanic, f.Name, where.Sentence(cause, where.Here()))
		}
	}()
	return verify(f.Raw)
}

// A Check fails a test; see bookapitest.Check.
type Check interface {
	Helper()
	Broken(promise string, args ...any)
	Attack(format string, args ...any)
}

// Refused demands that verify refuses all forgeries, and believes the honest
// token.
//
//	forge.Refused(check, honest, forge.Forgeries(honest), func(raw string) error {
//		_, err := verifier.Verify(raw)
//		return err
//	})
func Refused(check Check, h Honest, forgeries iter.Seq[Forgery], verify func(raw string) error) {
	check.Helper()
	f, err := Believed(h, forgeries, verify)
	switch {
	case errors.Is(err, ErrPanic):
		check.Broken("the code panics with %s", strings.TrimPrefix(err.Error(), ErrPanic.Error()+" with "))
	case err != nil:
		check.Broken("an honest token is believed: %v", err)
	case f != nil && f.OwnKey:
		check.Broken("the signature of our key alone is not enough: somebody %s, and is believed (CWE-%d): %s", f.Name, f.CWE, f.Raw)
	case f != nil:
		check.Attack("mallory %s, and is believed (CWE-%d): %s", f.Name, f.CWE, f.Raw)
	}
}

type keyPair struct {
	alg  string
	jwk  map[string]any
	sign func(text string) []byte
}

// keyPairs are key pairs of mallory's, one for each family of algorithms. They
// take a while to make, and one set does for all tokens.
var keyPairs = sync.OnceValue(func() []keyPair {
	b64 := base64.RawURLEncoding.EncodeToString
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err) // only if the system has no randomness
	}
	point, err := ec.PublicKey.Bytes()
	if err != nil {
		panic(err)
	}
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		panic(err)
	}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 1024) // small and quick: it has to be hers, not safe
	if err != nil {
		panic(err)
	}
	rsaJWK := map[string]any{"kty": "RSA", "n": b64(rsaKey.N.Bytes()), "e": "AQAB"}
	return []keyPair{
		{"ES256", map[string]any{"kty": "EC", "crv": "P-256", "x": b64(point[1:33]), "y": b64(point[33:])}, func(text string) []byte {
			r, s, err := ecdsa.Sign(rand.Reader, ec, sum(text))
			if err != nil {
				panic(err)
			}
			signature := make([]byte, 64)
			r.FillBytes(signature[:32])
			s.FillBytes(signature[32:])
			return signature
		}},
		{"EdDSA", map[string]any{"kty": "OKP", "crv": "Ed25519", "x": b64(public)}, func(text string) []byte {
			return ed25519.Sign(private, []byte(text))
		}},
		{"RS256", rsaJWK, func(text string) []byte {
			signature, err := rsa.SignPKCS1v15(rand.Reader, rsaKey, crypto.SHA256, sum(text))
			if err != nil {
				panic(err)
			}
			return signature
		}},
		{"PS256", rsaJWK, func(text string) []byte {
			signature, err := rsa.SignPSS(rand.Reader, rsaKey, crypto.SHA256, sum(text), &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
			if err != nil {
				panic(err)
			}
			return signature
		}},
	}
})

func sum(text string) []byte {
	digest := sha256.Sum256([]byte(text))
	return digest[:]
}

func backwards(b []byte) []byte {
	reversed := make([]byte, len(b))
	for i := range b {
		reversed[len(b)-1-i] = b[i]
	}
	return reversed
}

// nested is a token, unsigned, whose payload is a token (RFC 7519 §5.2).
func nested(t Token, raw string) string {
	return t.WithHeader("cty", "JWT").header.part() + "." + base64.RawURLEncoding.EncodeToString([]byte(raw)) + "."
}

// general is a token in the JSON form (RFC 7515 §7.2).
func general(p [3]string, payload, signature string) string {
	return fmt.Sprintf(`{"payload":%q,"protected":%q,"signature":%q,"signatures":[{"protected":%q,"signature":%q}]}`, payload, p[0], signature, p[0], signature)
}

// cut shortens what stands in a name.
func cut(text string) string {
	if len(text) > 50 {
		return text[:50] + "…"
	}
	return text
}
