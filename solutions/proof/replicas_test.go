package proof

import (
	"encoding/json"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	. "example.com/bookapi/bookapitest"
	"example.com/bookapi/sqlstore/pgtest"
	hardening "example.com/bookapi/step5-hardening"
)

// A cluster is two programs of step 5 over one database.
type cluster struct{ one, two running }

// databases are what two programs can share: the environment and the arguments
// that name it.
var databases = map[string]func(t *testing.T) (env, args []string){
	"SQLite": func(t *testing.T) (env, args []string) {
		return nil, []string{"-db", filepath.Join(t.TempDir(), "bookapi.db")}
	},
	"PostgreSQL": func(t *testing.T) (env, args []string) {
		return []string{"DATABASE_URL=" + pgtest.Open(t)}, nil
	},
}

// overEachDatabase runs a test with two replicas over each database. Both start
// at the same moment, and the schema is there once.
func overEachDatabase(t *testing.T, test func(*testing.T, cluster)) {
	t.Helper()
	t.Parallel()
	for name, database := range databases {
		t.Run(name, func(t *testing.T) {
			env, args := database(t)
			program := build(t, "step5-hardening")
			env = append(env, "BOOKAPI_KEYS="+hardening.NewKey())
			var c cluster
			var wg sync.WaitGroup
			wg.Go(func() { c.one = launch(t, program, env, args...) })
			wg.Go(func() { c.two = launch(t, program, env, args...) })
			wg.Wait()
			if t.Failed() || c.one.address == "" || c.two.address == "" {
				t.Fatal("the replicas did not start")
			}
			test(t, c)
		})
	}
}

// form posts a form.
func form(t *testing.T, address string, fields url.Values) Answer {
	t.Helper()
	return send(t, http.MethodPost, address, "", "application/x-www-form-urlencoded", fields.Encode())
}

// session logs in and returns both tokens.
func session(t *testing.T, address, username, pass string) (got tokens) {
	t.Helper()
	answer := form(t, address+"/token", password(username, pass))
	require.Equal(t, http.StatusOK, answer.Status, answer)
	require.NoError(t, json.Unmarshal([]byte(answer.Body), &got))
	return got
}

func TestTwoReplicasAreOneAPI(t *testing.T) {
	overEachDatabase(t, func(t *testing.T, c cluster) {
		signUp(t, c.one.address, Ada, AdaPassword)
		ada := session(t, c.two.address, Ada, AdaPassword)
		created := send(t, http.MethodPost, c.one.address+"/books", ada.Access, "application/json", book)
		require.Equal(t, http.StatusCreated, created.Status, created)
		found := send(t, http.MethodGet, c.two.address+created.Header.Get("Location"), "", "", "")
		assert.Equal(t, created.Body, found.Body)

		// A session goes on at either, and ends at both.
		answer := form(t, c.one.address+"/token", refresh(ada.Refresh))
		require.Equal(t, http.StatusOK, answer.Status, answer)
		var next tokens
		require.NoError(t, json.Unmarshal([]byte(answer.Body), &next))
		require.Equal(t, http.StatusOK, form(t, c.two.address+"/revoke", url.Values{"token": {next.Refresh}}).Status)
		assert.Equal(t, http.StatusBadRequest, form(t, c.one.address+"/token", refresh(next.Refresh)).Status)

		// A new password at one ends what is open at the other.
		change := send(t, http.MethodPut, c.one.address+"/me/password", next.Access, "application/json",
			`{"current":"`+AdaPassword+`","new":"`+GracePassword+`"}`)
		require.Equal(t, http.StatusNoContent, change.Status, change)
		me := send(t, http.MethodGet, c.two.address+"/me", next.Access, "", "")
		assert.Equal(t, http.StatusUnauthorized, me.Status, me)
		session(t, c.two.address, Ada, GracePassword)
	})
}

func TestReplicasCountFailedLoginsTogether(t *testing.T) {
	overEachDatabase(t, func(t *testing.T, c cluster) {
		signUp(t, c.one.address, Ada, AdaPassword)
		var mu sync.Mutex
		looked := 0
		var wg sync.WaitGroup
		const atOnce = 4 // few enough for none to wait too long for its turn to be hashed
		for _, address := range []string{c.one.address, c.two.address} {
			for range atOnce {
				wg.Go(func() {
					for range hardening.PerAccount / atOnce {
						if form(t, address+"/token", password(Ada, MalloryPassword)).Status == http.StatusUnauthorized {
							mu.Lock()
							looked++
							mu.Unlock()
						}
					}
				})
			}
		}
		wg.Wait()
		assert.Equal(t, hardening.PerAccount, looked, "guesses that were looked at, of twice as many, at two replicas")
		for _, address := range []string{c.one.address, c.two.address} {
			answer := form(t, address+"/token", password(Ada, AdaPassword))
			assert.Equal(t, http.StatusTooManyRequests, answer.Status, answer)
		}
	})
}

func TestOfManySimultaneousRefreshesOneWins(t *testing.T) {
	overEachDatabase(t, func(t *testing.T, c cluster) {
		signUp(t, c.one.address, Ada, AdaPassword)
		for range 5 {
			ada := session(t, c.one.address, Ada, AdaPassword)
			var mu sync.Mutex
			var won []tokens
			ready, wg := make(chan struct{}), sync.WaitGroup{}
			for i := range 24 {
				address := []string{c.one.address, c.two.address}[i%2]
				wg.Go(func() {
					<-ready
					answer := form(t, address+"/token", refresh(ada.Refresh))
					if answer.Status == http.StatusBadRequest && strings.Contains(answer.Body, "invalid_grant") {
						return
					}
					var next tokens
					if !assert.Equal(t, http.StatusOK, answer.Status, answer) || !assert.NoError(t, json.Unmarshal([]byte(answer.Body), &next)) {
						return
					}
					mu.Lock()
					defer mu.Unlock()
					won = append(won, next)
				})
			}
			close(ready)
			wg.Wait()
			require.Len(t, won, 1, "callers who got a session out of one refresh token")
			answer := form(t, c.two.address+"/token", refresh(won[0].Refresh))
			assert.Equal(t, http.StatusBadRequest, answer.Status, "the token was used twice, so its session has ended: %v", answer)
		}
	})
}
