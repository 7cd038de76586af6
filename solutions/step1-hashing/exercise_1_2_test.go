package hashing_test

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"

	"example.com/bookapi/bookapitest"
)

// verified is what VerifyPassword said of the hash of ada's password.
type verified struct {
	hashes
	right, wrong bool
	swapped      bool // with its arguments swapped it says yes
	cheap        bool // it reads hashes that the tests make, at bcrypt's lowest cost
	out          *bookapitest.Outlets
}

// wrongPassword has another last letter.
var wrongPassword = bookapitest.AdaPassword[:len(bookapitest.AdaPassword)-1] + "g"

var adasLogin shared[verified]

// opens returns what VerifyPassword said, once it is sure that ada gets in: a
// function that says no to everybody keeps mallory out too, and is of no use.
func opens(check *bookapitest.Check) verified {
	check.Helper()
	hashes := made(check)
	v := adasLogin.of(check, "1.2", func(check *bookapitest.Check) verified {
		v := verified{hashes: hashes}
		v.out = bookapitest.Capture(func(*bookapitest.Outlets) {
			together(check,
				func() { v.right = verify(check, bookapitest.AdaPassword, hashes.ada.hash) },
				func() { v.wrong = verify(check, wrongPassword, hashes.ada.hash) })
			if v.right && hashes.plainBcrypt {
				v.cheap = verify(check, bookapitest.AdaPassword, cheap(check, bookapitest.AdaPassword))
			}
			v.swapped = !v.right && verify(check, hashes.ada.hash, bookapitest.AdaPassword)
		})
		return v
	})
	if v.swapped {
		check.Needs("1.2").Broken("VerifyPassword compares the password with the hash: the two are swapped in a call")
	}
	require.True(check.Needs("1.2").Promise("VerifyPassword says yes to ada's password, %q, and the hash %q of it",
		bookapitest.AdaPassword, hashes.ada.hash), v.right)
	return v
}

// hashOf returns a hash of the password that VerifyPassword reads: a cheap one, if
// it reads such; otherwise HashPassword's.
func (v verified) hashOf(check *bookapitest.Check, password string) hashed {
	check.Helper()
	switch {
	case v.cheap:
		return hashed{password: password, hash: cheap(check, password)}
	case password == bookapitest.AdaPassword:
		return v.ada
	}
	return hash(check, password)
}

// refuses demands that VerifyPassword says no to each of these passwords. It asks
// on all processors.
func refuses(check *bookapitest.Check, stored hashed, wrong iter.Seq2[string, string]) {
	check.Helper()
	const callers = 4
	got := make([][]string, callers) // by caller
	names, passwords := []string(nil), []string(nil)
	for name, password := range wrong {
		names, passwords = append(names, name), append(passwords, password)
	}
	ask := func(caller int) {
		for n := caller; n < len(names); n += callers {
			if verify(check, passwords[n], stored.hash) {
				got[caller] = append(got[caller], fmt.Sprintf("%04d %s, %q", n, names[n], passwords[n]))
			}
		}
	}
	together(check, func() { ask(0) }, func() { ask(1) }, func() { ask(2) }, func() { ask(3) })
	if in := slices.Sorted(slices.Values(slices.Concat(got...))); len(in) > 0 {
		check.Attack("mallory typed %s, and is in: the right password is %q", in[0][5:], stored.password)
	}
}

// Kinds: first-line
func TestVerifyPasswordLetsTheRightPasswordIn(t *testing.T) {
	bookapitest.Exercise(t, "1.2", func(check *bookapitest.Check) { opens(check) })
}

// Kinds: one-difference
func TestVerifyPasswordKnowsRightFromWrong(t *testing.T) {
	bookapitest.Exercise(t, "1.2", func(check *bookapitest.Check) {
		v := opens(check)
		if v.wrong {
			check.Attack("mallory typed the right password with another last letter, %q, and is in as ada",
				wrongPassword)
		}
		right := bookapitest.AdaPassword
		stored := v.hashOf(check, right)
		require.True(check.Promise("VerifyPassword says yes to the right password, %q", right),
			verify(check, right, stored.hash)) // and what was found right once lets nothing else in
		refuses(check, stored, func(yield func(string, string) bool) {
			few := []struct{ name, wrong string }{
				{"nothing at all", ""},
				{"the right password in capitals", strings.ToUpper(right)},
				{"the right password and one space more", right + " "},
				{"the right password and a line break", right + "\n"},
				{"a space and the right password", " " + right},
				{"the right password and an invisible character more", right + "\u200b"},
				{"the right password without its last letter", right[:len(right)-1]},
				{"the right password without its first letter", right[1:]},
				{"the right password with another first letter", "p" + right[1:]},
			}
			for _, one := range few {
				if !yield(one.name, one.wrong) {
					return
				}
			}
			for at := 0; v.cheap && at < len(right); at++ {
				other := right[:at] + string(right[at]^0x20) + right[at+1:]
				if !yield(fmt.Sprintf("the right password with another character %d", at+1), other) ||
					!yield(fmt.Sprintf("the first %d characters of the right password", at), right[:at]) {
					return
				}
			}
		})
	})
}

