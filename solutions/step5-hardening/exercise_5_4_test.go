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

	"github.com/stretchr/testify/require"

	"example.com/bookapi"
	"example.com/bookapi/bookapitest"
	"example.com/bookapi/bookapitest/attack"
	token "example.com/bookapi/step2-token"
	hardening "example.com/bookapi/step5-hardening"
)

// Where requests are from: mallory's own address, the one that she invents, and
// that of an honest client.
const (
	mallorysHome = "198.51.100.66"
	invented     = "192.0.2.1"
	adasHome     = "203.0.113.7"
)

// inFront are the proxies of most tests.
var inFront = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}

// cameFrom is a request from a peer, with an X-Forwarded-For or several.
func cameFrom(peer string, forwardedFor ...string) *http.Request {
	r := bookapitest.Request("POST", "/token?page=2")
	r.RemoteAddr = netip.AddrPortFrom(netip.MustParseAddr(peer), 4711).String()
	for _, value := range forwardedFor {
		r.Header.Add("X-Forwarded-For", value)
	}
	return r
}

// addressOf sends a request through ClientAddress and returns the address that
// the handler behind it finds; "invalid IP" if none.
func addressOf(check *bookapitest.Check, proxies []netip.Prefix, r *http.Request) string {
	check.Helper()
	var found netip.Addr
	ran := 0
	handler := located(check, proxies, func(_ http.ResponseWriter, r *http.Request) {
		ran, found = ran+1, hardening.AddressFrom(r.Context())
	})
	answer := bookapitest.Send(check, handler, r)
	require.Equal(check.Needs("5.4").Promise("ClientAddress lets every request pass once, not: %v", answer), 1, ran)
	return found.String()
}

func TestThrottleKnowsWhereARequestIsFrom(t *testing.T) {
	bookapitest.Exercise(t, "5.4", func(check *bookapitest.Check) {
		for _, c := range []struct {
			what    string
			proxies []netip.Prefix
			r       *http.Request
			want    string
		}{
			{"no proxy", nil, cameFrom(adasHome), adasHome},
			{"no proxy, IPv6", nil, cameFrom("2001:db8::7"), "2001:db8::7"},
			{"an empty list of proxies", []netip.Prefix{}, cameFrom(adasHome), adasHome},
			{"through the proxy", inFront, cameFrom("10.0.0.1", adasHome), adasHome},
			{"through the proxy, IPv6", inFront, cameFrom("fd00::1", "2001:db8::7"), "2001:db8::7"},
			{"through two proxies", inFront, cameFrom("10.0.0.1", adasHome+", 10.9.9.9"), adasHome},
			{"through two proxies with a header each", inFront, cameFrom("10.0.0.1", adasHome, "10.9.9.9"), adasHome},
			{"past the proxy", inFront, cameFrom(adasHome), adasHome},
			{"through the proxy, as IPv6 shows it", inFront, cameFrom("::ffff:10.0.0.1", adasHome), adasHome},
			{"through a proxy that writes a port", inFront, cameFrom("10.0.0.1", adasHome+":4711"), adasHome},
			{"through a proxy that writes a port, IPv6", inFront, cameFrom("10.0.0.1", "[2001:db8::7]:4711"),
				"2001:db8::7"},
			{"through two proxies that write ports", inFront, cameFrom("10.0.0.1", adasHome+":4711, 10.9.9.9:80"),
				adasHome},
		} {
			require.Equal(check.Promise("ClientAddress finds the address of a client that came: %s", c.what),
				c.want, addressOf(check, c.proxies, c.r))
		}
	})
}

// Kinds: routes, one-answer
func TestThrottleKnowsItForEveryRequest(t *testing.T) {
	bookapitest.Exercise(t, "5.4", func(check *bookapitest.Check) {
		make := func(method, target string) *http.Request {
			r := bookapitest.Request(method, target)
			r.RemoteAddr, r.Header["X-Forwarded-For"] = "10.0.0.1:4711", []string{invented + ", " + adasHome}
			return r
		}
		for attempt := range attack.Attempts([]string{"/token"}, make) {
			require.Equal(check.Promise("ClientAddress finds the address of every request, of %s too", attempt.Name),
				adasHome, addressOf(check, inFront, attempt.Request))
		}
		for _, r := range []*http.Request{cameFrom("10.0.0.1"), cameFrom("10.0.0.1", ""),
			cameFrom("10.0.0.1", "unknown")} {
			addressOf(check, inFront, r) // it passes, from wherever
		}
		r := bookapitest.Request("GET", "/books")
		r.RemoteAddr = "@" // a Unix socket
		addressOf(check, inFront, r)
		addressOf(check, nil, r)
	})
}

// Kinds: claim-places, one-difference
func TestThrottleBelievesNoStranger(t *testing.T) {
	bookapitest.Exercise(t, "5.4", func(check *bookapitest.Check) {
		require.Equal(check.Promise("without a proxy the address is the peer's"),
			mallorysHome, addressOf(check, nil, cameFrom(mallorysHome)))
		claims := []struct {
			what    string
			proxies []netip.Prefix
			r       *http.Request
		}{
			{"though there is no proxy", nil, cameFrom(mallorysHome, invented)},
			{"though mallory is no proxy", inFront, cameFrom(mallorysHome, invented)},
			{"and the proxy added the truth", inFront, cameFrom("10.0.0.1", invented+", "+mallorysHome)},
			{"and the proxy added a header with the truth", inFront, cameFrom("10.0.0.1", invented, mallorysHome)},
			{"as if it had come through two proxies", inFront,
				cameFrom("10.0.0.1", invented+", 10.0.0.2, "+mallorysHome)},
			{"and the proxy wrote ports", inFront, cameFrom("10.0.0.1", invented+":80, "+mallorysHome+":4711")},
			{"many times", inFront, cameFrom("10.0.0.1", strings.Repeat(invented+",", 50)+mallorysHome)},
		}
		for _, c := range claims {
			if got := addressOf(check, c.proxies, c.r); got == invented {
				check.Attack("mallory wrote X-Forwarded-For: %s, %s, and counts as %s: with a new address for every "+
					"guess, "+
					"nobody counts to %d", invented, c.what, got, hardening.PerAddress)
			}
		}
		for _, unreadable := range []string{"unknown", "_hidden", "mallory", mallorysHome + ":http", "198.51.100.256",
			"-",
			"?"} {
			if got := addressOf(check, inFront, cameFrom("10.0.0.1", invented+", "+unreadable)); got == invented {
				check.Attack("the proxy wrote X-Forwarded-For: %s behind what mallory had written there, and she "+
					"counts as %s, "+
					"the address that she invented", unreadable, got)
			}
		}
		for _, c := range claims {
			require.Equal(check.Promise("mallory wrote X-Forwarded-For: %s, %s, and the address is hers", invented,
				c.what),
				mallorysHome, addressOf(check, c.proxies, c.r))
		}
	})
}

