package attack

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	kind "example.com/bookapi/bookapitest/attack"
)

// insides are how files and pages of a program begin that are not for everybody.
var insides = []struct {
	what string
	is   *regexp.Regexp
}{
	{"the profiler of a Go program", regexp.MustCompile(`(?i)Types of profiles available|goroutine profile: total`)},
	{"the variables of a Go program", regexp.MustCompile(`"memstats": ?\{`)},
	{"the metrics of the program", regexp.MustCompile(`(?m)^# (HELP|TYPE) \w+`)},
	{"a Go module, and with it the sources", regexp.MustCompile(`(?m)^module [\w./-]+\s*$`)},
	{"a source file", regexp.MustCompile(`(?m)^package \w+\s*$|^(import|from) [\w.]+( import .*)?\s*$|require\(['"]\w+['"]\)`)},
	{"the file .env", regexp.MustCompile(`(?m)\A[A-Z_]{3,}=\S*$`)},
	{"a Git repository", regexp.MustCompile(`\A\[core\]|\Aref: refs/`)},
	{"a database", regexp.MustCompile(`\ASQLite format 3`)},
	{"a list of files", regexp.MustCompile(`(?i)<title>(index of|directory listing)|<pre>\s*<a href=`)},
	{"a console", regexp.MustCompile(`(?i)werkzeug|interactive console`)},
	{"the environment of the program", regexp.MustCompile(`"?PATH"?\s*[:=]\s*"?/`)},
}

// private are paths that are for whoever runs the program.
var private = regexp.MustCompile(`(?i)debug|admin|internal|dump|export|backup|console|config|env|dev|test|trace|logs?$`)

// Under a path for whoever looks after the program stands its environment; elsewhere it
// may be that of a page, which is for everybody.
var (
	within      = regexp.MustCompile(`(?i)debug|internal|actuator|dump`)
	environment = regexp.MustCompile(`"(env|environ|environment)" ?: ?\{\s*"[A-Z][A-Z0-9_]+" ?:|"(cwd|argv|__dirname)" ?: ?["[]`)
)

// more are paths of programs in other languages.
var more = []string{
	"/debug/pprof/goroutine?debug=1", "/debug/users", "/debug/config", "/debug/env", "/debug/tokens", "/debug", "/env", "/config", "/config.json", "/.env",
	"/.git/HEAD", "/package.json", "/main.py", "/app.py", "/server.js", "/index.js", "/static/main.py", "/static/../main.py", "/requirements.txt", "/actuator/env",
	"/_debug", "/__debug__/", "/internal/users", "/internal/dump", "/api/debug", "/admin/dump", "/debug/dump",
}

func debugRoutes(r *run) outcome {
	strange := r.send(r.make1(http.MethodGet, "/no-such-path-"+r.tag, nil))
	paths := append(kind.Strays(), more...)
	callers := []*person{nil}
	if r.user != nil {
		callers = append(callers, r.user)
	}
	paths = slices.DeleteFunc(paths, func(path string) bool { // another attack tries them
		return path == r.Profile.AdminOp.Path || slices.ContainsFunc(r.Profile.AdminOps, func(o Operation) bool { return o.Path == path })
	})
	for _, who := range callers {
		for _, path := range paths {
			request := r.make1(http.MethodGet, path, who)
			a := r.send(request)
			if a.Status/100 != 2 || a.Body == strange.Body {
				continue
			}
			kind := a.Header.Get("Content-Type")
			for _, inside := range insides {
				if inside.is.MatchString(a.Body) && !strings.Contains(path, "openapi") && !strings.HasPrefix(path, "/docs") {
					return broken(request, "%s is at %s", inside.what, path).asUser(who)
				}
			}
			if private.MatchString(path) && r.user != nil && r.other != nil && strings.Contains(a.Body, `"`+r.other.Username+`"`) && !strings.Contains(kind, "html") {
				return broken(request, "%s shows the accounts of others", path).asUser(who)
			}
			if within.MatchString(path) && environment.MatchString(a.Body) {
				return broken(request, "%s shows the environment of the program", path).asUser(who)
			}
			if what := secretsIn(a.Body); what != "" {
				return broken(request, "%s is at %s", what, path).asUser(who)
			}
		}
	}
	return held("%d paths have nothing of the inside", len(paths))
}

// secretsIn says what of a program's secrets a text holds, "" if nothing.
func secretsIn(text string) string {
	if hashes.MatchString(text) {
		return "a hash of a password"
	}
	if m := regexp.MustCompile(`(?i)"?(secret_?key|jwt_?secret|signing_?key|api_?keys?|bookapi_keys)"?\s*[:=]\s*"?[^\s",}]{6,}`).FindStringSubmatch(text); m != nil {
		return "a value of " + m[1]
	}
	return ""
}

