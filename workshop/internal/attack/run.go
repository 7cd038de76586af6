// Package attack attacks a running HTTP API on this machine from outside, as
// mallory would, and reports what held, what broke, and what cannot be told.
package attack

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	kind "example.com/bookapi/bookapitest/attack"
	"example.com/bookapi/bookapitest/forge"
)

// Options are how an attack goes.
type Options struct {
	Write    bool          // it may make accounts and objects
	Profile  Profile       // what the API's document does not say
	Secret   []byte        // the key that signs the API's tokens, if the owner gives it
	Requests int           // how many at most; 0 for the usual
	Time     time.Duration // how long at most; 0 for the usual
	Only     []string      // the attacks with these IDs; all if empty
	Tell     func(title string)
}

// The usual limits of an attack.
const (
	MaxRequests = 6000
	MaxTime     = 4 * time.Minute
)

// run is one attack on one API.
type run struct {
	*client
	Options
	ctx   context.Context
	mu    sync.Mutex // guards what send notes
	err   error      // why it cannot go on
	tag   string
	names int

	user, other, admin *person
	login              string // why nobody can log in, or empty
	oracle             *oracle
	unsure             string   // why there is no oracle
	secret             []byte   // the signing key, guessed or given
	accounts           []string // that were made
	objects            []*object
	lastSignUp         kind.Answer       // how the last one was answered
	passwords          map[string]string // of accounts with a name that is not new each time
	seen               map[string]string // redirects
	passive            *http.Request     // one whose answer showed the inside of the program
	causes             map[string]string // which attack has found a cause first
	logins, others     taken
	thrifty, keep      bool // it makes do with few tries, and keeps time for the last attack
}

// A person has an account at the API.
type person struct {
	Account
	token, refresh string
	number         *string     // see run.number; nil if nobody has looked
	answer, signUp kind.Answer // those of the login and the sign-up
}

// An oracle is an operation that treats a good token otherwise than none, always.
type oracle struct {
	operation Operation
	in, out   int // the statuses with a good token, and without
}

// Attack attacks the API at target. The error says why it could not begin.
func Attack(ctx context.Context, target string, o Options) (*Report, error) {
	o.Requests, o.Time = cmp.Or(o.Requests, MaxRequests), cmp.Or(o.Time, MaxTime)
	c, err := newClient(ctx, target, o.Requests)
	if err != nil {
		return nil, err
	}
	defer c.close()
	begin := time.Now()
	outer := ctx
	ctx, cancel := context.WithTimeout(ctx, o.Time)
	defer cancel()
	r := &run{client: c, Options: o, ctx: ctx, tag: strings.ToLower(rand.Text()[:8]), secret: o.Secret, seen: make(map[string]string), causes: make(map[string]string)}
	if err := r.reach(); err != nil {
		return nil, err
	}
	discovered, _ := r.discover()
	r.Profile.fill(discovered)
	r.Profile.complete()
	r.prepare()
	report := &Report{Target: c.base.String(), Wrote: o.Write, Left: []string{}}
	chosen := slices.DeleteFunc(slices.Clone(attacks), func(a attack) bool {
		known, few := ifKnown[a.id]
		return len(o.Only) > 0 && !contains(o.Only, a.id) || len(o.Only) == 0 && few && !known(&r.Profile)
	})
	r.keep = slices.ContainsFunc(chosen, func(a attack) bool { return a.id == last }) && r.Write
	results := make(map[string]Result)
	for left := chosen; len(left) > 0; {
		var a attack
		a, left = r.next(left)
		if o.Tell != nil {
			o.Tell(a.title)
		}
		results[a.id] = r.judge(a)
		if outer.Err() != nil {
			return nil, outer.Err()
		}
	}
	for _, a := range chosen {
		report.add(results[a.id])
	}
	var shown []string
	for _, one := range report.Results {
		shown = append(shown, one.Curl...)
	}
	if len(r.accounts) > 0 {
		report.Left = append(report.Left, fmt.Sprintf("%d accounts: %s", len(r.accounts), strings.Join(r.accounts, ", ")))
	}
	if left := r.clean(shown); left != "" {
		report.Left = append(report.Left, left)
	}
	report.Requests = int(min(c.sent.Load(), c.limit))
	report.Seconds = time.Since(begin).Seconds()
	return report, nil
}

