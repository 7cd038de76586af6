package attack

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/internal/course/coursetest"
)

// toy is a small API with one user, whose guard is sound but for what weak says.
type toy struct {
	mu       sync.Mutex
	requests []string
	secret   string
	weak     func(t *toy, token string) bool // believes a token that is not good
}

func (t *toy) sign(text string) string {
	mac := hmac.New(sha256.New, []byte(t.secret))
	mac.Write([]byte(text))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func (t *toy) token() string {
	part := base64.RawURLEncoding.EncodeToString
	text := part([]byte(`{"alg":"HS256"}`)) + "." + part(fmt.Appendf(nil, `{"sub":"mallory","exp":%d}`, time.Now().Add(time.Hour).Unix()))
	return text + "." + t.sign(text)
}

func (t *toy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.requests = append(t.requests, r.Method+" "+r.URL.Path)
	refuse := func() {
		w.Header().Set("WWW-Authenticate", "Bearer")
		w.WriteHeader(http.StatusUnauthorized)
	}
	switch r.Method + " " + r.URL.Path {
	case "POST /token":
		w.Header().Set("Cache-Control", "no-store")
		if r.PostFormValue("username") != "mallory" || r.PostFormValue("password") != "a password of mallory's" || r.URL.RawQuery != "" {
			refuse()
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]string{"access_token": t.token()})
	case "GET /me":
		scheme, raw, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		cut := strings.LastIndexByte(raw, '.')
		good := cut > 0 && raw[cut+1:] == t.sign(raw[:cut]) && len(r.Header.Values("Authorization")) == 1
		if !strings.EqualFold(scheme, "Bearer") || !good && (t.weak == nil || !t.weak(t, raw)) {
			refuse()
			return
		}
		_, _ = w.Write([]byte(`{"username":"mallory"}`))
	case "GET /away":
		http.Redirect(w, r, "http://192.0.2.1/", http.StatusFound)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func toyProfile() Profile {
	var p Profile
	p.Login.Path, p.Read.Path = "/token", "/me"
	p.User = Account{"mallory", "a password of mallory's"}
	p.SignUp.Path = "/users"
	p.Write.Path, p.Write.JSON = "/books", "{}"
	return p
}

func attackToy(t *testing.T, api *toy, o Options) (*Report, string) {
	t.Helper()
	server := httptest.NewServer(api)
	t.Cleanup(server.Close)
	o.Profile = toyProfile()
	report, err := Attack(t.Context(), server.URL, o)
	require.NoError(t, err)
	return report, server.URL
}

func TestASoundAPIHolds(t *testing.T) {
	t.Parallel()
	report, _ := attackToy(t, &toy{secret: "nobody knows this one: 7b1f"}, Options{})
	assert.Equal(t, []string(nil), report.IDs(Broken))
	assert.Subset(t, report.IDs(Held), []string{"no-token", "signature", "algorithm", "header-keys", "token-places", "status"})
	assert.Empty(t, report.Left)
	assert.Len(t, report.Results, len(attacks)-len(ifKnown))
}

func TestMistakesAreFoundAndShown(t *testing.T) {
	t.Parallel()
	for id, api := range map[string]*toy{
		"secret": {secret: "your-256-bit-secret"},
		"signature": {secret: "nobody knows this one: 7b1f", weak: func(_ *toy, raw string) bool {
			return strings.Count(raw, ".") == 2 && strings.HasPrefix(raw, "eyJhbGciOiJIUzI1NiJ9.")
		}},
		"algorithm": {secret: "nobody knows this one: 7b1f", weak: func(_ *toy, raw string) bool {
			head, _ := base64.RawURLEncoding.DecodeString(strings.Split(raw, ".")[0])
			return strings.Contains(string(head), `"none"`)
		}},
	} {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			report, _ := attackToy(t, api, Options{})
			require.Contains(t, report.IDs(Broken), id)
			for _, one := range report.Results {
				if one.ID != id {
					continue
				}
				assert.NotEmpty(t, one.Got)
				assert.NotZero(t, one.CWE)
				assert.NotEmpty(t, one.Source)
				assert.NotEmpty(t, one.Mend)
				shell, err := exec.LookPath("sh")
				if _, lacks := exec.LookPath("curl"); err != nil || lacks != nil {
					coursetest.Lacks(t, "sh and curl to try the lines with")
				}
				out, err := exec.CommandContext(t.Context(), shell, "-c", strings.Join(one.Curl, "\n")).CombinedOutput()
				require.NoError(t, err)
				assert.Contains(t, string(out), "200 OK", "%s", strings.Join(one.Curl, "\n"))
			}
		})
	}
}