// Kinds: one-difference
func TestVerifyPasswordReadsEveryByte(t *testing.T) {
	bookapitest.Exercise(t, "1.2", func(check *bookapitest.Check) {
		v := opens(check)
		stored := []hashed{v.longest}
		if v.cheap {
			stored = nil
			for _, length := range []int{56, 57, 63, 64, 65, len(v.longest.password) - 1, len(v.longest.password)} {
				if length <= len(v.longest.password) {
					stored = append(stored, v.hashOf(check, strings.Repeat(sentence, 2)[:length]))
				}
			}
			if len(accented) <= len(v.longest.password) {
				stored = append(stored, v.hashOf(check, accented))
			}
		}
		for _, made := range append(stored, longer(check)...) {
			if made.err != nil {
				continue // refused: nothing is cut
			}
			right, length := made.password, len(made.password)
			require.True(check.Promise("VerifyPassword says yes to a password of %d bytes that HashPassword takes",
				length),
				verify(check, right, made.hash))
			for what, wrong := range bookapitest.Sorted(map[string]string{
				"has another last byte": right[:length-1] + "!",
				"has one byte more":     right + "!",
				"has 99 bytes more":     right + strings.Repeat("!", 99),
			}) {
				if verify(check, wrong, made.hash) {
					check.Attack("ada's password has %d bytes; mallory's %s, and mallory is in as well: "+
						"the end was never looked at", length, what)
				}
			}
		}
	})
}

// Kinds: one-difference
func TestVerifyPasswordReadsThePasswordAsItIs(t *testing.T) {
	bookapitest.Exercise(t, "1.2", func(check *bookapitest.Check) {
		v := opens(check)
		odd := v.longest
		if v.cheap {
			odd = v.hashOf(check, odd.password)
		}
		require.True(check.Promise("VerifyPassword says yes to %q, which HashPassword takes, and a hash of it",
			odd.password), verify(check, odd.password, odd.hash))
		if !v.cheap { // each would cost a whole hash: all in one
			refuses(check, odd, bookapitest.Sorted(map[string]string{
				"it in small letters":                strings.ToLower(odd.password),
				"it without the spaces at its ends":  strings.TrimSpace(odd.password),
				"it with other accents":              strings.ReplaceAll(odd.password, "cafe\u0301", "caf\u00e9"),
				"it without an invisible character":  strings.ReplaceAll(odd.password, "\u200b", ""),
				"it with ? for what is no character": strings.ToValidUTF8(odd.password, "?"),
			}))
			return
		}
		for _, same := range sameToSome {
			for _, stored := range same[1:] {
				refuses(check, v.hashOf(check, stored), func(yield func(string, string) bool) {
					yield("what is the same to some programs", same[0])
				})
			}
		}
	})
}