// Kinds: claim-places
func TestThrottleBelievesNoOtherHeader(t *testing.T) {
	bookapitest.Exercise(t, "5.4", func(check *bookapitest.Check) {
		var claims, byProxy []attack.Claim
		all := attack.Claims(attack.Identity{Username: bookapitest.Grace, Token: "aa.bb.cc"})
		for _, claim := range attack.In(all, attack.InHeader, attack.InCookie, attack.InQuery, attack.AsHost) {
			claims = append(claims, claim)
			if claim.Name != "X-Forwarded-For" { // there the proxy adds the truth
				byProxy = append(byProxy, claim)
			}
		}
		find := func(proxies []netip.Prefix) func(*http.Request) string {
			return func(r *http.Request) string { return addressOf(check, proxies, r) }
		}
		check.IgnoresClaims(cameFrom(mallorysHome), claims, find(nil))
		check.IgnoresClaims(cameFrom(mallorysHome), claims, find(inFront))
		check.IgnoresClaims(cameFrom("10.0.0.1", mallorysHome), byProxy, find(inFront))
	})
}

// Kinds: claim-places
func TestThrottleBelievesNoOtherPeer(t *testing.T) {
	bookapitest.Exercise(t, "5.4", func(check *bookapitest.Check) {
		one := []netip.Prefix{netip.MustParsePrefix("203.0.113.80/32"), netip.MustParsePrefix("2001:db8:80::80/128")}
		require.Equal(check.Promise("ClientAddress finds the address of a client behind the one proxy that there is"),
			adasHome, addressOf(check, one, cameFrom("203.0.113.80", adasHome)))
		for _, peer := range []string{
			"127.0.0.1", "::1", "10.0.0.7", "172.16.0.7", "192.168.0.7", "100.64.0.7", "169.254.0.7", "fd00::7",
			"fe80::7",
			"203.0.113.81", "203.0.113.8", "203.0.113.1", "2001:db8:80::81", "2001:db8:80::8", "0.0.0.0", "::",
			mallorysHome,
		} {
			for _, forwardedFor := range []string{invented, invented + ", 203.0.113.80"} {
				if got := addressOf(check, one, cameFrom(peer, forwardedFor)); got == invented {
					check.Attack("mallory sends from %s, which is none of our proxies, wrote X-Forwarded-For: %s, "+
						"and counts as %s",
						peer, forwardedFor, got)
				}
			}
			if got := addressOf(check, one, cameFrom("203.0.113.80", invented+", "+peer)); got == invented {
				check.Attack("mallory sends from %s, as our proxy wrote, which is none of our proxies, and counts as "+
					"%s, "+
					"the address that she invented", peer, got)
			}
		}
	})
}

// A gate is a Throttle in front of a verifier that knows everybody's password,
// hashes nothing, and counts what it is asked; and a clock that only the test moves.
type gate struct {
	hardening.Throttle
	asked atomic.Int32
	now   time.Time

	mu     sync.Mutex
	failed map[string]int // wrong passwords that were looked at, by the name that was asked for
}

func newGate(attempts bookapi.AttemptStore) *gate {
	g := &gate{now: noon, failed: make(map[string]int)}
	g.Throttle = hardening.Throttle{Next: g.verify, Attempts: attempts, Now: func() time.Time { return g.now }}
	return g
}

// verify is an Authenticator: a password is right if it is the name, twice.
func (g *gate) verify(_ context.Context, username, password string) (bookapi.User, error) {
	g.asked.Add(1)
	if password != username+username {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.failed[username]++
		return bookapi.User{}, token.ErrCredentials
	}
	return bookapi.User{Username: username, Role: bookapi.RoleReader}, nil
}

// enters makes sure that an honest login is let in.
func (g *gate) enters(check *bookapitest.Check, address, username string) {
	check.Helper()
	user, err := g.Authenticate(from(check, address), username, username+username)
	needs := check.Needs("5.4")
	require.NoError(needs.Promise("Authenticate lets an honest caller in: %s, from %s", username, address), err)
	require.Equal(needs.Promise("Authenticate returns the user whom Next returns"), username, user.Username)
}

// guess tries a wrong password, and reports whether it was looked at.
func (g *gate) guess(check *bookapitest.Check, address, username string) (looked bool) {
	check.Helper()
	before := g.asked.Load()
	user, err := g.Authenticate(from(check, address), username, "letmein")
	require.Error(check.Promise("a wrong password lets nobody in"), err)
	require.Empty(check.Promise("a wrong password lets nobody in"), user.Username)
	return g.asked.Load() > before
}

// shut demands that nobody looks at a password, the right one too.
func (g *gate) shut(check *bookapitest.Check, address, username, attack string, args ...any) {
	check.Helper()
	attack = fmt.Sprintf(attack, args...)
	before := g.asked.Load()
	user, err := g.Authenticate(from(check, address), username, username+username)
	if err == nil {
		check.Attack("%s; the next guess was right, and mallory is in as %q", attack, user.Username)
	}
	if g.asked.Load() > before {
		check.Attack("%s; the next guess was hashed all the same, and that is what costs", attack)
	}
	var throttled *hardening.ThrottledError
	require.ErrorAs(check.Promise("a login that is throttled fails with a *ThrottledError"), err, &throttled)
	require.NotErrorIs(check.Promise("it is not a wrong password: nobody has looked at it"), err, token.ErrCredentials)
	require.True(check.Promise("it says when the next login counts again: within the %v, not %v", hardening.Window,
		throttled.Until),
		throttled.Until.After(g.now) && !throttled.Until.After(g.now.Add(hardening.Window)))
}

