package attack

import (
	"crypto/md5"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// shelf is an API with sign-up, accounts and objects that is sound but for one
// mistake. Its objects are open to all, or private.
type shelf struct {
	mu      sync.Mutex
	mistake string
	private bool
	offers  string // more properties of a book in the document
	users   map[string]map[string]any
	tokens  map[string]string
	count   int
	codes   map[string]string // sent by mail, for a forgotten password
	books   []map[string]any
	log     []string
}

func newShelf(mistake string) *shelf {
	return &shelf{mistake: mistake, tokens: make(map[string]string), codes: make(map[string]string), users: map[string]map[string]any{
		"grace": {"username": "grace", "password": "seven umbrellas", "role": "admin", "is_staff": true, "id": 100},
		"admin": {"username": "admin", "password": map[bool]string{true: "admin", false: rand.Text()}[mistake == "delivered-password"], "role": "reader", "id": 101},
	}}
}

// numbered is the user with a number.
func (s *shelf) numbered(id string) fields {
	for _, user := range s.users {
		if fmt.Sprint(user["id"]) == id {
			return user
		}
	}
	return nil
}

func (s *shelf) is(mistake string) bool { return s.mistake == mistake }

type fields = map[string]any

func (s *shelf) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log = append(s.log, r.Method+" "+r.URL.Path)
	answer := func(status int, value any) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		if status == http.StatusUnauthorized {
			w.Header().Set("WWW-Authenticate", "Bearer")
		}
		w.WriteHeader(status)
		if value != nil {
			_ = json.NewEncoder(w).Encode(value)
		}
	}
	var in fields
	if !s.is("any-size") {
		r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
	}
	if r.Method != http.MethodGet {
		if err := json.NewDecoder(r.Body).Decode(&in); errors.As(err, new(*http.MaxBytesError)) {
			answer(http.StatusRequestEntityTooLarge, nil)
			return
		} else if err != nil && s.is("any-size") {
			answer(http.StatusBadRequest, nil)
			return
		} else if err != nil {
			in = nil
		}
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	caller := s.users[s.tokens[token]]
	if !strings.EqualFold(scheme, "bearer") || len(r.Header.Values("Authorization")) > 1 {
		caller = nil
	}
	if len(r.Header) > 100 && s.is("admin-in-header") {
		answer(http.StatusRequestHeaderFieldsTooLarge, nil)
		return
	}
	if user := s.numbered(r.Header.Get("X-User-Id")); user != nil && s.is("number-in-header") {
		caller = user
	}
	if said, err := base64.RawURLEncoding.DecodeString(token); err == nil && s.is("token-says-who") {
		var who struct {
			UID     int
			Session string
		}
		_ = json.Unmarshal(said, &who)
		if token = who.Session; s.tokens[token] != "" {
			caller = s.numbered(strconv.Itoa(who.UID))
		}
	}
	shown := func(user fields) fields {
		user = maps.Clone(user)
		delete(user, "password")
		return user
	}
	needs := func(then func()) {
		if caller == nil {
			answer(http.StatusUnauthorized, nil)
			return
		}
		then()
	}
	text := func(name string) string { value, _ := in[name].(string); return value }
	_, wrong := in["title"].(float64)
	_, err := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/books/"))
	if s.is("trace-of-a-type") && wrong || s.is("trace-of-a-number") && errors.Is(err, strconv.ErrRange) || s.is("trace-of-a-query") && strings.Contains(r.URL.RawQuery, "title=%00") {
		answer(http.StatusInternalServerError, "java.lang.IllegalStateException: no such value\n\tat com.example.Shelf.find(Shelf.java:77)")
		return
	}
	if s.is("message-of-a-surrogate") && strings.Contains(text("title"), "\ufffd") { // it refuses in words
		answer(http.StatusUnprocessableEntity, fields{"error": `'utf-8' codec can't encode character '\ud800' in position 0: surrogates not allowed`})
		return
	}
	if s.is("trace-of-a-surrogate") && strings.Contains(text("title"), "\ufffd") {
		answer(http.StatusInternalServerError, fields{"error": `UnicodeEncodeError('utf-8', '\ud800', 0, 1, 'surrogates not allowed')`})
		return
	}
	if s.is("quotes-crash") && strings.Contains(r.URL.RawQuery+fmt.Sprint(in), "'") {
		answer(http.StatusInternalServerError, nil)
		return
	}
	if id, ok := strings.CutPrefix(r.URL.Path, "/admin/users/"); ok && r.Method == http.MethodDelete {
		user := s.numbered(id)
		switch {
		case caller == nil:
			answer(http.StatusUnauthorized, nil)
		case caller["role"] != "admin" && !s.is("removal-by-all"):
			answer(http.StatusForbidden, nil)
		case user == nil:
			answer(http.StatusNotFound, nil)
		default:
			if !s.is("removed-lives") {
				maps.DeleteFunc(s.tokens, func(_, name string) bool { return name == user["username"] })
			}
			user["password"] = rand.Text()
			answer(http.StatusNoContent, nil)
		}
		return
	}
	if r.URL.Path == "/login" && r.Method == http.MethodPost {
		s.login(in, answer)
		return
	}
	if id, ok := strings.CutPrefix(r.URL.Path, "/books/"); ok {
		s.book(r.Method, id, in, caller, answer)
		return
	}
	switch r.Method + " " + r.URL.Path {
	case "GET /openapi.json":
		answer(http.StatusOK, json.RawMessage(strings.Replace(shelfDocument, `"title":{"type":"string"}}`, `"title":{"type":"string"}`+s.offers+`}`, 1)))
	case "POST /users":
		name := text("username")
		if !regexp.MustCompile(`^[a-z0-9]+$`).MatchString(name) {
			answer(http.StatusUnprocessableEntity, nil)
			return
		}
		if _, taken := s.users[name]; taken || len(text("password")) < 8 && !s.is("short-passwords") || strings.TrimSpace(strings.ToLower(name)) != name {
			answer(http.StatusConflict, nil)
			return
		}
		user := fields{"role": "reader", "is_staff": false}
		if s.is("sign-up-takes-all") {
			maps.Copy(user, in)
		}
		user["username"], user["password"], user["id"] = name, text("password"), 200+len(s.users)
		if s.is("salt-in-answers") {
			user["password_hash"] = "c2FsdA:" + rand.Text() + "7"
		}
		if s.is("hint-in-answers") { // which is no secret
			user["password_hash"], user["password_hint"] = "****************************", rand.Text()
		}
		s.users[name] = user
		if s.is("sign-up-echoes") { // which is none: what is echoed is not kept
			maps.Copy(in, fields{"password": nil})
			answer(http.StatusCreated, in)
			return
		}
		answer(http.StatusCreated, shown(user))
	case "GET /me":
		needs(func() {
			if user := s.numbered(r.FormValue("id")); user != nil && s.is("number-in-query") {
				caller = user
			}
			answer(http.StatusOK, shown(caller))
		})
	case "GET /debug/config", "GET /config.json":
		if s.is("environment") && r.URL.Path == "/debug/config" || s.is("settings-of-a-page") && r.URL.Path == "/config.json" {
			answer(http.StatusOK, fields{"env": fields{"API_URL": "/api"}})
			return
		}
		answer(http.StatusNotFound, nil)
	case "POST /logout":
		needs(func() {
			delete(s.tokens, token)
			if s.is("token-is-blanked") {
				s.tokens[""] = caller["username"].(string)
			}
			answer(http.StatusNoContent, nil)
		})
	case "POST /forgot":
		user := s.users[text("username")]
		if user == nil && s.is("forgot-tells") {
			answer(http.StatusNotFound, nil)
			return
		}
		code := rand.Text()
		if user != nil {
			s.codes[code] = text("username")
		}
		switch {
		case s.is("forgot-shows-code"):
			answer(http.StatusAccepted, fields{"code": code})
		default: // with a number of its own, which is none
			answer(http.StatusAccepted, fields{"request": rand.Text() + "7"})
		}
	case "POST /reset":
		if name, ok := s.codes[text("code")]; ok {
			s.users[name]["password"] = text("password")
			answer(http.StatusNoContent, nil)
			return
		}
		answer(http.StatusBadRequest, nil)
	case "PATCH /me":
		needs(func() {
			if s.is("change-takes-nothing") {
				answer(http.StatusBadRequest, nil)
				return
			}
			for name, value := range in {
				if name == "bio" || s.is("change-takes-all") && name != "username" && name != "password" {
					caller[name] = value
				}
			}
			answer(http.StatusOK, shown(caller))
		})
	case "GET /admin/users", "GET /admin/reports":
		needs(func() {
			if caller["role"] != "admin" && caller["is_staff"] != true && (!s.is("admin-in-header") || r.Header.Get("X-Admin") != "true") && (!s.is("reports-for-all") || r.URL.Path == "/admin/users") {
				if s.is("reports-on-oneself") && r.URL.Path == "/admin/reports" {
					answer(http.StatusOK, []fields{shown(caller)})
					return
				}
				answer(http.StatusForbidden, nil)
				return
			}
			all := []fields{}
			for _, user := range s.users {
				all = append(all, shown(user))
			}
			answer(http.StatusOK, all)
		})
	case "GET /books":
		if s.private && caller == nil {
			answer(http.StatusUnauthorized, nil)
			return
		}
		all := []fields{}
		for _, book := range s.books {
			if !s.private || book["owner"] == caller["username"] || s.is("list-of-others") && r.FormValue("owner") == book["owner"] || s.is("drafts-of-all") && r.FormValue("status") == "draft" {
				all = append(all, book)
			}
		}
		found, ok := s.find(r.URL.Query().Get("title"), all)
		if !ok {
			answer(http.StatusInternalServerError, nil)
			return
		}
		answer(http.StatusOK, fields{"items": found})
	case "POST /books":
		needs(func() {
			if text("title") == "" {
				answer(http.StatusUnprocessableEntity, nil)
				return
			}
			book := fields{"id": len(s.books) + 1, "title": text("title"), "owner": caller["username"], "owner_id": caller["id"]}
			if id, ok := in["owner_id"].(float64); ok && s.is("owner-of-the-client") {
				book["owner_id"] = int(id)
			}
			if id, ok := in["id"].(float64); ok && s.is("id-of-the-client") && id >= 1 && int(id) <= len(s.books) {
				book["id"] = int(id)
				s.books[int(id)-1] = book
			} else {
				s.books = append(s.books, book)
			}
			if id, ok := in["owner_id"].(float64); ok && s.is("owner-is-echoed") { // and not kept
				book = maps.Clone(book)
				book["owner_id"] = int(id)
			}
			answer(http.StatusCreated, book)
		})
	default:
		if asked := r.URL.Path + "?" + r.URL.RawQuery; s.is("page-of-an-address") || s.is("page-with-escapes") {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.WriteHeader(http.StatusNotFound)
			if s.is("page-with-escapes") {
				asked = html.EscapeString(asked)
			}
			_, _ = w.Write([]byte("<p>There is no " + asked))
			return
		}
		answer(http.StatusNotFound, nil)
	}
}