// marks are what no answer has in it that was written on purpose: how the traces and
// errors of languages, frameworks and databases look.
var marks = regexp.MustCompile(strings.Join([]string{
	`Traceback \(most recent call last\)`, `File "[^"]+", line \d+`, `/site-packages/`, `/dist-packages/`, `\b[A-Z]\w+(Error|Exception)\(\\?['"]`, `psycopg`, `sqlalchemy\.exc`, `pydantic_core\._`,
	`Django Version:`, `DisallowedHost at /`, `Werkzeug Debugger`, `DEBUG = True`,
	`goroutine \d+ \[`, `[\w/.-]+\.go:\d+`, `\bpanic: `, `runtime error:`, `Go struct field`, `strconv\.(Atoi|Parse\w+): parsing`, `sql: no rows`, `crypto/bcrypt:`, `: dial tcp `, `context deadline exceeded`,
	`\bat .{1,80}\(?\S+\.[cm]?[jt]s:\d+:\d+`, `node_modules/`, `Cannot read propert(y|ies) of`, `is not a function\b`, `PrismaClient`, `Sequelize\w*Error`, `QueryFailedError`, `MongoServerError|MongooseError`, `\bCast to \w+ failed for value`,
	`\bat [\w.$<>]+\([\w$]+\.(java|kt|scala):\d+\)`, `\b(java|javax|jakarta)\.\w+(\.\w+)*(Exception|Error)\b`, `org\.(springframework|hibernate|postgresql)\.`, `com\.fasterxml\.jackson`,
	`\bSystem\.(\w+\.)*\w+Exception\b`, `\bat [\w.]+\(.*\) in .+\.cs:line \d+`, `Microsoft\.(AspNetCore|EntityFrameworkCore|Data)\.`,
	`\.php:\d+`, ` on line <b>?\d+`, `PDOException`, `Illuminate\\\\?\w+`, `Stack trace:\s+#0`,
	`\.rb:\d+:in `, `ActiveRecord::|ActionController::`, `undefined method .{1,60} for nil`,
	`thread '[^']*' panicked at`, `\.rs:\d+:\d+`,
	`SQLSTATE`, `\bsqlite3?[.:]`, `SQLITE_[A-Z]+`, `UNIQUE constraint failed`, `violates \w+[ -]?\w* constraint`, `no such (table|column):`, `syntax error at or near`, `You have an error in your SQL syntax`, `ORA-\d{5}`, `invalid input syntax for type`, `SQL logic error`,
	`(?:^|[\s"'(])/(home|root|usr|srv|tmp)/[\w.-]+/`,
}, "|"))

// mark is what an answer gives away of the inside of the program.
func mark(a kind.Answer) string {
	if strings.Contains(a.Header.Get("Content-Type"), "html") && a.Status < 400 {
		return ""
	}
	found := marks.FindString(a.Body)
	for name, values := range a.Header {
		for _, v := range values {
			if found == "" && name != "Location" {
				found = marks.FindString(v)
			}
		}
	}
	return strings.TrimSpace(found)
}