// address is the n-th of many.
func address(n int) string { return fmt.Sprintf("203.0.%d.%d", n/250, n%250+1) }

func TestThrottleLetsHonestPeopleIn(t *testing.T) {
	bookapitest.Exercise(t, "5.4", func(check *bookapitest.Check) {
		g := newGate(new(bookapitest.Store))
		for range 3 * hardening.PerAddress {
			g.enters(check, adasHome, bookapitest.Ada)
		}
		for range 3 {
			require.True(check.Promise("the first few mistakes are looked at"),
				g.guess(check, adasHome, bookapitest.Ada))
		}
		g.enters(check, adasHome, bookapitest.Ada)
		g.enters(check, adasHome, bookapitest.Grace)
		_, err := g.Authenticate(from(check, adasHome), bookapitest.Ada, "letmein")
		require.ErrorIs(check.Promise("a wrong password is the error that Next returns"), err, token.ErrCredentials)
	})
}

// Kinds: one-difference, cost
func TestThrottleCountsByAccount(t *testing.T) {
	bookapitest.Exercise(t, "5.4", func(check *bookapitest.Check) {
		g := newGate(new(bookapitest.Store))
		g.enters(check, address(0), bookapitest.Ada)
		for n := range hardening.PerAccount {
			require.True(check.Promise("the first %d mistakes are looked at, mistake %d too", hardening.PerAccount,
				n+1),
				g.guess(check, address(n), bookapitest.Ada))
		}
		g.shut(check, address(9999), bookapitest.Ada,
			"mallory tried %d passwords at ada's account, each from another address", hardening.PerAccount)
		g.enters(check, address(0), bookapitest.Grace)

		g.now = g.now.Add(hardening.Window)
		g.enters(check, address(0), bookapitest.Ada)
	})
}

// Kinds: one-difference, cost
func TestThrottleCountsByAddress(t *testing.T) {
	bookapitest.Exercise(t, "5.4", func(check *bookapitest.Check) {
		g := newGate(new(bookapitest.Store))
		g.enters(check, mallorysHome, bookapitest.Mallory)
		for n := range hardening.PerAddress {
			require.True(check.Promise("the first %d mistakes from an address are looked at, mistake %d too",
				hardening.PerAddress, n+1),
				g.guess(check, mallorysHome, "user"+strconv.Itoa(n)))
		}
		g.shut(check, mallorysHome, bookapitest.Ada,
			"mallory tried one password at %d accounts, from one address", hardening.PerAddress)
		g.enters(check, adasHome, bookapitest.Ada)

		g.now = g.now.Add(hardening.Window)
		g.enters(check, mallorysHome, bookapitest.Ada)
	})
}

// A client that is told to come back too late thinks that the API is broken, and
// one that is told too early has its next login turned away.
func TestThrottleSaysWhenTheWindowEnds(t *testing.T) {
	bookapitest.Exercise(t, "5.4", func(check *bookapitest.Check) {
		for what, limited := range bookapitest.Sorted(map[string]struct {
			failures int
			address  func(n int) string
			username func(n int) string
		}{
			"an account": {hardening.PerAccount, address, func(int) string { return bookapitest.Ada }},
			"an address": {hardening.PerAddress, func(int) string { return address(0) },
				func(n int) string { return "user" + strconv.Itoa(n) }},
		}) {
			g := newGate(new(bookapitest.Store))
			g.enters(check, address(0), bookapitest.Ada)
			for n := range limited.failures {
				g.guess(check, limited.address(n), limited.username(n))
			}
			ends := g.now.Add(hardening.Window)
			for _, later := range []time.Duration{time.Minute, hardening.Window - time.Second} {
				g.now = noon.Add(later)
				_, err := g.Authenticate(from(check, address(0)), bookapitest.Ada, bookapitest.Ada+bookapitest.Ada)
				var throttled *hardening.ThrottledError
				require.ErrorAs(check.Promise("a login that is throttled by %s fails with a *ThrottledError", what),
					err,
					&throttled)
				require.Equal(check.Promise("a ThrottledError has the time that CountAttempt returns: %v after the "+
					"first failure "+
					"that is in %v, not in %v", later, ends.Sub(g.now), throttled.Until.Sub(g.now)), ends,
					throttled.Until)
			}
		}
	})
}

func TestThrottleCountsThoseWhoseAddressNobodyKnows(t *testing.T) {
	bookapitest.Exercise(t, "5.4", func(check *bookapitest.Check) {
		g := newGate(new(bookapitest.Store))
		g.enters(check, nowhere, bookapitest.Mallory)
		for n := range hardening.PerAddress {
			g.guess(check, nowhere, "user"+strconv.Itoa(n))
		}
		g.shut(check, nowhere, bookapitest.Ada,
			"mallory tried one password at %d accounts, from an address that nobody could read", hardening.PerAddress)
		g.enters(check, adasHome, bookapitest.Ada)
	})
}

func TestThrottleCountsAWholeNetworkOfIPv6(t *testing.T) {
	bookapitest.Exercise(t, "5.4", func(check *bookapitest.Check) {
		g := newGate(new(bookapitest.Store))
		g.enters(check, "2001:db8:0:66::1", bookapitest.Mallory)
		for n := range hardening.PerAddress {
			g.guess(check, fmt.Sprintf("2001:db8:0:66::%x", n+1), "user"+strconv.Itoa(n))
		}
		g.shut(check, "2001:db8:0:66::ffff", bookapitest.Ada,
			"mallory took a new address for every guess, from the 18 quintillion that one connection has")
		g.enters(check, "2001:db8:77::1", bookapitest.Ada)
	})
}