func (s *shelf) login(in fields, answer func(int, any)) {
	name, _ := in["username"].(string)
	user := s.users[name]
	right := user != nil && encode(in["password"]) == encode(user["password"])
	if operator, ok := in["password"].(fields); ok && s.is("operators-in-login") && user != nil {
		_, is := operator["$ne"]
		right = is
	}
	if before, _, ok := strings.Cut(name, "' -- "); ok && s.is("query-of-a-login") && s.users[before] != nil {
		user, right = s.users[before], true
	}
	if !right {
		answer(http.StatusUnauthorized, nil)
		return
	}
	token := rand.Text()
	switch {
	case s.is("token-of-a-counter"):
		s.count++
		sum := md5.Sum([]byte(strconv.Itoa(1000 + s.count)))
		token = hex.EncodeToString(sum[:])
	case s.is("token-says-who"):
		s.tokens[token] = name
		answer(http.StatusOK, fields{"access_token": base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, `{"uid":%v,"session":%q}`, user["id"], token))})
		return
	case s.is("token-of-the-password"):
		sum := sha256.Sum256([]byte(name + encode(user["password"])))
		token = hex.EncodeToString(sum[:])
	}
	s.tokens[token] = user["username"].(string)
	answer(http.StatusOK, fields{"access_token": token})
}