// Discover returns what the document of the API at target says, and the address of
// the document; an empty profile and none if there is no document.
func Discover(ctx context.Context, target string) (Profile, string, error) {
	c, err := newClient(ctx, target, 20)
	if err != nil {
		return Profile{}, "", err
	}
	defer c.close()
	r := &run{client: c, ctx: ctx, seen: make(map[string]string)}
	if err := r.reach(); err != nil {
		return Profile{}, "", err
	}
	p, at := r.discover()
	return p, at, nil
}

// reach reports whether anybody answers.
func (r *run) reach() error {
	_, err := r.client.send(r.make(http.MethodGet, "/", "", ""))
	if _, ok := errors.AsType[UsageError](err); ok {
		return err
	}
	if err != nil {
		return UnreachableError(fmt.Sprintf("Nobody answers at %s: %v. Is it running?", r.base, errors.Unwrap(err)))
	}
	return nil
}

func (r *run) discover() (Profile, string) {
	for _, path := range documents {
		a := r.send(r.make(http.MethodGet, path, "", ""))
		if a.Status != http.StatusOK {
			continue
		}
		at := r.base.JoinPath(path)
		if d, ok := parseDocument([]byte(a.Body), at); ok {
			return d.profile(r.base), at.String()
		}
	}
	return Profile{}, ""
}

// send sends a request. A status of 0 says that no answer came; r.err, if none can
// come any more.
func (r *run) send(request *http.Request) kind.Answer {
	begin := time.Now()
	a, err := r.client.send(request)
	if errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) { // it has just closed a connection that was idle
		a, err = r.client.send(request)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case err == nil:
		if at := request.URL.Path; at != r.Profile.Login.Path && at != r.Profile.SignUp.Path {
			r.others.add(time.Since(begin))
		}
	case r.ctx.Err() != nil, errors.Is(err, errLimit):
		r.err = errLimit
	}
	if r.passive == nil && mark(a) != "" {
		r.passive = kind.Clone(request)
	}
	if a.Status/100 == 3 {
		r.seen[request.Method+" "+request.URL.Path] = a.Header.Get("Location")
	}
	return a
}

// sendAll sends requests a few at a time, and returns the answers in their order:
// logins wait for slow hashes.
func (r *run) sendAll(requests []*http.Request) []kind.Answer {
	answers := make([]kind.Answer, len(requests))
	var group sync.WaitGroup
	room := make(chan struct{}, 4)
	for i, request := range requests {
		room <- struct{}{}
		group.Go(func() {
			defer func() { <-room }()
			answers[i] = r.send(request)
		})
	}
	group.Wait()
	return answers
}

// make makes a request. A body that is none of JSON and a form is not sent.
func (r *run) make(method, target, send, body string) *http.Request {
	request, err := http.NewRequestWithContext(r.ctx, method, "http://example.com/", http.NoBody)
	if err != nil { // the method is no token
		request, _ = http.NewRequestWithContext(r.ctx, http.MethodGet, "http://example.com/", http.NoBody)
	}
	if aimed := kind.WithTarget(request, target); aimed != nil {
		request = aimed
	}
	request.RequestURI, request.GetBody = "", nil
	request.Header.Set("User-Agent", "bookapi-workshop-attack")
	kinds := map[string]string{"json": "application/json", "form": "application/x-www-form-urlencoded"}
	if kinds[send] != "" {
		request.Header.Set("Content-Type", kinds[send])
		request.Body = io.NopCloser(strings.NewReader(body))
		request.ContentLength = int64(len(body))
	}
	return request
}

// request is an operation as who makes it; nobody, if who is nil.
func (r *run) request(o Operation, who *person) *http.Request {
	user := "nobody"
	if r.user != nil {
		user = r.user.Username
	}
	insert := strings.NewReplacer("{random}", "book-"+strings.ToLower(rand.Text()[:10]), "{user}", user)
	send, body := "", ""
	switch {
	case o.JSON != "":
		send, body = "json", insert.Replace(o.JSON)
	case o.Form != "":
		send, body = "form", insert.Replace(o.Form)
	}
	request := r.make(o.Method, insert.Replace(o.Path), send, body)
	if who != nil {
		r.authorize(request, who.token)
	}
	return request
}

