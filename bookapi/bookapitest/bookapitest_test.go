package bookapitest_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/bookapitest"
)

func TestLeakFindsASecretAtEveryPlaceOfABase64Text(t *testing.T) {
	const secret = bookapitest.AdaPassword
	for before := range 7 {
		text := strings.Repeat("{", before) + secret + strings.Repeat("}", before)
		assert.Equal(t, "in base64", bookapitest.Leak(base64.StdEncoding.EncodeToString([]byte(text)), secret), text)
		assert.Equal(t, "in base64", bookapitest.Leak(base64.RawURLEncoding.EncodeToString([]byte(text)), secret), text)
	}
	assert.Empty(t, bookapitest.Leak("$2a$12$abcdefghijklmnopqrstuv", secret))
	assert.Empty(t, bookapitest.Leak("anything", ""))
}

// A spy is a testing.TB that keeps what it is told.
type spy struct {
	testing.TB
	said string
}

func (s *spy) Helper()                           {}
func (s *spy) Errorf(format string, args ...any) { s.said += fmt.Sprintf(format, args...) }
func (s *spy) Fatalf(format string, args ...any) { s.Errorf(format, args...) }
func (s *spy) FailNow()                          {}

func TestSendSaysThatAHandlerPanicked(t *testing.T) {
	s := &spy{TB: t}
	bookapitest.Send(s, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("oh") }), bookapitest.Request("GET", "/books"))
	assert.Equal(t, "GET /books made the handler panic: bookapitest/bookapitest_test.go:44: oh", s.said)
}

func TestSendWritesDownWhatAPIsAnswer(t *testing.T) {
	file := filepath.Join(t.TempDir(), "exchanges")
	t.Setenv(bookapitest.ExchangesFile, file)
	answer := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }
	api := chi.NewRouter()
	api.Post("/token", answer)

	bookapitest.Send(t, api, bookapitest.Form("/token?a=b", url.Values{"password": {bookapitest.AdaPassword}}))
	bookapitest.Send(t, http.HandlerFunc(answer), bookapitest.Request("POST", "/token")) // a part of an API
	bookapitest.Send(t, chi.NewRouter(), bookapitest.Request("POST", "/token"))          // another router

	content, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.JSONEq(t, `{"Method":"POST","Path":"/token?a=b","ContentType":"application/x-www-form-urlencoded",
		"Answer":{"Status":418,"Header":{},"Body":""}}`, string(content))
}

func TestSortedGoesByName(t *testing.T) {
	var order []string
	for name, length := range bookapitest.Sorted(map[string]int{"one": 3, "three": 5, "two": 3, "four": 4}) {
		require.Len(t, name, length)
		order = append(order, name)
		if name == "three" {
			break
		}
	}
	require.Equal(t, []string{"four", "one", "three"}, order)
}
