package hardening_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi"
	. "example.com/bookapi/bookapitest"
	"example.com/bookapi/memory"
	token "example.com/bookapi/step2-token"
	hardening "example.com/bookapi/step5-hardening"
)

// arrive sends a request through ClientAddress and returns the address that the
// handler behind it finds.
func arrive(t *testing.T, proxies []netip.Prefix, peer string, headers map[string][]string) netip.Addr {
	t.Helper()
	var found netip.Addr
	reached := false
	handler := located(t, proxies, func(_ http.ResponseWriter, r *http.Request) {
		reached, found = true, hardening.AddressFrom(r.Context())
	})
	r := Request(http.MethodPost, "/token")
	r.RemoteAddr = netip.AddrPortFrom(netip.MustParseAddr(peer), 4711).String()
	for name, values := range headers {
		r.Header[name] = values
	}
	answer := Send(t, handler, r)
	require.True(Promise(t, "5.4", "ClientAddress lets every request pass, not: %v", answer), reached)
	return found
}

// located puts ClientAddress in front of a handler.
func located(t *testing.T, proxies []netip.Prefix, next http.HandlerFunc) (handler http.Handler) {
	t.Helper()
	defer func() {
		if cause := recover(); cause != nil {
			t.Fatalf("Promise broken (5.4): ClientAddress takes every list of proxies, %v here, and does not panic: %v", proxies, cause)
		}
	}()
	handler = hardening.ClientAddress(proxies)(next)
	require.NotNil(Promise(t, "5.4", "ClientAddress returns middleware that returns a handler"), handler)
	return handler
}

var inFront = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}

func TestThrottleKnowsWhereARequestIsFrom(t *testing.T) {
	for what, c := range Sorted(map[string]struct {
		proxies   []netip.Prefix
		peer, xff string
		want      string
	}{
		"no proxy":                    {nil, "203.0.113.7", "", "203.0.113.7"},
		"no proxy, IPv6":              {nil, "2001:db8::7", "", "2001:db8::7"},
		"through the proxy":           {inFront, "10.0.0.1", "203.0.113.7", "203.0.113.7"},
		"through the proxy, IPv6":     {inFront, "fd00::1", "2001:db8::7", "2001:db8::7"},
		"through two proxies":         {inFront, "10.0.0.1", "203.0.113.7, 10.9.9.9", "203.0.113.7"},
		"past the proxy":              {inFront, "203.0.113.7", "", "203.0.113.7"},
		"the proxy, as IPv6 shows it": {inFront, "::ffff:10.0.0.1", "203.0.113.7", "203.0.113.7"},
	}) {
		t.Run(what, func(t *testing.T) {
			headers := map[string][]string{}
			if c.xff != "" {
				headers["X-Forwarded-For"] = []string{c.xff}
			}
			assert.Equal(Promise(t, "5.4", "the address is %s", c.want), c.want, arrive(t, c.proxies, c.peer, headers).String())
		})
	}
}

func TestThrottleBelievesNoStranger(t *testing.T) {
	const mallory, invented = "198.51.100.66", "192.0.2.1"
	for what, c := range Sorted(map[string]struct {
		proxies []netip.Prefix
		peer    string
		headers map[string][]string
	}{
		"there is no proxy":           {nil, mallory, map[string][]string{"X-Forwarded-For": {invented}}},
		"mallory is no proxy":         {inFront, mallory, map[string][]string{"X-Forwarded-For": {invented}}},
		"another header":              {nil, mallory, map[string][]string{"X-Real-Ip": {invented}, "True-Client-Ip": {invented}, "Forwarded": {"for=" + invented}, "Cf-Connecting-Ip": {invented}}},
		"the proxy adds the truth":    {inFront, "10.0.0.1", map[string][]string{"X-Forwarded-For": {invented + ", " + mallory}}},
		"in a header of its own":      {inFront, "10.0.0.1", map[string][]string{"X-Forwarded-For": {invented, mallory}}},
		"as if it had been a proxy":   {inFront, "10.0.0.1", map[string][]string{"X-Forwarded-For": {invented + ", 10.0.0.2, " + mallory}}},
		"other headers, by the proxy": {inFront, "10.0.0.1", map[string][]string{"X-Forwarded-For": {mallory}, "X-Real-Ip": {invented}, "True-Client-Ip": {invented}}},
	}) {
		t.Run(what, func(t *testing.T) {
			require.Equal(Promise(t, "5.4", "without a proxy the address is the peer's"), mallory, arrive(t, nil, mallory, nil).String())
			if got := arrive(t, c.proxies, c.peer, c.headers); got.String() == invented {
				t.Errorf("ATTACK SUCCEEDED: mallory wrote %v, and counts as %s: with a new address for every guess, nobody counts to %d", c.headers, got, hardening.PerAddress)
			} else {
				assert.Equal(Promise(t, "5.4", "the address is mallory's"), mallory, got.String())
			}
		})
	}
}