func (r *run) authorize(request *http.Request, token string) {
	request.Header.Set("Authorization", r.Profile.Login.Scheme+" "+token)
}

// fields is a form of a profile with values in its fields.
func (r *run) fields(f Form, values map[string]string) *http.Request {
	all := make(map[string]string)
	for name, value := range f.Also {
		all[name] = strings.NewReplacer("{random}", "x"+strings.ToLower(rand.Text()[:10])).Replace(value)
	}
	for name, value := range values {
		all[name] = value
	}
	if f.Send == "json" {
		body := make(map[string]any)
		for name, value := range all {
			body[name] = value
		}
		return r.make(f.Method, f.Path, "json", encode(body))
	}
	form := url.Values{}
	for name, value := range all {
		form.Set(name, value)
	}
	return r.make(f.Method, f.Path, "form", form.Encode())
}

func encode(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err) // texts, and what came from JSON
	}
	return string(text)
}

// loginAs is the request of a login.
func (r *run) loginAs(username, password string) *http.Request {
	l := r.Profile.Login.Form
	return r.fields(l, map[string]string{l.Username: username, l.Password: password})
}

// logIn logs in, and reports whether that worked.
func (r *run) logIn(p *person) bool {
	begin := time.Now()
	p.answer = r.send(r.loginAs(p.Username, p.Password))
	if p.answer.Status != 0 {
		r.logins.add(time.Since(begin))
	}
	p.token = r.tokenIn(p.answer, r.Profile.Login.Answer)
	p.refresh = r.tokenIn(p.answer, r.Profile.Login.Refresh)
	return p.token != ""
}

// tokenIn finds a token in the answer to a login.
func (r *run) tokenIn(a kind.Answer, path string) string {
	if a.Status/100 != 2 {
		return ""
	}
	return valueIn(a.Body, path)
}

// valueIn is the text at a path in a JSON text, "" if there is none.
func valueIn(text, path string) string {
	var value any
	if json.Unmarshal([]byte(text), &value) != nil {
		return ""
	}
	for part := range strings.SplitSeq(path, ".") {
		object, ok := value.(map[string]any)
		if !ok {
			return ""
		}
		value = object[part]
	}
	switch value := value.(type) {
	case string:
		return value
	case float64:
		return fmt.Sprintf("%.0f", value)
	}
	return ""
}

// newName is a name that nobody has, of small letters and digits alone: many APIs take
// nothing else. That of the first is the beginning of those of the others: a comparison
// of beginnings shows.
func (r *run) newName() string {
	name := "mallory" + r.tag
	if r.names > 0 {
		name += fmt.Sprintf("x%d", r.names)
	}
	r.names++
	if strings.Contains(strings.ToLower(r.Profile.SignUp.Username), "mail") {
		name += "@example.com"
	}
	return name
}

// newPassword is one that nobody knows, with both cases and within what bcrypt reads.
func newPassword() string { return "Kite under " + strings.ToLower(rand.Text()[:16]) + " Z9" }

// signUp makes an account, and logs in. It returns nil if that cannot be.
func (r *run) signUp(name, password string) *person {
	f := r.Profile.SignUp
	if !r.Write || f.Path == "" || r.err != nil {
		return nil
	}
	p := &person{Account: Account{name, password}}
	p.signUp = r.send(r.fields(f, map[string]string{f.Username: name, f.Password: password}))
	r.lastSignUp = p.signUp
	if p.signUp.Status/100 == 2 {
		r.accounts = append(r.accounts, name)
	}
	if !r.logIn(p) {
		return nil
	}
	return p
}

// prepare logs in whom it takes, and finds an oracle.
func (r *run) prepare() {
	if r.Profile.Login.Path == "" {
		r.login = "it is not known where to log in: the API has no OpenAPI document that says so, and no profile was given"
		r.unsure = r.login
		return
	}
	account := func(a Account) *person {
		if a.Username == "" {
			return nil
		}
		if p := (&person{Account: a}); r.logIn(p) {
			return p
		}
		return nil
	}
	r.user, r.other, r.admin = account(r.Profile.User), account(r.Profile.Other), account(r.Profile.Admin)
	if r.user == nil {
		r.user = r.signUp(r.newName(), newPassword())
	}
	if r.other == nil {
		r.other = r.signUp(r.newName(), newPassword())
	}
	if r.user == nil {
		r.login = r.whyNoLogin()
		r.unsure = r.login
		return
	}
	r.calibrate()
}

