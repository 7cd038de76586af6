package server

import (
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi"
)

// measured starts a program with metrics and returns where they are.
func measured(t *testing.T, p Program) (r *running, metrics string) {
	t.Helper()
	r = start(t, p, defaultTimeouts, nil, "-addr", "127.0.0.1:0", "-db", newFile(t), "-metrics", "127.0.0.1:0")
	require.True(t, r.lines.Scan())
	_, metrics, found := strings.Cut(r.lines.Text(), "bookapi: metrics on ")
	require.True(t, found, r.lines.Text())
	return r, metrics
}

func request(t *testing.T, method, url string) {
	t.Helper()
	req, err := http.NewRequest(method, url, nil)
	require.NoError(t, err)
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
}

func TestRequestsAreCounted(t *testing.T) {
	r, metrics := measured(t, openAPI())
	for _, line := range []string{"GET /books", "GET /books?limit=1", "GET /books/1", "GET /books/2", "GET /books/x", "HEAD /books", "DELETE /books", "GET /mallory"} {
		method, path, _ := strings.Cut(line, " ")
		request(t, method, r.url+path)
	}
	never, err := http.Get(r.url + "/never")
	require.NoError(t, err)
	defer never.Body.Close()

	status, text := get(t, metrics)
	assert.Equal(t, http.StatusOK, status)
	for _, want := range []string{
		`http_requests_total{method="GET",route="/books",status="2xx"} 2`,
		`http_requests_total{method="GET",route="/books/{id}",status="4xx"} 3`,
		`http_requests_total{method="HEAD",route="/books",status="2xx"} 1`,
		`http_requests_total{method="DELETE",route="none",status="4xx"} 1`,
		`http_requests_total{method="GET",route="none",status="4xx"} 1`,
		`http_request_duration_seconds_count{method="GET",route="/books/{id}"} 3`,
		`http_request_duration_seconds_bucket{method="GET",route="/books",le="+Inf"} 2`,
		`http_requests_in_flight 1`,
		`go_goroutines `,
	} {
		assert.Contains(t, text, "\n"+want, "missing")
	}

	status, _ = get(t, r.url+"/metrics")
	assert.Equal(t, http.StatusNotFound, status, "the API shows its metrics to everybody")
	status, _ = get(t, strings.TrimSuffix(metrics, "/metrics")+"/books")
	assert.Equal(t, http.StatusNotFound, status, "the API is where the metrics are")
	require.NoError(t, never.Body.Close())
	require.NoError(t, r.end())
	_, err = http.Get(metrics)
	assert.Error(t, err, "metrics are still there")
}

func TestAClientCannotMakeSeries(t *testing.T) {
	r, metrics := measured(t, openAPI())
	series := func() (n int) {
		_, text := get(t, metrics)
		return strings.Count(text, "\nhttp_")
	}
	mallory := func(name string) {
		request(t, "MALLORY-"+name, r.url+"/books")
		request(t, "GET", r.url+"/mallory-"+name+"?q=mallory-"+name)
		request(t, "GET", r.url+"/books/mallory-"+name)
	}
	mallory("first")
	before := series()
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		mallory(name)
	}
	assert.Equal(t, before, series())
	_, text := get(t, metrics)
	assert.NotContains(t, strings.ToLower(text), "mallory")
	assert.Contains(t, text, `{method="other",route="none",status="4xx"} 6`)
	require.NoError(t, r.end())
}

func TestAHandlerWithoutRoutesIsCounted(t *testing.T) {
	p := openAPI()
	p.Handler = func(bookapi.Store) http.Handler {
		return http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	}
	r, metrics := measured(t, p)
	request(t, "GET", r.url+"/books")
	_, text := get(t, metrics)
	assert.Contains(t, text, `http_requests_total{method="GET",route="none",status="2xx"} 1`)
	require.NoError(t, r.end())
}

func TestWhereMetricsMayBe(t *testing.T) {
	for address, private := range map[string]bool{
		"127.0.0.1": true, "::1": true, "10.1.2.3": true, "172.16.0.9": true, "192.168.1.1": true, "fd00::1": true,
		"0.0.0.0": false, "::": false, "192.0.2.1": false, "2001:db8::1": false, "169.254.169.254": false,
	} {
		assert.Equal(t, private, privateAddr(net.ParseIP(address)), address)
	}
	assert.False(t, privateAddr(nil), "a port alone is all addresses")
}
