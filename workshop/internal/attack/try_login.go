package attack

import (
	"crypto/md5"  //nolint:gosec // it is looked for, not used
	"crypto/sha1" //nolint:gosec // it is looked for, not used
	"crypto/sha256"
	"crypto/sha512"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	kind "example.com/bookapi/bookapitest/attack"
	"example.com/bookapi/bookapitest/forge"
)

// digests are the fast digests of a password, by name.
func digests(password string) map[string][]byte {
	m, s1, s2, s5 := md5.Sum([]byte(password)), sha1.Sum([]byte(password)), sha256.Sum256([]byte(password)), sha512.Sum512([]byte(password)) //nolint:gosec // see above
	return map[string][]byte{"MD5": m[:], "SHA-1": s1[:], "SHA-256": s2[:], "SHA-512": s5[:]}
}

func noStore(r *run) outcome {
	if strings.Contains(strings.ToLower(r.user.answer.Header.Get("Cache-Control")), "no-store") {
		return held("the answer to a login says no-store")
	}
	request := r.loginAs(r.user.Username, r.user.Password)
	if a := r.send(request); strings.Contains(strings.ToLower(a.Header.Get("Cache-Control")), "no-store") {
		return held("the answer to a login says no-store")
	}
	return broken(request, "the answer with the token may be kept by every cache on its way: its Cache-Control is %q", r.user.answer.Header.Get("Cache-Control"))
}

func cookie(r *run) outcome {
	set := r.user.answer.Header.Values("Set-Cookie")
	for _, c := range set {
		parsed, err := http.ParseSetCookie(c)
		if err != nil || !strings.Contains(parsed.Value, r.user.token) && (r.user.refresh == "" || !strings.Contains(parsed.Value, r.user.refresh)) {
			continue
		}
		if !parsed.HttpOnly || parsed.SameSite != http.SameSiteLaxMode && parsed.SameSite != http.SameSiteStrictMode {
			return broken(r.loginAs(r.user.Username, r.user.Password), "the token is in the cookie %s without HttpOnly and SameSite: scripts read it, and pages of others use it", parsed.Name)
		}
	}
	return held("%s", map[bool]string{true: "the login sets no cookie", false: "the cookies of the login hold no token that others can use"}[len(set) == 0])
}

func loginQuery(r *run) outcome {
	l := r.Profile.Login.Form
	form := r.fields(Form{Method: l.Method, Path: l.Path, Also: l.Also}, map[string]string{l.Username: r.user.Username, l.Password: r.user.Password})
	body := kind.Clone(form).Body
	text := make([]byte, form.ContentLength)
	_, _ = body.Read(text) // it is in memory
	for _, method := range []string{l.Method, http.MethodGet} {
		for _, send := range []string{"", "form"} {
			request := r.make(method, l.Path+"?"+string(text), send, "")
			if a := r.send(request); r.tokenIn(a, r.Profile.Login.Answer) != "" {
				return broken(request, "a login works with name and password in the address, which stands in logs and histories")
			}
		}
	}
	return held("name and password in the address do not count")
}

func loginClaims(r *run) outcome {
	l := r.Profile.Login.Form
	bare := r.fields(l, map[string]string{l.Username: r.user.Username, l.Password: ""})
	bareNone := r.fields(Form{Method: l.Method, Path: l.Path, Send: l.Send, Also: l.Also}, map[string]string{l.Username: r.user.Username})
	identity := kind.Identity{Username: r.user.Username, Password: r.user.Password}
	begin := time.Now()
	first := r.send(bareNone)
	slow := time.Since(begin) > 50*time.Millisecond || first.Status/100 == 5
	if r.tokenIn(first, r.Profile.Login.Answer) != "" || r.tokenIn(r.send(bare), r.Profile.Login.Answer) != "" {
		return broken(bareNone, "mallory logs in as %s without a password", r.user.Username)
	}
	all := r.claimsTo(identity)
	all = slices.DeleteFunc(all, func(c kind.Claim) bool {
		return c.Place == kind.InForm || c.Place == kind.InJSON || c.Place == kind.InQuery
	})
	if slow { // every try costs a hash, and may count as a failure
		all = []kind.Claim{}
		for _, c := range kind.Claims(identity) {
			if c.Name == "Authorization" || c.Place == kind.InHeader && slices.Contains([]string{"X-Forwarded-User", "X-Remote-User", "X-User", "Remote-User"}, c.Name) {
				all = append(all, c)
			}
		}
	}
	found, err := kind.Believed(bareNone, all, func(q *http.Request) string {
		a := r.send(q)
		return treated(a, r.tokenIn(a, r.Profile.Login.Answer) != "", "logged in")
	})
	switch {
	case err != nil:
		return unsure("%v", err)
	case found != nil:
		return broken(kind.Stuff(bareNone, found.Claims), "mallory sends no password in the form, but %s, and is logged in", found)
	}
	if r.other != nil { // the right password of somebody else
		request := r.loginAs(r.other.Username, r.user.Password)
		if r.tokenIn(r.send(request), r.Profile.Login.Answer) != "" {
			return broken(request, "mallory logs in as %s with a password of her own", r.other.Username)
		}
	}
	return held("a login takes the password from its field alone (%d claims tried)", len(all))
}

