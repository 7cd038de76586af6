package hardening_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi"
	. "example.com/bookapi/bookapitest"
	"example.com/bookapi/memory"
	token "example.com/bookapi/step2-token"
	protect "example.com/bookapi/step3-protect"
	hardening "example.com/bookapi/step5-hardening"
)

// A desk is where sessions begin and end: a store with Ada, Grace and Mallory in
// it, and a clock that only the test moves.
type desk struct {
	*memory.Store
	sessions hardening.Sessions
	now      time.Time
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{Store: new(memory.Store), now: deskOpens}
	for _, name := range []string{Ada, Grace, Mallory} {
		require.NoError(t, d.CreateUser(t.Context(), bookapi.User{Username: name, PasswordHash: "hash of " + name, Role: bookapi.RoleReader}))
	}
	d.sessions = hardening.Sessions{Store: d.Store, Users: d.Store, Now: func() time.Time { return d.now }}
	return d
}

var deskOpens = time.Date(2031, time.March, 14, 9, 0, 0, 0, time.UTC)

// start logs somebody in.
func (d *desk) start(t *testing.T, name string) string {
	t.Helper()
	user, err := d.User(t.Context(), name)
	require.NoError(t, err)
	raw, err := d.sessions.Start(t.Context(), user)
	require.NoError(Promise(t, "5.3", "Start begins a session for %s, who has just logged in", name), err)
	require.NotEmpty(Promise(t, "5.3", "Start returns the first refresh token"), raw)
	return raw
}

// refresh trades a good token for the next one.
func (d *desk) refresh(t *testing.T, name, raw string) string {
	t.Helper()
	user, next, err := d.sessions.Refresh(t.Context(), raw)
	require.NoError(Promise(t, "5.3", "Refresh takes %s's refresh token, which is good", name), err)
	require.Equal(Promise(t, "5.3", "Refresh returns the user whose session it is"), name, user.Username)
	require.NotEmpty(Promise(t, "5.3", "Refresh returns the next refresh token"), next)
	return next
}

// turnsDown demands that a token is not good: what mallory did with it is done.
func (d *desk) turnsDown(t *testing.T, raw, attack string, args ...any) {
	t.Helper()
	user, next, err := d.sessions.Refresh(t.Context(), raw)
	if err == nil || next != "" || user.Username != "" {
		t.Fatalf("ATTACK SUCCEEDED: "+attack+"; Refresh answered with user %q and the next token %q", append(args, user.Username, next)...)
	}
	assert.ErrorIs(Promise(t, "5.3", "a refresh token that is not good is ErrRefresh"), err, hardening.ErrRefresh)
}

func TestSessionsGoOnWithoutThePassword(t *testing.T) {
	d := newDesk(t)
	raw := d.start(t, Ada)
	for range 5 {
		d.now = d.now.Add(time.Hour)
		next := d.refresh(t, Ada, raw)
		assert.NotEqual(Promise(t, "5.3", "each refresh answers with a new refresh token (RFC 9700 §4.14.2)"), raw, next)
		raw = next
	}
}

func TestSessionsOfOneUserAreManifold(t *testing.T) {
	d := newDesk(t)
	laptop, phone := d.start(t, Ada), d.start(t, Ada)
	d.refresh(t, Ada, laptop)
	d.refresh(t, Ada, phone)
}

func TestSessionsAnswerWithTheUserAsStoredNow(t *testing.T) {
	d := newDesk(t)
	raw := d.start(t, Grace)
	require.NoError(t, d.SetRole(t.Context(), Grace, bookapi.RoleAdmin))
	user, _, err := d.sessions.Refresh(t.Context(), raw)
	require.NoError(Promise(t, "5.3", "Refresh takes grace's refresh token, which is good"), err)
	assert.Equal(Promise(t, "5.3", "the role is that of the row now, not that of the login"), bookapi.RoleAdmin, user.Role)
}

