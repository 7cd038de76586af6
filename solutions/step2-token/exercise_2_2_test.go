package token_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/bookapitest"
	token "example.com/bookapi/step2-token"
)

// foundToken is a token that was left lying about. Nobody here has the key to
// it, and it ended long ago: neither keeps anyone from reading it.
func foundToken(check *bookapitest.Check, sub string) string {
	check.Helper()
	signer := jwt.NewWithClaims(jwt.SigningMethodHS512, jwt.MapClaims{
		"sub": sub, "role": "admin", "exp": 1, "nested": map[string]any{"list": []any{"a", true, nil}},
	})
	raw, err := signer.SignedString([]byte("r7Yd0Kx5Qm2Zt8Wc4Hn9Vb1Lp6Sf3Jg"))
	require.NoError(check, err)
	return raw
}

// peek reads a token that was found.
func peek(check *bookapitest.Check, raw string) map[string]any {
	check.Helper()
	claims, err := token.Peek(raw)
	require.NoError(check.Promise("Peek reads a token without its key"), err)
	return claims
}

// Kinds: first-line
func TestPeekReadsWithoutTheKey(t *testing.T) {
	bookapitest.Exercise(t, "2.2", func(check *bookapitest.Check) {
		claims := peek(check.Needs("2.2"), foundToken(check, bookapitest.Grace))
		require.Equal(check.Promise("Peek shows who the token is for: it reads the payload, the part in the middle"),
			bookapitest.Grace, claims["sub"])
		require.Equal(check.Promise("Peek shows every claim"), "admin", claims["role"])
		require.Equal(check.Promise("Peek shows every claim, numbers too"), "1", fmt.Sprint(claims["exp"]))
		require.Equal(check.Promise("Peek shows every claim, objects too"),
			map[string]any{"list": []any{"a", true, nil}}, claims["nested"])
		require.Len(check.Promise("Peek shows the claims, and nothing that is none"), claims, 4)

		// How it was signed makes no difference to somebody who does not verify it.
		for _, algorithm := range []string{"HS256", "HS384", "RS256", "PS512", "ES256", "EdDSA", "none"} {
			_, rest, _ := strings.Cut(foundToken(check, bookapitest.Grace), ".")
			other := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"`+algorithm+`"}`)) + "." + rest
			require.Equal(check.Promise("Peek reads a token that says alg %s", algorithm), bookapitest.Grace,
				peek(check, other)["sub"])
		}
	})
}

// Kinds: first-line
func TestPeekReadsEveryLetter(t *testing.T) {
	bookapitest.Exercise(t, "2.2", func(check *bookapitest.Check) {
		peek(check.Needs("2.2"), foundToken(check, bookapitest.Grace))
		// Between them, these need every character of base64url and every length.
		for _, sub := range []string{"a", "ab", "abc", "???>>>~~~", "žluťoučký kůň", "本棚",
			strings.Repeat("long", 500)} {
			claims, err := token.Peek(foundToken(check, sub))
			require.NoError(check.Promise("Peek reads the token of %q (base64url, no padding)", sub), err)
			require.Equal(check.Promise("Peek shows who the token is for"), sub, claims["sub"])
		}
	})
}

// Kinds: one-difference, first-line
func TestPeekRefusesWhatIsNoToken(t *testing.T) {
	bookapitest.Exercise(t, "2.2", func(check *bookapitest.Check) {
		honest := foundToken(check, bookapitest.Grace)
		peek(check.Needs("2.2"), honest)
		parts := strings.Split(honest, ".")
		header, payload, signature := parts[0], parts[1], parts[2]
		with := func(payload string) string { return strings.Join([]string{header, payload, signature}, ".") }
		b64 := base64.RawURLEncoding.EncodeToString
		plain, err := base64.RawURLEncoding.DecodeString(payload)
		require.NoError(check, err)
		for _, text := range []string{
			"", ".", "..", "...", "....", "ada", "not.a.token", "e30.e30", "Bearer",
			payload, header + "." + payload, payload + "." + signature,
			honest + ".", honest + ".e30", "." + honest, honest + "." + honest, header + "..e30." +
				signature, // not three parts
			with(""), with("%%%%"), with(payload + "*"), with("*" + payload), with(payload[:9] + "*" +
				payload[10:]), with(payload + "="), with("A"),
			with(b64([]byte("no JSON"))), with(b64([]byte(" "))), with(b64([]byte{0})),
			with(b64(plain[:len(plain)-1])), with(b64(plain[1:])),
			with(b64([]byte(`["a","list"]`))), with(b64([]byte(`"a text"`))), with(b64([]byte("17"))),
			with(b64([]byte("true"))),
			with(b64(append(plain, plain...))), with(b64(append(plain, `,"sub":"ada"`...))), with(b64(append(plain,
				" x"...))),
			with(b64([]byte("{sub:grace}"))), with(b64([]byte(`{'sub':'grace'}`))),
			with(b64([]byte(`{"sub":"grace",}`))),
			with(base64.RawStdEncoding.EncodeToString([]byte(`{"sub":"???>>>"}`))), // + and / for - and _
			with(base64.URLEncoding.EncodeToString([]byte(`{"sub":"ada!"}`))),      // with the padding of other base64
			with(base64.URLEncoding.EncodeToString([]byte(`{"sub":"ada"}`))),
			with(strings.TrimSuffix(base64.URLEncoding.EncodeToString([]byte(`{"sub":"ada"}`)), "=")), // half of it
		} {
			var claims map[string]any
			var err error
			check.With(fmt.Sprintf("the token %q", text), func() { claims, err = token.Peek(text) })
			require.Error(check.Promise("Peek says that %q is no token, and does not return %v", text, claims), err)
		}
		null := with(b64([]byte("null")))
		if claims, err := token.Peek(null); err == nil && claims == nil {
			check.Broken("Peek returns an error or claims, and for %q, whose payload is null, it returns neither", null)
		}
		for end := range len(honest) {
			if _, err := token.Peek(honest[:end]); end <= len(header)+1+len(payload) && err == nil {
				check.Broken("Peek says that the first %d bytes of a token are none: %q", end, honest[:end])
			}
		}
	})
}

// Kinds: outlets
func TestPeekRepeatsNoToken(t *testing.T) {
	bookapitest.Exercise(t, "2.2", func(check *bookapitest.Check) {
		honest := foundToken(check, bookapitest.Grace)
		peek(check.Needs("2.2"), honest)
		const opaque = "Kq7-Zt4Xw9Rm2Vb6Ns8Hc3Lf5Jd1Gy0Pu_Eo-Ti7Wa"
		var repeated string
		out := bookapitest.Capture(func(out *bookapitest.Outlets) {
			_, _ = token.Peek(honest)
			for _, text := range []string{
				honest + ".", "." + honest, honest + "." + honest, "\"" + honest + "\"", "Bearer " + honest,
				honest + "\n", strings.Replace(honest, ".", ".*", 1),
				strings.Replace(honest, ".", "..", 1), strings.Replace(honest, ".", ". ", 1), strings.Replace(honest,
					".", ".e", 1),
				// Taken for a token: alone, and in the place of every part of one.
				opaque, opaque[:24], "Bearer " + opaque, opaque + ".", opaque + "." + opaque,
				opaque + ".*." + opaque, "e30." + opaque + ".e30", "e30." + opaque + "*.e30", "e30.e30.e30." + opaque,
				"e30." + base64.RawURLEncoding.EncodeToString([]byte(opaque)) + ".e30",
				"e30." + base64.RawURLEncoding.EncodeToString([]byte(`{"a":"`+opaque)) + ".e30",
				"e30." + base64.RawURLEncoding.EncodeToString([]byte(`"`+opaque+`"`)) + ".e30",
				"e30." + base64.RawURLEncoding.EncodeToString([]byte(`["`+opaque+`"]`)) + ".e30",
			} {
				_, err := token.Peek(text)
				out.Error(err)
				for i := range len(opaque) - 3 {
					if part := opaque[i : i+4]; err != nil && repeated == "" && strings.Contains(err.Error(), part) {
						repeated = fmt.Sprintf("the error for %q repeats %q of it: %v", text, part, err)
					}
				}
			}
		})
		if repeated != "" {
			check.Attack("somebody pasted a secret into the wrong field, and mallory reads a part of it in the log: %s",
				repeated)
		}
		// A part of what was no token at all is a part of a password or a refresh token.
		if err := out.Find(bookapitest.SigningKey("what Peek was given and could not read, such as a refresh token,",
			[]byte(opaque))); err != nil {
			check.Attack("mallory reads %v", err)
		}
		if err := out.Find(bookapitest.SignedToken("grace's token, which is a good one but for a slip of the pen",
			honest)); err != nil {
			check.Attack("mallory reads %v", err)
		}
	})
}