// Where a proxy was not named, everybody comes from an address of our own.
//
// Kinds: claim-places
func TestThrottleCountsOurOwnNetworkToo(t *testing.T) {
	bookapitest.Exercise(t, "5.4", func(check *bookapitest.Check) {
		for _, ours := range []string{"127.0.0.1", "::1", "10.0.0.7", "172.16.0.7", "192.168.0.7", "fd00::7",
			"169.254.0.7"} {
			g := newGate(new(bookapitest.Store))
			g.enters(check, ours, bookapitest.Ada)
			for range hardening.PerAccount {
				g.guess(check, ours, bookapitest.Ada)
			}
			g.shut(check, ours, bookapitest.Ada,
				"mallory came through a proxy of ours (%s) that nobody named, and tried %d passwords", ours,
				hardening.PerAccount)
			for n := range hardening.PerAddress {
				g.guess(check, ours, "user"+strconv.Itoa(n))
			}
			g.shut(check, ours, bookapitest.Grace,
				"mallory came through a proxy of ours (%s) that nobody named, and tried %d accounts", ours,
				hardening.PerAddress)
		}
	})
}

// Kinds: claim-places
func TestThrottleExceptsNobody(t *testing.T) {
	bookapitest.Exercise(t, "5.4", func(check *bookapitest.Check) {
		for _, name := range []string{
			bookapitest.Ada, bookapitest.Grace, "admin", "root", "administrator", "monitoring", "monitor",
			"healthcheck", "health", "probe", "prometheus", "service", "svc-backup", "internal", "system", "test",
			"robot",
			"bookapi", "localhost", "nobody", strings.Repeat("a", 32),
		} {
			g := newGate(new(bookapitest.Store))
			g.enters(check, adasHome, name)
			for n := range hardening.PerAccount {
				g.guess(check, address(n), name)
			}
			g.shut(check, address(9999), name, "mallory tried %d passwords at the account %.20q", hardening.PerAccount,
				name)
		}
	})
}

// However a password looks, a wrong one is a guess.
//
// Kinds: one-difference
func TestThrottleCountsEveryGuess(t *testing.T) {
	bookapitest.Exercise(t, "5.4", func(check *bookapitest.Check) {
		for what, password := range bookapitest.Sorted(map[string]func(n int) string{
			"an empty one, each time":  func(int) string { return "" },
			"the same one, each time":  func(int) string { return "letmein" },
			"a short one":              strconv.Itoa,
			"a long one":               func(n int) string { return strings.Repeat("x", 5000+n) },
			"one that is no text":      func(n int) string { return "\xff\x00" + strconv.Itoa(n) },
			"ada's, in capitals":       func(int) string { return strings.ToUpper(bookapitest.Ada + bookapitest.Ada) },
			"ada's, with space around": func(int) string { return " " + bookapitest.Ada + bookapitest.Ada + " " },
		}) {
			g := newGate(new(bookapitest.Store))
			g.enters(check, adasHome, bookapitest.Ada)
			for n := range 2 * hardening.PerAccount {
				_, _ = g.Authenticate(from(check, address(n)), bookapitest.Ada, password(n))
			}
			if failed := g.failed[bookapitest.Ada]; failed > hardening.PerAccount {
				check.Attack("mallory tried %d passwords at ada's account (%s), and %d were looked at, of %d",
					2*hardening.PerAccount, what, failed, hardening.PerAccount)
			}
			g.shut(check, adasHome, bookapitest.Ada, "mallory tried %d passwords at ada's account (%s)",
				2*hardening.PerAccount, what)
		}
	})
}

// Whether "Ada" is ada is for Next to say. What it is asked for is what counts.
//
// Kinds: one-difference
func TestThrottleCountsTheAccountThatItAsksFor(t *testing.T) {
	bookapitest.Exercise(t, "5.4", func(check *bookapitest.Check) {
		g := newGate(new(bookapitest.Store))
		g.enters(check, adasHome, bookapitest.Ada)
		spellings := []string{
			"ada", "Ada", "ADA", "aDa", " ada", "ada ", "\tada\n", "ada\x00", "ａｄａ", "a\u200bda", "ada@example.com",
			"ada.", "+ada",
			"%61da", "ada,", "ada;",
		}
		for n := range hardening.PerAccount {
			for at, spelling := range spellings {
				_, _ = g.Authenticate(from(check, address(n*len(spellings)+at)), spelling, "letmein")
			}
		}
		for name, failed := range bookapitest.Sorted(g.failed) {
			if failed > hardening.PerAccount {
				check.Attack("mallory wrote ada in %d ways (%q and so on), each of which has its own count, "+
					"and %d guesses at %q were looked at, of %d",
					len(spellings), spellings[1:5], failed, name, hardening.PerAccount)
			}
		}
	})
}

func TestThrottleIsNotResetByALoginOfMallorys(t *testing.T) {
	bookapitest.Exercise(t, "5.4", func(check *bookapitest.Check) {
		g := newGate(new(bookapitest.Store))
		g.enters(check, mallorysHome, bookapitest.Mallory)
		looked := 0
		for n := range 3 * hardening.PerAddress {
			if g.guess(check, mallorysHome, "user"+strconv.Itoa(n)) {
				looked++
			}
			_, _ = g.Authenticate(from(check, mallorysHome), bookapitest.Mallory,
				bookapitest.Mallory+bookapitest.Mallory)
		}
		if looked > hardening.PerAddress {
			check.Attack("mallory logged in to her own account after every guess, and had %d guesses looked at, of %d",
				looked, hardening.PerAddress)
		}
	})
}

func TestThrottleOfAnAddressLocksNobodyElseOut(t *testing.T) {
	bookapitest.Exercise(t, "5.4", func(check *bookapitest.Check) {
		g := newGate(new(bookapitest.Store))
		g.enters(check, mallorysHome, bookapitest.Mallory)
		for n := range hardening.PerAddress {
			g.guess(check, mallorysHome, "user"+strconv.Itoa(n))
		}
		g.shut(check, mallorysHome, bookapitest.Mallory, "mallory has used up what an address has")
		for range 3 * hardening.PerAccount {
			g.guess(check, mallorysHome, bookapitest.Ada)
		}
		_, err := g.Authenticate(from(check, adasHome), bookapitest.Ada, bookapitest.Ada+bookapitest.Ada)
		if err != nil {
			check.Attack("mallory's address may not try any more, tried all the same, and ada, at home, is locked "+
				"out: %v", err)
		}
	})
}