// session is a login that is nobody else's, with its refresh token.
func (r *run) session(p *person) (*person, string) {
	s := &person{Account: p.Account}
	if !r.logIn(s) {
		return nil, fmt.Sprintf("a login answers %d", s.answer.Status)
	}
	if s.refresh == "" {
		return nil, "the login gives no refresh token"
	}
	if r.Profile.Refresh.Path == "" {
		return nil, "it is not known where a refresh token is used: say so in [refresh]"
	}
	return s, ""
}

// renew uses a refresh token.
func (r *run) renew(refresh string) (*http.Request, kind.Answer) {
	f := r.Profile.Refresh
	request := r.fields(f, map[string]string{f.Token: refresh})
	return request, r.send(request)
}

// refreshed is a refresh token that has been used once, and the one after it.
func (r *run) refreshed() (old, next, why string) {
	s, why := r.session(r.user)
	if s == nil {
		return "", "", why
	}
	_, a := r.renew(s.refresh)
	if r.tokenIn(a, r.Profile.Login.Answer) == "" {
		return "", "", fmt.Sprintf("an honest refresh answers %d", a.Status)
	}
	return s.refresh, r.tokenIn(a, r.Profile.Login.Refresh), ""
}

func refreshReuse(r *run) outcome {
	old, next, why := r.refreshed()
	if why != "" {
		return unsure("%s", why)
	}
	if request, a := r.renew(old); r.tokenIn(a, r.Profile.Login.Answer) != "" {
		return broken(request, "a refresh token that was used already gives mallory another token").because("refresh twice")
	}
	if next != "" {
		if request, a := r.renew(next); r.tokenIn(a, r.Profile.Login.Answer) != "" {
			return broken(request, "an old refresh token came back, and its session goes on: who has stolen it keeps it")
		}
	}
	if request, a := r.renew(r.user.token); r.tokenIn(a, r.Profile.Login.Answer) != "" {
		return broken(request, "an access token is good as a refresh token")
	}
	if r.oracle != nil {
		if s, _ := r.session(r.user); s != nil {
			request, a := r.knock(func(q *http.Request) { r.authorize(q, s.refresh) })
			if r.oracle.believed(a) {
				return broken(request, "a refresh token is good as an access token")
			}
			for _, changed := range alike(s.refresh) {
				if changed == s.refresh {
					continue
				}
				if request, a := r.renew(changed); r.tokenIn(a, r.Profile.Login.Answer) != "" {
					return broken(request, "a refresh token that mallory has changed is good")
				}
			}
		}
	}
	return held("it is refused, and ends the session")
}

// alike are refresh tokens that are not the given one, and begin like it.
func alike(refresh string) []string {
	middle := 1 + strings.LastIndexAny(refresh, "._:")
	middle += (len(refresh) - middle) / 2 // the last letter may stand for bits that do not count
	other := "A"
	if refresh[middle:middle+1] == other {
		other = "B"
	}
	return []string{refresh[:middle] + other + refresh[middle+1:], refresh[:middle] + strings.Repeat(other, len(refresh)-middle), refresh[:middle]}
}

