package proof

import (
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/bookapi"
	. "example.com/bookapi/bookapitest"
	"example.com/bookapi/sqlstore"
	token "example.com/bookapi/step2-token"
)

// BenchmarkRequest is what a request costs at the finished API over SQLite, without
// the network.
func BenchmarkRequest(b *testing.B) {
	w := newAPIClient(b)
	store, err := sqlstore.Open(b.Context(), filepath.Join(b.TempDir(), "bookapi.db"))
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, store.Close()) })
	ada := bookapi.User{Username: Ada, PasswordHash: "a hash", Role: bookapi.RoleReader}
	require.NoError(b, store.CreateUser(b.Context(), ada))
	w.Handler = w.app.Handler(store)
	raw, err := token.Issuer{Key: w.app.Keys[0].Key, Lifetime: token.Lifetime, Now: func() time.Time { return w.now }}.Issue(ada)
	require.NoError(b, err)
	for range 100 {
		_, err := store.CreateBook(b.Context(), bookapi.Book{Title: "Kindred", Author: "Octavia E. Butler", Year: 1979, CreatedBy: Ada})
		require.NoError(b, err)
	}
	for _, bench := range []struct {
		name    string
		request func() *http.Request
		status  int
	}{
		{"list", func() *http.Request { return Request(http.MethodGet, "/books?limit=20") }, http.StatusOK},
		{"me", func() *http.Request { return Request(http.MethodGet, "/me") }, http.StatusOK},
		{"create", func() *http.Request { return JSON(http.MethodPost, "/books", book) }, http.StatusCreated},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r := bench.request()
				r.Header.Set("Authorization", "Bearer "+raw)
				if answer := Send(b, w, r); answer.Status != bench.status {
					b.Fatal(answer)
				}
			}
		})
	}
}