// sameToSome are passwords that a program takes for others when it changes what
// was typed, which ASVS 5.0 6.2.8 forbids: the first becomes one that follows.
var sameToSome = [][]string{
	{"Two Blue TeapotS", "two blue teapots", "TWO BLUE TEAPOTS", "tWO bLUE tEAPOTs", "Two blue teapots",
		"Two Blue Teapots"},
	{" two blue  teapots ", "two blue  teapots", " two blue  teapots", "two blue  teapots ", "two blue teapots",
		"twoblueteapots"},
	{"two\tblue\u00a0teapots", "two blue teapots", "two blue\u00a0teapots", "two\tblue teapots"},
	{"two+blue%20teapots", "two blue teapots", "two+blue teapots", "two blue%20teapots"},
	{"two lines\nof a poem", "two lines", "of a poem", "two lines of a poem", "two linesof a poem",
		`two lines\nof a poem`},
	{"two lines\r\nof a poem\r\n", "two lines\nof a poem\n", "two lines\r\nof a poem", "two lines"},
	{"caf\u00e9 au lait", "cafe\u0301 au lait", "cafe au lait", "caf au lait", "caf? au lait", "caf\xe9 au lait",
		"caf\u00c3\u00a9 au lait"},
	{"cafe\u0301 au lait", "caf\u00e9 au lait", "cafe au lait"},
	{"two bytes \xff\xfe", "two bytes ??", "two bytes ?", "two bytes \ufffd\ufffd", "two bytes \ufffd", "two bytes ",
		"two bytes \u00ff\u00fe"},
	{"\ufb01sh \uff41\u212a \u2460", "fish aK 1", "fish ak 1"},
	{"stra\u00dfe und gasse", "strasse und gasse", "STRASSE UND GASSE"},
	{"a\u200bb\u00adc\ufeff under the sea", "abc under the sea"},
	{"bell \a and \x7f", "bell  and ", "bell and"},
	{"salt &amp; pepper &lt;3", "salt & pepper <3"},
	{"salt & pepper <3", "salt &amp; pepper &lt;3", "salt  pepper 3", "salt & pepper "},
	{`it\'s "quoted"; --`, `it's "quoted"; --`, "its quoted --"},
	{`it's "quoted"; --`, `it\'s \"quoted\"; --`, `it''s "quoted"; --`, `it's "quoted"`, "its quoted --"},
	{"before#behind:the,hill", "before", "before#behind", "before#behind:the", "hill"},
	{"0012345678901234.0", "12345678901234", "12345678901234.0"},
	{"12345678901234567890123", "12345678901234567890124", "1.2345678901234568e+22", "12345678901234567000000"},
}

// Kinds: one-difference
func TestVerifyPasswordTakesNoNULForTheEnd(t *testing.T) {
	bookapitest.Exercise(t, "1.2", func(check *bookapitest.Check) {
		v := opens(check)
		right := v.hashOf(check, bookapitest.AdaPassword)
		password := right.password
		for _, wrong := range []struct{ form, password string }{
			{`<password>\x00<password>`, password + "\x00" + password},
			{`<password>\x00`, password + "\x00"},
			{`\x00<password>`, "\x00" + password},
			{`<password>\x00more`, password + "\x00more"},
			{`<password>\x00\x00`, password + "\x00\x00"},
		} {
			if verify(check, wrong.password, right.hash) {
				check.Attack(`"%s" opens ada's account too: to bcrypt a password goes on after a NUL from its `+
					"beginning, and PBKDF2 and scrypt ignore NULs at its end", wrong.form)
			}
		}
		for _, stored := range []string{"\x00" + shortest, shortest + "\x00", shortest + "\x00" + shortest} {
			made := hash(check, stored)
			if made.err != nil {
				continue
			}
			for _, other := range []string{shortest, stored + "\x00", stored + "\x00" + stored} {
				if other != stored && verify(check, other, made.hash) {
					check.Attack("%q opens an account whose password is %q: a NUL is taken for an end", other, stored)
				}
			}
		}
	})
}

// Kinds: one-difference
func TestVerifyPasswordDoesNotTakeTheHashForThePassword(t *testing.T) {
	bookapitest.Exercise(t, "1.2", func(check *bookapitest.Check) {
		v := opens(check)
		stored := v.hashOf(check, bookapitest.AdaPassword)
		if verify(check, stored.hash, stored.hash) {
			check.Attack("mallory typed the stolen hash itself, %q, and is in as ada", stored.hash)
		}
		for _, form := range []string{"", "plain:", "{PLAIN}"} {
			row := form + bookapitest.AdaPassword
			if verify(check, bookapitest.AdaPassword, row) {
				check.Attack("the row %q, a password that was stored as it is, lets ada in: "+
					"old rows in plain text would work for ever", row)
			}
		}
	})
}

// Kinds: one-difference
func TestVerifyPasswordTakesNoDigestForThePassword(t *testing.T) {
	bookapitest.Exercise(t, "1.2", func(check *bookapitest.Check) {
		if v := opens(check); !v.cheap {
			return // HashPassword's own format says what was hashed
		}
		long := strings.Repeat(sentence, 60)
		for _, password := range []string{bookapitest.AdaPassword, long[:100], long} {
			for what, digest := range bookapitest.Sorted(bookapitest.Digests(password)) {
				if len(digest) > 72 || strings.Contains(digest, "\x00") {
					continue // bcrypt does not read it
				}
				if verify(check, password, cheap(check, digest)) {
					check.Attack("a password of %d bytes and %s, %q, are one and the same: a digest that mallory "+
						"read elsewhere is a password here", len(password), what, digest)
				}
			}
		}
	})
}