func traces(r *run) outcome {
	show := func(request *http.Request, a kind.Answer, who *person) outcome {
		return broken(request, "an answer with %d has %q in it, from the inside of the program", a.Status, cut(mark(a), 60)).asUser(who)
	}
	if r.passive != nil {
		if a := r.send(kind.Clone(r.passive)); mark(a) != "" {
			return show(r.passive, a, r.user)
		}
	}
	var requests []*http.Request
	add := func(who *person, method, target, send, body string) {
		request := r.make(method, target, send, body)
		if who != nil {
			r.authorize(request, who.token)
		}
		requests = append(requests, request)
	}
	bodies := append(r.wrongTypes(), "{", "[]", "null", `"text"`, `{"a":`, "{\"title\":\"\x00\",\"author\":\"x\"}", `{"title":{"$ne":null},"author":[]}`, `{"title":1e400}`, "\xff\xfe",
		strings.Repeat(`{"a":`, 3000)+"1"+strings.Repeat("}", 3000), strings.Repeat("[", 20000))
	for _, who := range []*person{nil, r.user} {
		if w, _, _ := strings.Cut(r.Profile.Write.Path, "?"); w != "" {
			for _, body := range bodies {
				if who == nil || r.Write {
					add(who, r.Profile.Write.Method, w, "json", body)
				}
			}
			for _, id := range []string{"x", "-1", "0", "99999999999999999999", "9223372036854775807", "1.5", "1e9", "NaN", "%00", "'", "1'%20OR%20'1'='1", "%ff", "%25", "__proto__", "null", "undefined", "[object%20Object]", "..%2f..", strings.Repeat("9", 4000)} {
				add(who, http.MethodGet, w+"/"+id, "", "")
				if who != nil && r.Write && id != "0" && id != "-1" && r.Profile.Object.Change != "" {
					requests = append(requests, r.change(r.Profile.Object.Change, w+"/"+id, who))
				}
			}
			queries := []string{"limit=x", "limit=-1", "after=x", "after=%ff", "limit=1&limit=2", "sort=%27", "limit[]=1", "limit[a]=1", "%00=1", "%"}
			for _, name := range append([]string{"page", "offset", "sort", "q"}, r.Profile.queries[w]...) {
				for _, value := range []string{"x", "%27", "%00", "%ff", "99999999999999999999", strings.Repeat("a", 4000)} {
					queries = append(queries, name+"="+value)
				}
				queries = append(queries, name+"[]=1", name+"[$ne]=1", name)
			}
			for _, query := range queries {
				add(who, http.MethodGet, w+"?"+query, "", "")
			}
		}
		add(who, http.MethodGet, "/no-such-path-"+r.tag, "", "")
	}
	if l := r.Profile.Login; l.Path != "" {
		for _, body := range bodies {
			add(nil, l.Method, l.Path, "json", body)
		}
		for _, body := range []string{"%", "username=%00&password=x", "username[]=x&password[]=y", "username=%ff&password=%ff", "grant_type=x&username=a&password=b"} {
			add(nil, l.Method, l.Path, "form", body)
		}
	}
	if f := r.Profile.SignUp; f.Path != "" && r.Write {
		for _, body := range bodies {
			add(nil, f.Method, f.Path, "json", body)
		}
		requests = append(requests, r.fields(f, map[string]string{f.Username: "'", f.Password: newPassword()}), r.fields(f, map[string]string{f.Username: r.user0(), f.Password: newPassword()}))
	}
	requests = append(requests, r.wrongContents()...)
	errors := 0
	for _, request := range requests {
		a := r.send(request)
		if mark(a) != "" {
			var who *person
			if request.Header.Get("Authorization") != "" {
				who = r.user
			}
			return show(request, a, who)
		}
		if a.Status >= 500 {
			errors++
		}
	}
	if errors > 0 {
		return held("no answer shows the inside, but %d of %d bad requests are answered with a server error", errors, len(requests))
	}
	return held("%d bad requests show nothing of the inside", len(requests))
}

// wrongTypes are JSON bodies with one field each of a type that it has not.
func (r *run) wrongTypes() (bodies []string) {
	l, s := r.Profile.Login, r.Profile.SignUp
	for _, text := range []string{r.Profile.Write.JSON, encode(map[string]string{l.Username: "a", l.Password: "b", s.Username: "a", s.Password: "b"})} {
		var fields map[string]any
		_ = json.Unmarshal([]byte(text), &fields) // what is none has none
		for _, name := range slices.Sorted(maps.Keys(fields)) {
			for _, wrong := range []any{nil, 7, -1.5, true, []any{}, map[string]any{"a": nil}, strings.Repeat("x", 20000), json.RawMessage(`"\ud800"`)} {
				body, _ := Operation{JSON: text}.with(map[string]any{name: wrong})
				bodies = append(bodies, body.JSON)
			}
		}
	}
	return bodies
}

// wrongContents are requests whose Content-Type is not that of their body.
func (r *run) wrongContents() (requests []*http.Request) {
	for _, o := range []Operation{r.Profile.Write, {Method: r.Profile.Login.Method, Path: r.Profile.Login.Path, JSON: `{"a":1}`}} {
		if !o.there() || o.Path == r.Profile.Write.Path && !r.Write {
			continue
		}
		for _, kind := range []string{"", "text/plain", "application/xml", "multipart/form-data", "multipart/form-data; boundary=", "application/json; charset=utf-7", "application/x-www-form-urlencoded", "*", "/"} {
			request := r.request(o, r.user)
			request.Header.Set("Content-Type", kind)
			requests = append(requests, request)
		}
	}
	return requests
}

// user0 is the name of the user, if there is one.
func (r *run) user0() string {
	if r.user == nil {
		return "ada"
	}
	return r.user.Username
}

