package attack

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	kind "example.com/bookapi/bookapitest/attack"
)

// weakPasswords signs up with passwords that are too short for any use.
func weakPasswords(r *run) outcome {
	f := r.Profile.SignUp
	for _, password := range []string{"1", "q7#", "q7#M2"} {
		name := r.newName()
		p := r.signUp(name, password)
		if r.lastSignUp.Status == http.StatusTooManyRequests || r.lastSignUp.Status == 0 {
			return unsure("a sign-up answers %d", r.lastSignUp.Status)
		}
		if p != nil {
			return broken(r.fields(f, map[string]string{f.Username: r.newName(), f.Password: password}), "a sign-up takes a password of %d characters, and a login too: it is guessed in no time", len(password))
		}
	}
	if r.Profile.SignUp.Path == "" {
		return unsure("no sign-up is known")
	}
	return held("passwords of 1 to 5 characters are refused")
}

// defaultPasswords logs in with accounts that programs are delivered with.
func defaultPasswords(r *run) outcome {
	limited := 0
	for _, name := range []string{"admin", "root", "test"} {
		if slices.Contains([]string{r.Profile.User.Username, r.Profile.Other.Username, r.Profile.Admin.Username}, name) {
			continue // whoever has named it knows it
		}
		for _, password := range []string{name, "password"} {
			request := r.loginAs(name, password)
			a := r.send(request)
			if r.tokenIn(a, r.Profile.Login.Answer) != "" {
				return broken(request, "mallory logs in as %s with the password %s", name, password)
			}
			if limits(a) {
				limited++
			}
		}
	}
	if limited > 3 {
		return unsure("the login turns the tries away")
	}
	return held("none that is usual works")
}

// tooMuch is how many bytes nobody sends to a login or a sign-up.
const tooMuch = 16 << 20

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
