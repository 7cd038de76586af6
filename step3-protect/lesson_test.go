package protect_test

import (
	"net/http"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/bookapi"
	"example.com/bookapi/bookapitest"
	"example.com/bookapi/bookapitest/attack"
	"example.com/bookapi/bookapitest/forge"
	token "example.com/bookapi/step2-token"
	protect "example.com/bookapi/step3-protect"
)

// The names of the people in every example.
const (
	ada   = bookapitest.Ada
	grace = bookapitest.Grace
)

// noon is when the tests take place; no test looks at the real clock.
var noon = time.Date(2031, time.March, 14, 12, 0, 0, 0, time.UTC)

func atNoon() time.Time { return noon }

const lifetime = 15 * time.Minute

// The keys are long enough for any HMAC.
var (
	keyA = token.Key{ID: "key-a", Secret: []byte("sixty-four bytes that only this test knows, and no other program")}
	keyB = token.Key{ID: "key-b", Secret: []byte("another sixty-four bytes, of which no caller has seen a part yet")}

	issuer   = token.Issuer{Key: keyA, Lifetime: lifetime, Now: atNoon}
	verifier = protect.Verifier{Keys: []token.Key{keyA, keyB}, Now: atNoon}
)

// issue returns a token that the learner's own issuer, from step 2, signed: for an
// administrator if it is grace's.
func issue(check *bookapitest.Check, username string) string {
	check.Helper()
	role := bookapi.RoleReader
	if username == grace {
		role = bookapi.RoleAdmin
	}
	return issueBy(check, issuer, bookapi.User{Username: username, Role: role})
}

func issueBy(check *bookapitest.Check, by token.Issuer, user bookapi.User) string {
	check.Helper()
	raw, err := by.Issue(user)
	needs := check.Needs("2.1")
	require.NoError(needs.Promise("Issue signs a token, on which step 3 builds"), err)
	require.Equal(needs.Promise("a token has three parts, joined by dots, not %q", raw), 2, strings.Count(raw, "."))
	return raw
}

// honest is a user's token, from which mallory makes her forgeries. They name the
// other one of ada and grace.
func honest(check *bookapitest.Check, of string) forge.Honest {
	check.Helper()
	victim := grace
	if of == grace {
		victim = ada
	}
	return forge.Honest{
		Raw: issue(check, of), Secret: keyA.Secret, Now: noon, Victim: victim,
		Another: issue(check, victim), KeyIDs: []string{keyB.ID},
	}
}

// adaSigned returns ada's token with one difference, signed with our key.
func adaSigned(check *bookapitest.Check, change func(forge.Token) forge.Token) string {
	check.Helper()
	t, err := forge.Parse(issue(check, ada))
	require.NoError(check.Needs("2.1").Promise("Issue signs with an HMAC"), err)
	return change(t).Signed(keyA.Secret)
}

// tampered is ada's token with grace's name in it, above the old signature.
func tampered(check *bookapitest.Check) string {
	check.Helper()
	t, err := forge.Parse(issue(check, ada))
	require.NoError(check.Needs("2.1").Promise("Issue signs with an HMAC"), err)
	return t.WithClaim("sub", grace).Tampered()
}

// expired is a token of ada's that ended an hour ago.
func expired(check *bookapitest.Check) string {
	check.Helper()
	return adaSigned(check, func(t forge.Token) forge.Token { return t.WithClaim("exp", noon.Unix()-3600) })
}

// bearer adds an Authorization header to a request.
func bearer(r *http.Request, raw string) *http.Request {
	r.Header.Set("Authorization", "Bearer "+raw)
	return r
}

// newStore returns a store in which ada and grace have accounts. In these tests
// neither logs in, so their hashes need not be of anything.
func newStore(check *bookapitest.Check) *bookapitest.Store {
	check.Helper()
	store := new(bookapitest.Store)
	for _, user := range []bookapi.User{
		{Username: ada, PasswordHash: "$2a$12$AdasHashWhichNobodyMayRead", Role: bookapi.RoleReader},
		{Username: grace, PasswordHash: "$2a$12$GracesHashWhichNobodyMayRead", Role: bookapi.RoleAdmin},
	} {
		require.NoError(check, store.CreateUser(check.Context(), user))
	}
	return store
}

// ignoresClaims demands that a request is treated the same with all claims, and
// with each of them alone, so that none hides another.
func ignoresClaims(check *bookapitest.Check, bare *http.Request, claims []attack.Claim,
	treat func(*http.Request) string) {
	check.Helper()
	check.IgnoresClaims(bare, claims, treat)
	without := treat(attack.Clone(bare))
	for _, claim := range claims {
		if treat(attack.Stuff(bare, []attack.Claim{claim})) != without {
			check.IgnoresClaims(bare, []attack.Claim{claim}, treat)
		}
	}
}