func refreshRace(r *run) outcome {
	const callers, rounds = 8, 3
	for range rounds {
		s, why := r.session(r.user)
		if s == nil {
			return unsure("%s", why)
		}
		var wins, done sync.WaitGroup
		var mu sync.Mutex
		won := 0
		wins.Add(1)
		for range callers {
			done.Go(func() {
				f := r.Profile.Refresh
				request := r.fields(f, map[string]string{f.Token: s.refresh})
				wins.Wait()
				if a, err := r.client.send(request); err == nil && r.tokenIn(a, r.Profile.Login.Answer) != "" {
					mu.Lock()
					defer mu.Unlock()
					won++
				}
			})
		}
		wins.Done()
		done.Wait()
		switch {
		case won > 1:
			request, _ := r.renew(s.refresh)
			out := broken(request, "%d of %d callers with one refresh token get a new one each", won, callers)
			if r.causes["refresh twice"] != "" {
				return out.because("refresh twice")
			}
			return out
		case won == 0:
			return unsure("of %d callers at once none gets a token", callers)
		}
	}
	return held("of %d callers at once one gets a token, in %d rounds", callers, rounds)
}

func logout(r *run) outcome {
	f := r.Profile.Logout
	if f.Path == "" {
		return unsure("no logout is known")
	}
	s := &person{Account: r.user.Account}
	if !r.logIn(s) {
		return unsure("a login answers %d", s.answer.Status)
	}
	refresh := s.refresh != "" && r.Profile.Refresh.Path != ""
	if refresh { // a session that has been renewed once, as sessions are
		if _, a := r.renew(s.refresh); r.tokenIn(a, r.Profile.Login.Refresh) != "" {
			s.refresh, s.token = r.tokenIn(a, r.Profile.Login.Refresh), r.tokenIn(a, r.Profile.Login.Answer)
		}
	}
	values := map[string]string{}
	if s.refresh != "" {
		values[f.Token] = s.refresh
	}
	request := r.fields(f, values)
	if f.Bearer {
		r.authorize(request, s.token)
	}
	if a := r.send(request); a.Status/100 != 2 {
		return unsure("the logout answers %d", a.Status)
	}
	if refresh {
		if request, a := r.renew(s.refresh); r.tokenIn(a, r.Profile.Login.Answer) != "" {
			return broken(request, "after the logout the refresh token still gives tokens")
		}
		return held("the refresh token ends; an access token is good to its end, as it is meant")
	}
	if r.oracle == nil {
		return unsure("%s", r.unsure)
	}
	if request, a := r.knock(func(q *http.Request) { r.authorize(q, s.token) }); r.oracle.believed(a) {
		return broken(request, "after the logout the token is as good as before").asUser(s)
	}
	for _, nothing := range []string{"", "Bearer", "Bearer "} {
		request, a := r.knock(func(q *http.Request) {
			if nothing != "" {
				q.Header.Set("Authorization", nothing)
			}
		})
		if r.oracle.believed(a) {
			out := broken(request, "after a logout whoever sends no token is let in")
			out.stays = true
			return out
		}
	}
	if _, err := forge.Open(s.token); err == nil { // two of one second may be alike
		return held("the token ends")
	}
	if next := (&person{Account: s.Account}); r.logIn(next) && next.token == s.token {
		if request, a := r.knock(func(q *http.Request) { r.authorize(q, s.token) }); r.oracle.believed(a) {
			return broken(request, "the token that ended with the logout comes back with the next login: every login gives the same one")
		}
	}
	return held("the token ends")
}

func passwordChange(r *run) outcome {
	p := r.Profile.Password
	if p.Path == "" {
		return unsure("it is not known how a password is changed: say so in [password]")
	}
	owner := r.signUp(r.newName(), newPassword())
	if owner == nil {
		return unsure("no account can be made to try it with")
	}
	thief := &person{Account: owner.Account}
	if !r.logIn(thief) {
		return unsure("a second login answers %d", thief.answer.Status)
	}
	change := func(current, next string) *http.Request {
		fields := map[string]any{p.New: next}
		if current != "" {
			fields[p.Current] = current
		}
		request := r.make(p.Method, p.Path, "json", encode(fields))
		r.authorize(request, owner.token)
		return request
	}
	for what, current := range map[string]string{"a wrong current password": "Not the one at all 77", "no current password": ""} {
		request := change(current, newPassword())
		if a := r.send(request); a.Status/100 == 2 {
			return withCWE(broken(request, "with a stolen token and %s mallory changes the password", what), 620).asUser(owner)
		}
	}
	old, next := owner.Password, newPassword()
	if a := r.send(change(old, next)); a.Status/100 != 2 {
		return unsure("an honest change answers %d", a.Status)
	}
	if again := (&person{Account: Account{owner.Username, next}}); !r.logIn(again) {
		return unsure("after the change the new password answers %d", again.answer.Status)
	}
	request := r.loginAs(owner.Username, old)
	if a := r.send(request); r.tokenIn(a, r.Profile.Login.Answer) != "" {
		return broken(request, "after the change the old password still works")
	}
	if thief.refresh != "" && r.Profile.Refresh.Path != "" {
		if request, a := r.renew(thief.refresh); r.tokenIn(a, r.Profile.Login.Answer) != "" {
			return broken(request, "after the change a session that mallory had before goes on")
		}
	}
	if r.oracle != nil {
		if request, a := r.knock(func(q *http.Request) { r.authorize(q, thief.token) }); r.oracle.believed(a) {
			return broken(request, "after the change a token that mallory had before is good")
		}
	}
	return held("the old password, sessions and tokens end")
}

