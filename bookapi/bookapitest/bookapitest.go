package bookapitest

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
)

// The people in every example, and what they type. Ada reads, Grace is the
// administrator, Mallory attacks.
const (
	Ada         = "ada"
	AdaPassword = "blue teapot on the third shelf"

	Grace         = "grace"
	GracePassword = "seven umbrellas under one roof"

	Mallory         = "mallory"
	MalloryPassword = "who left this window open?"
)

// Request returns a request without a body.
func Request(method, target string) *http.Request {
	return httptest.NewRequest(method, target, nil)
}

// JSON returns a request whose body is JSON.
func JSON(method, target, body string) *http.Request {
	return withBody(method, target, "application/json", strings.NewReader(body))
}

// Form returns a POST of an HTML form, as login forms and OAuth clients send it.
func Form(target string, fields url.Values) *http.Request {
	return withBody(http.MethodPost, target, "application/x-www-form-urlencoded", strings.NewReader(fields.Encode()))
}

func withBody(method, target, contentType string, body io.Reader) *http.Request {
	r := httptest.NewRequest(method, target, body)
	r.Header.Set("Content-Type", contentType)
	return r
}