// A gate is a Throttle with a porter behind it, who hashes nothing and counts
// how often he is asked, and a clock that only the test moves.
type gate struct {
	hardening.Throttle
	asked atomic.Int32
	now   time.Time
}

func newGate(attempts bookapi.AttemptStore) *gate {
	g := &gate{now: deskOpens}
	g.Throttle = hardening.Throttle{Next: g.porter, Attempts: attempts, Now: func() time.Time { return g.now }}
	return g
}

// porter knows everybody's password: it is their name, twice.
func (g *gate) porter(_ context.Context, username, password string) (bookapi.User, error) {
	g.asked.Add(1)
	if password != username+username {
		return bookapi.User{}, token.ErrCredentials
	}
	return bookapi.User{Username: username}, nil
}

// from is the context of a request from an address, or of one whose address
// nobody knows.
func from(t *testing.T, address string) (ctx context.Context) {
	t.Helper()
	if address == nowhere {
		return t.Context()
	}
	handler := located(t, nil, func(_ http.ResponseWriter, r *http.Request) { ctx = r.Context() })
	r := Request(http.MethodPost, "/token")
	r.RemoteAddr = netip.AddrPortFrom(netip.MustParseAddr(address), 4711).String()
	Send(t, handler, r)
	require.NotNil(Promise(t, "5.4", "ClientAddress lets every request pass"), ctx)
	return ctx
}

// enters makes sure that an honest login is let in.
func (g *gate) enters(t *testing.T, address, username string) {
	t.Helper()
	user, err := g.Authenticate(from(t, address), username, username+username)
	require.NoError(Promise(t, "5.4", "%s, from %s, gets in with the right password", username, address), err)
	require.Equal(Promise(t, "5.4", "Authenticate returns the user whom Next returns"), username, user.Username)
}

// guess tries a wrong password, and reports whether anybody looked at it.
func (g *gate) guess(t *testing.T, address, username string) (looked bool) {
	t.Helper()
	before := g.asked.Load()
	_, err := g.Authenticate(from(t, address), username, "letmein")
	require.Error(Promise(t, "5.4", "a wrong password lets nobody in"), err)
	return g.asked.Load() > before
}

// shut demands that nobody looks at a password, the right one too.
func (g *gate) shut(t *testing.T, address, username, attack string) {
	t.Helper()
	before := g.asked.Load()
	user, err := g.Authenticate(from(t, address), username, username+username)
	if err == nil {
		t.Fatalf("ATTACK SUCCEEDED: %s; the next guess was right, and mallory is in as %q", attack, user.Username)
	}
	if g.asked.Load() > before {
		t.Fatalf("ATTACK SUCCEEDED: %s; the next guess was hashed all the same, and that is what costs", attack)
	}
	var throttled *hardening.ThrottledError
	require.ErrorAs(Promise(t, "5.4", "who is throttled gets a *ThrottledError"), err, &throttled)
	assert.NotErrorIs(Promise(t, "5.4", "it is not a wrong password: nobody has looked at it"), err, token.ErrCredentials)
	assert.True(Promise(t, "5.4", "it says when the next login counts again: within the %v, not %v", hardening.Window, throttled.Until),
		throttled.Until.After(g.now) && !throttled.Until.After(g.now.Add(hardening.Window)))
}

// address is the n-th of many.
func address(n int) string { return fmt.Sprintf("203.0.%d.%d", n/250, n%250+1) }