// A cause is told once: that signatures do not count is what makes all other forgeries
// good.
func TestACauseIsToldOnce(t *testing.T) {
	t.Parallel()
	report, _ := attackToy(t, &toy{secret: "nobody knows this one: 7b1f", weak: func(_ *toy, raw string) bool {
		parts := strings.Split(raw, ".")
		if len(parts) != 3 || strings.ContainsAny(raw, " ,=\"") {
			return false
		}
		payload, _ := base64.RawURLEncoding.DecodeString(parts[1])
		return strings.HasPrefix(string(payload), `{"`)
	}}, Options{})
	same := make(map[string]string)
	for _, one := range report.Results {
		if one.Verdict == Broken {
			same[one.ID] = one.SameAs
		}
	}
	assert.Equal(t, map[string]string{"signature": "", "algorithm": "signature", "header-keys": "signature"}, same)

	other, _ := attackToy(t, &toy{secret: "nobody knows this one: 7b1f", weak: func(_ *toy, raw string) bool {
		head, _ := base64.RawURLEncoding.DecodeString(strings.Split(raw, ".")[0])
		return strings.Contains(string(head), `"none"`)
	}}, Options{})
	for _, one := range other.Results {
		assert.Empty(t, one.SameAs, "alg none is a cause of its own")
	}
}

// What cannot be seen a second time is not called broken.
func TestWhatSucceedsOnceIsNotBroken(t *testing.T) {
	t.Parallel()
	once := false
	report, _ := attackToy(t, &toy{secret: "nobody knows this one: 7b1f", weak: func(_ *toy, raw string) bool {
		if once || !strings.Contains(raw, ".") {
			return false
		}
		once = true
		return true
	}}, Options{})
	assert.Equal(t, []string(nil), report.IDs(Broken))
	assert.True(t, once)
}

// An API that treats all requests alike tells nothing, and is not called broken.
func TestDeafAPIsTellNothing(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 204, 302, 401, 403, 404, 429, 500} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		t.Cleanup(server.Close)
		report, err := Attack(t.Context(), server.URL, Options{Write: true, Profile: toyProfile()})
		require.NoError(t, err)
		assert.Equal(t, []string(nil), report.IDs(Broken), "%d", status)
		assert.Less(t, report.Held, 6, "%d: %v", status, report.IDs(Held))
	}
}

func TestNothingIsWrittenWithoutLeave(t *testing.T) {
	t.Parallel()
	api := &toy{secret: "nobody knows this one: 7b1f"}
	report, _ := attackToy(t, api, Options{})
	assert.False(t, report.Wrote)
	for _, line := range api.requests {
		method, path, _ := strings.Cut(line, " ")
		if method != http.MethodGet && method != http.MethodOptions && path != "/token" && path != "/books" {
			t.Errorf("without leave it sends %s", line)
		}
	}
}

func TestTheLimitOfRequestsHolds(t *testing.T) {
	t.Parallel()
	api := &toy{secret: "nobody knows this one: 7b1f"}
	report, _ := attackToy(t, api, Options{Requests: 60})
	assert.LessOrEqual(t, len(api.requests), 60)
	assert.Equal(t, 60, report.Requests)
	assert.Contains(t, report.Results[len(report.Results)-1].Why, "limit of 60 requests")
}

func TestTheLimitOfTimeHolds(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-time.After(20 * time.Millisecond):
		}
		w.WriteHeader(http.StatusNotFound)
	}))
	t.Cleanup(server.Close)
	begin := time.Now()
	_, err := Attack(t.Context(), server.URL, Options{Profile: toyProfile(), Time: 300 * time.Millisecond})
	require.NoError(t, err)
	assert.Less(t, time.Since(begin), 10*time.Second)
}

// Where a login takes long, what takes few comes first, and the rest says that it was
// left out.
func TestSlowLoginsAreBudgeted(t *testing.T) {
	t.Parallel()
	shelf := newShelf("")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/login" {
			select {
			case <-r.Context().Done():
			case <-time.After(200 * time.Millisecond):
			}
		}
		shelf.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	begin := time.Now()
	report, err := Attack(t.Context(), server.URL, Options{Write: true, Profile: shelfProfile(), Time: 10 * time.Second})
	require.NoError(t, err)
	assert.Less(t, time.Since(begin), 30*time.Second)
	want := 0
	for i, one := range report.Results {
		assert.Equal(t, attacks[i].id, one.ID, "the report keeps its order")
		if strings.Contains(one.Why, "for want of time") {
			want++
		}
	}
	assert.NotZero(t, want)
	assert.Subset(t, []string{"guessing"}, report.IDs(Broken), "nobody counts in a shelf")
}

