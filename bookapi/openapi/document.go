// Package openapi describes the Book API, for programs and for people: an
// OpenAPI 3.1 document of what is served, and a page on which to read it and to
// try it out.
package openapi

import (
	_ "embed" // the document
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"
)

// complete is the document of the API as it is at the end of the course.
//
//go:embed openapi.json
var complete []byte

// document has the fields of the document in the order in which they are read.
type document struct {
	OpenAPI    string                    `json:"openapi"`
	Info       any                       `json:"info"`
	Servers    any                       `json:"servers"`
	Tags       any                       `json:"tags"`
	Paths      map[string]map[string]any `json:"paths"`
	Components any                       `json:"components"`
}

// Document returns the OpenAPI document, in JSON, of the operations that routes
// serve. Routes that it does not describe are not in it. If routes is nil, it
// describes the finished API.
func Document(routes chi.Routes) ([]byte, error) {
	var doc document
	if err := json.Unmarshal(complete, &doc); err != nil {
		return nil, fmt.Errorf("openapi: read the document: %w", err)
	}
	served, err := operations(routes)
	if err != nil {
		return nil, fmt.Errorf("openapi: list the routes: %w", err)
	}
	for path, item := range doc.Paths {
		kept := 0
		for field := range item {
			switch {
			case field == "parameters":
			case served(strings.ToUpper(field) + " " + path):
				kept++
			default:
				delete(item, field)
			}
		}
		if kept == 0 {
			delete(doc.Paths, path)
			continue
		}
		prune(item, served)
	}
	prune(doc.Components, served)
	return json.MarshalIndent(doc, "", "  ")
}

// operations returns a function that reports whether routes serve an operation,
// written "GET /books/{id}".
func operations(routes chi.Routes) (served func(string) bool, err error) {
	if routes == nil {
		return func(string) bool { return true }, nil
	}
	all := make(map[string]bool)
	err = chi.Walk(routes, func(method, path string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		all[method+" "+path] = true
		return nil
	})
	return func(operation string) bool { return all[operation] }, err
}

// servedWith marks a part of the document that is true only of an API that
// serves one more operation: "x-served-with": "POST /revoke".
const servedWith = "x-served-with"

// prune removes from a tree what is marked with an operation that is not served,
// and all marks. It returns nil for a tree that is to be removed itself.
func prune(tree any, served func(string) bool) any {
	switch tree := tree.(type) {
	case map[string]any:
		if mark, marked := tree[servedWith].(string); marked && !served(mark) {
			return nil
		}
		delete(tree, servedWith)
		for name, value := range tree {
			if tree[name] = prune(value, served); tree[name] == nil {
				delete(tree, name)
			}
		}
	case []any:
		kept := []any{}
		for _, value := range tree {
			if value = prune(value, served); value != nil {
				kept = append(kept, value)
			}
		}
		return kept
	}
	return tree
}