func TestThrottleLetsHonestPeopleIn(t *testing.T) {
	g := newGate(new(memory.Store))
	for range 3 * hardening.PerAddress {
		g.enters(t, "203.0.113.7", Ada)
	}
	for range 3 {
		require.True(Promise(t, "5.4", "the first few mistakes are looked at"), g.guess(t, "203.0.113.7", Ada))
	}
	g.enters(t, "203.0.113.7", Ada)
	g.enters(t, "203.0.113.7", Grace)
}

func TestThrottleCountsByAccount(t *testing.T) {
	g := newGate(new(memory.Store))
	g.enters(t, address(0), Ada)
	for n := range hardening.PerAccount {
		g.guess(t, address(n), Ada)
	}
	g.shut(t, address(9999), Ada, fmt.Sprintf("mallory tried %d passwords at ada's account, each from another address", hardening.PerAccount))
	g.enters(t, address(0), Grace)

	g.now = g.now.Add(hardening.Window)
	g.enters(t, address(0), Ada)
}

func TestThrottleCountsByAddress(t *testing.T) {
	g := newGate(new(memory.Store))
	const mallory = "198.51.100.66"
	g.enters(t, mallory, Mallory)
	for n := range hardening.PerAddress {
		g.guess(t, mallory, "user"+strconv.Itoa(n))
	}
	g.shut(t, mallory, Ada, fmt.Sprintf("mallory tried one password at %d accounts, from one address", hardening.PerAddress))
	g.enters(t, "203.0.113.7", Ada)

	g.now = g.now.Add(hardening.Window)
	g.enters(t, mallory, Ada)
}

// A client that is told to come back too late thinks that the API is broken, and
// one that is told too early has its next login turned away.
func TestThrottleSaysWhenTheWindowEnds(t *testing.T) {
	for what, limited := range Sorted(map[string]struct {
		failures int
		address  func(n int) string
		username func(n int) string
	}{
		"an account": {hardening.PerAccount, address, func(int) string { return Ada }},
		"an address": {hardening.PerAddress, func(int) string { return address(0) }, func(n int) string { return "user" + strconv.Itoa(n) }},
	}) {
		t.Run(what, func(t *testing.T) {
			g := newGate(new(memory.Store))
			g.enters(t, address(0), Ada)
			for n := range limited.failures {
				g.guess(t, limited.address(n), limited.username(n))
			}
			ends := g.now.Add(hardening.Window)
			for _, later := range []time.Duration{time.Minute, hardening.Window - time.Second} {
				g.now = deskOpens.Add(later)
				_, err := g.Authenticate(from(t, address(0)), Ada, Ada+Ada)
				var throttled *hardening.ThrottledError
				require.ErrorAs(Promise(t, "5.4", "who is throttled gets a *ThrottledError"), err, &throttled)
				assert.Equal(Promise(t, "5.4", "a ThrottledError has the time that CountAttempt returns: %v after the first failure that is in %v, not in %v", later, ends.Sub(g.now), throttled.Until.Sub(g.now)), ends, throttled.Until)
			}
		})
	}
}

// nowhere stands for an address that cannot be read: some proxies write
// 203.0.113.7:4711, with the port.
const nowhere = "nowhere"

func TestThrottleCountsThoseWhoseAddressNobodyKnows(t *testing.T) {
	g := newGate(new(memory.Store))
	g.enters(t, nowhere, Mallory)
	for n := range hardening.PerAddress {
		g.guess(t, nowhere, "user"+strconv.Itoa(n))
	}
	g.shut(t, nowhere, Ada, fmt.Sprintf("mallory tried one password at %d accounts, from an address that nobody could read", hardening.PerAddress))
	g.enters(t, "203.0.113.7", Ada)
}

func TestThrottleCountsAWholeNetworkOfIPv6(t *testing.T) {
	g := newGate(new(memory.Store))
	g.enters(t, "2001:db8:0:66::1", Mallory)
	for n := range hardening.PerAddress {
		g.guess(t, fmt.Sprintf("2001:db8:0:66::%x", n+1), "user"+strconv.Itoa(n))
	}
	g.shut(t, "2001:db8:0:66::ffff", Ada, "mallory took a new address for every guess, from the 18 quintillion that one connection has")
	g.enters(t, "2001:db8:77::1", Ada)
}