// Kinds: cost
func TestVerifyPasswordMakesEveryGuessCost(t *testing.T) {
	bookapitest.Exercise(t, "1.2", func(check *bookapitest.Check) {
		v := opens(check)
		if !v.cheap {
			return // two of HashPassword's own are too slow to measure
		}
		for _, guess := range []string{bookapitest.AdaPassword, wrongPassword} {
			stored := cheap(check, bookapitest.AdaPassword)
			once := func() { _ = bcrypt.CompareHashAndPassword([]byte(stored), []byte(guess)) }
			again := func() { verify(check, guess, stored) }
			again()
			if err := bookapitest.Dearer(again, once, 0.5); err != nil {
				check.Attack("to try %q once more costs mallory nothing, as what was found is kept, with a fast "+
					"digest of the password for whoever reads the memory: %v", guess, err)
			}
		}
	})
}

// Kinds: store-answers
func TestVerifyPasswordReadsTheHashOfLastYear(t *testing.T) {
	bookapitest.Exercise(t, "1.2", func(check *bookapitest.Check) {
		v := opens(check)
		if !v.plainBcrypt {
			return // the tests can make no older hash of this kind
		}
		later := make(chan bool)
		go func() { later <- verify(check, bookapitest.AdaPassword, ofCost13) }()
		defer func() {
			require.True(check.Promise("VerifyPassword says yes to ada's password and the hash %q, which another "+
				"program made with more work than HashPassword does today", ofCost13), <-later)
		}()
		for _, old := range []string{cheap(check, bookapitest.AdaPassword), ofCost10} {
			require.True(check.Promise("VerifyPassword says yes to ada's password and the hash %q, which was made "+
				"with less work than those of today: she cannot get a new one if she cannot log in", old),
				verify(check, bookapitest.AdaPassword, old))
		}
		python := strings.Replace(cheap(check, bookapitest.AdaPassword), "$2a$", "$2b$", 1)
		require.True(check.Promise("VerifyPassword says yes to ada's password and the hash %q, which another program "+
			"made: that is bcrypt as well", python), verify(check, bookapitest.AdaPassword, python))
	})
}

// ofCost10 is bcrypt's hash of ada's password at the least cost that ASVS allows.
const ofCost10 = "$2a$10$aWuriaJGkeHMJONuCY.rGOB2dDkt66fxc4X00QfGo7..XtSjqiUp6"

// ofCost13 is one of twice the work that HashPassword does.
const ofCost13 = "$2a$13$GPYm4hYmb2Tg7rjuyrgRPuM9N3Tu/hzY1R/w6RxXFvCZBDbTlL9am"

// Kinds: one-difference
func TestVerifyPasswordSurvivesABrokenHash(t *testing.T) {
	bookapitest.Exercise(t, "1.2", func(check *bookapitest.Check) {
		v := opens(check)
		stored := v.hashOf(check, bookapitest.AdaPassword).hash
		broken := []string{
			"", "x", "$", "$$$$$", "::::", "{}", "$2a$", "$2a$12$", "$2a$xx$" + stored, "$argon2id$v=19$", "$scrypt$",
			"$argon2id$v=19$m=19456,t=2,p=1$$", "$argon2id$v=19$m=0,t=0,p=0$c2FsdHNhbHQ$aGFzaA", "pbkdf2:::",
			"\x00\xff", " ", "null", "*", "!", "disabled", stored[:len(stored)/2], stored[1:],
			stored[:max(0, len(stored)-4)], stored[:strings.LastIndex(stored, "$")+1], // cut by a narrow column
		}
		for at := 0; v.cheap && at < len(stored); at++ {
			broken = append(broken, stored[:at])
			if at > strings.LastIndex(stored, "$") {
				broken = append(broken, stored[:at]+"~"+stored[at+1:])
			}
		}
		for _, broken := range broken {
			in := false
			require.NotPanics(check.Promise("VerifyPassword does not panic on the broken hash %q", broken), func() {
				in = verify(check, bookapitest.AdaPassword, broken) || verify(check, "", broken)
			})
			if in {
				check.Attack("the broken hash %q lets a password in", broken)
			}
		}
	})
}

// Kinds: store-answers
func TestVerifyPasswordKnowsOneHashFromAnother(t *testing.T) {
	bookapitest.Exercise(t, "1.2", func(check *bookapitest.Check) {
		v := opens(check)
		ada, other := v.hashOf(check, bookapitest.AdaPassword), v.short
		if v.cheap {
			other = v.hashOf(check, shortest)
		}
		for range 2 { // what was found for one hash holds for no other
			require.True(check.Promise("VerifyPassword says yes to a password again"),
				verify(check, ada.password, ada.hash))
			if verify(check, ada.password, other.hash) {
				check.Attack("ada's password %q opens the account of another user, whose password is %q",
					ada.password, other.password)
			}
		}
	})
}