// A client that goes on trying is a nuisance, and no guess is looked at.
func TestThrottleOfAnAccountLocksNoAddressOut(t *testing.T) {
	bookapitest.Exercise(t, "5.4", func(check *bookapitest.Check) {
		g := newGate(new(bookapitest.Store))
		g.enters(check, adasHome, bookapitest.Grace)
		for n := range hardening.PerAccount {
			g.guess(check, address(n), bookapitest.Ada)
		}
		g.shut(check, adasHome, bookapitest.Ada, "mallory tried %d passwords at ada's account", hardening.PerAccount)
		for range 2 * hardening.PerAddress {
			_, _ = g.Authenticate(from(check, adasHome), bookapitest.Ada, bookapitest.Ada+bookapitest.Ada)
		}
		_, err := g.Authenticate(from(check, adasHome), bookapitest.Grace, bookapitest.Grace+bookapitest.Grace)
		if err != nil {
			check.Attack("mallory locked ada's account, ada's program tried again and again, none of it was looked "+
				"at, "+
				"and now grace, in the same office, is locked out: %v", err)
		}
	})
}

// Kinds: several-callers, cost
func TestThrottleCountsBeforeItAsks(t *testing.T) {
	bookapitest.Exercise(t, "5.4", func(check *bookapitest.Check) {
		check.Synctest(func(check *bookapitest.Check) {
			g := newGate(new(bookapitest.Store))
			g.enters(check, address(0), bookapitest.Ada)
			open := make(chan struct{})
			g.Next = func(context.Context, string, string) (bookapi.User, error) {
				g.asked.Add(1)
				<-open // hashing takes its time
				return bookapi.User{}, token.ErrCredentials
			}
			g.asked.Store(0)
			for n := range 5 * hardening.PerAccount {
				ctx := from(check, address(n))
				go func() { _, _ = g.Authenticate(ctx, bookapitest.Ada, "guess "+strconv.Itoa(n)) }()
			}
			synctest.Wait()
			inside := int(g.asked.Load())
			close(open)
			synctest.Wait()
			if all := int(g.asked.Load()); all > hardening.PerAccount {
				check.Attack("mallory sent %d guesses at the same moment, and %d were looked at, of %d: they were "+
					"counted too late",
					5*hardening.PerAccount, all, hardening.PerAccount)
			}
			require.Positive(check.Promise("the first guesses are looked at"), inside)
		})
	})
}

// Next may say more about a wrong password than that it is one, and the client may
// have gone when it does.
//
// Kinds: store-answers
func TestThrottleKnowsAFailureWhenItSeesOne(t *testing.T) {
	bookapitest.Exercise(t, "5.4", func(check *bookapitest.Check) {
		for what, verdict := range bookapitest.Sorted(map[string]error{
			"says so":                                token.ErrCredentials,
			"wraps that in another error":            fmt.Errorf("log in ada: %w", token.ErrCredentials),
			"wraps it twice":                         fmt.Errorf("a: %w", fmt.Errorf("b: %w", token.ErrCredentials)),
			"joins another error to that":            errors.Join(token.ErrCredentials, errors.New("account is old")),
			"joins it to that the client has gone":   errors.Join(context.Canceled, token.ErrCredentials),
			"joins it to that the store is gone too": errors.Join(bookapi.ErrUnavailable, token.ErrCredentials),
		}) {
			for _, hangsUp := range []bool{false, true} {
				g := newGate(new(bookapitest.Store))
				g.enters(check, address(0), bookapitest.Ada)
				looked := 0
				for n := range 2 * hardening.PerAccount {
					ctx, hangUp := context.WithCancel(from(check, address(n)))
					g.Next = func(context.Context, string, string) (bookapi.User, error) {
						looked++
						if hangsUp {
							hangUp()
						}
						return bookapi.User{}, verdict
					}
					user, err := g.Authenticate(ctx, bookapitest.Ada, "letmein")
					hangUp()
					require.Empty(check.Promise("a wrong password lets nobody in"), user.Username)
					var throttled *hardening.ThrottledError
					if !errors.As(err, &throttled) {
						require.ErrorIs(check.Promise("a wrong password is the error that Next returns, when it %s",
							what), err,
							token.ErrCredentials)
					}
				}
				if looked > hardening.PerAccount && hangsUp {
					check.Attack("mallory hung up while her guess was hashed, and none of %d guesses counted", looked)
				}
				if looked > hardening.PerAccount {
					check.Attack("mallory's password is wrong, and Next %s, and none of %d guesses counted", what,
						looked)
				}
			}
		}
	})
}

// Kinds: store-answers
func TestThrottleBlamesNobodyForOurMistakes(t *testing.T) {
	bookapitest.Exercise(t, "5.4", func(check *bookapitest.Check) {
		away := errors.New("dial tcp 10.0.0.7:5432: connection refused")
		for what, trouble := range bookapitest.Sorted(map[string]error{
			"the database is away":              away,
			"the database is away, wrapped":     fmt.Errorf("look up ada: %w", away),
			"there is no room to hash":          fmt.Errorf("no room: %w", bookapi.ErrUnavailable),
			"hashing takes too long":            context.DeadlineExceeded,
			"hashing takes too long, wrapped":   fmt.Errorf("hash: %w", context.DeadlineExceeded),
			"the client has gone":               context.Canceled,
			"another throttle turns it away":    &hardening.ThrottledError{Until: noon.Add(time.Minute)},
			"the row is not there":              bookapi.ErrNotFound,
			"the hash in the row is unreadable": errors.New("hash is no bcrypt hash"),
		}) {
			g := newGate(new(bookapitest.Store))
			g.enters(check, adasHome, bookapitest.Ada)
			verify := g.Next
			g.Next = func(context.Context, string, string) (bookapi.User, error) {
				return bookapi.User{Username: bookapitest.Ada}, trouble // a row beside an error
			}
			for range max(hardening.PerAccount, hardening.PerAddress) + 1 {
				user, err := g.Authenticate(from(check, adasHome), bookapitest.Ada, bookapitest.Ada+bookapitest.Ada)
				require.ErrorIs(check.Promise("what is no wrong password is returned as it is, and does not count: %s",
					what),
					err, trouble)
				require.NotErrorIs(check.Promise("it is no wrong password that %s", what), err, token.ErrCredentials)
				if err == nil {
					check.Attack("%s, and mallory is in as %q", what, user.Username)
				}
			}
			g.Next = verify
			g.enters(check, adasHome, bookapitest.Ada)
		}
	})
}