// find is what a search finds. It reports false if the database cannot read the query.
func (s *shelf) find(asked string, all []fields) (found []fields, ok bool) {
	found = []fields{}
	query := "title LIKE '%" + asked + "%'"
	isQuery := s.is("query-of-a-search") || s.is("query-that-fails-silently")
	if isQuery && strings.Count(query, "'")%2 == 1 {
		return found, s.is("query-that-fails-silently")
	}
	for _, book := range all {
		title := book["title"].(string)
		has := strings.Contains(title, asked)
		if isQuery {
			has = strings.HasSuffix(query, "OR 'a1' LIKE 'a1%'") || strings.Contains(title, strings.ReplaceAll(asked, "''", "'"))
		}
		if s.is("search-by-words") {
			has = slices.ContainsFunc(strings.FieldsFunc(asked, func(c rune) bool { return strings.ContainsRune(" '()\"=", c) }), func(word string) bool { return strings.Contains(title+" a1 7714", word) })
		}
		if has {
			found = append(found, book)
		}
	}
	return found, true
}

func (s *shelf) book(method, id string, in, caller fields, answer func(int, any)) {
	n, err := strconv.Atoi(id)
	if err != nil || n < 1 || n > len(s.books) || s.books[n-1] == nil {
		answer(http.StatusNotFound, nil)
		return
	}
	book := s.books[n-1]
	mine := caller != nil && (book["owner"] == caller["username"] || caller["role"] == "admin")
	hidden := s.private && !mine && (caller == nil || !s.is("read-by-number"))
	switch {
	case method == http.MethodGet && !hidden:
		answer(http.StatusOK, book)
	case caller == nil:
		answer(http.StatusUnauthorized, nil)
	case hidden:
		answer(http.StatusNotFound, nil)
	case method != http.MethodPut && method != http.MethodPatch && method != http.MethodDelete:
		answer(http.StatusMethodNotAllowed, nil)
	case !mine && (method != http.MethodPatch || !s.is("patch-by-all")):
		answer(http.StatusForbidden, nil)
	case method == http.MethodDelete:
		s.books[n-1] = nil
		answer(http.StatusNoContent, nil)
	default:
		title, _ := in["title"].(string)
		if title == "" {
			answer(http.StatusUnprocessableEntity, nil)
			return
		}
		book = maps.Clone(book)
		book["title"] = title
		if owner, ok := in["owner"].(string); ok && s.is("owner-in-change") {
			book["owner"] = owner
		}
		s.books[n-1] = book
		answer(http.StatusOK, book)
	}
}