func TestSessionsTokensCannotBeGuessed(t *testing.T) {
	d := newDesk(t)
	raw := d.start(t, Ada)
	seen := map[string]bool{raw: true}
	for range 50 {
		raw = d.refresh(t, Ada, raw)
		if seen[raw] {
			t.Fatalf("ATTACK SUCCEEDED: the refresh token %q was handed out twice: mallory keeps old ones and waits", raw)
		}
		seen[raw] = true
	}
	if drawn := changed(raw, d.refresh(t, Ada, raw)); len(drawn) < least128 {
		t.Errorf("ATTACK SUCCEEDED: only %q of a refresh token was drawn anew, and that is no 128 bits: mallory stole the database, and tries them all against the hash", drawn)
	}
}

// least128 is how many characters 128 bits have at least: 22 in base64, and more
// in any other alphabet, of which one or two may happen to stay as they were.
const least128 = 20

// changed is what of the second of two tokens is not in the first.
func changed(one, two string) string {
	for one != "" && two != "" && one[0] == two[0] {
		one, two = one[1:], two[1:]
	}
	for one != "" && two != "" && one[len(one)-1] == two[len(two)-1] {
		one, two = one[:len(one)-1], two[:len(two)-1]
	}
	return two
}

func TestSessionsCannotBeReadFromAStolenDatabase(t *testing.T) {
	// burgle returns a desk at which Ada has a session, all that stands in its
	// database, and the tokens that Ada was given.
	burgle := func() (d *desk, copied *copyingStore, tokens []string) {
		d = newDesk(t)
		thief := &copyingStore{SessionStore: d.Store}
		d.sessions.Store = thief
		first := d.start(t, Ada)
		return d, thief, []string{first, d.refresh(t, Ada, first)}
	}
	_, thief, tokens := burgle()
	copied := slices.Concat(thief.ids, thief.hashes)
	for _, raw := range tokens {
		if form := Leak(strings.Join(copied, "\n"), raw); form != "" {
			t.Fatalf("ATTACK SUCCEEDED: mallory copied the database, and ada's refresh token stands in it, %s", form)
		}
	}
	for _, hash := range thief.hashes {
		if len(hash) < least128 {
			t.Fatalf("ATTACK SUCCEEDED: mallory copied the database, in which %q stands for ada's refresh token: that is no 128 bits, and she looks for a text with the same hash", hash)
		}
	}
	for i := range copied {
		for j := range copied {
			for _, between := range []string{"", ".", ":"} {
				d, thief, _ := burgle() // anew, since a wrong guess may end the session
				copied := slices.Concat(thief.ids, thief.hashes)
				guess := copied[i] + between + copied[j]
				if i == j {
					guess = copied[i]
				}
				d.turnsDown(t, guess, "mallory copied the database and put a refresh token together from what stands in it, %q", guess)
			}
		}
	}
}

// copyingStore is a store whose every text a thief copies.
type copyingStore struct {
	bookapi.SessionStore
	ids, hashes []string
}

func (s *copyingStore) CreateSession(ctx context.Context, session bookapi.Session, passwordHash string) error {
	s.ids, s.hashes = append(s.ids, session.ID), append(s.hashes, session.TokenHash)
	return s.SessionStore.CreateSession(ctx, session, passwordHash)
}

func (s *copyingStore) RotateSession(ctx context.Context, id, current, next string) error {
	err := s.SessionStore.RotateSession(ctx, id, current, next)
	if err == nil {
		s.hashes = append(s.hashes, next)
	}
	return err
}

func TestSessionsEndWhenATokenIsUsedTwice(t *testing.T) {
	t.Run("mallory comes second", func(t *testing.T) {
		d := newDesk(t)
		stolen := d.start(t, Ada)
		adas := d.refresh(t, Ada, stolen)
		d.turnsDown(t, stolen, "mallory copied ada's refresh token, and used it after her")
		d.turnsDown(t, adas, "a token was used twice, one of the two callers is a thief, and the session goes on")
	})
	t.Run("mallory comes first", func(t *testing.T) {
		d := newDesk(t)
		stolen := d.start(t, Ada)
		mallorys := d.refresh(t, Ada, stolen)
		d.turnsDown(t, stolen, "ada's refresh token was used by mallory before her, and now by her: it was taken twice")
		d.turnsDown(t, mallorys, "mallory used ada's token first, ada noticed by being refused, and mallory's next token still works")
	})
	t.Run("long after", func(t *testing.T) {
		d := newDesk(t)
		stolen := d.start(t, Ada)
		raw := stolen
		for range 4 {
			d.now = d.now.Add(5 * 24 * time.Hour)
			raw = d.refresh(t, Ada, raw)
		}
		d.turnsDown(t, stolen, "mallory used a refresh token that ada has traded in long ago")
		d.turnsDown(t, raw, "an old token came back from a thief, and the session goes on")
	})
	t.Run("and no other session does", func(t *testing.T) {
		d := newDesk(t)
		stolen, phone, graces := d.start(t, Ada), d.start(t, Ada), d.start(t, Grace)
		d.refresh(t, Ada, stolen)
		d.turnsDown(t, stolen, "mallory copied ada's refresh token, and used it after her")
		d.refresh(t, Ada, phone)
		d.refresh(t, Grace, graces)
	})
}

