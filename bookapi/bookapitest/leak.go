package bookapitest

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Leak tells in which form the whole of secret stands in text: "as it is",
// "in hex", "in base64", "reversed" and so on; or "" if it does not. Encoding
// hides nothing. Secret.In also finds what gives only a part of it away.
func Leak(text, secret string) string { return Secret{Value: secret}.In(text) }

// Quoted returns the first part of a secret, of so many bytes or more, that stands in
// a text, or "". It is for a secret of which no part stands in an honest one.
func Quoted(text, secret string, least int) string {
	for from := range len(secret) - least + 1 {
		to := from + least
		if !strings.Contains(text, secret[from:to]) {
			continue
		}
		for to < len(secret) && strings.Contains(text, secret[from:to+1]) {
			to++
		}
		return secret[from:to]
	}
	return ""
}

// Secret is what must not be read by anybody else.
type Secret struct {
	Name  string // as the failure calls it: "ada's password"
	Value string
	parts []form // what gives it away as well
	// Digests of it in hex, by their names: a few digits are enough to try words by.
	digests []form
}

// A form is a text that gives a secret away, as condensed returns it.
type form struct{ name, text string }

// Password is a secret of few possibilities: a part of it, and a fast digest,
// give it away as well.
func Password(name, value string) Secret {
	s := Secret{Name: name, Value: value, parts: fragments(value)}
	for _, fast := range fastHashes {
		sum := digest(fast.make, []byte(value))
		s.parts = append(s.parts, digestForms(fast.name, sum)...)
		s.digests = append(s.digests, form{"as some digits of its " + fast.name + " digest", hex.EncodeToString(sum)})
	}
	return s
}

// SigningKey is a secret key: a part of it gives it away as well, and a digest of
// it does not.
func SigningKey(name string, value []byte) Secret {
	return Secret{Name: name, Value: string(value), parts: fragments(string(value))}
}

// StoredHash is a password hash: what follows its parameters is as good.
func StoredHash(name, value string) Secret {
	return Secret{Name: name, Value: value, parts: fragments(value[strings.LastIndexByte(value, '$')+1:])}
}

// SignedToken is a JSON Web Token: its signature alone is as good, since the rest
// can be made again. Header and payload without it are not.
func SignedToken(name, value string) Secret {
	signature := value[strings.LastIndexByte(value, '.')+1:]
	parts := long(form{"by its signature", condensed(signature)})
	return Secret{Name: name, Value: value, parts: append(parts, fragments(signature)...)}
}

// OpaqueToken is a refresh token. What it begins with may be an ID, which is not
// secret; its second half gives it away.
func OpaqueToken(name, value string) Secret {
	return Secret{Name: name, Value: value, parts: long(form{"by its second half", condensed(value[len(value)/2:])})}
}

// In tells in which form the secret stands in text, or "".
func (s Secret) In(text string) string {
	switch {
	case s.Value == "" || text == "":
		return ""
	case strings.Contains(text, s.Value):
		return "as it is"
	case strings.Contains(strings.ToLower(text), strings.ToLower(s.Value)):
		return "in another letter case"
	case strings.Contains(text, url.QueryEscape(s.Value)), strings.Contains(text, url.PathEscape(s.Value)):
		return "URL-encoded"
	}
	plain := condensed(text)
	for _, f := range slices.Concat(whole(s.Value), s.parts) {
		if strings.Contains(plain, f.text) {
			return f.name
		}
	}
	for _, word := range digits.FindAllString(strings.ToLower(text), -1) {
		for _, f := range s.digests {
			if strings.HasPrefix(f.text, word) || strings.HasSuffix(f.text, word) {
				return f.name
			}
		}
	}
	return ""
}

// digits finds words of hexadecimal digits that chance hardly makes the beginning
// or the end of a digest: five are what lists of stolen passwords are asked with.
var digits = regexp.MustCompile(`\b[0-9a-f]{5,}\b`)

// whole returns the forms of all of a secret.
func whole(secret string) []form {
	forms := encoded([]byte(secret))
	quoted, _ := json.Marshal(secret)
	if utf8.ValidString(secret) {
		plain := condensed(secret)
		forms = append(forms,
			form{"with other characters in between", plain},
			form{"in JSON", condensed(string(quoted))},
			form{"URL-encoded", condensed(url.QueryEscape(secret))},
			form{"quoted", condensed(strconv.Quote(secret))},
			form{"quoted", condensed(strconv.QuoteToASCII(secret))},
			form{"reversed", reversed(plain)},
			form{"with its halves swapped", condensed(swapped(secret))},
			form{"with its halves reversed", reversed(condensed(swapped(secret)))},
		)
	}
	return long(forms...)
}

// encoded returns the forms of bytes that are no text.
func encoded(secret []byte) []form {
	forms := []form{
		{"in hex", hex.EncodeToString(secret)},
		{"as a list of numbers", listed("%d", secret)},
		{"as a list of hexadecimal numbers", listed("0x%02x", secret)},
		{"as a list of hexadecimal numbers", listed("0x%x", secret)},
		{"as a list of hexadecimal numbers", listed("x%02x", secret)},
	}
	for before := range 3 {
		forms = append(forms, form{"in base64", condensed(inside(base64.RawStdEncoding, before, string(secret)))})
	}
	reverse := slices.Clone(secret)
	slices.Reverse(reverse)
	return long(append(forms, form{"reversed, in hex", hex.EncodeToString(reverse)})...)
}