func cors(r *run) outcome {
	requests := []*http.Request{r.make1(http.MethodGet, "/", nil)}
	add := func(request *http.Request) { requests = append(requests, request) }
	if o := r.Profile.Read; o.there() && o.Method == http.MethodGet {
		add(r.request(o, r.user))
	}
	if w, _, _ := strings.Cut(r.Profile.Write.Path, "?"); w != "" {
		add(r.make1(http.MethodGet, w, r.user))
		preflight := r.make1(http.MethodOptions, w, nil)
		preflight.Header.Set("Access-Control-Request-Method", http.MethodPost)
		preflight.Header.Set("Access-Control-Request-Headers", "authorization,content-type")
		add(preflight)
	}
	if r.Profile.Login.Path != "" {
		if r.user != nil {
			add(r.loginAs(r.user.Username, r.user.Password))
		} else {
			add(r.make1(r.Profile.Login.Method, r.Profile.Login.Path, nil))
		}
	}
	star := false
	for _, request := range requests {
		for _, origin := range []string{"https://mallory.example", "null"} {
			request := kind.WithHeader(request, "Origin", origin)
			request.RequestURI = ""
			a := r.send(request)
			switch a.Header.Get("Access-Control-Allow-Origin") {
			case origin:
				with := ""
				if a.Header.Get("Access-Control-Allow-Credentials") == "true" {
					with = ", with cookies"
				}
				return broken(request, "%s %s lets pages of %s read the answer%s: it allows whoever asks", request.Method, request.URL.Path, origin, with).asUser(r.user)
			case "*":
				star = true
			}
		}
	}
	if star {
		return unsure("every page may read answers (Access-Control-Allow-Origin: *), which is harmless while no cookie counts, and may be meant")
	}
	return held("no page of another origin is let in")
}

func https(r *run) outcome {
	if r.base.Scheme == "http" {
		return unsure("it speaks plain HTTP, which is nobody else's business on this machine: where it is served to others, it has to be https alone")
	}
	request := r.make1(http.MethodGet, "/", nil)
	if a := r.send(request); a.Header.Get("Strict-Transport-Security") == "" {
		return withCWE(broken(request, "an answer over https has no Strict-Transport-Security, so a browser comes back over plain HTTP"), 319)
	}
	return held("over https, and browsers are told to come back that way")
}

// cut shortens a text.
func cut(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}

// bodySize sends what is far too much to operations that are open to all. That it was
// read to its end shows in the answer: it is that to an honest request. It is no finding,
// since a proxy in front may have the limit.
func bodySize(r *run) outcome {
	p := r.user
	if fresh := r.signUp(r.newName(), newPassword()); fresh != nil {
		p = fresh
	}
	read := func(f Form, values map[string]string, done func(kind.Answer) bool) *outcome {
		if f.Path == "" || !done(r.send(padded(r.fields(f, values)))) {
			return nil
		}
		out := unsure("%s %s, which is open to all, reads %d MB and answers as it does to an honest request: unless a proxy in front has a limit, a few of them at once take memory and time from all others", f.Method, f.Path, tooMuch>>20)
		return &out
	}
	l, s := r.Profile.Login.Form, r.Profile.SignUp
	if out := read(l, map[string]string{l.Username: p.Username, l.Password: p.Password}, func(a kind.Answer) bool { return r.tokenIn(a, r.Profile.Login.Answer) != "" }); out != nil {
		return *out
	}
	name := r.newName()
	if out := read(s, map[string]string{s.Username: name, s.Password: newPassword()}, func(a kind.Answer) bool { return a.Status/100 == 2 }); out != nil {
		r.accounts = append(r.accounts, name)
		return *out
	}
	return held("%d MB are not taken", tooMuch>>20)
}

// padded is a request with much in its body that says nothing: spaces in JSON, and one
// field more in a form.
func padded(request *http.Request) *http.Request {
	body, _ := io.ReadAll(request.Body) // it is in memory
	if end := len(body) - 1; strings.Contains(request.Header.Get("Content-Type"), "json") {
		body = slices.Concat(body[:end], bytes.Repeat([]byte(" "), tooMuch), body[end:])
	} else {
		body = slices.Concat(body, []byte("&padding="), bytes.Repeat([]byte("a"), tooMuch))
	}
	request.Body, request.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return request
}

// markup looks for a page that has in it what mallory has written into an address.
func markup(r *run) outcome {
	const text = `<img src=x onerror=alert(1)>`
	paths := []string{"/", "/no-such-path-" + r.tag + "/"}
	for _, o := range []Operation{r.Profile.Read, r.Profile.Write, {Path: r.Profile.Object.List}} {
		if o.there() {
			bare, _, _ := strings.Cut(o.Path, "?")
			paths = append(paths, bare+"/")
		}
	}
	tried := 0
	for _, path := range slices.Compact(paths) {
		for _, target := range []string{path + url.PathEscape(text), strings.TrimSuffix(path, "/") + "?q=" + url.QueryEscape(text) + "&error=" + url.QueryEscape(text) + "&name=" + url.QueryEscape(text)} {
			request := r.make1(http.MethodGet, target, nil)
			a := r.send(request)
			tried++
			if regexp.MustCompile(`(?i)^\s*(text/html|application/xhtml\+xml|image/svg\+xml)`).MatchString(a.Header.Get("Content-Type")) && strings.Contains(a.Body, text) {
				return broken(request, "what mallory writes into an address stands in the page as it is (%d, %s), and a browser runs it", a.Status, a.Header.Get("Content-Type"))
			}
		}
	}
	return held("no page has markup from an address in it (%d tries)", tried)
}
