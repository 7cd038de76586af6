package proof

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/bookapi"
	. "example.com/bookapi/bookapitest"
	hardening "example.com/bookapi/step5-hardening"
)

// Twenty times the program is killed while clients add books. What it has
// acknowledged, with 201 and an address, is there after the next start.
func TestWhatIsAcknowledgedSurvivesKill9(t *testing.T) {
	t.Parallel()
	const rounds, clients = 20, 4
	program := build(t, "step5-hardening")
	env := []string{"BOOKAPI_KEYS=" + hardening.NewKey()}
	database := filepath.Join(t.TempDir(), "bookapi.db")

	first := launch(t, program, env, "-db", database)
	signUp(t, first.address, Ada, AdaPassword)
	access := session(t, first.address, Ada, AdaPassword).Access
	first.stop()

	acknowledged := make(map[string]string) // title by address of the book
	for round := range rounds {
		api := launch(t, program, env, "-db", database)
		for path, title := range acknowledged {
			answer := send(t, http.MethodGet, api.address+path, "", "", "")
			require.Equal(t, http.StatusOK, answer.Status, "round %d: %s was acknowledged as %q and is gone", round, path, title)
			var found bookapi.Book
			require.NoError(t, json.Unmarshal([]byte(answer.Body), &found))
			require.Equal(t, title, found.Title)
		}
		// Killed after so many answers, with all clients in the middle of a request.
		addBooks(t, api, access, clients, 10+7*round, func(path, title string) { acknowledged[path] = title })
		api.stop()
	}
	t.Logf("%d books acknowledged in %d rounds", len(acknowledged), rounds)
}

// addBooks has clients add books until the program has acknowledged so many, and
// kills it then. It reports every book that was acknowledged, before or after.
func addBooks(t *testing.T, api running, access string, clients, enough int, report func(path, title string)) {
	t.Helper()
	var (
		mu   sync.Mutex
		wg   sync.WaitGroup
		seen int
	)
	for client := range clients {
		wg.Go(func() {
			for n := 0; ; n++ {
				title := fmt.Sprintf("book %d of client %d", n, client)
				r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, api.address+"/books",
					strings.NewReader(`{"title":`+strconv.Quote(title)+`,"author":"Octavia E. Butler"}`))
				if err != nil {
					return
				}
				r.Header.Set("Authorization", "Bearer "+access)
				r.Header.Set("Content-Type", "application/json")
				answer, err := http.DefaultClient.Do(r)
				if err != nil {
					return // it is dead
				}
				_ = answer.Body.Close()
				if answer.StatusCode != http.StatusCreated {
					continue
				}
				mu.Lock()
				report(answer.Header.Get("Location"), title)
				if seen++; seen == enough {
					_ = api.process.Kill()
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
}