// Kinds: store-answers
func TestThrottleBlamesNobodyWhoHangsUp(t *testing.T) {
	bookapitest.Exercise(t, "5.4", func(check *bookapitest.Check) {
		g := newGate(new(bookapitest.Store)) // which does nothing for a client who has gone
		g.enters(check, adasHome, bookapitest.Ada)
		verify := g.Next
		for n := range 2 * max(hardening.PerAccount, hardening.PerAddress) {
			ctx, hangUp := context.WithCancel(from(check, adasHome))
			g.Next = func(ctx context.Context, username, password string) (bookapi.User, error) {
				hangUp() // hashing takes its time, and ada's train is in a tunnel
				if n%2 == 0 {
					return bookapi.User{}, ctx.Err() // she was still waiting for room
				}
				return verify(ctx, username, password)
			}
			_, _ = g.Authenticate(ctx, bookapitest.Ada, bookapitest.Ada+bookapitest.Ada)
		}
		g.Next = verify
		_, err := g.Authenticate(from(check, adasHome), bookapitest.Ada, bookapitest.Ada+bookapitest.Ada)
		require.NoError(check.Promise("ada had the right password each time, and is not locked out because her line "+
			"broke before the answer"), err)
	})
}

// Kinds: store-answers
func TestThrottleStaysShutWhenItCannotCount(t *testing.T) {
	bookapitest.Exercise(t, "5.4", func(check *bookapitest.Check) {
		store := new(bookapitest.Store)
		g := newGate(store)
		calls := store.During(func() { g.enters(check, adasHome, bookapitest.Ada) })
		for name, fault := range bookapitest.StoreFaults(calls.Methods()...) {
			store := new(bookapitest.Store)
			g := newGate(store)
			g.enters(check, adasHome, bookapitest.Ada)
			store.Inject(fault)
			g.asked.Store(0)
			var user bookapi.User
			var err error
			panicked := panics(func() {
				user, err = g.Authenticate(fault.Context(from(check, adasHome)), bookapitest.Ada,
					bookapitest.Ada+bookapitest.Ada)
			})
			require.Equal(check.Promise("Authenticate hides no panic of the store: %s", name), store.Panicked(),
				panicked)
			if fault.Method == "CountAttempt" {
				if err == nil && !panicked {
					check.Attack("%s: with nobody to count, mallory guesses as often as she likes, and is in as %q",
						name,
						user.Username)
				}
				require.Zero(check.Promise("%s: a guess that could not be counted is not hashed", name), g.asked.Load())
				if !panicked {
					require.ErrorIs(check.Promise("%s: Authenticate returns that error", name), err, fault.Err)
				}
			}
			if err != nil {
				require.Empty(check.Promise("%s: Authenticate returns no user with an error", name), user.Username)
				require.NotErrorIs(check.Promise("%s: that is no wrong password", name), err, token.ErrCredentials)
			}
			store.Inject(bookapitest.Fault{})
			g.enters(check, adasHome, bookapitest.Ada)
			for n := range hardening.PerAccount {
				g.guess(check, address(n), bookapitest.Ada)
			}
			g.shut(check, adasHome, bookapitest.Ada, "%s once, and after that mallory tried %d passwords", name,
				hardening.PerAccount)
		}
	})
}

// Kinds: store-answers
func TestThrottleTakesBackWhatItCannotCount(t *testing.T) {
	bookapitest.Exercise(t, "5.4", func(check *bookapitest.Check) {
		for name, fault := range bookapitest.StoreFaults("CountAttempt", "CountAttempt") {
			if fault.Nth < 2 || fault.Panics || strings.Contains(name, "writes") {
				continue // nothing was counted before that, or nobody can know it
			}
			store := new(bookapitest.Store)
			g := newGate(store)
			g.enters(check, adasHome, bookapitest.Ada)
			for range max(hardening.PerAccount, hardening.PerAddress) {
				store.Inject(fault)
				_, _ = g.Authenticate(fault.Context(from(check, adasHome)), bookapitest.Ada,
					bookapitest.Ada+bookapitest.Ada)
			}
			store.Inject(bookapitest.Fault{})
			_, err := g.Authenticate(from(check, adasHome), bookapitest.Ada, bookapitest.Ada+bookapitest.Ada)
			require.NoError(check.Promise("%s, again and again, no guess was looked at, and that counts as no failure",
				name), err)
		}
	})
}

// A login that is slow comes to its end when another window has begun.
//
// Kinds: store-answers
func TestThrottleTakesNothingFromTheNextWindow(t *testing.T) {
	bookapitest.Exercise(t, "5.4", func(check *bookapitest.Check) {
		for what, c := range bookapitest.Sorted(map[string]struct {
			failures int
			guess    func(g *gate, n int)
			then     func(g *gate, attack string)
		}{
			"an account": {
				hardening.PerAccount,
				func(g *gate, n int) { g.guess(check, address(n), bookapitest.Mallory) },
				func(g *gate, attack string) { g.shut(check, adasHome, bookapitest.Mallory, "%s", attack) },
			},
			"an address": {
				hardening.PerAddress,
				func(g *gate, n int) { g.guess(check, mallorysHome, "user"+strconv.Itoa(n)) },
				func(g *gate, attack string) { g.shut(check, mallorysHome, bookapitest.Ada, "%s", attack) },
			},
		}) {
			g := newGate(new(bookapitest.Store))
			g.enters(check, mallorysHome, bookapitest.Mallory)
			verify := g.Next
			g.Next = func(ctx context.Context, username, password string) (bookapi.User, error) {
				g.Next = verify
				g.now = g.now.Add(hardening.Window) // it takes its time
				for n := range c.failures {
					c.guess(g, n)
				}
				return verify(ctx, username, password)
			}
			g.enters(check, mallorysHome, bookapitest.Mallory)
			c.then(g, "a slow login of mallory's was counted in the last window of "+what+" and taken back from this "+
				"one")
		}
	})
}

