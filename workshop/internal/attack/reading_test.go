package attack

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	kind "example.com/bookapi/bookapitest/attack"
	"example.com/bookapi/bookapitest/forge"
)

func TestSecretMember(t *testing.T) {
	t.Parallel()
	const hash, other = "c2FsdHNhbHRzYWx0:aGFzaGhhc2hoYXNo7", "b3RoZXJzYWx0MTIz:b3RoZXJoYXNob3Ro7"
	for text, want := range map[string]string{
		`{"password_hash":%q}`:                       "password_hash",
		`{"user":{"password":{"salt":"","key":%q}}}`: "password",
		`[{"customer":{"pwd":%q}}]`:                  "pwd",
		`{"password":"***","id":%q}`:                 "",
		`{"password_reset_url":%q}`:                  "",
		`{"hash":%q}`:                                "",
		`none of JSON %q`:                            "",
	} {
		assert.Equal(t, want, secretMember(fmt.Sprintf(text, hash), fmt.Sprintf(text, other)), text)
		assert.Empty(t, secretMember(fmt.Sprintf(text, hash), fmt.Sprintf(text, hash)), "the same for all: %s", text)
	}
	assert.Empty(t, secretMember(`{"password_hint":"the name of the first cat"}`, `{"password_hint":"the name of a street 7"}`))
}

func TestElementsOfAList(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{`[1,2]`: 2, `{"tasks":[1,2,3],"page":1}`: 3, `{"items":[1],"errors":[]}`: 1, `{"a":[1],"b":[2]}`: -1, `{"id":1,"tags":[1]}`: -1, `{"id":1}`: -1} {
		elements, ok := elementsOf(rawJSON(t, text))
		if !ok {
			assert.Equal(t, want, -1, text)
			continue
		}
		assert.Len(t, elements, want, text)
	}
}

// What the answer promises and what the token says may differ by a unit, but a thousand
// is none of time.
func TestALifetimeInAnotherUnit(t *testing.T) {
	t.Parallel()
	for promised, want := range map[string]Verdict{`3600`: Held, `60`: Held, `1`: Held, `"1h"`: Held, `null`: Held, `36000`: Held, `3`: Held, `3.6`: Broken} {
		r := &run{client: &client{}, ctx: t.Context(), user: &person{}}
		r.Profile.complete()
		r.user.token = (&toy{}).token()
		r.user.answer = kind.Answer{Status: http.StatusOK, Body: `{"expires_in":` + promised + `}`}
		assert.Equal(t, want, lifetime(r).verdict, promised)
	}
}

// A limit by address that everything before has reached is passed by a header that it
// believes, and only by that.
func TestALimitThatBelievesAHeader(t *testing.T) {
	t.Parallel()
	for believed, want := range map[string]Verdict{"": Unsure, "X-Forwarded-For": Broken, "Forwarded": Broken} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
			if believed == "" || q.Header.Get(believed) == "" {
				w.WriteHeader(http.StatusTooManyRequests)
				return
			}
			_, _ = w.Write([]byte(`{"access_token":"a token"}`))
		}))
		t.Cleanup(server.Close)
		c, err := newClient(t.Context(), server.URL, 100)
		require.NoError(t, err)
		r := &run{client: c, ctx: t.Context(), seen: make(map[string]string), other: &person{Account: Account{"ada", "her password"}}}
		r.Profile.Login.Path = "/token"
		r.Profile.complete()
		assert.Equal(t, want, guessing(r).verdict, believed)
	}
}

// A change may send something else than what makes an object.
func TestAChangeHasABodyOfItsOwn(t *testing.T) {
	t.Parallel()
	p, err := parseProfile("x.toml", `
[write]
path = "/orders?dry=1"
json = '{"sku":"tea"}'
[object]
path = "/orders/{id}"
change = "PATCH"
json = '{"note":"{random}"}'`)
	require.NoError(t, err)
	p.complete()
	assert.Equal(t, Operation{Method: http.MethodPost, Path: "/orders", JSON: `{"note":"{random}"}`}, p.changed())
	p.Object.JSON = ""
	assert.Equal(t, p.Write, p.changed())
}

func TestTokensAreReadAndCounted(t *testing.T) {
	t.Parallel()
	for _, test := range [][4]string{
		{`{"uid":7,"exp":9}`, "7", "8", `{"exp":9,"uid":8}`},
		{`{"sub":"ada"}`, "ada", "bob", `{"sub":"bob"}`},
		{`ada:1700000000`, "ada", "bob", `bob:1700000000`},
		{`canada:17`, "ada", "bob", `canada:17`},
		{`ada`, "ada", "bob", `bob`},
	} {
		assert.Equal(t, test[3], renamed(test[0], test[1], test[2]))
	}
	empty := ""
	r := &run{}
	for token, want := range map[string]string{
		"1234":                             "the number 1234",
		"a9b7ba70783b617e9998dc4dd82eb3c5": `the MD5 of "1000"`,
		"no digest of anything":            "",
	} {
		assert.Equal(t, want, r.origin(&person{Account: Account{Username: "ada"}, token: token, number: &empty}), token)
	}
}

func rawJSON(t *testing.T, text string) (value any) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(text), &value))
	return value
}

// A token that only the owner of the key can make, and that the API does not make, is none
// to call something broken for: but for those that have ended, do not end, or name nobody.
func TestTokensThatNobodyMakes(t *testing.T) {
	t.Parallel()
	honest, err := forge.Open((&toy{}).token())
	require.NoError(t, err)
	for name, want := range map[string]bool{
		"that ended an hour ago": false, "that never ends: it has no exp": false, "whose exp is a list": true, "that starts in an hour: its nbf": true,
		`whose sub is ""`: false, "whose sub is null": false, "whose sub is []": false, "whose sub is {}": false, "whose sub is 7": true, "whose sub is true": true,
		`whose sub is ["ada"]`: true, `whose sub is {"name":"ada"}`: true, "that has no sub, but the victim's name in name": false,
		"whose sub is empty, and which has the victim's name in uid": false,
	} {
		assert.Equal(t, want, never(honest, forge.Forgery{Name: "found a token of ours " + name}), name)
	}
	assert.False(t, never(honest.WithClaim("nbf", 1), forge.Forgery{Name: "found a token of ours that starts in an hour: its nbf"}))
}
