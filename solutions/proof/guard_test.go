package proof

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"example.com/bookapi"
	"example.com/bookapi/bookapitest"
	"example.com/bookapi/memory"
	token "example.com/bookapi/step2-token"
	protect "example.com/bookapi/step3-protect"
)

// BenchmarkGuard measures what the guard costs a request, beside the least that
// any guard has to do: one jwt.ParseWithClaims of the same token. The third
// benchmark runs the two in turn and reports their ratio, which holds when the
// machine's speed drifts.
func BenchmarkGuard(b *testing.B) {
	key := token.NewKey()
	ada := bookapi.User{Username: bookapitest.Ada, Role: bookapi.RoleReader}
	users := new(memory.Store)
	require.NoError(b, users.CreateUser(b.Context(), ada))
	raw, err := token.Issuer{Key: key, Lifetime: token.Lifetime, Now: time.Now}.Issue(ada)
	require.NoError(b, err)

	bare := func() {
		var claims token.Claims
		if _, err := jwt.ParseWithClaims(raw, &claims, func(*jwt.Token) (any, error) { return key.Secret, nil }); err != nil {
			b.Fatal(err)
		}
	}

	passed := 0
	verifier := protect.Verifier{Keys: []token.Key{key}, Now: time.Now}
	guarded := protect.RequireUser(verifier, users)(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { passed++ }))
	w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/books", nil)
	r.Header.Set("Authorization", "Bearer "+raw)
	guard := func() { guarded.ServeHTTP(w, r) }

	b.Run("bare", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			bare()
		}
	})
	b.Run("guard", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			guard()
		}
	})
	b.Run("ratio", func(b *testing.B) {
		var bareTime, guardTime time.Duration
		for b.Loop() {
			bareTime += timeOf(bare)
			guardTime += timeOf(guard)
		}
		b.ReportMetric(float64(guardTime)/float64(bareTime), "guard/bare")
		b.ReportMetric(0, "ns/op") // a sum of both, of use to nobody
	})
	require.NotZero(b, passed, "the guard let nobody pass")
}

// timeOf measures a run of calls that is long enough for any clock.
func timeOf(f func()) time.Duration {
	start := time.Now()
	for range 100 {
		f()
	}
	return time.Since(start)
}