func TestWhatIsAttackedNext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	t.Cleanup(cancel)
	r := &run{ctx: ctx, Options: Options{Time: time.Hour}}
	r.logins.add(time.Second)
	r.others.add(time.Millisecond)
	plan := func() (ids []string) {
		for left := attacks; len(left) > 0; {
			var a attack
			a, left = r.next(left)
			ids = append(ids, a.id)
		}
		return ids
	}
	assert.Equal(t, IDs(), plan(), "an hour is enough for all")
	assert.Empty(t, r.late("names"))
	assert.False(t, r.thrifty)
	r.logins.add(time.Minute)
	_, rest := r.next(attacks)
	assert.True(t, r.thrifty)
	assert.Len(t, rest, len(attacks)-1)
	planned := plan()
	assert.ElementsMatch(t, IDs(), planned)
	assert.Equal(t, last, planned[len(planned)-1])
	assert.Less(t, slices.Index(planned, "spellings"), slices.Index(planned, "near-password"), "requests cost less than logins")
	r.logins.add(time.Hour)
	r.next(attacks)
	assert.Contains(t, r.late("names"), "for want of time: it takes 8 logins of 20m20.33s each")
	assert.Empty(t, r.late("claims"))
	for id := range costs {
		assert.Contains(t, IDs(), id)
	}
}

func TestOnlyThisMachineIsAttacked(t *testing.T) {
	t.Parallel()
	for _, target := range []string{"http://192.0.2.1", "https://[2001:db8::1]:8000/", "http://0.0.0.0:8000", "http://10.0.0.1:8000", "http://169.254.169.254/"} {
		_, err := Attack(t.Context(), target, Options{})
		assert.ErrorAs(t, err, new(UsageError), target)
		assert.ErrorContains(t, err, "not this machine", target)
	}
	for _, target := range []string{"", "127.0.0.1:8000", "ftp://127.0.0.1", "http://", "http://ada:secret@127.0.0.1", "http://127.0.0.1?x=1", "http://127.0.0.1#x"} {
		_, err := Attack(t.Context(), target, Options{})
		assert.ErrorAs(t, err, new(UsageError), target)
	}
	_, err := Attack(t.Context(), "http://127.0.0.1:1", Options{})
	assert.ErrorAs(t, err, new(UnreachableError))

	// A name that was of this machine when it was looked at may be of another when it is dialled.
	for address, ok := range map[string]bool{
		"127.0.0.1:80": true, "127.9.9.9:80": true, "[::1]:80": true, "[::ffff:127.0.0.1]:80": true,
		"192.0.2.1:80": false, "[2001:db8::1]:80": false, "0.0.0.0:80": false, "[::]:80": false, "[::ffff:192.0.2.1]:80": false, "localhost:80": false,
	} {
		assert.Equal(t, ok, loopbackOnly("tcp", address, nil) == nil, address)
	}
}

func TestEveryConnectionIsChecked(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	c, err := newClient(t.Context(), server.URL, 10)
	require.NoError(t, err)
	c.base.Host = "192.0.2.1:80" // as if the name had become another address since
	r := &run{client: c, ctx: t.Context(), seen: make(map[string]string)}
	assert.ErrorContains(t, r.reach(), "is not this machine")
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	visits := 0
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { visits++ }))
	t.Cleanup(elsewhere.Close)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
	}))
	t.Cleanup(server.Close)
	report, err := Attack(t.Context(), server.URL, Options{Write: true, Profile: toyProfile()})
	require.NoError(t, err)
	assert.Zero(t, visits)
	for _, one := range report.Results {
		if one.ID == "signature" {
			assert.Contains(t, one.Why, "redirects to "+elsewhere.URL)
		}
	}
}

func TestQuote(t *testing.T) {
	t.Parallel()
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("there is no sh here")
	}
	for _, text := range []string{"plain", "it's", `"$HOME" \ ` + "`id`", "'; exit 1; '", "a\nb", "--x", "$TOKEN"} {
		out, err := exec.CommandContext(t.Context(), sh, "-c", "printf %s "+quote(text, nil)).Output()
		require.NoError(t, err)
		assert.Equal(t, text, string(out))
	}
	out, err := exec.CommandContext(t.Context(), sh, "-c", "TOKEN=\"it's\"; printf %s "+quote("Bearer secret x", map[string]string{"secret": "TOKEN"})).Output()
	require.NoError(t, err)
	assert.Equal(t, "Bearer it's x", string(out))
}

