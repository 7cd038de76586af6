package attack

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	kind "example.com/bookapi/bookapitest/attack"
)

// complaints are what a database says of a query that it cannot read.
var complaints = regexp.MustCompile(`(?i)SQL syntax|sqlite3?\.\w*Error|SQLITE_ERROR|SQL logic error|near "[^"]{0,40}": syntax error|unrecognized token: |unterminated quoted string|syntax error at or near|ORA-\d{5}|Unclosed quotation mark|SQLSTATE|PG::SyntaxError|MongoServerError|unknown operator: \$`)

// A hole is a place of a request where a value of the client's goes.
type hole struct {
	name string
	with func(value string) *http.Request
	sort bool // it names a column
}

// commonQueries are parameters of lists that a document need not name.
var commonQueries = []string{"q", "search", "query", "filter", "title", "author", "name", "sort", "order", "order_by", "sort_by", "id"}

func (r *run) holes() (all []hole) {
	o := r.Profile.Object
	if at, _, _ := strings.Cut(o.List, "?"); at != "" {
		for _, name := range append(slices.Clone(r.Profile.queries[at]), commonQueries...) {
			if slices.ContainsFunc(all, func(h hole) bool { return h.name == name }) {
				continue
			}
			all = append(all, hole{name, func(value string) *http.Request {
				return r.make1(http.MethodGet, at+"?"+url.Values{name: {value}}.Encode(), r.user)
			}, regexp.MustCompile(`(?i)sort|order`).MatchString(name)})
		}
	}
	if o.Path != "" {
		all = append(all, hole{o.Path, func(value string) *http.Request {
			return r.make1(http.MethodGet, parameters.ReplaceAllLiteralString(o.Path, url.PathEscape(value)), r.user)
		}, false})
	}
	if w := r.Profile.Write; r.Write && strings.Contains(w.JSON+w.Path, "{random}") {
		all = append(all, hole{w.String(), func(value string) *http.Request {
			written := w
			written.JSON = strings.Replace(w.JSON, "{random}", value, 1)
			path, query, _ := strings.Cut(w.Path, "?")
			written.Path = path
			if query != "" {
				written.Path += "?" + strings.Replace(query, "{random}", url.QueryEscape(value), 1)
			}
			return r.request(written, r.user)
		}, false})
	}
	return all
}

// much is how much an answer has in it: the items of a list, or whether it is there.
func (r *run) much(a kind.Answer) int {
	var body any
	if a.Status/100 != 2 || json.Unmarshal([]byte(a.Body), &body) != nil {
		return 0
	}
	if elements, ok := elementsOf(body); ok {
		return len(elements)
	}
	return 1
}

func injection(r *run) outcome {
	for range 2 {
		r.newObject(r.user)
	}
	tried := 0
	for _, h := range r.holes() {
		nothing, writes := "zz"+r.tag, h.with("").Method != http.MethodGet
		ask := func(value string) kind.Answer {
			tried++
			a := r.send(h.with(value))
			if writes {
				r.made(a, r.user)
			}
			return a
		}
		found := func(value, format string, args ...any) outcome {
			return broken(h.with(value), "a value in %s becomes a part of a query: %s", h.name, fmt.Sprintf(format, args...)).asUser(r.user)
		}
		plain := ask(nothing)
		for _, quoted := range []string{nothing + "'", nothing + `"`, nothing + "')"} {
			if a := ask(quoted); complaints.MatchString(a.Body) {
				return found(quoted, "the database says %q", complaints.FindString(a.Body))
			}
		}
		// One quote breaks it, and two, which are one in a text, do not.
		if one, two := ask(nothing+"'"), ask(nothing+"''"); plain.Status < 500 && one.Status >= 500 && two.Status < 500 && two.Status != 0 {
			return found(nothing+"'", "%d with one quote, %d with two, and %d with none", one.Status, two.Status, plain.Status)
		}
		const number = "987600000007"
		for _, pair := range [][2]string{ // what is always true, and what never is: else they are alike
			{nothing + "' OR 'a1' LIKE 'a1", nothing + "' OR 'a1' LIKE 'a2"},
			{nothing + "' OR 7714=7714 -- ", nothing + "' OR 7714=7715 -- "},
			{nothing + "') OR ('a1' LIKE 'a1", nothing + "') OR ('a1' LIKE 'a2"},
			{nothing + `" OR "a1" LIKE "a1`, nothing + `" OR "a1" LIKE "a2`},
			{number + " OR 7714=7714", number + " OR 7714=7715"},
		} {
			if writes || h.sort {
				break
			}
			always, never := r.much(ask(pair[0])), r.much(ask(pair[1]))
			if always > never && r.much(plain) <= never && r.much(ask(pair[0])) == always && r.much(ask(pair[1])) == never {
				return found(pair[0], "with a condition that is always true %d objects are there, and with one that never is %d", always, never)
			}
		}
		if h.sort && plain.Status >= 500 {
			whole, half := ask("(CASE WHEN 7=7 THEN 1 ELSE 1 END)"), ask("(CASE WHEN 7=7 THEN 1 ELSE 1")
			if whole.Status/100 == 2 && half.Status >= 500 {
				return found("(CASE WHEN 7=7 THEN 1 ELSE 1 END)", "it sorts by an expression of SQL, and fails (%d) for half of one", half.Status)
			}
		}
	}
	if tried == 0 {
		return unsure("neither a list nor an object is known")
	}
	return held("quotes and conditions in values make no difference (%d tries)", tried)
}

