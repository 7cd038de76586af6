package bookapitest

import (
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// Cost returns what a call of f costs: the processor's time, or where the system
// does not tell it the time that passes. It is the best of a few calls, so that a
// busy machine does not decide.
//
// The processor's time is that of the whole program: a test that measures is not
// parallel. Where a fake can count calls, count rather than measure.
func Cost(f func()) time.Duration {
	const tries, enough = 5, 20 * time.Millisecond
	best, total := measure(f), time.Duration(0)
	for n := 1; n < tries && total < enough; n++ {
		next := measure(f)
		best, total = best.min(next), total+next.passed
	}
	return best.cost()
}

// CostOnce returns what one call of f costs, for an f that may be dearer the first
// time. It is not exact: on a busy machine compare only what differs by a hash.
func CostOnce(f func()) time.Duration { return measure(f).cost() }

// A spent is what a call took, or the best of several calls.
type spent struct {
	passed, processor time.Duration
	waited            int // in how many of the calls much more time passed than the processor worked
}

func measure(f func()) spent {
	processor, start := workTime(), time.Now()
	f()
	s := spent{passed: time.Since(start), processor: workTime() - processor}
	if s.passed > time.Millisecond && s.passed > s.cost()*5/4 {
		s.waited = 1
	}
	return s
}

func (s spent) min(other spent) spent {
	return spent{min(s.passed, other.passed), min(s.processor, other.processor), s.waited + other.waited}
}

func (s spent) cost() time.Duration { return max(s.processor, time.Nanosecond) }

// Cheaper returns an error unless a call of f costs less than 1/factor of a call
// of g. Both are called in turn until it is so, a few times at most.
func Cheaper(f, g func(), factor int) error {
	a, b := inTurn(f, g, func(a, b spent) bool { return a.cost()*time.Duration(factor) < b.cost() })
	if a.cost()*time.Duration(factor) < b.cost() {
		return nil
	}
	return fmt.Errorf("it takes %v, and %v is the most", rounded(a.cost()), rounded(b.cost()/time.Duration(factor)))
}

// Dearer returns an error unless a call of f costs at least share of a call of
// floor, such as a hash of the cheapest setting that is allowed. Both are called in
// turn, a few times at most, and the best of each counts.
func Dearer(f, floor func(), share float64) error {
	enough := func(a, b spent) bool { return float64(a.cost()) >= share*float64(b.cost()) }
	a, b := inTurn(f, floor, func(a, b spent) bool { return float64(a.cost()) >= 2*share*float64(b.cost()) })
	if enough(a, b) {
		return nil
	}
	return fmt.Errorf("it takes %v, where %v is the least", rounded(a.cost()), rounded(b.cost()))
}

// Alike returns an error if one of f and g costs factor times as much as the other
// or more, in work or in time. Both are called in turn, a few times at most, and
// the best of each counts.
func Alike(f, g func(), factor float64) error {
	within := func(a, b time.Duration, factor float64) bool {
		return float64(max(a, b)) < factor*float64(max(min(a, b), 50*time.Microsecond))
	}
	clear, tries := 1+(factor-1)/2, 0
	a, b := inTurn(f, g, func(a, b spent) bool {
		tries++
		if disturbed := a.passed > 2*a.cost() || b.passed > 2*b.cost(); disturbed && tries < 3 {
			return false // asleep, or not alone
		}
		return within(a.cost(), b.cost(), clear) && (within(a.passed, b.passed, clear) || quicker(a, b).waited > 1)
	})
	if !within(a.cost(), b.cost(), factor) {
		return fmt.Errorf("one takes %v of work and the other %v", rounded(a.cost()), rounded(b.cost()))
	}
	// On a busy machine, where the quicker one had to wait more than once, too, the
	// time that passes tells nothing of either.
	if !within(a.passed, b.passed, factor) && quicker(a, b).waited <= 1 {
		return fmt.Errorf("one takes %v and the other %v", rounded(a.passed), rounded(b.passed))
	}
	return nil
}

func quicker(a, b spent) spent {
	if b.passed < a.passed {
		return b
	}
	return a
}

// inTurn measures both in turn until done, so that what disturbs one disturbs the
// other too, and returns the best of each.
func inTurn(f, g func(), done func(a, b spent) bool) (a, b spent) {
	const tries = 8
	a, b = measure(f), measure(g)
	for n := 1; n < tries && !done(a, b); n++ {
		b, a = b.min(measure(g)), a.min(measure(f))
	}
	return a, b
}

func rounded(d time.Duration) time.Duration {
	switch {
	case d > time.Second:
		return d.Round(10 * time.Millisecond)
	case d > time.Millisecond:
		return d.Round(10 * time.Microsecond)
	}
	return d
}

var (
	bcryptCost   = regexp.MustCompile(`\$2[abxy]?\$(\d\d)\$`)
	argon2Cost   = regexp.MustCompile(`\$argon2(id|i|d)\$(?:v=\d+\$)?m=(\d+),t=(\d+),p=(\d+)`)
	scryptCost   = regexp.MustCompile(`\$scrypt\$ln=(\d+),r=(\d+),p=(\d+)`)
	pbkdf2Rounds = regexp.MustCompile(`(?i)pbkdf2[-_:](?:hmac[-_])?sha-?(1|256|512)[$:](?:i=|rounds=)?(\d+)`)
)

// WeakHash reads from a password hash what it cost to make, in the forms that are
// common, and tells what of it is less than OWASP's Password Storage Cheat Sheet
// allows (ASVS 5.0 11.4.2): "bcrypt at cost 8, where 10 is the least". It returns
// "" for what is enough, and for a form that it cannot read: measure that.
func WeakHash(hash string) string {
	if m := bcryptCost.FindStringSubmatch(hash); m != nil {
		if number(m[1]) < 10 {
			return fmt.Sprintf("bcrypt at cost %d, where 10 is the least", number(m[1]))
		}
	}
	if m := argon2Cost.FindStringSubmatch(hash); m != nil {
		memory, passes := number(m[2]), number(m[3])
		if m[1] != "id" {
			return "argon2" + m[1] + ", where argon2id is the one to use"
		}
		if !atLeast([][2]int{{47104, 1}, {19456, 2}, {12288, 3}, {9216, 4}, {7168, 5}}, memory, passes) {
			return fmt.Sprintf("argon2id with %d KiB and passes: %d, where 19456 KiB and passes: 2 are the least", memory, passes)
		}
	}
	if m := scryptCost.FindStringSubmatch(hash); m != nil {
		log2, block, threads := number(m[1]), number(m[2]), number(m[3])
		if !atLeast([][2]int{{17, 1}, {16, 2}, {15, 3}, {14, 5}, {13, 10}}, log2, threads) || block < 8 {
			return fmt.Sprintf("scrypt with N=2^%d, r=%d, p=%d, where N=2^17, r=8, p=1 are the least", log2, block, threads)
		}
	}
	if m := pbkdf2Rounds.FindStringSubmatch(hash); m != nil {
		least := map[string]int{"1": 1_300_000, "256": 600_000, "512": 210_000}[m[1]]
		if rounds := number(m[2]); rounds < least {
			return fmt.Sprintf("PBKDF2-SHA%s with %d rounds, where %d are the least", m[1], rounds, least)
		}
	}
	return ""
}

// atLeast reports whether two numbers reach one of the pairs.
func atLeast(pairs [][2]int, a, b int) bool {
	for _, pair := range pairs {
		if a >= pair[0] && b >= pair[1] {
			return true
		}
	}
	return false
}

// number is the value of digits; the largest there is if they are too many.
func number(digits string) int {
	n, err := strconv.Atoi(digits)
	if err != nil {
		return int(^uint(0) >> 1)
	}
	return n
}