func (r *run) whyNoLogin() string {
	switch a := r.send(r.loginAs("nobody-"+r.tag, newPassword())); {
	case a.Status == http.StatusTooManyRequests:
		return "the login answers 429: wait until it lets you in again"
	case a.Status/100 == 3:
		return fmt.Sprintf("the login redirects to %s, which is not followed: correct its path", a.Header.Get("Location"))
	case a.Status == http.StatusNotFound || a.Status == http.StatusMethodNotAllowed:
		return fmt.Sprintf("there is no login at %s %s (%d)", r.Profile.Login.Method, r.Profile.Login.Path, a.Status)
	case r.Profile.User.Username != "":
		return fmt.Sprintf("the login of %s fails: look at [login] and [user] of the profile", r.Profile.User.Username)
	case r.Profile.SignUp.Path == "":
		return "there is no account to log in with: name one as [user] in a profile"
	case !r.Write:
		return "there is no account to log in with: name one as [user] in a profile, or let it make one with --yes"
	}
	switch s := r.lastSignUp.Status; {
	case s == http.StatusTooManyRequests:
		return "the sign-up answers 429: wait until it lets you in again"
	case s/100 == 2:
		return fmt.Sprintf("the sign-up works (%d), and the login after it does not: look at [login] of the profile", s)
	}
	return fmt.Sprintf("the sign-up at %s %s answers %d %s: look at [signup] of the profile, or name an account as [user]",
		r.Profile.SignUp.Method, r.Profile.SignUp.Path, r.lastSignUp.Status, cut(strings.TrimSpace(r.lastSignUp.Body), 80))
}

// calibrate finds the operation with which a token is told from none, one that
// writes nothing if there is one.
func (r *run) calibrate() {
	var candidates []Operation
	try := func(o Operation) {
		if o.there() {
			candidates = append(candidates, o)
		}
	}
	try(r.Profile.Read)
	for _, o := range r.Profile.locked {
		if o.Method == http.MethodGet && !strings.Contains(o.Path, "{") {
			try(o)
		}
	}
	if w := r.Profile.Write; w.there() { // without what it requires, it writes nothing
		w.Path, _, _ = strings.Cut(w.Path, "?")
		if w.JSON != "" {
			w.JSON = "{}"
		}
		w.Form = ""
		try(w)
		if r.Write {
			try(r.Profile.Write)
		}
	}
	if len(candidates) == 0 {
		r.unsure = "no operation is known that needs a login"
	}
	for _, o := range candidates {
		good := r.send(r.request(o, r.user)).Status
		none := r.send(r.request(o, nil)).Status
		bad := r.send(r.request(o, &person{token: "no.such.token"})).Status
		again := r.send(r.request(o, r.user)).Status
		switch {
		case good == none:
			r.unsure = fmt.Sprintf("%s answers %d with a token and without", o, good)
		case good != again || good == 0 || good >= 500:
			r.unsure = fmt.Sprintf("%s answers an honest token with %d, and then with %d", o, good, again)
		case none/100 != 4 || bad == good || good == http.StatusUnauthorized || good == http.StatusForbidden || good == http.StatusNotFound:
			r.unsure = fmt.Sprintf("%s answers %d with a token, %d without, and %d to a text that is no token", o, good, none, bad)
		default:
			r.oracle, r.unsure = &oracle{o, good, none}, ""
			return
		}
		if to := r.seen[o.Method+" "+o.Path]; to != "" {
			r.unsure += fmt.Sprintf("; the redirect to %s is not followed", to)
		}
	}
}

// believed reports whether an answer is the one that a good token gets.
func (o *oracle) believed(a kind.Answer) bool {
	return a.Status == o.in || a.Status/100 == 2
}

// control reports whether an honest token still works, and none still does not.
func (r *run) control() string {
	if r.oracle == nil || r.err != nil {
		return ""
	}
	for range 2 {
		if r.oracle.believed(r.send(r.request(r.oracle.operation, r.user))) {
			if a := r.send(r.request(r.oracle.operation, nil)); a.Status != r.oracle.out {
				return fmt.Sprintf("afterwards a request without a token is answered %d", a.Status)
			}
			return ""
		}
		if !r.logIn(r.user) { // the token may have ended
			break
		}
	}
	return "afterwards an honest token is refused"
}

