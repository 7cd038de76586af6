package proof

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/bookapi"
	. "example.com/bookapi/bookapitest"
	"example.com/bookapi/memory"
	"example.com/bookapi/rest"
	token "example.com/bookapi/step2-token"
	authz "example.com/bookapi/step4-authz"
	hardening "example.com/bookapi/step5-hardening"
)

// The benchmarks of what a request costs, without the network and the database:
//
//	go test -C solutions/proof -run xxx -bench 'Guard|Login|Refresh|Policy' -benchmem

// BenchmarkLogin is POST /token with a password, at the finished API. All but a
// fraction of a millisecond of it is bcrypt's.
func BenchmarkLogin(b *testing.B) {
	w := newAPIClient(b)
	w.signUp(b, Ada, AdaPassword)
	form := password(Ada, AdaPassword)
	for b.Loop() {
		if answer, _ := w.token(b, form); answer.Status != http.StatusOK {
			b.Fatal(answer)
		}
	}
}

// BenchmarkRefresh is a refresh token traded for the next one.
func BenchmarkRefresh(b *testing.B) {
	store := new(memory.Store)
	ada := bookapi.User{Username: Ada, PasswordHash: "a hash", Role: bookapi.RoleReader}
	require.NoError(b, store.CreateUser(b.Context(), ada))
	sessions := hardening.Sessions{Store: store, Users: store, Now: time.Now}
	raw, err := sessions.Start(b.Context(), ada)
	require.NoError(b, err)
	for b.Loop() {
		if _, raw, err = sessions.Refresh(b.Context(), raw); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkPolicy is the way of a request through the table to the handler of a
// route for administrators, with the user known already: what a rule costs.
func BenchmarkPolicy(b *testing.B) {
	store := new(memory.Store)
	handlers := authz.Handlers{SignUp: token.SignUp(store), Login: token.SignUp(store), Books: rest.Books{Store: store}, Users: rest.Users{Store: store}}
	guards := authz.Guards{
		User:  func(next http.Handler) http.Handler { return next },
		Owner: authz.RequireOwner(store),
		Admin: authz.RequireRole(bookapi.RoleAdmin),
	}
	router := authz.Router(authz.Table(handlers), guards)
	r := Request(http.MethodGet, "/users")
	r = r.WithContext(bookapi.WithUser(r.Context(), bookapi.User{Username: Grace, Role: bookapi.RoleAdmin}))
	for b.Loop() {
		if answer := Send(b, router, r); answer.Status != http.StatusOK {
			b.Fatal(answer)
		}
	}
}