// Kinds: several-callers
func TestThrottleIsSharedByAllReplicas(t *testing.T) {
	bookapitest.Exercise(t, "5.4", func(check *bookapitest.Check) {
		database := new(bookapitest.Store)
		one, two := newGate(database), newGate(database)
		one.enters(check, address(0), bookapitest.Ada)
		two.enters(check, address(0), bookapitest.Ada)
		for n := range hardening.PerAccount {
			[]*gate{one, two}[n%2].guess(check, address(n), bookapitest.Ada)
		}
		one.shut(check, address(9999), bookapitest.Ada, "mallory sent every other guess to the other replica")
		two.shut(check, address(9999), bookapitest.Ada, "mallory sent every other guess to the other replica")

		three := newGate(new(bookapitest.Store)) // another database knows nothing of it
		three.enters(check, address(0), bookapitest.Ada)
	})
}

// Kinds: several-callers
func TestThrottleKeepsTwoLoginsApart(t *testing.T) {
	bookapitest.Exercise(t, "5.4", func(check *bookapitest.Check) {
		g := newGate(new(bookapitest.Store))
		g.enters(check, adasHome, bookapitest.Ada)
		verify := g.Next
		for n := range hardening.PerAccount {
			g.Next = func(ctx context.Context, username, password string) (bookapi.User, error) {
				g.Next = verify
				if n%2 == 0 {
					g.guess(check, address(n), bookapitest.Grace) // mallory, while ada's password is hashed
				} else {
					g.enters(check, adasHome, bookapitest.Ada) // ada, while mallory's guess is hashed
				}
				return verify(ctx, username, password)
			}
			if n%2 == 0 {
				g.enters(check, adasHome, bookapitest.Ada)
			} else {
				g.guess(check, address(n), bookapitest.Grace)
			}
		}
		g.shut(check, address(9999), bookapitest.Grace,
			"mallory tried %d passwords at grace's account, each while ada logged in, "+
				"and some were taken back in place of ada's", hardening.PerAccount)
		g.enters(check, adasHome, bookapitest.Ada)

		err := bookapitest.Hammer(8, 20, func(caller int) error {
			name := "user" + strconv.Itoa(caller)
			user, err := g.Authenticate(context.Background(), name, name+name)
			if err == nil && user.Username != name {
				err = fmt.Errorf("%s logs in, and is %s", name, user.Username)
			}
			return err
		})
		require.NoError(check.Promise("simultaneous logins have nothing in common"), err)
		_, err = bookapitest.Overtake(func(pause func()) (slow, quick func() error) {
			store := new(bookapitest.Store)
			for _, method := range []string{"CountAttempt", "ForgiveAttempt"} {
				store.After(method, 1, pause)
				store.After(method, 2, pause)
			}
			g := newGate(store)
			g.Next = func(ctx context.Context, username, password string) (bookapi.User, error) {
				pause()
				return g.verify(ctx, username, password)
			}
			login := func(name string) func() error {
				return func() error {
					user, err := g.Authenticate(context.Background(), name, name+name)
					return errors.Join(err, same(name, user.Username))
				}
			}
			return login(bookapitest.Ada), login(bookapitest.Mallory)
		})
		require.NoError(check.Promise("two logins at the same time have nothing in common"), err)
	})
}

// Kinds: outlets
func TestThrottleWritesNoPasswordDown(t *testing.T) {
	bookapitest.Exercise(t, "5.4", func(check *bookapitest.Check) {
		store := new(bookapitest.Store)
		g := newGate(store)
		g.enters(check, adasHome, bookapitest.Ada)
		out := bookapitest.Capture(func(out *bookapitest.Outlets) {
			for range hardening.PerAccount + 1 {
				_, err := g.Authenticate(from(check, adasHome), bookapitest.Ada, bookapitest.AdaPassword)
				out.Error(err)
			}
			for _, fault := range bookapitest.StoreFaults("CountAttempt", "ForgiveAttempt") {
				store.Inject(fault)
				panics(func() {
					_, err := g.Authenticate(from(check, adasHome), bookapitest.Mallory, bookapitest.AdaPassword)
					out.Error(err)
				})
			}
			out.Value("the database", fmt.Sprint(store.Calls()))
		})
		if err := out.Find(bookapitest.Password("ada's password", bookapitest.AdaPassword)); err != nil {
			check.Attack("mallory reads %v", err)
		}

		typed := store.During(func() {
			_, _ = g.Authenticate(from(check, adasHome), bookapitest.GracePassword, "grace")
		})
		if strings.Contains(fmt.Sprint(typed), bookapitest.GracePassword) {
			check.Attack("grace typed her password into the field of the name, and mallory reads it in the database: "+
				"%v", typed)
		}
		const long = 60_000
		for _, call := range store.During(func() {
			_, _ = g.Authenticate(from(check, adasHome), strings.Repeat("m", long), "letmein")
		}).Of("CountAttempt") {
			if key := fmt.Sprint(call.Args[0]); len(key) > 1000 {
				check.Attack("mallory sends names of %d bytes, and fills the database: it keeps a key of %d bytes for "+
					"each", long, len(key))
			}
		}
	})
}