func TestDiscover(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("testdata", "fastapi.json"))
	require.NoError(t, err)
	base := &url.URL{Scheme: "http", Host: "127.0.0.1:8000"}
	d, ok := parseDocument(text, base.JoinPath("/openapi.json"))
	require.True(t, ok)
	p := d.profile(base)
	assert.Equal(t, Form{Method: "POST", Path: "/token", Send: "form", Username: "username", Password: "password", Also: map[string]string{}}, p.Login.Form, "its tokenUrl is relative")
	assert.Equal(t, "/users", p.SignUp.Path)
	assert.Equal(t, "json", p.SignUp.Send)
	assert.Equal(t, Operation{Method: "GET", Path: "/users/me"}, p.Read)
	assert.Equal(t, Operation{Method: "POST", Path: "/books?title={random}"}, p.Write)
	assert.Equal(t, Object{Path: "/books/{id}", Change: "PUT", Delete: "DELETE"}, p.Object)

	ours, err := os.ReadFile(filepath.FromSlash("../../../bookapi/openapi/openapi.json"))
	require.NoError(t, err)
	d, ok = parseDocument(ours, base.JoinPath("/openapi.json"))
	require.True(t, ok)
	p = d.profile(base)
	assert.Equal(t, "/token", p.Login.Path)
	assert.Equal(t, "form", p.Login.Send)
	assert.Equal(t, "/users", p.SignUp.Path)
	assert.Equal(t, "/me", p.Read.Path)
	assert.Equal(t, "/books", p.Write.Path)
	assert.Equal(t, Object{Path: "/books/{id}", Change: "PUT", Delete: "DELETE"}, p.Object)

	for _, none := range []string{"", "{}", "[]", `{"paths":{}}`, `{"paths":7}`, "<html>", `{"paths":{"/x":{"get":7}}}`} {
		if d, ok := parseDocument([]byte(none), base); ok {
			assert.Empty(t, d.profile(base).Login.Path, none)
		}
	}
	loop := `{"paths":{"/x":{"post":{"requestBody":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/A"}}}}}}},
		"components":{"schemas":{"A":{"type":"object","required":["a"],"properties":{"a":{"$ref":"#/components/schemas/A"}}}}}}`
	d, ok = parseDocument([]byte(loop), base)
	require.True(t, ok)
	d.profile(base)
	assert.NotPanics(t, func() { d.request(d.operations()[0]) }, "a schema that holds itself ends")
}

func TestProfiles(t *testing.T) {
	t.Parallel()
	for _, name := range Profiles() {
		p, err := ReadProfile(name)
		require.NoError(t, err, name)
		assert.NotEmpty(t, p.Login.Path, name)
	}
	_, err := ReadProfile("nowhere.toml")
	assert.ErrorContains(t, err, "--init")
	for text, says := range map[string]string{
		"[login]\npath = 7":               "incompatible",
		"[login]\npatch = \"/token\"":     `no field "login.patch"`,
		"[login]\nsend = \"xml\"":         `"form" or "json"`,
		"[read]\npath = \"http://x.y/\"":  "begins with one slash",
		"[write]\npath = \"//x.y/books\"": "begins with one slash",
		"[login":                          "x.toml",
	} {
		_, err := parseProfile("x.toml", text)
		assert.ErrorAs(t, err, new(UsageError), text)
		assert.ErrorContains(t, err, says, text)
	}
}

func TestWriteProfile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "attack.toml")
	p := toyProfile()
	p.Login.Also = map[string]string{"a key": `it's "quoted"`}
	p.Write.JSON = `{"title":"{random}"}`
	for i, want := range []string{"", file + ".1", file + ".2"} {
		kept, err := WriteProfile(file, "http://127.0.0.1:8000", "", p)
		require.NoError(t, err)
		assert.Equal(t, want, kept, "%d: what is there is kept", i)
	}
	read, err := ReadProfile(file)
	require.NoError(t, err)
	assert.Equal(t, p.Login.Also, read.Login.Also)
	assert.Equal(t, p.Write.JSON, read.Write.JSON)
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.NotContains(t, string(text), p.User.Password)
	assert.Greater(t, strings.Count(string(text), "#"), 20, "it has comments")
}
