package attack

import (
	"fmt"
	"slices"
	"time"
)

// A cost is how many logins an attack takes, all and with the fewest tries that tell
// something, and how many other requests. Nothing is said of what takes a few.
type cost struct{ logins, fewest, requests int }

var costs = map[string]cost{
	"garbage": {0, 0, 60}, "signature": {0, 0, 150}, "algorithm": {0, 0, 150}, "header-keys": {0, 0, 150}, "expiry": {0, 0, 100},
	"claims": {0, 0, 220}, "object-read": {0, 0, 130}, "object-claims": {0, 0, 100}, "creator": {0, 0, 50}, "owner": {0, 0, 40}, "spellings": {0, 0, 1260}, "override": {0, 0, 900},
	"injection": {0, 0, 180}, "debug": {0, 0, 270}, "traces": {20, 20, 350}, "role": {26, 10, 150}, "role-change": {4, 4, 100}, "takeover": {11, 11, 5},
	"payload": {2, 2, 5}, "cors": {2, 2, 10}, "login-query": {4, 4, 2}, "login-claims": {10, 10, 2}, "refresh-reuse": {4, 4, 10}, "refresh-race": {3, 3, 27},
	"weak-password": {3, 3, 3}, "default-password": {6, 6, 1}, "body-size": {3, 3, 60}, "forgotten": {3, 3, 6}, "removed": {3, 3, 5}, "admin-document": {1, 1, 10},
	"logout": {3, 3, 6}, "password-change": {10, 10, 5}, "near-password": {28, 13, 2}, "login-injection": {22, 10, 2}, "names": {30, 8, 2},
	"names-time": {13, 13, 2}, last: {36, 36, 2},
}

// last is the attack after which logins are turned away. Time is kept for it.
const last = "guessing"

// taken measures how long something takes.
type taken struct {
	all time.Duration
	n   int
}

func (t *taken) add(d time.Duration) { t.all, t.n = t.all+d, t.n+1 }

func (t *taken) times(n int) time.Duration {
	return time.Duration(n) * t.all / time.Duration(max(t.n, 1))
}

// estimate is how long an attack takes, with all tries or with the fewest.
func (r *run) estimate(id string, fewest bool) time.Duration {
	c := costs[id]
	if fewest {
		c.logins = c.fewest
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.logins.times(c.logins) + r.others.times(max(c.requests, 5))
}

// next takes an attack out of those that are left: the first, or the cheapest if there
// is no time for all. Then it also makes do with fewer tries.
func (r *run) next(left []attack) (attack, []attack) {
	var whole time.Duration
	for _, a := range left {
		whole += r.estimate(a.id, false)
	}
	deadline, _ := r.ctx.Deadline()
	chosen := 0
	if r.thrifty = whole > time.Until(deadline)*3/4; r.thrifty {
		for i, a := range left {
			if a.id != last && r.estimate(a.id, true) < r.estimate(left[chosen].id, true) {
				chosen = i
			}
		}
	}
	return left[chosen], slices.Delete(slices.Clone(left), chosen, chosen+1)
}

// late says why there is no time for an attack, "" if there is.
func (r *run) late(id string) string {
	deadline, _ := r.ctx.Deadline()
	left, takes := time.Until(deadline), r.estimate(id, r.thrifty)
	if id != last && r.keep {
		left -= r.estimate(last, true)
	}
	if takes < left {
		return ""
	}
	c, one := costs[id], r.logins.times(1).Round(10*time.Millisecond)
	if r.thrifty {
		c.logins = c.fewest
	}
	if c.logins < 3 {
		return fmt.Sprintf("for want of time: it takes %d requests, and the rest of %v is too short for them", max(c.requests, 5), r.Time)
	}
	return fmt.Sprintf("for want of time: it takes %d logins of %v each, and the rest of %v is too short for them", c.logins, one, r.Time)
}

// fewer says that tries were left out, if they were.
func (r *run) fewer() string {
	if r.thrifty {
		return "; others were left out for want of time"
	}
	return ""
}