// listed is each byte by itself, as fmt prints a slice of them, without what
// stands in between.
func listed(verb string, secret []byte) string {
	var text strings.Builder
	for _, b := range secret {
		fmt.Fprintf(&text, verb, b)
	}
	return text.String()
}

// fragments returns the forms of a beginning and of an end that stand in no
// honest text: 8 letters and digits, or 12 where they are plain words.
func fragments(secret string) []form {
	head, tail := []rune(secret), []rune(secret)
	slices.Reverse(tail)
	first, last := fragment(head), slices.Clone(fragment(tail))
	slices.Reverse(last)
	return long(
		form{fmt.Sprintf("by its first %d characters", len(first)), condensed(string(first))},
		form{fmt.Sprintf("by its last %d characters", len(last)), condensed(string(last))},
	)
}

func fragment(secret []rune) []rune {
	counted, word := 0, true
	for n, r := range secret {
		word = word && unicode.IsLower(r)
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			counted++
		}
		if counted >= 12 || counted >= 8 && !word {
			return secret[:n+1]
		}
	}
	return secret
}

// long drops the forms that are too short to be found by anything but chance.
func long(forms ...form) []form {
	const least = 7
	return slices.DeleteFunc(forms, func(f form) bool { return len(f.text) < least })
}

// fastHashes are the hash functions that are made to be fast.
var fastHashes = []struct {
	name string
	make func() hash.Hash
}{{"MD5", md5.New}, {"SHA-1", sha1.New}, {"SHA-256", sha256.New}, {"SHA-384", sha512.New384}, {"SHA-512", sha512.New}}

func digest(make func() hash.Hash, texts ...[]byte) []byte {
	h := make()
	for _, text := range texts {
		_, _ = h.Write(text)
	}
	return h.Sum(nil)
}

// digestForms are the forms of a digest, of which a beginning is as good.
func digestForms(name string, sum []byte) []form {
	forms := []form{{"as the beginning of its " + name + " digest", hex.EncodeToString(sum[:8])}}
	for _, how := range encoded(sum) {
		forms = append(forms, form{"as its " + name + " digest " + how.name, how.text})
	}
	slices.Reverse(forms)
	return forms
}

// FastDigest names the fast digest of word that stands in a hash: of the word alone,
// or joined or keyed with a salt that stands there as well. It is "SHA-256", say,
// or "" if there is none.
func FastDigest(word, hash string) string {
	plain := condensed(hash)
	is := func(name string, sum []byte) bool {
		return strings.Contains(hash, string(sum)) ||
			slices.ContainsFunc(digestForms(name, sum), func(f form) bool { return strings.Contains(plain, f.text) })
	}
	salts := [][]byte{nil}
	for _, field := range strings.FieldsFunc(hash, func(r rune) bool { return strings.ContainsRune("$:.,;|", r) }) {
		salts = append(salts, decodings(field)...)
	}
	for _, fast := range fastHashes {
		for _, salt := range salts {
			word := []byte(word)
			keyed, by := hmac.New(fast.make, salt), hmac.New(fast.make, word)
			_, _ = keyed.Write(word)
			_, _ = by.Write(salt)
			for _, sum := range [][]byte{digest(fast.make, salt, word), digest(fast.make, word, salt), keyed.Sum(nil), by.Sum(nil)} {
				if is(fast.name, sum) {
					return fast.name
				}
			}
		}
	}
	return ""
}

// Digests returns the texts that a program may put in place of a word to make it
// short: its fast digests, in hex and base64, by what they are.
func Digests(word string) map[string]string {
	all := make(map[string]string)
	for _, fast := range fastHashes {
		sum := digest(fast.make, []byte(word))
		all["its "+fast.name+" in hex"] = hex.EncodeToString(sum)
		all["its "+fast.name+" in base64"] = base64.StdEncoding.EncodeToString(sum)
		all["its "+fast.name+" in base64, without padding"] = base64.RawStdEncoding.EncodeToString(sum)
		all["its "+fast.name+" in base64 for addresses"] = base64.URLEncoding.EncodeToString(sum)
		all["the bytes of its "+fast.name] = string(sum)
	}
	return all
}

// decodings is a text as bytes: as it is, and from hex and base64.
func decodings(text string) [][]byte {
	all := [][]byte{[]byte(text)}
	if raw, err := hex.DecodeString(text); err == nil {
		all = append(all, raw)
	}
	for _, alphabet := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		if raw, err := alphabet.DecodeString(strings.TrimRight(text, "=")); err == nil {
			all = append(all, raw)
		}
	}
	return all
}

// condensed is a text in lower case, and of it the letters and digits: what
// stands between them, an escape or a separator, hides nothing.
func condensed(text string) string {
	var plain strings.Builder
	plain.Grow(len(text))
	for _, r := range text {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			plain.WriteRune(unicode.ToLower(r))
		}
	}
	return plain.String()
}

func reversed(text string) string {
	runes := []rune(text)
	slices.Reverse(runes)
	return string(runes)
}

func swapped(text string) string {
	half := len([]rune(text)) / 2
	return string([]rune(text)[half:]) + string([]rune(text)[:half])
}

// inside returns the characters of a base64 text that are the same for every
// such text in which secret stands with before bytes, modulo 3, in front of it.
func inside(alphabet *base64.Encoding, before int, secret string) string {
	whole := alphabet.EncodeToString([]byte(strings.Repeat("\x00", before) + secret))
	first := (before*8 + 5) / 6            // characters that the bytes in front reach into
	last := (before + len(secret)) * 8 / 6 // characters that the bytes behind do not
	return whole[first:last]
}
