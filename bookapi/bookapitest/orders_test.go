package bookapitest_test

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"

	"example.com/bookapi/bookapitest"
)

// A lookup is a toy guard, and its world: rows, and how it is asked.
type lookup struct {
	caller string
	roles  map[string]string
	guard  func(l *lookup, name string) string
	seen   map[string]string
	lock   chan struct{} // a lock, while it is full
}

var seenByAll sync.Map // the variable of a package

var guards = map[string]func(l *lookup, name string) string{
	"sound": func(l *lookup, name string) string { return l.find(name) },
	"a lock that stays locked": func(l *lookup, name string) string {
		l.lock <- struct{}{}
		role := l.find(name)
		if role == "" {
			return role
		}
		<-l.lock
		return role
	},
	"a cache": func(l *lookup, name string) string {
		if _, ok := l.seen[name]; !ok {
			l.seen[name] = l.find(name)
		}
		return l.seen[name]
	},
	"a cache of the package": func(l *lookup, name string) string {
		role, _ := seenByAll.LoadOrStore(name, l.find(name))
		return role.(string)
	},
	"the last one's": func(l *lookup, name string) string {
		if role := l.find(name); role != "" {
			l.seen[""] = role
		}
		return l.seen[""]
	},
}

func (l *lookup) find(name string) string { return l.roles[name] }

func ask(guard string) error { return askWith(guard, make(chan struct{}, 1)) }

func askWith(guard string, lock chan struct{}) error {
	return bookapitest.Orders(
		func(caller string) *lookup {
			return &lookup{caller: caller, lock: lock, roles: map[string]string{caller: "reader", "grace": "admin"}, seen: make(map[string]string), guard: guards[guard]}
		},
		func(l *lookup) string { return fmt.Sprintf("200 %s %s", l.caller, l.guard(l, l.caller)) },
		bookapitest.Step[*lookup]{Name: "a refusal", Do: func(l *lookup) { l.guard(l, "nobody") }},
		bookapitest.Step[*lookup]{Name: "a success for grace", Do: func(l *lookup) { l.guard(l, "grace") }},
		bookapitest.Step[*lookup]{Name: "her promotion", Do: func(l *lookup) { l.roles[l.caller] = "admin" }, Changes: true},
		bookapitest.Step[*lookup]{Name: "her end", Do: func(l *lookup) { delete(l.roles, l.caller) }, Changes: true},
	)
}

func TestOrdersAcceptAGuardThatRemembersNothing(t *testing.T) {
	assert.NoError(t, ask("sound"))
}

func TestOrdersFindACache(t *testing.T) {
	for range 3 {
		const stale = `after her promotion: the answer is "200 ada reader"; it would be "200 ada admin" if nothing had been asked before`
		assert.EqualError(t, ask("a cache"), stale)
		assert.EqualError(t, ask("a cache of the package"), stale)
	}
	assert.EqualError(t, ask("the last one's"),
		`after her end: the answer is "200 ada reader"; it would be "200 ada " if nothing had been asked before`)
}

func TestOrdersFindALockThatStaysLocked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // in which ten seconds pass at once
		lock := make(chan struct{}, 1)
		assert.EqualError(t, askWith("a lock that stays locked", lock), "after a refusal: no answer in 10s")
		<-lock // who waits for it goes on
	})
}

func ExampleOrders() {
	cache := make(map[string]string) // outlives what it was made from
	err := bookapitest.Orders(
		func(caller string) map[string]string { return map[string]string{"name": caller, "role": "admin"} },
		func(row map[string]string) string {
			if _, known := cache[row["name"]]; !known {
				cache[row["name"]] = row["role"]
			}
			return "200 " + cache[row["name"]]
		},
		bookapitest.Step[map[string]string]{Name: "a demotion", Do: func(row map[string]string) { row["role"] = "reader" }, Changes: true},
	)
	fmt.Println(err)
	// Output: after a demotion: the answer is "200 admin"; it would be "200 reader" if nothing had been asked before
}