// Kinds: cost, several-callers
func TestThrottleBoundsHashing(t *testing.T) {
	bookapitest.Exercise(t, "5.4", func(check *bookapitest.Check) {
		check.Synctest(func(check *bookapitest.Check) {
			const room, callers = 3, 40
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
					err := hashers.Do(check.Context(), func() {
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
				check.Attack("mallory sent %d logins at once, and %d were hashed at the same time, of %d: nobody "+
					"else gets a turn",
					callers, most, room)
			}
			require.Equal(check.Promise("Do runs what it is given, once there is room, and returns nil: %d callers",
				callers),
				callers, done)
			require.Equal(check.Promise("all the room there is, is used"), room, most)
		})
	})
}

// Kinds: cost
func TestThrottleHashesForNobodyWhoHasGone(t *testing.T) {
	bookapitest.Exercise(t, "5.4", func(check *bookapitest.Check) {
		for what, end := range bookapitest.Sorted(map[string]func(context.Context) (context.Context,
			context.CancelFunc){
			"hung up": context.WithCancel,
			"waited for as long as a login may take": func(ctx context.Context) (context.Context, context.CancelFunc) {
				ctx, cancel := context.WithTimeout(ctx, time.Second)
				return ctx, func() { defer cancel(); time.Sleep(2 * time.Second) }
			},
		}) {
			check.Synctest(func(check *bookapitest.Check) {
				hashers := make(hardening.Hashers, 1)
				defer rescue(hashers)
				ran := false
				require.NoError(check.Promise("Do runs what it is given"), hashers.Do(check.Context(), func() {
					ran = true
				}))
				require.True(check.Promise("Do runs what it is given"), ran)

				busy := make(chan struct{})
				go func() { _ = hashers.Do(context.Background(), func() { <-busy }) }()
				synctest.Wait()
				waiting, leave := end(check.Context())
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
					check.Attack("mallory sent a login and %s, a thousand times a second, and each is hashed all the "+
						"same", what)
				}
				require.True(check.Promise("a client that has %s waits no longer", what), answered)
				require.ErrorIs(check.Promise("Do returns the error of ctx to a client that has %s", what), <-answer,
					waiting.Err())
			})
		}
	})
}

// There may be room in that very moment.
//
// Kinds: several-callers
func TestThrottleHashesForNobodyWhoHasGoneBefore(t *testing.T) {
	bookapitest.Exercise(t, "5.4", func(check *bookapitest.Check) {
		check.Synctest(func(check *bookapitest.Check) {
			hashers := make(hardening.Hashers, 1)
			defer rescue(hashers)
			require.NoError(check.Promise("Do runs what it is given"), hashers.Do(check.Context(), func() {}))
			gone, leave := context.WithCancel(check.Context())
			leave()
			const tries = 200 // a coin that is tossed so often falls on both sides
			hashed := 0
			for range tries {
				err := hashers.Do(gone, func() { hashed++ })
				if hashed == 0 {
					require.ErrorIs(check.Promise("Do says that nobody waits any more"), err, context.Canceled)
				}
			}
			if hashed > 0 {
				check.Attack("mallory sent %d logins and hung up before there was room, and %d of them were hashed "+
					"all the same",
					tries, hashed)
			}
			ran := false
			go func() { _ = hashers.Do(context.Background(), func() { ran = true }) }()
			synctest.Wait()
			if !ran {
				check.Attack("mallory hung up in the moment in which there was room for her login, and her room is "+
					"gone for ever: "+
					"after %d of them nobody logs in", cap(hashers))
			}

			// Who goes while there is room already, and before the hash begins, has gone, too.
			hashed = 0
			for range tries {
				busy := make(chan struct{})
				waiting, leave := context.WithCancel(check.Context())
				go func() {
					_ = hashers.Do(context.Background(), func() { <-busy })
					leave()
				}()
				synctest.Wait()
				go func() {
					_ = hashers.Do(waiting, func() {
						if waiting.Err() != nil {
							hashed++
						}
					})
				}()
				synctest.Wait()
				close(busy)
				synctest.Wait()
			}
			if hashed > tries/4 { // of some the hash has just begun
				check.Attack("mallory sent %d logins and hung up in the moment in which there was room, and %d of "+
					"them were hashed all the same", tries, hashed)
			}
		})
	})
}

// Kinds: several-callers
func TestThrottleWaitsForAHashThatHasBegun(t *testing.T) {
	bookapitest.Exercise(t, "5.4", func(check *bookapitest.Check) {
		check.Synctest(func(check *bookapitest.Check) {
			hashers := make(hardening.Hashers, 1)
			defer rescue(hashers)
			ctx, leave := context.WithCancel(check.Context())
			finished := false
			err := hashers.Do(ctx, func() {
				leave()
				time.Sleep(time.Second) // on the bubble's clock
				finished = true
			})
			require.True(check.Promise("Do returns when hash has ended, also if ctx ends meanwhile: what hash "+
				"writes, its caller reads"), finished)
			require.NoError(check.Promise("Do returns nil if hash has run, also if ctx has ended meanwhile"), err)
		})
	})
}

// Kinds: first-line, several-callers
func TestThrottleGivesRoomBackAfterAPanic(t *testing.T) {
	bookapitest.Exercise(t, "5.4", func(check *bookapitest.Check) {
		check.Synctest(func(check *bookapitest.Check) {
			hashers := make(hardening.Hashers, 1)
			defer rescue(hashers)
			runsIn := ""
			require.NoError(check.Promise("Do runs what it is given"),
				hashers.Do(check.Context(), func() { runsIn = goroutine() }))
			synctest.Wait()
			require.Equal(check.Promise("Do runs hash in its caller's goroutine, so that a panic has somebody to "+
				"answer: "+
				"in another one it ends the program"), goroutine(), runsIn)
			fell := panics(func() { _ = hashers.Do(check.Context(), func() { panic("a hash that cannot be read") }) })
			require.True(check.Promise("Do runs what it is given, and hides no panic"), fell)
			ran := false
			go func() { _ = hashers.Do(context.Background(), func() { ran = true }) }()
			synctest.Wait()
			if !ran {
				check.Attack("mallory found a login that panics, and its room is gone for ever: after %d of them "+
					"nobody logs in",
					cap(hashers))
			}
		})
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

// Kind randomness: does not apply, since nothing is drawn.
