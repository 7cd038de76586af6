package bookapitest

import (
	"encoding/json"
	"net/http"
	"os"
	"testing"

	"github.com/go-chi/chi/v5"
)

// ExchangesFile names the variable of the environment that makes Send write
// down what APIs answer, into the file that it names: an Exchange a line, in
// JSON. Nobody who works on a lesson needs it; it is how the repository holds
// the description of the API against what its tests have seen.
const ExchangesFile = "BOOKAPITEST_EXCHANGES"

// Exchange is a request to an API, in short, and the answer.
type Exchange struct {
	Method      string
	Path        string // with the query, if there is one
	ContentType string // of the request
	Answer      Answer
}

// record writes an exchange down, if that is wanted and the handler is a whole
// API: one that has a login.
func record(t testing.TB, h http.Handler, r *http.Request, answer Answer) {
	t.Helper()
	name := os.Getenv(ExchangesFile)
	routes, ok := h.(chi.Routes)
	if name == "" || !ok || !routes.Match(chi.NewRouteContext(), http.MethodPost, "/token") {
		return
	}
	line, err := json.Marshal(Exchange{r.Method, r.URL.RequestURI(), r.Header.Get("Content-Type"), answer})
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.Write(append(line, '\n')); err != nil { // in one piece: tests run in parallel
		t.Error(err)
	}
	if err := file.Close(); err != nil {
		t.Error(err)
	}
}