// Whoever has used a token twice may know what comes next, and hang up.
func TestSessionsEndThoughTheCallerHangsUp(t *testing.T) {
	d := newDesk(t)
	stolen := d.start(t, Ada)
	mallorys := d.refresh(t, Ada, stolen)
	ctx, hangUp := context.WithCancel(t.Context())
	defer hangUp()
	d.sessions.Store = hangingUp{d.Store, hangUp}
	_, next, err := d.sessions.Refresh(ctx, stolen)
	require.Error(Promise(t, "5.3", "a token that was used before buys nothing"), err)
	require.Empty(Promise(t, "5.3", "a token that was used before buys nothing"), next)
	d.sessions.Store = d.Store
	d.turnsDown(t, mallorys, "ada's token came in for the second time, the line broke before the session could be ended, and so it goes on, for mallory")
}

// hangingUp is a store whose caller hangs up when a session is to end. As a
// database over a network it does nothing for somebody who has gone.
type hangingUp struct {
	bookapi.SessionStore
	hangUp func()
}

func (s hangingUp) EndSession(ctx context.Context, id string) error {
	s.hangUp()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return s.SessionStore.EndSession(ctx, id)
}

func TestSessionsHaveOneWinner(t *testing.T) {
	const callers = 16
	d := newDesk(t)
	raw := d.start(t, Ada)
	d.sessions.Store = &meetingStore{SessionStore: d.Store, expected: callers, met: make(chan struct{})}
	var (
		mu   sync.Mutex
		next []string
		wg   sync.WaitGroup
	)
	for range callers {
		wg.Go(func() {
			if _, raw, err := d.sessions.Refresh(t.Context(), raw); err == nil {
				mu.Lock()
				defer mu.Unlock()
				next = append(next, raw)
			}
		})
	}
	wg.Wait()
	if len(next) > 1 {
		t.Fatalf("ATTACK SUCCEEDED: mallory sent one refresh token %d times at the same moment, and got %d sessions out of it", callers, len(next))
	}
	require.Len(Promise(t, "5.3", "of simultaneous callers with one good token, one gets an answer"), next, 1)
	d.turnsDown(t, next[0], "one token was used %d times at the same moment, and the session goes on", callers)
}

// meetingStore makes all callers wait until everybody has looked the session up:
// the moment at which each of them finds the token good.
type meetingStore struct {
	bookapi.SessionStore
	mu       sync.Mutex
	expected int
	met      chan struct{}
}

func (s *meetingStore) Session(ctx context.Context, id string) (bookapi.Session, error) {
	session, err := s.SessionStore.Session(ctx, id)
	s.mu.Lock()
	if s.expected--; s.expected == 0 {
		close(s.met)
	}
	s.mu.Unlock()
	<-s.met
	return session, err
}

func TestSessionsHaveAnEnd(t *testing.T) {
	d := newDesk(t)
	raw := d.start(t, Ada)
	for range 29 {
		d.now = d.now.Add(24 * time.Hour)
		raw = d.refresh(t, Ada, raw)
	}
	d.now = deskOpens.Add(hardening.SessionLifetime - time.Second)
	raw = d.refresh(t, Ada, raw)
	d.now = deskOpens.Add(hardening.SessionLifetime)
	d.turnsDown(t, raw, "mallory has had ada's session for %v and refreshes it for ever", hardening.SessionLifetime)
}

