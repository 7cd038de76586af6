// Package openapi describes the Book API, for programs and for people: an
// OpenAPI 3.1 document of what is really served, and a page on which everybody
// can read it and try it out.
package openapi

import (
	"bytes"
	_ "embed" // the document
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"
)

// complete is the document of the API as it is at the end of the course.
//
//go:embed openapi.json
var complete []byte

// servedWith is the mark of a part that is true only of an API that serves one
// operation more: "x-served-with": "POST /revoke". Nobody gets to see it.
const servedWith = "x-served-with"

// Document returns the OpenAPI document, in JSON, of what routes serve: without
// operations that they do not, and without what is of no use then. Of routes
// that it does not describe it says nothing. If routes is nil, everything that
// it describes counts as served.
func Document(routes chi.Routes) ([]byte, error) {
	d := json.NewDecoder(bytes.NewReader(complete))
	d.UseNumber()
	tree, err := read(d)
	if err != nil {
		return nil, fmt.Errorf("openapi: read the document: %w", err)
	}
	serves, err := operations(routes)
	if err != nil {
		return nil, err
	}
	doc := prune(tree, serves).(object)
	used := uses{}
	used.add(doc.object("paths"), doc.object("components"))
	for i, m := range doc {
		switch m.name {
		case "components":
			doc[i].value = used.components(m.value.(object))
		case "tags":
			doc[i].value = used.tags(m.value.([]any))
		}
	}
	return json.MarshalIndent(doc, "", "  ")
}

// operations returns a function that reports whether routes serve an operation,
// written "GET /books/{id}".
func operations(routes chi.Routes) (serves func(string) bool, err error) {
	if routes == nil {
		return func(string) bool { return true }, nil
	}
	served := make(map[string]bool)
	err = chi.Walk(routes, func(method, path string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		served[method+" "+path] = true
		return nil
	})
	return func(operation string) bool { return served[operation] }, err
}

// prune returns the tree without operations that are not served and parts that
// are marked with one, and without the marks.
func prune(tree any, serves func(string) bool) any {
	switch tree := tree.(type) {
	case object:
		kept := object{}
		for _, m := range tree {
			if m.name == "paths" {
				m.value = prunePaths(m.value.(object), serves)
			}
			if m.name != servedWith && isTrue(m.value, serves) {
				kept = append(kept, member{m.name, prune(m.value, serves)})
			}
		}
		return kept
	case []any:
		kept := []any{}
		for _, value := range tree {
			if isTrue(value, serves) {
				kept = append(kept, prune(value, serves))
			}
		}
		return kept
	}
	return tree
}

// isTrue reports whether nothing, or an operation that is served, is the mark
// of a part.
func isTrue(part any, serves func(string) bool) bool {
	o, _ := part.(object)
	mark, marked := o.get(servedWith).(string)
	return !marked || serves(mark)
}

// prunePaths returns the paths without operations that are not served, and
// without those paths that have no other.
func prunePaths(paths object, serves func(string) bool) object {
	kept := object{}
	for _, path := range paths {
		item, served := object{}, false
		for _, m := range path.value.(object) {
			if !slices.Contains(methods, m.name) {
				item = append(item, m)
			} else if serves(strings.ToUpper(m.name) + " " + path.name) {
				item, served = append(item, m), true
			}
		}
		if served {
			kept = append(kept, member{path.name, item})
		}
	}
	return kept
}

// methods are the fields of a path that are operations.
var methods = []string{"get", "post", "put", "patch", "delete"}
