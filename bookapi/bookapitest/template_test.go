package bookapitest_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/bookapi/bookapitest"
	"example.com/bookapi/bookapitest/attack"
)

// guard is what a learner would write: it lets in who has a token.
func guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer aa.bb.cc" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// The template of a lesson test: the honest caller first, then the attack.
func TestGuardBelievesNoClaim(t *testing.T) {
	bookapitest.Exercise(t, "0.3", func(check *bookapitest.Check) {
		var ran int
		api := guard(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { ran++ }))

		honest := bookapitest.Request("DELETE", "/books/1")
		honest.Header.Set("Authorization", "Bearer aa.bb.cc")
		bookapitest.Send(check, api, honest).Is(check, 200, "ada's token lets her DELETE /books/1")
		require.Equal(check.Promise("the handler behind the guard runs once"), 1, ran)

		stranger := bookapitest.Request("DELETE", "/books/1")
		check.AnswersOnce(api, stranger).Is(check, 401, "a stranger may not DELETE /books/1")
		check.IgnoresClaims(stranger, attack.Claims(attack.Identity{Username: "grace"}), func(r *http.Request) string {
			before := ran
			bookapitest.Send(check, api, r)
			return map[bool]string{true: "the handler runs"}[ran > before]
		})
	})
}