// Kinds: store-answers
func TestVerifyPasswordComesBackAfterManyRefusals(t *testing.T) {
	bookapitest.Exercise(t, "1.2", func(check *bookapitest.Check) {
		v := opens(check)
		ada := v.hashOf(check, bookapitest.AdaPassword)
		refuse := func(times int, password, hash string) {
			for range times { // or a lock, or a place among so many, was not given back
				if verify(check, password, hash) {
					check.Attack("mallory typed %q, and is in as ada", password)
				}
			}
		}
		refuse(300, bookapitest.AdaPassword, "no hash")
		if v.cheap {
			refuse(70, wrongPassword, ada.hash)
			refuse(300, "", ada.hash)
			refuse(300, strings.Repeat(sentence, 2), ada.hash)
		}
		require.True(check.Promise("VerifyPassword says yes to the right password after many wrong ones"),
			verify(check, ada.password, ada.hash))
	})
}

// Kinds: several-callers
func TestVerifyPasswordServesManyAtOnce(t *testing.T) {
	bookapitest.Exercise(t, "1.2", func(check *bookapitest.Check) {
		v := opens(check)
		if !v.cheap {
			return // two callers at once were enough: see opens
		}
		const callers, times = 4, 6
		var stored [callers][times]hashed
		for caller := range stored {
			for n := range stored[caller] {
				stored[caller][n] = v.hashOf(check, fmt.Sprintf("the password %d of caller %d", n, caller))
			}
		}
		asked := [callers]int{}
		err := bookapitest.Hammer(callers, times, func(caller int) error {
			own, others := stored[caller][asked[caller]], stored[(caller+1)%callers][asked[caller]]
			asked[caller]++
			if verify(check, others.password, own.hash) {
				return fmt.Errorf("%q opens the account of %q", others.password, own.password)
			}
			for range 3 { // what is found quickly, if it was remembered, is looked for while others write
				if !verify(check, own.password, own.hash) {
					return fmt.Errorf("%q is refused for its own account", own.password)
				}
			}
			return nil
		})
		require.NoError(check.Promise("VerifyPassword answers each of several callers for their own password"), err)

		// A hash that takes longer than Go lets a goroutine run before another one is
		// due, so that all are under way at once.
		slow, err := bcrypt.GenerateFromPassword([]byte(bookapitest.AdaPassword), 9)
		require.NoError(check, err)
		err = bookapitest.Hammer(8, 1, func(int) error {
			if !verify(check, bookapitest.AdaPassword, string(slow)) {
				return errors.New("the right password is refused to one of eight")
			}
			return nil
		})
		require.NoError(check.Promise("VerifyPassword says yes to ada's password, %q, however many ask at once",
			bookapitest.AdaPassword), err)
	})
}

// Kinds: outlets
func TestVerifyPasswordTellsNoSecret(t *testing.T) {
	bookapitest.Exercise(t, "1.2", func(check *bookapitest.Check) {
		v := opens(check)
		ada := v.hashOf(check, bookapitest.AdaPassword)
		const old = "an old password in plain text"
		more := bookapitest.Capture(func(*bookapitest.Outlets) {
			verify(check, ada.password, ada.hash[:len(ada.hash)-4])
			verify(check, "", ada.hash)
			verify(check, strings.Repeat(sentence, 2), ada.hash)
			verify(check, ada.password+"\x00", ada.hash)
			verify(check, old, old)
		})
		for _, out := range []*bookapitest.Outlets{v.out, more} {
			err := out.Find(bookapitest.Password("ada's password", ada.password),
				bookapitest.Password("a password that is nearly ada's", wrongPassword),
				bookapitest.StoredHash("ada's hash", v.ada.hash),
				bookapitest.StoredHash("a hash", ada.hash[:len(ada.hash)-4]),
				bookapitest.Password("a password that is too long", strings.Repeat(sentence, 2)),
				bookapitest.Password("an old password", old))
			if err != nil {
				check.Attack("mallory reads %v", err)
			}
		}
	})
}

// Kind routes: does not apply, since VerifyPassword serves no route.
// Kind claim-places: does not apply, since VerifyPassword is given no request.
// Kind randomness: does not apply, since VerifyPassword draws nothing.
// Kind one-answer: does not apply, since the answer is one bool.
