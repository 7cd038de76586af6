package contract

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/go-chi/chi/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi"
	. "example.com/bookapi/bookapitest"
	"example.com/bookapi/memory"
	"example.com/bookapi/openapi"
	"example.com/bookapi/rest"
	token "example.com/bookapi/step2-token"
	protect "example.com/bookapi/step3-protect"
	authz "example.com/bookapi/step4-authz"
	hardening "example.com/bookapi/step5-hardening"
	"example.com/bookapi/step5-hardening/app"
)

// documented are the steps whose programs show the document, each with its API
// as its program puts it together.
var documented = []struct {
	step string
	api  func(bookapi.Store) http.Handler
}{
	{"step3-protect", func(store bookapi.Store) http.Handler {
		return protect.Routes(rest.Books{Store: store}, store, issuer, verifier)
	}},
	{"step4-authz", func(store bookapi.Store) http.Handler {
		table := authz.Table(authz.Handlers{
			SignUp: token.SignUp(store),
			Login:  token.Endpoint(token.Passwords(store), issuer.Grant),
			Books:  rest.Books{Store: store},
			Users:  rest.Users{Store: store},
		})
		return authz.Router(table, authz.NewGuards(verifier, store, store))
	}},
	{"step5-hardening", func(store bookapi.Store) http.Handler {
		api := app.App{Keys: hardening.Keys{{Key: key}}, Log: slog.Default(), Now: time.Now, Docs: openapi.Handler}
		return api.Handler(store)
	}},
}

var (
	key      = token.NewKey()
	issuer   = token.Issuer{Key: key, Lifetime: token.Lifetime, Now: time.Now}
	verifier = protect.Verifier{Keys: []token.Key{key}, Now: time.Now}
)

// TestMain keeps the log of the APIs out of what the tests say.
func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.DiscardHandler))
	m.Run()
}

// document returns the document of an API's routes, which is valid.
func document(t *testing.T, api http.Handler) *openapi3.T {
	t.Helper()
	text, err := openapi.Document(api.(chi.Routes))
	require.NoError(t, err)
	return parse(t, text)
}

func parse(t *testing.T, text []byte) *openapi3.T {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(text)
	require.NoError(t, err)
	require.NoError(t, doc.Validate(t.Context(), openapi3.EnableExamplesValidation(), openapi3.EnableSchemaFormatValidation(), openapi3.EnableSchemaPatternValidation()))
	return doc
}

func TestTheDocumentIsOpenAPI31(t *testing.T) {
	whole, err := openapi.Document(nil)
	require.NoError(t, err)
	doc := parse(t, whole)
	assert.Equal(t, "3.1.1", doc.OpenAPI)
	assert.True(t, doc.IsOpenAPI31OrLater())
}

// operations returns what a document describes, each as "GET /books/{id}".
func operations(doc *openapi3.T) map[string]*openapi3.Operation {
	all := make(map[string]*openapi3.Operation)
	for path, item := range doc.Paths.Map() {
		for method, operation := range item.Operations() {
			all[method+" "+path] = operation
		}
	}
	return all
}

// isLocked reports whether an operation has a padlock on the page.
func isLocked(operation *openapi3.Operation) bool {
	return operation.Security != nil && len(*operation.Security) > 0
}

func names(operations map[string]*openapi3.Operation) (names []string) {
	for name := range operations {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func TestEveryRouteIsDocumentedAndEveryOperationServed(t *testing.T) {
	for _, d := range documented {
		t.Run(d.step, func(t *testing.T) {
			api := d.api(new(memory.Store))
			var served []string
			require.NoError(t, chi.Walk(api.(chi.Routes), func(method, path string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
				if path != "/openapi.json" && !strings.HasPrefix(path, "/docs") {
					served = append(served, method+" "+path)
				}
				return nil
			}))
			slices.Sort(served)
			assert.Equal(t, served, names(operations(document(t, api))))
		})
	}
}

func TestThePadlocksAreWhereTheLocksAre(t *testing.T) {
	for _, d := range documented {
		t.Run(d.step, func(t *testing.T) {
			api := d.api(new(memory.Store))
			for name, operation := range operations(document(t, api)) {
				method, path, _ := strings.Cut(name, " ")
				path = strings.NewReplacer("{id}", "1", "{username}", "ada").Replace(path)
				answer := Send(t, api, Request(method, path))
				assert.Equal(t, isLocked(operation), answer.Status == http.StatusUnauthorized, "%s, without a token: %v", name, answer)
			}
		})
	}
}

func TestThePageIsThereInEveryStep(t *testing.T) {
	for _, d := range documented {
		t.Run(d.step, func(t *testing.T) {
			api := d.api(new(memory.Store))
			if d.step != "step5-hardening" { // which mounts the page itself
				api = openapi.With(api)
			}
			answer := Send(t, api, Request(http.MethodGet, "/openapi.json"))
			require.Equal(t, http.StatusOK, answer.Status, answer)
			var doc struct{ Paths map[string]any }
			require.NoError(t, json.Unmarshal([]byte(answer.Body), &doc))
			assert.Contains(t, doc.Paths, "/token")

			answer = Send(t, api, Request(http.MethodGet, "/docs"))
			require.Equal(t, http.StatusOK, answer.Status, answer)
			policy := answer.Header.Values("Content-Security-Policy")
			require.Len(t, policy, 1)
			assert.Contains(t, policy[0], "script-src 'self';")
			assert.NotContains(t, policy[0], "unsafe")
			assert.Contains(t, policy[0], "frame-ancestors 'none'")
		})
	}
}