func TestThrottleIsNotResetByALoginOfMallorys(t *testing.T) {
	g := newGate(new(memory.Store))
	const mallory = "198.51.100.66"
	g.enters(t, mallory, Mallory)
	looked := 0
	for n := range 3 * hardening.PerAddress {
		if g.guess(t, mallory, "user"+strconv.Itoa(n)) {
			looked++
		}
		_, _ = g.Authenticate(from(t, mallory), Mallory, Mallory+Mallory)
	}
	if looked > hardening.PerAddress {
		t.Errorf("ATTACK SUCCEEDED: mallory logged in to their own account after every guess, and had %d guesses looked at, of %d", looked, hardening.PerAddress)
	}
}

func TestThrottleOfAnAddressLocksNobodyElseOut(t *testing.T) {
	g := newGate(new(memory.Store))
	const mallory = "198.51.100.66"
	g.enters(t, mallory, Mallory)
	for n := range hardening.PerAddress {
		g.guess(t, mallory, "user"+strconv.Itoa(n))
	}
	g.shut(t, mallory, Mallory, "mallory has used up what an address has")
	for range 3 * hardening.PerAccount {
		g.guess(t, mallory, Ada)
	}
	user, err := g.Authenticate(from(t, "203.0.113.7"), Ada, Ada+Ada)
	if err != nil {
		t.Fatalf("ATTACK SUCCEEDED: mallory's address may not try any more, tried all the same, and ada, at home, is locked out: %v", err)
	}
	assert.Equal(Promise(t, "5.4", "Authenticate returns the user whom Next returns"), Ada, user.Username)
}

func TestThrottleCountsBeforeItAsks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(new(memory.Store))
		g.enters(t, address(0), Ada)
		open := make(chan struct{})
		g.Next = func(context.Context, string, string) (bookapi.User, error) {
			g.asked.Add(1)
			<-open // hashing takes its time
			return bookapi.User{}, token.ErrCredentials
		}
		g.asked.Store(0)
		for n := range 5 * hardening.PerAccount {
			ctx := from(t, address(n))
			go func() { _, _ = g.Authenticate(ctx, Ada, "guess "+strconv.Itoa(n)) }()
		}
		synctest.Wait()
		inside := int(g.asked.Load())
		close(open)
		synctest.Wait()
		if all := int(g.asked.Load()); all > hardening.PerAccount {
			t.Fatalf("ATTACK SUCCEEDED: mallory sent %d guesses at the same moment, and %d were looked at, of %d: they were counted too late",
				5*hardening.PerAccount, all, hardening.PerAccount)
		}
		assert.Positive(Promise(t, "5.4", "the first guesses are looked at"), inside)
	})
}

// Next may say more about a wrong password than that it is one.
func TestThrottleKnowsAFailureInItsWrapping(t *testing.T) {
	g := newGate(new(memory.Store))
	g.enters(t, address(0), Ada)
	g.Next = func(ctx context.Context, username, password string) (bookapi.User, error) {
		user, err := g.porter(ctx, username, password)
		if err != nil {
			err = fmt.Errorf("log in %s: %w", username, err)
		}
		return user, err
	}
	for n := range hardening.PerAccount {
		g.guess(t, address(n), Ada)
	}
	g.shut(t, address(9999), Ada, fmt.Sprintf("mallory tried %d passwords, and each error was forgiven, since ErrCredentials was wrapped in it", hardening.PerAccount))
}

// Where a proxy was not named, everybody comes from an address of our own.
func TestThrottleCountsOurOwnNetworkToo(t *testing.T) {
	for _, ours := range []string{"127.0.0.1", "::1", "10.0.0.7", "192.168.0.7", "fd00::7", "169.254.0.7"} {
		t.Run(ours, func(t *testing.T) {
			g := newGate(new(memory.Store))
			g.enters(t, ours, Ada)
			for range hardening.PerAccount {
				g.guess(t, ours, Ada)
			}
			g.shut(t, ours, Ada, fmt.Sprintf("mallory came through a proxy of ours (%s) that nobody named, and tried %d passwords", ours, hardening.PerAccount))
		})
	}
}

func TestThrottleIsSharedByAllReplicas(t *testing.T) {
	database := new(memory.Store)
	one, two := newGate(database), newGate(database)
	one.enters(t, address(0), Ada)
	two.enters(t, address(0), Ada)
	for n := range hardening.PerAccount {
		[]*gate{one, two}[n%2].guess(t, address(n), Ada)
	}
	one.shut(t, address(9999), Ada, "mallory sent every other guess to the other replica")
	two.shut(t, address(9999), Ada, "mallory sent every other guess to the other replica")
}