// injectedLogin logs in with texts that are a part of a query, and with JSON that is.
func injectedLogin(r *run) outcome {
	l, victim := r.Profile.Login.Form, r.victim()
	wrong, v := "wrong-"+r.tag, victim.Username
	nobody := "zz" + r.tag
	type try struct {
		name    string // if the query is in it
		how     string
		request *http.Request
		cwe     int
	}
	var tries []try
	for _, name := range []string{v + "' OR '1'='1", v + "' -- ", v + "' OR 1=1 -- ", "' OR '1'='1' -- ", v + `" -- `, v + `" OR "1"="1`, v + "') -- ", "' OR 1=1 LIMIT 1 -- "} {
		tries = append(tries, try{name, fmt.Sprintf("the name %q", name), r.loginAs(name, wrong), 89})
	}
	for _, password := range []string{"' OR '1'='1", "' OR 1=1 -- ", `" OR "1"="1`} {
		tries = append(tries, try{"password", fmt.Sprintf("the password %q", password), r.loginAs(v, password), 89})
	}
	for _, operator := range []map[string]any{{"$ne": nil}, {"$gt": ""}, {"$regex": ".*"}} {
		for _, name := range []any{v, operator} {
			body := make(map[string]any)
			for field, value := range l.Also {
				body[field] = value
			}
			maps.Copy(body, map[string]any{l.Username: name, l.Password: operator})
			tries = append(tries, try{"", "the JSON " + encode(body), r.make(l.Method, l.Path, "json", encode(body)), 943})
		}
		if l.Send == "form" {
			member := slices.Collect(maps.Keys(operator))[0]
			values := url.Values{l.Username: {v}, l.Password + "[" + member + "]": {textOf(operator[member])}}
			for field, value := range l.Also {
				values.Set(field, value)
			}
			tries = append(tries, try{"", "the field " + l.Password + "[" + member + "]", r.make(l.Method, l.Path, "form", values.Encode()), 943})
		}
	}
	if r.thrifty {
		tries = slices.DeleteFunc(tries, func(t try) bool {
			return !slices.Contains([]string{v + "' -- ", "' OR '1'='1' -- "}, t.name) && t.name != ""
		})
	}
	requests := []*http.Request{r.loginAs(nobody, wrong), r.loginAs(nobody+"'", wrong), r.loginAs(nobody+"''", wrong)}
	for _, t := range tries {
		requests = append(requests, t.request)
	}
	answers := r.sendAll(requests)
	limited := 0
	for i, a := range answers {
		if i >= 3 && r.tokenIn(a, r.Profile.Login.Answer) != "" {
			t := tries[i-3]
			return withCWE(broken(t.request, "mallory logs in with %s, and without a password", t.how), t.cwe)
		}
		if text := complaints.FindString(a.Body); text != "" {
			return broken(requests[i], "a login with a quote in it is answered by the database: %q", text)
		}
		if limits(a) {
			limited++
		}
	}
	if plain, one, two := answers[0].Status, answers[1].Status, answers[2].Status; plain < 500 && one >= 500 && two < 500 && two != 0 && !limits(answers[0]) && !limits(answers[1]) && !limits(answers[2]) {
		return broken(requests[1], "a name becomes a part of a query: %d with one quote in it, %d with two, and %d with none", one, two, plain)
	}
	if limited > len(answers)/2 {
		return unsure("the login answers %d to most of the tries", answers[len(answers)-1].Status)
	}
	return held("quotes, comments and operators log nobody in (%d tries%s)", len(tries), r.fewer())
}