func nearPasswords(r *run) outcome {
	p := r.signUp(r.newName(), newPassword())
	if p == nil {
		return unsure("no account can be made to try it with")
	}
	swapped := strings.Map(func(c rune) rune {
		if up := []rune(strings.ToUpper(string(c))); up[0] != c {
			return up[0]
		}
		return []rune(strings.ToLower(string(c)))[0]
	}, p.Password)
	near := []struct{ how, password string }{
		{"in small letters", strings.ToLower(p.Password)},
		{"with the case of each letter swapped", swapped},
		{"with a space behind it", p.Password + " "},
		{"with a space in front", " " + p.Password},
		{"without its last letter", p.Password[:len(p.Password)-1]},
		{"with a letter more", p.Password + "x"},
		{"with a NUL and more behind it", p.Password + "\x00x"},
		{"with a line break and more behind it", p.Password + "\nx"},
		{"encoded once more", strings.ReplaceAll(p.Password, " ", "%20")},
		{"that is the name", p.Username},
		{"that is empty", ""},
	}
	requests := make([]*http.Request, len(near))
	for i, n := range near {
		requests[i] = r.loginAs(p.Username, n.password)
	}
	for i, a := range r.sendAll(requests) {
		if r.tokenIn(a, r.Profile.Login.Answer) != "" {
			return broken(requests[i], "mallory logs in with the password %s", near[i].how)
		}
	}
	limited := ""
	for _, long := range []struct{ how, password, other string }{
		{"cut at 72 bytes", strings.Repeat("Long kites 7 ", 6) + "end", strings.Repeat("Long kites 7 ", 6)[:72] + "another"},
		{"cut at a NUL", "Kites over\x00the hill 77 Q", "Kites over\x00another hill"},
		{"cut at a line break", "Kites over\nthe hill 77 Q", "Kites over\nanother hill"},
		{"without the spaces around it", "  Kites over the hill 77 Q  ", "Kites over the hill 77 Q"},
		{"without its letters outside ASCII", "Kites über the höll 77 Qé", "Kites ber the hll 77 Q"},
	} {
		if r.thrifty {
			limited = r.fewer()
			break
		}
		account := r.signUp(r.newName(), long.password)
		if account == nil {
			limited = "; some long and odd ones are refused at sign-up"
			continue
		}
		request := r.loginAs(account.Username, long.other)
		if a := r.send(request); r.tokenIn(a, r.Profile.Login.Answer) != "" {
			return broken(request, "mallory logs in with the password %s", long.how)
		}
	}
	return held("a password counts exactly as typed%s", limited)
}

// victim is an account of its own for wrong passwords, or one that there is.
func (r *run) victim() *person {
	if p := r.signUp(r.newName(), newPassword()); p != nil {
		return p
	}
	if r.other != nil {
		return r.other
	}
	return r.user
}