func TestSessionsEndWithTheAccount(t *testing.T) {
	d := newDesk(t)
	d.sessions.Users = &leavingUsers{UserStore: d.Store}
	raw := d.start(t, Mallory)
	raw = d.refresh(t, Mallory, raw)
	d.sessions.Users.(*leavingUsers).gone = true
	d.turnsDown(t, raw, "mallory's account was shut a minute ago, and the session goes on")
}

// leavingUsers is a store that users leave.
type leavingUsers struct {
	bookapi.UserStore
	gone bool
}

func (s *leavingUsers) User(ctx context.Context, username string) (bookapi.User, error) {
	if s.gone {
		return bookapi.User{}, bookapi.ErrNotFound
	}
	return s.UserStore.User(ctx, username)
}

func TestSessionsEndWithTheOldPassword(t *testing.T) {
	d := newDesk(t)
	raw := d.start(t, Ada)
	before, err := d.User(t.Context(), Ada)
	require.NoError(t, err)
	require.NoError(t, d.ChangePassword(t.Context(), Ada, before.PasswordHash, "another hash", d.now))

	d.turnsDown(t, raw, "ada changed her password because mallory had her session, and it goes on")
	late, err := d.sessions.Start(t.Context(), before)
	if err == nil {
		t.Fatalf("ATTACK SUCCEEDED: mallory's login with the old password was under way when ada changed it, and led to the session %q", late)
	}
	assert.ErrorIs(Promise(t, "5.3", "a login that the password change has overtaken is ErrRefresh"), err, hardening.ErrRefresh)
	d.start(t, Ada)
}

func TestSessionsEndAtLogout(t *testing.T) {
	d := newDesk(t)
	laptop, phone := d.start(t, Ada), d.start(t, Ada)
	require.NoError(Promise(t, "5.3", "End ends the session of a good token"), d.sessions.End(t.Context(), laptop))
	d.turnsDown(t, laptop, "ada logged out, and mallory, who sits at her laptop now, goes on as ada")
	d.refresh(t, Ada, phone)
	assert.NoError(Promise(t, "5.3", "to log out twice is no error (RFC 7009 §2.2)"), d.sessions.End(t.Context(), laptop))
}

func TestSessionsEndAtLogoutForAThiefToo(t *testing.T) {
	d := newDesk(t)
	adas := d.start(t, Ada)
	mallorys := d.refresh(t, Ada, adas)
	require.NoError(Promise(t, "5.3", "End ends the session of a token that was good"), d.sessions.End(t.Context(), adas))
	d.turnsDown(t, mallorys, "mallory had used ada's refresh token before ada logged out with it, and goes on as ada")
}

// To log out it takes a token. Where the name of a session is enough, nobody may
// guess it.
func TestSessionsAreEndedByNobodyElse(t *testing.T) {
	d := newDesk(t)
	names := &copyingStore{SessionStore: d.Store}
	d.sessions.Store = names
	mallorys, adas := d.start(t, Mallory), d.start(t, Ada)
	adas = d.refresh(t, Ada, adas)
	const least = 10 // 64 bits are enough where each guess is a request
	mine, hers := names.ids[0], names.ids[1]
	if guessed := changed(mine, hers); len(guessed) < least {
		require.NoError(t, d.sessions.End(t.Context(), strings.Replace(mallorys, mine, hers, 1)))
		if _, _, err := d.sessions.Refresh(t.Context(), adas); err != nil {
			t.Fatalf("ATTACK SUCCEEDED: mallory's session is called %q, so the one after it is called %q: she logged out with that name, and ada is out", mine, hers)
		}
	}
}

// rubbish is what else arrives where a refresh token should be.
var rubbish = []string{"", ".", "..", "a.b", "a.b.c", strings.Repeat("x", 1<<16), "\x00", "é.é", "' OR 1=1 --"}

func TestSessionsTakeNoRubbish(t *testing.T) {
	d := newDesk(t)
	adas, mallorys := d.start(t, Ada), d.start(t, Mallory)
	for _, raw := range rubbish {
		d.turnsDown(t, raw, "mallory sent %.20q as a refresh token", raw)
		assert.NoError(Promise(t, "5.3", "to log out of a session that is not there is no error: %.20q", raw), d.sessions.End(t.Context(), raw))
	}
	d.turnsDown(t, adas[:len(adas)/2]+mallorys[len(mallorys)/2:], "mallory joined the first half of ada's token to the second half of their own")
	d.turnsDown(t, strings.ToLower(mallorys), "mallory's token is good in another letter case, so a guess takes half the time")
}

