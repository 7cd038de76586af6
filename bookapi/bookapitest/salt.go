package bookapitest

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strings"
)

// ShortSalt looks at password hashes of several calls, and tells if their salt has
// fewer than the 64 random bits that RFC 8018 §4.1 asks for: "a salt of 16 bits".
// It returns "" if there are enough of them, and if it cannot tell the salt from the
// rest: then the hash as a whole is long enough for both.
func ShortSalt(hashes ...string) string {
	const salt, key = 64, 128
	var bits []int // of each field that varies
	fields := make([][]string, len(hashes))
	for i, hash := range hashes {
		fields[i] = strings.FieldsFunc(hash, func(r rune) bool { return strings.ContainsRune("$:,;|{}", r) })
		if len(fields[i]) != len(fields[0]) {
			return ""
		}
	}
	for field := range fields[0] {
		column := make([]string, len(hashes))
		for i := range hashes {
			column[i] = fields[i][field]
		}
		if len(column[0]) == 2 && number(column[0]) < 100 {
			continue // the cost of bcrypt, which may be another one for each
		}
		if varying := leastBits(column, 2); varying > 0 {
			bits = append(bits, varying)
		}
	}
	slices.Sort(bits)
	slices.Reverse(bits)
	// Of few values, some have the same character at one place by chance.
	const most = salt * 3 / 4
	switch {
	case len(bits) == 0:
		return "no salt"
	case len(bits) == 1 && bits[0] < key+most:
		return fmt.Sprintf("%d bits for salt and hash together", bits[0])
	case len(bits) > 1 && bits[1] < most:
		return fmt.Sprintf("a salt of %d bits", bits[1])
	}
	return ""
}

// leastBits is varyingBits of texts and of what they stand for, in hex or base64, so
// many times over: a number in sixteen digits is no sixteen bytes.
func leastBits(texts []string, deep int) int {
	least := varyingBits(texts)
	if deep == 0 || least == 0 {
		return least
	}
	for _, decode := range []func(string) ([]byte, error){
		hex.DecodeString, base64.RawStdEncoding.DecodeString, base64.RawURLEncoding.DecodeString,
	} {
		var raw []string
		for _, text := range texts {
			if bytes, err := decode(strings.TrimRight(text, "=")); err == nil {
				raw = append(raw, string(bytes))
			}
		}
		if len(raw) == len(texts) {
			least = min(least, leastBits(raw, deep-1))
		}
	}
	return least
}

// varyingBits estimates how many bits of texts are not the same in all of them.
func varyingBits(texts []string) int {
	shortest := len(slices.MinFunc(texts, func(a, b string) int { return len(a) - len(b) }))
	var seen strings.Builder
	places := 0
	for at := range shortest {
		if slices.ContainsFunc(texts, func(text string) bool { return text[at] != texts[0][at] }) {
			places++
			for _, text := range texts {
				seen.WriteByte(text[at])
			}
		}
	}
	if places == 0 {
		return 0
	}
	return int(math.Round(float64(places) * math.Log2(alphabet(seen.String()))))
}