func namesInWords(r *run) outcome {
	known := r.victim()
	unknown := known.Username + "zz"
	if strings.Contains(unknown, "@") {
		unknown = "zz" + known.Username
	}
	l := r.Profile.Login.Form
	type pair struct {
		how   string
		known *http.Request
		not   *http.Request
	}
	wrong := newPassword()
	pairs := []pair{{"", r.loginAs(known.Username, wrong), r.loginAs(unknown, wrong)}}
	for how, typed := range map[string]string{" with a NUL in it": "a\x00b, and more of it", " with 5000 letters": strings.Repeat("Long", 1250), " that is empty": ""} {
		pairs = append(pairs, pair{" with a password" + how, r.loginAs(known.Username, typed), r.loginAs(unknown, typed)})
	}
	if l.Send == "json" {
		for how, value := range map[string]string{" with an object as the password": `{}`, " with a number as the password": `7`, " with null as the password": `null`} {
			body := func(name string) *http.Request {
				fields := map[string]json.RawMessage{l.Username: json.RawMessage(encode(name)), l.Password: json.RawMessage(value)}
				for field, v := range l.Also {
					fields[field] = json.RawMessage(encode(v))
				}
				return r.make(l.Method, l.Path, "json", encode(fields))
			}
			pairs = append(pairs, pair{how, body(known.Username), body(unknown)})
		}
	}
	if r.thrifty {
		pairs = pairs[:1]
	}
	for _, p := range pairs {
		told, err := kind.SameAnswer(func(q *http.Request) (kind.Answer, error) {
			a := r.send(q)
			if a.Status == http.StatusTooManyRequests {
				return a, errThrottled
			}
			a.Body = strings.ReplaceAll(strings.ReplaceAll(a.Body, unknown, "NAME"), known.Username, "NAME")
			a.Header = withoutCounts(a.Header)
			return a, nil
		}, p.known, p.not)
		if err != nil {
			return unsure("%v", err)
		}
		if told != "" {
			return broken(p.known, "a login%s tells who has an account: %s", p.how, told)
		}
	}
	return held("the answer is the same for a name that there is not (%d ways tried%s)", len(pairs), r.fewer())
}

var errThrottled = fmt.Errorf("the login answers 429: wait until it lets you in again")

// namesInTime compares the fastest answer of each kind: other programs on the
// machine only make an answer slower, and a hash that is computed takes its time
// on a quiet one, too. What that leaves open on a busy machine, the order of all
// answers settles: if both kinds took alike, one of them would be the slower in 73
// of the 81 pairs of nine and nine less than once in 200 times.
func namesInTime(r *run) outcome {
	const least, most = 5, 9
	known := r.victim()
	wrong := newPassword()
	took := func(name string) (time.Duration, bool) {
		begin := time.Now()
		a := r.send(r.loginAs(name, wrong))
		return time.Since(begin), a.Status != 0 && a.Status/100 != 2 && a.Status != http.StatusTooManyRequests && a.Status < 500
	}
	if _, ok := took("warm-up-" + r.tag); !ok {
		return unsure("a wrong login is not answered as usual")
	}
	var there, not []time.Duration
	for i := 1; ; i++ {
		t1, ok1 := took(known.Username)
		t2, ok2 := took(fmt.Sprintf("nobody%d-%s", i, r.tag))
		limited := !ok1 || !ok2
		if limited && i <= least {
			return unsure("a wrong login is not answered as usual, or limited")
		}
		if !limited {
			there, not = append(there, t1), append(not, t2)
		}
		if len(there) < least {
			continue
		}
		said := fmt.Sprintf("%d ms for a name that there is, and %d ms for another (the fastest of %d)",
			slices.Min(there).Milliseconds(), slices.Min(not).Milliseconds(), len(there))
		switch apart, alike := compared(there, not, len(there) == most); {
		case alike:
			return held("%s", said)
		case apart:
			return broken(r.loginAs(known.Username, wrong), "a wrong password takes %s", said)
		case limited || len(there) == most:
			return unsure("%s: too near to tell, on a machine that is busy", said)
		}
	}
}

// compared reports whether two kinds of answers, which took so long, are told apart
// by that, or are alike; neither, if that cannot be told. The order of all counts only
// if there are enough.
func compared(there, not []time.Duration, enough bool) (apart, alike bool) {
	slow, fast, share := slices.Min(there), slices.Min(not), slower(there, not)
	if slow < fast {
		slow, fast, share = fast, slow, 1-share
	}
	if slow-fast < 20*time.Millisecond || slow < fast*8/5 {
		return false, true
	}
	return slow > 3*fast || enough && share >= 0.9, false
}

