package attack

import (
	"net/http"
	"regexp"
	"slices"
	"strings"

	kind "example.com/bookapi/bookapitest/attack"
)

var codes = regexp.MustCompile(`[A-Za-z0-9_-]{4,}`)

// forgotten asks for a new password, as somebody who has forgotten it does: the answer
// must not say whether there is such an account, and not hold what the mail has in it.
func forgotten(r *run) outcome {
	f := r.Profile.Forgot
	if f.Path == "" {
		return unsure("it is not known how a forgotten password is asked for: say so in [forgot]")
	}
	victim := r.signUp(r.newName(), newPassword())
	if victim == nil {
		return unsure("no account can be made to try it with")
	}
	ask := func(name string) *http.Request { return r.fields(f, map[string]string{f.Username: name}) }
	one, two := r.send(ask(victim.Username)), r.send(ask(victim.Username))
	if one.Status/100 != 2 {
		return unsure("%s %s answers %d", f.Method, f.Path, one.Status)
	}
	if reset := r.Profile.Reset; reset.Path != "" && two.Status/100 == 2 {
		for _, code := range codes.FindAllString(two.Body, -1) {
			if strings.Contains(one.Body, code) {
				continue
			}
			p := &person{Account: Account{victim.Username, newPassword()}}
			request := r.fields(reset, map[string]string{reset.Token: code, reset.Username: victim.Username, reset.Password: p.Password})
			if reset.Username == "" {
				request = r.fields(reset, map[string]string{reset.Token: code, reset.Password: p.Password})
			}
			if r.send(request); r.logIn(p) {
				return withCWE(broken(ask(victim.Username), "the answer holds the code that only the mail should have, and with it mallory sets a new password for %s", victim.Username), 640)
			}
		}
	}
	unknown := "zz" + victim.Username
	told, err := kind.SameAnswer(func(q *http.Request) (kind.Answer, error) {
		a := r.send(q)
		if limits(a) {
			return a, errThrottled
		}
		a.Body = strings.ReplaceAll(strings.ReplaceAll(a.Body, unknown, "NAME"), victim.Username, "NAME")
		for _, code := range codes.FindAllString(a.Body, -1) { // those differ from time to time
			if strings.ContainsAny(code, "0123456789") {
				a.Body = strings.ReplaceAll(a.Body, code, "CODE")
			}
		}
		a.Header = withoutCounts(a.Header)
		return a, nil
	}, ask(victim.Username), ask(unknown))
	switch {
	case err != nil:
		return unsure("%v", err)
	case told != "":
		return broken(ask(victim.Username), "whoever asks for a new password learns who has an account: %s", told)
	}
	return held("the answer is the same for a name that there is not, and holds no code")
}

// withoutCounts are headers without those that count.
func withoutCounts(h http.Header) http.Header {
	h = h.Clone()
	for name := range h {
		if slices.Contains([]string{"Content-Length", "Retry-After", "Date", "X-Request-Id"}, name) || regexp.MustCompile(`(?i)ratelimit`).MatchString(name) {
			h.Del(name)
		}
	}
	return h
}

// removed looks what an account may do that an administrator has removed or locked.
func removed(r *run) outcome {
	o := r.Profile.Removal
	if !o.there() || r.admin == nil {
		return unsure("it is not known how an administrator removes or locks an account: say so in [removal], and name an [admin]")
	}
	p := r.signUp(r.newName(), newPassword())
	if p == nil {
		return unsure("no account can be made to try it with")
	}
	if _, a := r.knock(func(q *http.Request) { r.authorize(q, p.token) }); !r.oracle.believed(a) {
		return unsure("%s answers %d to a new account", r.oracle.operation, a.Status)
	}
	o.Path = r.filled(o.Path, p)
	if a := r.send(r.request(o, r.admin)); a.Status/100 != 2 {
		return unsure("%s answers %d to the administrator", o, a.Status)
	}
	refreshed := p.refresh != "" && r.Profile.Refresh.Path != ""
	if request, a := r.knock(func(q *http.Request) { r.authorize(q, p.token) }); !refreshed && r.oracle.believed(a) {
		return broken(request, "the administrator has sent %s, and the account goes on with the token that it had", o)
	}
	if refreshed { // then an access token is good to its end, as it is meant
		if request, a := r.renew(p.refresh); r.tokenIn(a, r.Profile.Login.Answer) != "" {
			return broken(request, "the administrator has sent %s, and the account gets tokens with its refresh token", o)
		}
	}
	if again := (&person{Account: p.Account}); r.logIn(again) {
		return broken(r.loginAs(p.Username, p.Password), "the administrator has sent %s, and the account logs in", o)
	}
	return held("its tokens and its login end")
}