func TestThrottleBlamesNobodyForOurMistakes(t *testing.T) {
	away := errors.New("dial tcp 10.0.0.7:5432: connection refused")
	g := newGate(new(memory.Store))
	g.enters(t, address(0), Ada)
	porter := g.Next
	g.Next = func(context.Context, string, string) (bookapi.User, error) { return bookapi.User{}, away }
	for range 2 * hardening.PerAccount {
		_, err := g.Authenticate(from(t, address(0)), Ada, Ada+Ada)
		require.ErrorIs(Promise(t, "5.4", "a database that is away is what it is, and no failed login"), err, away)
	}
	g.Next = porter
	g.enters(t, address(0), Ada)
}

func TestThrottleBlamesNobodyWhoHangsUp(t *testing.T) {
	g := newGate(wire{new(memory.Store)})
	g.enters(t, address(0), Ada)
	porter := g.Next
	for n := range 2 * hardening.PerAccount {
		ctx, hangUp := context.WithCancel(from(t, address(0)))
		g.Next = func(ctx context.Context, username, password string) (bookapi.User, error) {
			hangUp() // hashing takes its time, and ada's train is in a tunnel
			if n%2 == 0 {
				return bookapi.User{}, ctx.Err() // she was still waiting for room
			}
			return porter(ctx, username, password)
		}
		_, _ = g.Authenticate(ctx, Ada, Ada+Ada)
	}
	g.Next = porter
	_, err := g.Authenticate(from(t, address(0)), Ada, Ada+Ada)
	assert.NoError(Promise(t, "5.4", "ada had the right password each time, and is not locked out because her line broke before the answer"), err)
}

// A wire is a store that does nothing for somebody who has gone, as a database
// over a network.
type wire struct{ bookapi.AttemptStore }

func (s wire) CountAttempt(ctx context.Context, key string, limit int, now time.Time, window time.Duration) (time.Time, error) {
	if ctx.Err() != nil {
		return time.Time{}, ctx.Err()
	}
	return s.AttemptStore.CountAttempt(ctx, key, limit, now, window)
}

func (s wire) ForgiveAttempt(ctx context.Context, key string) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return s.AttemptStore.ForgiveAttempt(ctx, key)
}

func TestThrottleStaysShutWhenItCannotCount(t *testing.T) {
	away := errors.New("dial tcp 10.0.0.7:5432: connection refused")
	g := newGate(new(memory.Store))
	g.enters(t, address(0), Ada)
	g.asked.Store(0)
	g.Attempts = noCount{away}
	user, err := g.Authenticate(from(t, address(0)), Ada, Ada+Ada)
	if err == nil {
		t.Fatalf("ATTACK SUCCEEDED: with nobody to count, mallory guesses as often as they like, and is in as %q", user.Username)
	}
	assert.ErrorIs(Promise(t, "5.4", "the error is the store's"), err, away)
	assert.Zero(Promise(t, "5.4", "a guess that could not be counted is not hashed"), g.asked.Load())
}

// noCount is a store that cannot count.
type noCount struct{ err error }

func (s noCount) CountAttempt(context.Context, string, int, time.Time, time.Duration) (time.Time, error) {
	return time.Time{}, s.err
}
func (s noCount) ForgiveAttempt(context.Context, string) error { return s.err }

func TestThrottleBoundsHashing(t *testing.T) {
	const room, callers = 3, 40
	synctest.Test(t, func(t *testing.T) {
		hashers := make(hardening.Hashers, room)
		defer rescue(hashers)
		var mu sync.Mutex
		inside, most, done := 0, 0, 0
		count := func(n *int, by int) {
			mu.Lock()
			defer mu.Unlock()
			*n += by
			most = max(most, inside)
		}
		for range callers {
			go func() {
				err := hashers.Do(t.Context(), func() {
					count(&inside, 1)
					time.Sleep(200 * time.Millisecond) // on the bubble's clock
					count(&inside, -1)
				})
				if err == nil {
					count(&done, 1)
				}
			}()
		}
		time.Sleep(time.Minute)
		mu.Lock()
		defer mu.Unlock()
		if most > room {
			t.Fatalf("ATTACK SUCCEEDED: mallory sent %d logins at once, and %d were hashed at the same time, of %d: nobody else gets a turn", callers, most, room)
		}
		require.Equal(Promise(t, "5.4", "Do runs what it is given, once there is room, and returns nil: %d callers", callers), callers, done)
		assert.Equal(Promise(t, "5.4", "all the room there is, is used"), room, most)
	})
}

func TestThrottleHashesForNobodyWhoHasGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hashers := make(hardening.Hashers, 1)
		defer rescue(hashers)
		ran := false
		require.NoError(Promise(t, "5.4", "Do runs what it is given"), hashers.Do(t.Context(), func() { ran = true }))
		require.True(Promise(t, "5.4", "Do runs what it is given"), ran)

		busy := make(chan struct{})
		go func() { _ = hashers.Do(context.Background(), func() { <-busy }) }()
		synctest.Wait()
		waiting, leave := context.WithCancel(t.Context())
		answer := make(chan error, 1)
		hashed := false
		go func() { answer <- hashers.Do(waiting, func() { hashed = true }) }()
		synctest.Wait()
		leave()
		synctest.Wait()
		answered := len(answer) == 1
		close(busy)
		synctest.Wait()
		if hashed {
			t.Fatalf("ATTACK SUCCEEDED: mallory sent a login and hung up, a thousand times a second, and each is hashed all the same")
		}
		require.True(Promise(t, "5.4", "who has gone waits no longer"), answered)
		assert.ErrorIs(Promise(t, "5.4", "Do says that the wait was in vain"), <-answer, context.Canceled)
	})
}

// There may be room in that very moment.
func TestThrottleHashesForNobodyWhoHasGoneBefore(t *testing.T) {
	hashers := make(hardening.Hashers, 1)
	require.NoError(Promise(t, "5.4", "Do runs what it is given"), hashers.Do(t.Context(), func() {}))
	gone, leave := context.WithCancel(t.Context())
	leave()
	const tries = 200 // a coin that is tossed so often falls on both sides
	hashed := 0
	for range tries {
		err := hashers.Do(gone, func() { hashed++ })
		if hashed == 0 {
			require.ErrorIs(Promise(t, "5.4", "Do says that nobody waits any more"), err, context.Canceled)
		}
	}
	if hashed > 0 {
		t.Fatalf("ATTACK SUCCEEDED: mallory sent %d logins and hung up before there was room, and %d of them were hashed all the same", tries, hashed)
	}
	require.NoError(Promise(t, "5.4", "after that there is room for those who wait"), hashers.Do(t.Context(), func() {}))
}

func TestThrottleGivesRoomBackAfterAPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hashers := make(hardening.Hashers, 1)
		defer rescue(hashers)
		runsIn := ""
		require.NoError(Promise(t, "5.4", "Do runs what it is given"), hashers.Do(t.Context(), func() { runsIn = goroutine() }))
		synctest.Wait()
		require.Equal(Promise(t, "5.4", "Do runs hash in its caller's goroutine, so that a panic has somebody to answer: in another one it ends the program"), goroutine(), runsIn)
		fell := false
		func() {
			defer func() { fell = recover() != nil }()
			_ = hashers.Do(t.Context(), func() { panic("a hash that cannot be read") })
		}()
		require.True(Promise(t, "5.4", "Do runs what it is given, and hides no panic"), fell)
		ran := false
		go func() { _ = hashers.Do(t.Context(), func() { ran = true }) }()
		synctest.Wait()
		if !ran {
			t.Fatalf("ATTACK SUCCEEDED: mallory found a login that panics, and its room is gone for ever: after %d of them nobody logs in", cap(hashers))
		}
	})
}

// goroutine names the one that asks: "goroutine 7".
func goroutine() string {
	trace := make([]byte, 64)
	name, _, _ := strings.Cut(string(trace[:runtime.Stack(trace, false)]), " [")
	return name
}

// rescue gets everybody out who still waits for room, so that a Do which gives
// none back fails its test and does not hang it.
func rescue(hashers hardening.Hashers) {
	const aMoment = time.Second // longer than anybody hashes here
	for time.Sleep(aMoment); len(hashers) > 0; time.Sleep(aMoment) {
		<-hashers
	}
}
