// Command crack is what mallory does at home with a stolen user table: hash a
// guess, and look who has that hash. The table and its people are made up, the
// method is not. At the end it tries its luck with your HashPassword.
package main

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"

	hashing "example.com/bookapi/step1-hashing"
)

//go:embed stolen.txt
var stolen string // a username and the SHA-256 of that user's password in each line

//go:embed words.txt
var words string

func main() {
	users, owners := 0, make(map[string][]string)
	for line := range strings.Lines(stolen) {
		username, digest, _ := strings.Cut(strings.TrimSpace(line), " ")
		owners[digest] = append(owners[digest], username)
		users++
	}

	guessed, cracked, start := 0, 0, time.Now()
	for guess := range guesses() {
		guessed++
		digest := sha256.Sum256([]byte(guess))
		for _, username := range owners[hex.EncodeToString(digest[:])] {
			cracked++
			fmt.Printf("%-8s %s\n", username, guess)
		}
	}
	fmt.Printf("%d of %d accounts open after %d guesses in %v\n\n",
		cracked, users, guessed, time.Since(start).Round(time.Millisecond))

	fmt.Println("The same with your HashPassword, for two users who both chose Sunshine1:")
	start = time.Now()
	for range 2 {
		hash, err := hashing.HashPassword("Sunshine1")
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(hash)
	}
	once := time.Since(start) / 2
	fmt.Printf("one guess takes %v, so the list takes %.1f hours, for one account\n",
		once.Round(time.Millisecond), once.Hours()*float64(guessed))
}

// guesses are the words of the list as people use them: with or without a
// capital, and with nothing, a "!", a number or a year behind.
func guesses() iter.Seq[string] {
	return func(yield func(string) bool) {
		tails := []string{"", "!", "123", "1234", "12345"}
		for n := range 100 {
			tails = append(tails, strconv.Itoa(n), strconv.Itoa(1930+n), strconv.Itoa(1930+n)+"!")
		}
		for word := range strings.FieldsSeq(words) {
			for _, tail := range tails {
				if !yield(word+tail) || !yield(strings.ToUpper(word[:1])+word[1:]+tail) {
					return
				}
			}
		}
	}
}
