package rest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"example.com/bookapi/memory"
	"example.com/bookapi/rest"
)

func ExampleRoutes() {
	api := rest.Routes(rest.Books{Store: new(memory.Store)})

	r := httptest.NewRequest(http.MethodPost, "/books", strings.NewReader(`{"title":"Emma","author":"Jane Austen"}`))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	api.ServeHTTP(w, r)
	fmt.Print(w.Code, " ", w.Header().Get("Location"), " ", w.Body)

	w = httptest.NewRecorder()
	api.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/books/2", nil))
	fmt.Print(w.Code, " ", w.Body)
	// Output:
	// 201 /books/1 {"id":1,"title":"Emma","author":"Jane Austen"}
	// 404 {"status":404,"title":"Not Found","detail":"there is nothing here under that name or number"}
}

// A handler reads its input with ReadJSON, which has answered the client if
// there is nothing to go on with.
func ExampleReadJSON() {
	greet := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			Name string `json:"name"`
		}
		if !rest.ReadJSON(w, r, &in) {
			return
		}
		rest.WriteJSON(w, http.StatusOK, map[string]string{"greeting": "hello " + in.Name})
	})

	for _, body := range []string{`{"name":"ada"}`, `{"name":"ada","role":"admin"}`} {
		r := httptest.NewRequest(http.MethodPost, "/greet", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		greet.ServeHTTP(w, r)
		fmt.Print(w.Code, " ", w.Body)
	}
	// Output:
	// 200 {"greeting":"hello ada"}
	// 400 {"status":400,"title":"Bad Request","detail":"there is no field \"role\" here"}
}