const shelfDocument = `{"openapi":"3.1.0","info":{"title":"Shelf"},"security":[{"login":[]}],"paths":{
	"/me":{"get":{},"patch":{"requestBody":{"content":{"application/json":{"schema":{"type":"object","properties":{"bio":{"type":"string"}}}}}}}},
	"/books":{"get":{"security":[],"parameters":[{"name":"title","in":"query","schema":{"type":"string"}}]},
		"post":{"requestBody":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/Book"}}}}}},
	"/books/{number}":{"get":{"security":[]},"put":{"requestBody":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/Book"}}}}},
		"patch":{"requestBody":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/Book"}}}}},"delete":{}},
	"/admin/users":{"get":{}},"/admin/reports":{"get":{"tags":["Administration"]}}},
	"components":{"schemas":{"Book":{"type":"object","required":["title"],"properties":{"title":{"type":"string"}}}}}}`

func shelfProfile() Profile {
	var p Profile
	p.Login.Path, p.Login.Send = "/login", "json"
	p.SignUp.Path, p.Read.Path, p.AdminOp.Path = "/users", "/me", "/admin/users"
	p.Admin = Account{"grace", "seven umbrellas"}
	p.Object.Creator = "owner"
	p.Logout = Form{Path: "/logout", Send: "json", Bearer: true}
	p.Forgot.Path, p.Reset.Path, p.Removal.Path = "/forgot", "/reset", "/admin/users/{user_id}"
	p.AdminOps = []Operation{{Method: http.MethodDelete, Path: "/admin/users/{user_id}"}}
	return p
}

