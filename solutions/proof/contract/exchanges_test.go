package contract

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/go-chi/chi/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	. "example.com/bookapi/bookapitest"
	"example.com/bookapi/memory"
)

// TestTheDocumentSaysWhatIsAnswered provokes every answer that it can, has the
// lesson tests of each step write down what the API answers them, and holds all
// of it against the document: status, headers, and the body to the last field.
// It demands the reverse as well: the document promises no answer that there is
// not.
func TestTheDocumentSaysWhatIsAnswered(t *testing.T) {
	t.Parallel()
	for _, d := range documented {
		t.Run(d.step, func(t *testing.T) {
			t.Parallel()
			c := newContract(document(t, d.api(new(memory.Store))))
			seen := make(map[string]bool)
			for _, e := range append(provoke(t, d.api, operations(c.doc)), exchanges(t, d.step)...) {
				operation, err := c.check(e)
				assert.NoError(t, err, "%s %s was answered %v", e.Method, e.Path, e.Answer)
				seen[fmt.Sprint(operation, " ", e.Answer.Status)] = true
			}
			for name, operation := range operations(c.doc) {
				for status := range operation.Responses.Map() {
					assert.True(t, seen[name+" "+status], "nothing makes %s answer %s", name, status)
				}
			}
		})
	}
}

// exchanges returns what the tests of a step send to the whole API, and what it
// answers.
func exchanges(t *testing.T, step string) (all []Exchange) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "exchanges")
	cmd := exec.CommandContext(t.Context(), "go", "test", "-count=1", "example.com/bookapi/"+step)
	cmd.Env = append(os.Environ(), ExchangesFile+"="+name)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	content, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // they test the parts only
	}
	require.NoError(t, err)
	for d := json.NewDecoder(bytes.NewReader(content)); ; {
		var e Exchange
		if err := d.Decode(&e); errors.Is(err, io.EOF) {
			return all
		} else {
			require.NoError(t, err)
		}
		all = append(all, e)
	}
}

// A contract is a document to hold answers against.
type contract struct {
	doc    *openapi3.T
	routes chi.Router // of its operations, to find them as the API finds its routes
}

// newContract returns the contract of a document, in the strictest reading: a
// client must expect fields that it does not know, but the API does not have any.
func newContract(doc *openapi3.T) contract {
	c := contract{doc, chi.NewRouter()}
	for path, item := range doc.Paths.Map() {
		for method := range item.Operations() {
			c.routes.Method(method, path, http.NotFoundHandler())
		}
	}
	for _, schema := range doc.Components.Schemas {
		if schema.Value.Type.Is("object") {
			schema.Value.AdditionalProperties.Has = new(bool)
		}
	}
	return c
}

// check returns the operation of an exchange, as "GET /books/{id}", and what of
// the answer is not as documented. Of a request that belongs to no operation it
// returns "", and demands a refusal.
func (c contract) check(e Exchange) (operation string, err error) {
	r := httptest.NewRequest(e.Method, e.Path, nil)
	method := e.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	path := c.routes.Find(chi.NewRouteContext(), method, r.URL.EscapedPath())
	if path == "" {
		return "", c.checkRefusal(e)
	}
	return method + " " + path, c.validate(method, path, r, e)
}

// validate holds an answer against those of an operation.
func (c contract) validate(method, path string, r *http.Request, e Exchange) error {
	item := c.doc.Paths.Find(path)
	operation := item.GetOperation(method)
	r.Method = method
	response := operation.Responses.Status(e.Answer.Status)
	if response != nil && len(response.Value.Content) == 0 && e.Answer.Body != "" {
		return errors.New("there is a body")
	}
	return openapi3filter.ValidateResponse(r.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{
			Request: r,
			Route:   &routers.Route{Spec: c.doc, Path: path, PathItem: item, Method: method, Operation: operation},
		},
		Status:  e.Answer.Status,
		Header:  e.Answer.Header,
		Body:    io.NopCloser(bytes.NewBufferString(e.Answer.Body)),
		Options: &openapi3filter.Options{IncludeResponseStatus: true, ExcludeResponseBody: e.Method == http.MethodHead},
	})
}

// checkRefusal demands what the document says of paths and methods that there
// are not.
func (c contract) checkRefusal(e Exchange) error {
	switch allow := e.Answer.Header.Values("Allow"); {
	case e.Answer.Status == http.StatusMethodNotAllowed && len(allow) == 0:
		return errors.New("a 405 without Allow")
	case e.Answer.Status != http.StatusNotFound && e.Answer.Status != http.StatusMethodNotAllowed:
		return errors.New("the document has no such operation")
	}
	var body any
	if err := json.Unmarshal([]byte(e.Answer.Body), &body); err != nil {
		return fmt.Errorf("no problem details: %w", err)
	}
	return c.doc.Components.Schemas["Problem"].Value.VisitJSON(body, openapi3.EnableJSONSchema2020())
}