// Kinds: store-answers, several-callers, cost
func TestPeekRemembersNothing(t *testing.T) {
	bookapitest.Exercise(t, "2.2", func(check *bookapitest.Check) {
		honest := foundToken(check, bookapitest.Grace)
		peek(check.Needs("2.2"), honest)
		// Another payload under the header and the signature of grace's token.
		forged := func(sub string) string {
			parts := strings.Split(honest, ".")
			payload, _ := json.Marshal(map[string]string{"sub": sub, "role": "reader"})
			return parts[0] + "." + base64.RawURLEncoding.EncodeToString(payload) + "." + parts[2]
		}
		reads := func(sub string) error {
			claims, err := token.Peek(forged(sub))
			if err != nil || claims["sub"] != sub || claims["role"] != "reader" || claims["exp"] != nil {
				return fmt.Errorf("in the token of %s Peek reads %v, %v", sub, claims, err)
			}
			claims["sub"] = "changed by the caller, whose map it is"
			return nil
		}
		held, err := token.Peek(honest)
		require.NoError(check, err)
		assert.NoError(check.Promise("Peek reads each token anew"), reads(bookapitest.Mallory))
		assert.Equal(check.Promise("a caller's claims of %q stay as they are when the token of %q is read",
			bookapitest.Grace, bookapitest.Mallory), bookapitest.Grace, held["sub"])
		for _, sub := range []string{"ada", "mallory", "ada", "eve", "ada"} {
			_, _ = token.Peek("no.token")
			peek(check, honest)
			assert.NoError(check.Promise("Peek reads each token anew"), reads(sub))
		}
		err = bookapitest.Hammer(4, 200, func(caller int) error { return reads(fmt.Sprint("user-", caller)) })
		require.NoError(check.Promise("Peek serves several callers at the same time"), err)
		if err := bookapitest.Grows(500, func(n int) {
			_, _ = token.Peek(forged(fmt.Sprint("user-", n)))
		}); err != nil {
			check.Attack("mallory makes up tokens until the memory is full: %v", err)
		}
	})
}

// Kind routes: does not apply, since Peek serves no route.
// Kind claim-places: does not apply, since Peek gets a text and no request, and decides nothing.
// Kind randomness: does not apply, since Peek draws nothing.
// Kind one-answer: does not apply, since Peek answers no request.