// slower returns in what share of all pairs the one of a is the slower.
func slower(a, b []time.Duration) float64 {
	count := 0
	for _, x := range a {
		for _, y := range b {
			if x > y {
				count++
			}
		}
	}
	return float64(count) / float64(len(a)*len(b))
}

// tries is how many wrong passwords an API must not look at one after the other.
const tries = 30

func guessing(r *run) outcome {
	victim := r.signUp(r.newName(), newPassword())
	if victim == nil {
		if victim = r.other; victim == nil {
			return unsure("it would lock the only account that is known: name one as [other]")
		}
	}
	if !r.logIn(victim) {
		if limits(victim.answer) {
			return r.pastTheLimit(victim)
		}
		return unsure("a login answers %d", victim.answer.Status)
	}
	guess := func(difference func(*http.Request)) kind.Answer {
		request := r.loginAs(victim.Username, newPassword())
		if difference != nil {
			difference(request)
		}
		return r.send(request)
	}
	first := guess(nil)
	if limits(first) {
		return unsure("the login answers %d from the beginning", first.Status)
	}
	last, made := first, 1
	for made < tries && !limits(last) && r.err == nil {
		var batch []*http.Request
		for range min(4, tries-made) {
			batch = append(batch, r.loginAs(victim.Username, newPassword()))
		}
		for _, a := range r.sendAll(batch) {
			if !limits(last) {
				last, made = a, made+1
			}
		}
	}
	right := r.loginAs(victim.Username, victim.Password)
	in := r.tokenIn(r.send(right), r.Profile.Login.Answer) != ""
	show := r.loginAs(victim.Username, "wrong")
	switch {
	case !limits(last) && !in && last.Status != first.Status:
		return held("after %d wrong passwords the login is answered %d, and the right one too", made, last.Status)
	case !limits(last):
		out := broken(show, "%d wrong passwords for one account, one after the other, and the next is looked at like the first", made)
		out.times = tries
		return out
	case in && limits(guess(nil)):
		out := broken(right, "after %d wrong passwords wrong ones are answered %d, and the right one is let in: mallory goes on guessing behind the limit", made, last.Status)
		return out
	case in:
		return unsure("the limit ended while it was looked at")
	}
	for _, header := range addresses {
		spoof := elsewhere(header)
		if a := guess(spoof); !limits(a) && a.Status != 0 && limits(guess(nil)) {
			spoof(show)
			return withCWE(broken(show, "the limit is one for each address that mallory writes into %s", header), 348)
		}
	}
	for _, name := range []string{strings.ToUpper(victim.Username), victim.Username + " ", " " + victim.Username} {
		request := r.loginAs(name, victim.Password)
		if r.tokenIn(r.send(request), r.Profile.Login.Answer) != "" {
			return broken(request, "the limit does not know the account under the spelling %q, and the login does", name)
		}
	}
	return held("after %d wrong passwords the next are answered %d", made, last.Status)
}

// addresses are headers in which a proxy says where a request comes from.
var addresses = []string{"X-Forwarded-For", "X-Real-Ip", "True-Client-Ip", "Cf-Connecting-Ip", "X-Client-Ip", "Forwarded"}

// elsewhere writes another address into such a header.
func elsewhere(header string) func(*http.Request) {
	value := "203.0.113.77"
	if header == "Forwarded" {
		value = "for=" + value
	}
	return func(q *http.Request) { q.Header.Set(header, value) }
}

// pastTheLimit looks whether a limit by address, which all that came before has reached,
// counts what mallory writes into a header.
func (r *run) pastTheLimit(victim *person) outcome {
	for _, header := range addresses {
		request := r.loginAs(victim.Username, victim.Password)
		elsewhere(header)(request)
		if r.tokenIn(r.send(request), r.Profile.Login.Answer) != "" && limits(r.send(r.loginAs(victim.Username, victim.Password))) {
			return withCWE(broken(request, "the limit is one for each address that mallory writes into %s", header), 348)
		}
	}
	return unsure("the login turns this machine away (%d) after what was tried before: whether it also counts by account, --only guessing tells later", victim.answer.Status)
}

// limits reports whether a login is turned away before it is looked at.
func limits(a kind.Answer) bool {
	return a.Status == http.StatusTooManyRequests || a.Status == http.StatusLocked || a.Status == http.StatusServiceUnavailable ||
		a.Status < 500 && a.Header.Get("Retry-After") != ""
}
