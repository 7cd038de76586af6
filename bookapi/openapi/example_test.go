package openapi_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"example.com/bookapi/memory"
	"example.com/bookapi/openapi"
	"example.com/bookapi/rest"
)

func ExampleWith() {
	api := rest.Routes(rest.Books{Store: new(memory.Store)})
	site := openapi.With(api)

	for _, path := range []string{"/books", "/docs", "/openapi.json"} {
		w := httptest.NewRecorder()
		site.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		fmt.Println(w.Code, w.Header().Get("Content-Type"))
	}
	// Output:
	// 200 application/json
	// 200 text/html; charset=utf-8
	// 200 application/json
}