func attackShelf(t *testing.T, api *shelf, p Profile, only ...string) *Report {
	t.Helper()
	server := httptest.NewServer(api)
	t.Cleanup(server.Close)
	report, err := Attack(t.Context(), server.URL, Options{Write: true, Profile: p, Only: only})
	require.NoError(t, err)
	return report
}

// A mistake in a shelf is found by its attack, and by no other one; and in a sound
// shelf nothing is, whether its objects are open to all or private.
func TestMistakesInAShelfAreFound(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		mistake string
		private bool
		found   []string
	}{
		{"", false, nil},
		{"", true, nil},
		{"read-by-number", true, []string{"object-read"}},
		{"list-of-others", true, []string{"object-read"}},
		{"owner-in-change", false, []string{"owner"}},
		{"id-of-the-client", false, []string{"owner"}},
		{"sign-up-takes-all", false, []string{"role"}},
		{"change-takes-all", false, []string{"role-change"}},
		{"sign-up-echoes", false, nil},
		{"query-of-a-search", false, []string{"injection"}},
		{"query-that-fails-silently", false, []string{"injection"}},
		{"search-by-words", false, nil},
		{"quotes-crash", false, nil},
		{"query-of-a-login", false, []string{"login-injection"}},
		{"operators-in-login", false, []string{"login-injection"}},
		{"reports-for-all", false, []string{"admin-document"}},
		{"reports-on-oneself", false, nil},
		{"trace-of-a-type", false, []string{"traces"}},
		{"trace-of-a-number", false, []string{"traces"}},
		{"trace-of-a-query", false, []string{"traces"}},
		{"patch-by-all", false, []string{"object", "spellings"}},
		{"trace-of-a-surrogate", false, []string{"traces"}},
		{"message-of-a-surrogate", false, nil},
		{"environment", false, []string{"debug"}},
		{"settings-of-a-page", false, nil},
		{"admin-in-header", false, []string{"claims"}},
		{"number-in-header", false, []string{"claims"}},
		{"number-in-query", false, []string{"claims"}},
		{"removal-by-all", false, []string{"admin-document"}},
		{"removed-lives", false, []string{"removed"}},
		{"drafts-of-all", true, []string{"object-read"}},
		{"salt-in-answers", false, []string{"payload"}},
		{"hint-in-answers", false, nil},
		{"token-is-blanked", false, []string{"logout"}},
		{"token-of-the-password", false, []string{"logout"}},
		{"token-of-a-counter", false, []string{"secret"}},
		{"token-says-who", false, []string{"signature"}},
		{"short-passwords", false, []string{"weak-password"}},
		{"delivered-password", false, []string{"default-password"}},
		{"page-of-an-address", false, []string{"markup"}},
		{"page-with-escapes", false, nil},
		{"forgot-tells", false, []string{"forgotten"}},
		{"forgot-shows-code", false, []string{"forgotten"}},
	} {
		t.Run(fmt.Sprintf("%s,private=%v", test.mistake, test.private), func(t *testing.T) {
			t.Parallel()
			api := newShelf(test.mistake)
			api.private = test.private
			only := append(slices.Clone(quick), test.found...)
			switch {
			case test.mistake == "":
				only = append(only, slow...)
			case test.found == nil:
				only = append(only, "debug", "traces")
			}
			report := attackShelf(t, api, shelfProfile(), only...)
			found := report.IDs(Broken)
			for _, one := range report.Results {
				if one.Verdict == Broken && one.ID != first(test.found) {
					assert.Equal(t, first(test.found), one.SameAs, "what %s has found is told once", one.ID)
				}
			}
			if !assert.Equal(t, test.found, found) {
				for _, one := range report.Results {
					t.Logf("%-11s %-15s %s%s", one.Verdict, one.ID, one.Got, one.Why)
				}
			}
		})
	}
}

