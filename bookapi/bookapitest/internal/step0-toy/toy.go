// Package toy is a step that no learner sees: code with the mistakes that
// package bookapitest tells of, for its tests.
package toy

import (
	"crypto/sha256"
	"errors"
	"net/http"
	"sync"

	"example.com/bookapi/bookapitest/attack"
)

// Index panics if there is nothing at i.
func Index(list []string, i int) string {
	return list[i]
}

// PanicNil panics with nil.
func PanicNil() {
	panic(nil)
}

// PanicAgain recovers from a panic and panics with it again.
func PanicAgain() {
	defer func() {
		if cause := recover(); cause != nil {
			panic(cause)
		}
	}()
	panic(errors.New("the first"))
}

// Lock locks a mutex twice.
func Lock() {
	var mu sync.Mutex
	mu.Lock()
	mu.Lock()
}

// Spin never ends.
func Spin() {
	for sum := [32]byte{}; ; {
		sum = sha256.Sum256(sum[:])
	}
}

// Panics is a handler that panics.
func Panics(_ http.ResponseWriter, r *http.Request) {
	var users map[string]int
	users[r.URL.Path]++ //nolint:staticcheck // that is the mistake
}

// NoReturn is a handler that refuses and goes on.
func NoReturn(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") == "" {
		w.WriteHeader(http.StatusUnauthorized)
	}
	w.WriteHeader(http.StatusOK)
}

// NoReturnNext is middleware that refuses and calls the next handler all the same.
func NoReturnNext(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "" {
			w.WriteHeader(http.StatusUnauthorized)
		}
		next.ServeHTTP(w, r)
	})
}

// Next is a handler that tells that it runs, and says nothing else.
func Next(_ http.ResponseWriter, r *http.Request) {
	attack.Note(r.Context(), "the next handler runs")
}