// judge makes one attack, and a second time if it succeeds.
func (r *run) judge(a attack) (result Result) {
	result = Result{ID: a.id, Title: a.title, Verdict: Unsure}
	defer func() {
		if r.err != nil && result.Verdict != Broken {
			result.Verdict, result.Why = Unsure, fmt.Sprintf("the limit of %d requests is reached", r.Requests)
			if r.ctx.Err() != nil {
				result.Why = fmt.Sprintf("for want of time: the limit of %v is reached", r.Time)
			}
		}
	}()
	if r.err != nil {
		return result
	}
	if result.Why = r.late(a.id); result.Why != "" {
		return result
	}
	found := r.try(a)
	result.Verdict, result.Why = found.verdict, found.why
	if found.verdict != Broken {
		if gone := r.control(); gone != "" {
			result.Verdict, result.Why = Unsure, gone
		}
		return result
	}
	gone := r.control()
	again := r.try(a)
	if again.verdict != Broken || gone != "" && !again.stays {
		result.Verdict, result.Why = Unsure, "it succeeded once, and not a second time: "+cmp.Or(gone, again.why, "it held then")
		return result
	}
	result.Why, result.Got = "", again.why
	if again.cause != "" {
		if result.SameAs = r.causes[again.cause]; result.SameAs == "" {
			r.causes[again.cause] = a.id
		}
	}
	result.CWE, result.Source, result.Mend, result.Exercise = cmp.Or(again.cwe, a.cwe), a.source, a.mend, a.exercise
	if again.show != nil {
		result.Curl = r.curl(again.show, again.as)
		if last := len(result.Curl) - 1; again.times > 1 {
			result.Curl[last] = fmt.Sprintf("for i in $(seq %d); do %s -o /dev/null -w '%%{http_code} '; done", again.times, strings.Replace(result.Curl[last], " -i", "", 1))
		}
	}
	return result
}

// try makes one attack once, if what it takes is there.
func (r *run) try(a attack) outcome {
	switch {
	case a.writes && !r.Write:
		return unsure("it writes, and was not allowed to: --yes")
	case a.needs >= needsLogin && r.Profile.Login.Path == "":
		return unsure("%s", r.login)
	case a.needs >= needsUser && r.user == nil:
		return unsure("%s", r.login)
	case a.needs == needsOracle && r.oracle == nil:
		return unsure("%s", r.unsure)
	}
	return a.try(r)
}

// outcome is what one attempt has shown.
type outcome struct {
	verdict Verdict
	why     string
	cwe     int           // if not that of the attack
	show    *http.Request // a request that shows it
	times   int           // how often it has to be sent
	as      []*person     // whose tokens are in it
	cause   string        // what another attack may have found, too
	stays   bool          // it is open from now on, so that no honest request shows anything any more
}

func held(format string, args ...any) outcome {
	return outcome{verdict: Held, why: fmt.Sprintf(format, args...)}
}

func unsure(format string, args ...any) outcome {
	return outcome{verdict: Unsure, why: fmt.Sprintf(format, args...)}
}

func broken(show *http.Request, format string, args ...any) outcome {
	return outcome{verdict: Broken, why: fmt.Sprintf(format, args...), show: show}
}

// because says what the cause is. Two attacks that find one cause tell it once.
func (o outcome) because(cause string) outcome {
	o.cause = cause
	return o
}

// asUser says whose tokens are in the request that is shown.
func (o outcome) asUser(people ...*person) outcome {
	o.as = people
	return o
}

func contains(all []string, one string) bool {
	for _, s := range all {
		if s == one {
			return true
		}
	}
	return false
}

// honest is the user's token, for forgeries.
func (r *run) honest() (forge.Honest, forge.Token, error) {
	token, err := forge.Open(r.user.token)
	h := forge.Honest{Raw: r.user.token, Now: time.Now(), Victim: r.user.Username}
	if err == nil && r.other != nil {
		h.Another = r.other.token
		if other, err := forge.Open(r.other.token); err == nil && other.Claim("sub") != nil {
			h.Victim = fmt.Sprint(other.Claim("sub"))
		}
	}
	return h, token, err
}