func TestSessionsAndAccessTokensAreTwoThings(t *testing.T) {
	d := newDesk(t)
	refresh := d.start(t, Ada)
	key := token.Key{ID: "k", Secret: []byte("thirty-two bytes that nobody has")}
	access, err := token.Issuer{Key: key, Lifetime: token.Lifetime, Now: d.sessions.Now}.Issue(bookapi.User{Username: Ada})
	require.NoError(Promise(t, "2.1", "Issue signs a token for ada; step 5 builds on it"), err)

	d.turnsDown(t, access, "mallory found an access token, good for a quarter of an hour, and refreshed it")
	if claims, err := (protect.Verifier{Keys: []token.Key{key}, Now: d.sessions.Now}).Verify(refresh); err == nil {
		t.Errorf("ATTACK SUCCEEDED: a refresh token, good for a month, opens the door as an access token of %q", claims.Subject)
	}
	d.refresh(t, Ada, refresh)
}

func TestSessionsOutliveTheDatabase(t *testing.T) {
	away := errors.New("dial tcp 10.0.0.7:5432: connection refused")
	d := newDesk(t)
	for what, breaks := range Sorted(map[string]func(*hardening.Sessions){
		"to find the session":  func(s *hardening.Sessions) { s.Store = &brokenSessions{SessionStore: d.Store, find: away} },
		"to find the user":     func(s *hardening.Sessions) { s.Users = brokenUsers{err: away} },
		"to rotate the tokens": func(s *hardening.Sessions) { s.Store = &brokenSessions{SessionStore: d.Store, rotate: away} },
	}) {
		raw := d.start(t, Ada)
		broken := d.sessions
		breaks(&broken)
		_, next, err := broken.Refresh(t.Context(), raw)
		require.ErrorIs(Promise(t, "5.3", "a database that is away when asked %s is no verdict on a token", what), err, away)
		assert.NotErrorIs(Promise(t, "5.3", "a database that is away is not a refusal: the client would log its user out"), err, hardening.ErrRefresh)
		assert.Empty(Promise(t, "5.3", "without the database there is no next token"), next)
		_, _, err = d.sessions.Refresh(t.Context(), raw)
		require.NoError(Promise(t, "5.3", "the database was away when asked %s, is back, and the same token is still good", what), err)
	}
	raw := d.start(t, Ada)
	broken := d.sessions
	broken.Store = &brokenSessions{SessionStore: d.Store, create: away, end: away}
	user, err := d.User(t.Context(), Ada)
	require.NoError(t, err)
	got, err := broken.Start(t.Context(), user)
	require.ErrorIs(Promise(t, "5.3", "Start says that the database is away"), err, away)
	assert.Empty(Promise(t, "5.3", "a session that is not stored has no token"), got)
	assert.ErrorIs(Promise(t, "5.3", "who could not be logged out hears of it"), broken.End(t.Context(), raw), away)

	_, _, err = d.sessions.Refresh(t.Context(), raw)
	assert.NoError(Promise(t, "5.3", "the database was away when asked to begin and to end a session, is back, and the token is still good"), err)
}

// brokenSessions is a database that is away for some of what it is asked.
type brokenSessions struct {
	bookapi.SessionStore
	create, find, rotate, end error
}

func (s *brokenSessions) CreateSession(ctx context.Context, session bookapi.Session, passwordHash string) error {
	if s.create != nil {
		return s.create
	}
	return s.SessionStore.CreateSession(ctx, session, passwordHash)
}

func (s *brokenSessions) Session(ctx context.Context, id string) (bookapi.Session, error) {
	if s.find != nil {
		return bookapi.Session{}, s.find
	}
	return s.SessionStore.Session(ctx, id)
}

func (s *brokenSessions) RotateSession(ctx context.Context, id, current, next string) error {
	if s.rotate != nil {
		return s.rotate
	}
	return s.SessionStore.RotateSession(ctx, id, current, next)
}

func (s *brokenSessions) EndSession(ctx context.Context, id string) error {
	if s.end != nil {
		return s.end
	}
	return s.SessionStore.EndSession(ctx, id)
}
