package server

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestDevelopmentAnswersToThisMachinesNamesOnly(t *testing.T) {
	handler := localHosts(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for host, want := range map[string]int{
		"localhost:8080": http.StatusOK, "LOCALHOST": http.StatusOK, "books.localhost.": http.StatusOK, "": http.StatusOK,
		"127.0.0.1:8080": http.StatusOK, "127.0.0.2": http.StatusOK, "[::1]:8080": http.StatusOK, "[::1]": http.StatusOK,
		"mallory.example:8080": http.StatusMisdirectedRequest, "localhost.mallory.example": http.StatusMisdirectedRequest,
		"notlocalhost": http.StatusMisdirectedRequest, "192.0.2.7": http.StatusMisdirectedRequest, "127.0.0.1.mallory.example": http.StatusMisdirectedRequest,
	} {
		r := httptest.NewRequest(http.MethodGet, "/books", nil)
		r.Host = host
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		assert.Equal(t, want, w.Code, host)
	}
}