func first(ids []string) string {
	if len(ids) == 0 {
		return ""
	}
	return ids[0]
}

// quick are the attacks that are made on each shelf, and slow those on one without any
// peculiarity.
var (
	quick = []string{"admin", "admin-document", "object", "object-read", "owner", "role", "role-change", "injection", "login-injection", "logout", "payload", "weak-password", "default-password", "markup", "forgotten", "removed"}
	slow  = []string{"no-token", "claims", "signature", "secret", "body-size", "creator", "spellings", "debug", "login-query", "traces"}
)

// Whose an object is may be a number, which a client sets in a field that takes numbers
// alone. What only an answer repeats is not set.
func TestANumberOfTheClientsForACreator(t *testing.T) {
	t.Parallel()
	p := shelfProfile()
	p.Object.Creator = "owner_id"
	for mistake, found := range map[string][]string{"": nil, "owner-is-echoed": nil, "owner-of-the-client": {"creator"}} {
		assert.Equal(t, found, attackShelf(t, newShelf(mistake), p, "creator").IDs(Broken), mistake)
	}
}

// A limit for bodies may stand in a proxy.
func TestABodyOfAnySizeIsNoFinding(t *testing.T) {
	t.Parallel()
	assert.Equal(t, []string{"body-size"}, attackShelf(t, newShelf(""), shelfProfile(), "body-size").IDs(Held))
	assert.Equal(t, []string{"body-size"}, attackShelf(t, newShelf("any-size"), shelfProfile(), "body-size").IDs(Unsure))
}

// What the profile says is private is private, though the list shows all.
func TestTheProfileSaysWhatIsPrivate(t *testing.T) {
	t.Parallel()
	p := shelfProfile()
	assert.Equal(t, []string(nil), attackShelf(t, newShelf(""), p, "object-read").IDs(Broken))
	p.Object.Private = true
	assert.Equal(t, []string{"object-read"}, attackShelf(t, newShelf(""), p, "object-read").IDs(Broken))
}

// To give something away may be what an API is for, if its document offers that.
func TestWhatTheDocumentOffersMayBeMeant(t *testing.T) {
	t.Parallel()
	api := newShelf("owner-in-change")
	api.offers = `,"owner":{"type":"string"}`
	report := attackShelf(t, api, shelfProfile(), "owner")
	assert.Equal(t, []string{"owner"}, report.IDs(Unsure))
	assert.Contains(t, report.Results[0].Why, "may have owner in it, and the document offers that")
}

func TestAChangeThatNeverWorksTellsNothing(t *testing.T) {
	t.Parallel()
	assert.Equal(t, []string{"role-change"}, attackShelf(t, newShelf("change-takes-nothing"), shelfProfile(), "role-change").IDs(Unsure))
}
