package bookapitest

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Distinct looks at values that are to be random, such as hashes of one password,
// or refresh tokens, and returns an error if two of them have more in common than
// chance allows, or if fewer than bits bits of them vary at all.
//
// What stands at one place in all of them is their form, as "$2a$12$", and does
// not count. So that nothing that was made of a password can pass for it, give
// hashes of another password as others. Without others, the values may begin with
// the time, in up to 64 bits, as UUIDv7 and ULID do. Values are in hex, base64,
// the PHC form, or raw.
func Distinct(values []string, bits int, others ...string) error {
	if len(values) < 2 {
		return fmt.Errorf("nothing to compare in %d values", len(values))
	}
	for i, one := range values {
		if j := slices.Index(values[:i], one); j >= 0 {
			return fmt.Errorf("values %d and %d are the same: %s", j+1, i+1, shortened(one))
		}
	}
	fault := distinct(values, bits, others, fromTheLeft)
	if fault == nil && slices.ContainsFunc(values, func(value string) bool { return len(value) != len(values[0]) }) {
		fault = distinct(values, bits, others, fromTheRight)
	}
	return fault
}

// fromTheLeft and fromTheRight return the byte at a place of a text. Where numbers
// of several lengths stand in front, the ends of values stand one below the other.
func fromTheLeft(text string, at int) byte  { return text[at] }
func fromTheRight(text string, at int) byte { return text[len(text)-1-at] }

func distinct(values []string, bits int, others []string, place func(string, int) byte) error {
	shortest := len(slices.MinFunc(values, func(a, b string) int { return len(a) - len(b) }))
	all := slices.Concat(values, others)
	var varying []int // the places that are no form
	for at := range shortest {
		if slices.ContainsFunc(all, func(text string) bool { return at >= len(text) || place(text, at) != place(values[0], at) }) {
			varying = append(varying, at)
		}
	}
	var seen strings.Builder
	for _, value := range values {
		for _, at := range varying {
			seen.WriteByte(place(value, at))
		}
	}
	letters := alphabet(seen.String())
	if have := float64(len(varying)) * math.Log2(letters); have < float64(bits) {
		return fmt.Errorf("only %d characters vary, which is less than %d bits: %s and %s", len(varying), bits, shortened(values[0]), shortened(values[1]))
	}
	most := chance(letters, len(varying), len(values))
	for i, one := range values {
		for j, other := range values[:i] {
			run, leading := 0, len(others) == 0
			for _, at := range varying {
				if place(one, at) != place(other, at) {
					run, leading = 0, false
					continue
				}
				run++
				if run > most && !(leading && float64(run)*math.Log2(letters) <= 64) {
					return fmt.Errorf("values %d and %d have %d characters in common at one place: %s and %s", j+1, i+1, run, shortened(other), shortened(one))
				}
			}
		}
	}
	return nil
}

// alphabet returns how many characters a random text chooses from.
func alphabet(text string) float64 {
	within := func(letters string) bool {
		return !strings.ContainsFunc(text, func(r rune) bool { return !strings.ContainsRune(letters, r) })
	}
	const digits, lower, upper = "0123456789", "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	for _, letters := range []string{digits, digits + lower[:6], digits + upper[:6], upper + "234567", digits + upper, digits + lower} {
		if within(letters) {
			return float64(len(letters))
		}
	}
	if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' }) {
		return 256
	}
	return 64
}

// chance returns the longest run that two of so many random values share at one
// place, but for once in a billion times.
func chance(letters float64, places, values int) int {
	ways := float64(places) * float64(values) * float64(values-1) / 2
	return int(math.Ceil(math.Log(max(ways, 1)*1e9) / math.Log(letters)))
}

func shortened(text string) string {
	const most = 60
	if len(text) > most {
		return fmt.Sprintf("%q ...", text[:most])
	}
	return fmt.Sprintf("%q", text)
}
