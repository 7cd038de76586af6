package attack

import (
	"context"
	"crypto/rand"
	_ "embed"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"iter"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	kind "example.com/bookapi/bookapitest/attack"
	"example.com/bookapi/bookapitest/forge"
)

// knock sends the oracle's operation with a difference.
func (r *run) knock(difference func(*http.Request)) (*http.Request, kind.Answer) {
	request := r.request(r.oracle.operation, nil)
	if difference != nil {
		difference(request)
	}
	return request, r.send(request)
}

func otherSchemes(r *run) outcome {
	t, scheme := r.user.token, r.Profile.Login.Scheme
	basic := func(text string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(text)) }
	for _, value := range []string{
		t, "Basic " + t, "Digest " + t, "Token " + t, "JWT " + t, "OAuth " + t, "DPoP " + t, "Negotiate " + t, "ApiKey " + t, "Session " + t, "X " + t,
		scheme + t, scheme + ":" + t, scheme + "," + t, scheme + " " + t + " x", scheme + " x " + t, scheme + " " + t + ", x", scheme + ` "` + t + `"`, scheme + " token=" + t,
		basic(t), basic(t + ":"), basic(r.user.Username + ":" + t), basic(r.user.Username + ":" + r.user.Password), basic("x:" + t),
	} {
		if scheme != "Bearer" && strings.HasPrefix(value, scheme+" "+t) && !strings.HasSuffix(value, t) {
			continue
		}
		request, a := r.knock(func(q *http.Request) { q.Header.Set("Authorization", value) })
		if r.oracle.believed(a) {
			said := strings.ReplaceAll(value, t, "TOKEN")
			return broken(request, "mallory sends a token as %q, which a filter in front of the API does not take for one, and is let in (%d)", said, a.Status).asUser(r.user)
		}
	}
	return held("all are refused")
}

func schemeCase(r *run) outcome {
	scheme := r.Profile.Login.Scheme
	for _, spelled := range []string{strings.ToLower(scheme), strings.ToUpper(scheme)} {
		request, a := r.knock(func(q *http.Request) { q.Header.Set("Authorization", spelled+" "+r.user.token) })
		if !r.oracle.believed(a) {
			return broken(request, "nothing, but an honest client that writes %q is refused (%d)", spelled, a.Status).asUser(r.user)
		}
	}
	return held("letter case makes no difference")
}

// A forger makes forgeries of one kind; done ends what it needs for them.
type forger func(h forge.Honest) (all iter.Seq[forge.Forgery], done func() (visits int))

func shapes(h forge.Honest) (iter.Seq[forge.Forgery], func() int) { return forge.Shapes(h), nil }

func signatures(h forge.Honest) (iter.Seq[forge.Forgery], func() int) {
	return forge.Signatures(h), nil
}

func algorithms(h forge.Honest) (iter.Seq[forge.Forgery], func() int) {
	return forge.Algorithms(h), nil
}

// keys has mallory's key at an address of this machine, for jku and the like.
func keys(h forge.Honest) (iter.Seq[forge.Forgery], func() int) {
	h.Files = map[string][]byte{"/dev/null": nil, "../../../../../../../../dev/null": nil, "/proc/sys/kernel/randomize_va_space": []byte("2\n")}
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return forge.Keys(h), nil
	}
	visits := make(chan struct{}, 1000)
	key := base64.RawURLEncoding.EncodeToString([]byte(forge.MallorysKey))
	set := fmt.Sprintf(`{"keys":[{"kty":"oct","kid":"m","alg":"HS256","use":"sig","k":%q}],"kty":"oct","kid":"m","k":%[1]q}`, key)
	server := &http.Server{ReadHeaderTimeout: 5 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		select {
		case visits <- struct{}{}:
		default:
		}
		if strings.HasSuffix(q.URL.Path, "raw") {
			_, _ = w.Write([]byte(forge.MallorysKey))
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(set))
	})}
	go func() { _ = server.Serve(listener) }()
	at := "http://" + listener.Addr().String()
	h.Fetch = []string{at + "/jwks.json", at + "/raw", at}
	return forge.Keys(h), func() int {
		_ = server.Close()
		return len(visits)
	}
}

// forgeries tries all forgeries of a kind.
func forgeries(kinds forger) func(*run) outcome {
	return func(r *run) outcome {
		h, honest, err := r.honest()
		if err != nil {
			return r.rewritten()
		}
		if strings.HasSuffix(r.user.token, ".") {
			request := r.request(r.oracle.operation, r.user)
			return broken(request, "the API issues tokens without a signature, and believes them")
		}
		all, done := kinds(h)
		refusals := make(map[int]int)
		found := r.believedOf(all, refusals)
		if done != nil {
			if visits := done(); found == nil && visits > 0 {
				request := r.request(r.oracle.operation, nil)
				r.authorize(request, honest.WithHeader("kid", "m").WithHeader("jku", "http://127.0.0.1:9/jwks.json").Signed([]byte(forge.MallorysKey)))
				return withCWE(broken(request, "a token of mallory's makes the API fetch an address that stands in it, %d times", visits), 918)
			}
		}
		if found == nil {
			return held("%s", refused(refusals))
		}
		request := r.request(r.oracle.operation, nil)
		r.authorize(request, found.Raw)
		return r.unverified(honest, withCWE(broken(request, "mallory %s, and is let in: the token says it is of %s", found.Name, h.Victim), found.CWE))
	}
}

// unverified says why a forgery is believed, if any signature is.
func (r *run) unverified(honest forge.Token, o outcome) outcome {
	_, a := r.knock(func(q *http.Request) {
		r.authorize(q, honest.WithClaim("jti", rand.Text()).WithSignature([]byte(rand.Text()+rand.Text()[:6])))
	})
	if r.oracle.believed(a) {
		return o.because("signature")
	}
	return o
}

func withCWE(o outcome, cwe int) outcome {
	o.cwe = cwe
	return o
}

// believedOf returns the first forgery that is believed.
func (r *run) believedOf(all iter.Seq[forge.Forgery], refusals map[int]int) *forge.Forgery {
	for f := range all {
		if f.Raw == r.user.token || r.err != nil {
			continue
		}
		_, a := r.knock(func(q *http.Request) { r.authorize(q, f.Raw) })
		if r.oracle.believed(a) {
			return &f
		}
		refusals[a.Status]++
	}
	return nil
}

// refused tells how often which refusal came.
func refused(refusals map[int]int) string {
	said := make([]string, 0, len(refusals))
	all, odd := 0, 0
	statuses := make([]int, 0, len(refusals))
	for status, n := range refusals {
		statuses = append(statuses, status)
		if status != 0 {
			all += n
		}
		if status >= 500 {
			odd += n
		}
	}
	slices.Sort(statuses)
	for _, status := range statuses {
		if status != 0 {
			said = append(said, fmt.Sprintf("%d with %d", refusals[status], status))
		}
	}
	text := fmt.Sprintf("all %d are refused, %s", all, strings.Join(said, ", "))
	if odd > 0 {
		text += ": a refusal should be no server error"
	}
	return text
}

//go:embed words.txt
var words string

// guesses are secrets that people use: those of tutorials, words, and both as
// base64 and hex decode them.
func guesses() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for word := range strings.Lines(words) {
			word = strings.TrimSuffix(word, "\n")
			tries := [][]byte{[]byte(word), []byte(word + "\n"), []byte(strings.ToUpper(word)), []byte(strings.ToUpper(word[:1]) + word[1:])}
			for _, end := range []string{"1", "123", "!", "2024", "2025", "2026"} {
				tries = append(tries, []byte(word+end))
			}
			if b, err := base64.RawURLEncoding.DecodeString(strings.NewReplacer("+", "-", "/", "_", "=", "").Replace(word)); err == nil {
				tries = append(tries, b)
			}
			tries = append(tries, []byte(base64.StdEncoding.EncodeToString([]byte(word))))
			if b, err := hex.DecodeString(word); err == nil {
				tries = append(tries, b)
			}
			for _, try := range tries {
				if !yield(try) {
					return
				}
			}
		}
		for _, n := range []int{0, 16, 24, 32, 48, 64} {
			if !yield(make([]byte, n)) {
				return
			}
		}
	}
}

func guessSecret(r *run) outcome {
	if _, err := forge.Parse(r.user.token); err != nil {
		return r.counted()
	}
	h, token, _ := r.honest()
	tried := 0
	for guess := range guesses() {
		tried++
		if !token.SignedBy(guess) {
			continue
		}
		r.secret = guess
		request := r.request(Operation{Method: http.MethodGet, Path: "/"}, nil)
		if r.oracle != nil {
			request = r.request(r.oracle.operation, nil)
		}
		forged := token.WithClaim("sub", h.Victim)
		r.authorize(request, forged.Signed(guess))
		return broken(request, "the secret is %q, found at home in guess %d: mallory signs a token for %s, or for anybody", guess, tried, h.Victim)
	}
	return unsure("it is none of %d that people use: whether it is random, nobody can see from outside", tried)
}

func expiry(r *run) outcome {
	if len(r.secret) == 0 {
		return unsure("it takes the signing key to make such tokens: give it in the environment as %s", SecretVariable)
	}
	token, err := forge.Parse(r.user.token)
	if err != nil || !token.SignedBy(r.secret) {
		return unsure("the key that was given has not signed the tokens of this API")
	}
	h, _, _ := r.honest()
	h.Secret = r.secret
	var usual, unusual []forge.Forgery
	for f := range forge.Claims(h) {
		if never(token, f) {
			unusual = append(unusual, f)
		} else {
			usual = append(usual, f)
		}
	}
	refusals := make(map[int]int)
	found := r.believedOf(slices.Values(usual), refusals)
	if found == nil {
		if found = r.believedOf(slices.Values(unusual), refusals); found != nil {
			return unsure("whoever %s is let in: that is harmless while the API makes no such token, and nobody else has its key", found.Name)
		}
		return held("%s", refused(refusals))
	}
	request := r.request(r.oracle.operation, nil)
	r.authorize(request, found.Raw)
	return r.unverified(token, withCWE(broken(request, "mallory %s, and is let in with it", found.Name), found.CWE))
}

// never says of a token of ours that it is one that the API does not make, and that means
// what an honest one does: it begins later, where no token says when it begins, its end is
// in a list, or its subject is somebody's number in another type. JavaScript reads ["7"] as
// 7, and true as 1.
func never(honest forge.Token, f forge.Forgery) bool {
	_, sub, _ := strings.Cut(f.Name, "whose sub is ")
	return honest.Claim("nbf") == nil && strings.Contains(f.Name, "nbf") || strings.HasSuffix(f.Name, "exp is a list") ||
		regexp.MustCompile(`^([1-9]|true|\[.|\{.)`).MatchString(sub) && sub != "[]" && sub != "{}"
}

// SecretVariable is the variable of the environment with the signing key, for
// owners who want to know what only a key can tell.
const SecretVariable = "BOOKAPI_ATTACK_SECRET" //nolint:gosec // the name of a secret, and none itself

// longest is how long an access token may be good before it is called endless.
const longest = 31 * 24 * time.Hour

func lifetime(r *run) outcome {
	token, err := forge.Open(r.user.token)
	if err != nil {
		return unsure("the token is no JSON Web Token, and does not say when it ends")
	}
	show := r.loginAs(r.user.Username, r.user.Password)
	claimed, ok := token.Claim("exp").(json.Number)
	if !ok {
		return broken(show, "a token that is found in an old log is good for ever: it has no exp")
	}
	exp, err := claimed.Float64()
	if err != nil {
		return broken(show, "a token that is good for ever: its exp is %s", claimed)
	}
	left := exp - float64(time.Now().Unix())
	if left > longest.Seconds() {
		return broken(show, "a token that is good for %.0f days", left/86400)
	}
	if promised := r.promised(); promised > 0 && left > 950*promised && left < 1050*promised {
		return broken(show, "the answer says that the token ends in %.0f s, and the token itself says %.0f s, a thousand times that", promised, left)
	}
	return held("a token is good for %v", time.Duration(left*float64(time.Second)).Round(time.Minute))
}

// promised is in how many seconds a token ends by the answer to the login, 0 if that does
// not say so.
func (r *run) promised() (seconds float64) {
	at := strings.TrimSuffix(r.Profile.Login.Answer, lastOf(r.Profile.Login.Answer))
	for _, name := range []string{"expires_in", "expiresIn"} {
		if n, ok := rawIn(r.user.answer.Body, at+name).(json.Number); ok && seconds == 0 {
			seconds, _ = n.Float64() // what is none is 0
		}
	}
	return seconds
}

var hashes = regexp.MustCompile(`\$2[abxy]\$\d\d\$[./A-Za-z0-9]{53}|\$argon2(id|i|d)\$|\$scrypt\$|\$pbkdf2|pbkdf2_sha|pbkdf2:|scrypt:|\$[156]\$[./A-Za-z0-9]+\$`)

// tells says what a text gives away of a person's password, "" if nothing.
func tells(text string, p *person) string {
	texts := []string{text}
	for _, part := range regexp.MustCompile(`[A-Za-z0-9+/_-]{16,}`).FindAllString(text, 50) {
		if b, err := base64.RawURLEncoding.DecodeString(strings.NewReplacer("+", "-", "/", "_").Replace(part)); err == nil {
			texts = append(texts, string(b))
		}
		if b, err := hex.DecodeString(part); err == nil {
			texts = append(texts, string(b))
		}
	}
	digests := digests(p.Password)
	for _, t := range texts {
		switch {
		case len(p.Password) >= 6 && strings.Contains(t, p.Password):
			return "the password"
		case hashes.MatchString(t):
			return "a hash of the password"
		}
		for name, digest := range digests {
			if strings.Contains(strings.ToLower(t), hex.EncodeToString(digest)) || strings.Contains(t, string(digest)) {
				return "the " + name + " of the password, which can be guessed at home"
			}
		}
	}
	return ""
}

func readable(r *run) outcome {
	login := r.loginAs(r.user.Username, r.user.Password)
	parts := strings.Split(r.user.token, ".")
	if len(parts) > 1 {
		payload, err := base64.RawURLEncoding.DecodeString(parts[1])
		if err == nil {
			if what := tells(string(payload), r.user); what != "" {
				return broken(login, "%s stands in the payload of the token, which everybody can read", what)
			}
		}
	}
	a := r.send(login)
	if what := tells(strings.ReplaceAll(a.Body, r.user.token, ""), r.user); what != "" {
		return broken(login, "%s stands in the answer to the login", what)
	}
	if what := tells(r.user.signUp.Body, r.user); what != "" {
		f := r.Profile.SignUp
		return broken(r.fields(f, map[string]string{f.Username: r.newName(), f.Password: newPassword()}), "%s stands in the answer to the sign-up", what)
	}
	if out, ok := r.readableMembers(); ok {
		return out
	}
	for _, o := range []Operation{r.Profile.Read, r.Profile.AdminOp} {
		if o.there() && o.Method == http.MethodGet {
			who := r.user
			if o == r.Profile.AdminOp && r.admin != nil {
				who = r.admin
			}
			request := r.request(o, who)
			if what := tells(r.send(request).Body, r.user); what != "" {
				return broken(request, "%s stands in the answer to %s", what, o).asUser(who)
			}
		}
	}
	return held("no password and no hash in the payload and the answers")
}

// readableMembers looks for members of answers that hold something of a password.
func (r *run) readableMembers() (outcome, bool) {
	if r.other == nil {
		return outcome{}, false
	}
	payload := func(p *person) string {
		parts := strings.Split(p.token, ".")
		b, _ := base64.RawURLEncoding.DecodeString(parts[min(1, len(parts)-1)]) // what is none has no members
		return string(b)
	}
	login := r.loginAs(r.user.Username, r.user.Password)
	if name := secretMember(payload(r.user), payload(r.other)); name != "" {
		return broken(login, "%s stands in the payload of the token, which everybody can read", name), true
	}
	if name := secretMember(r.user.answer.Body, r.other.answer.Body); name != "" {
		return broken(login, "%s stands in the answer to the login", name), true
	}
	if name := secretMember(r.user.signUp.Body, r.other.signUp.Body); name != "" {
		f := r.Profile.SignUp
		return broken(r.fields(f, map[string]string{f.Username: r.newName(), f.Password: newPassword()}), "%s stands in the answer to the sign-up", name), true
	}
	if o := r.Profile.Read; o.there() && o.Method == http.MethodGet {
		request := r.request(o, r.user)
		if name := secretMember(r.send(request).Body, r.send(r.request(o, r.other)).Body); name != "" {
			return broken(request, "%s stands in the answer to %s", name, o).asUser(r.user), true
		}
	}
	if mine, theirs := r.newObject(r.user), r.newObject(r.other); mine != nil && theirs != nil {
		if name := secretMember(mine.answer.Body, theirs.answer.Body); name != "" {
			return broken(r.request(r.Profile.Write, r.user), "%s stands in the answer to %s", name, r.Profile.Write).asUser(r.user), true
		}
	}
	return outcome{}, false
}

func tokenPlaces(r *run) outcome {
	var placed []kind.Claim
	for _, c := range kind.Claims(kind.Identity{Token: r.user.token}) {
		if strings.Contains(c.Value, r.user.token) {
			placed = append(placed, c)
		}
	}
	bare := r.request(r.oracle.operation, nil)
	found, err := kind.Believed(bare, placed, func(q *http.Request) string {
		a := r.send(q)
		return treated(a, r.oracle.believed(a), "let in")
	})
	switch {
	case err != nil:
		return unsure("%v", err)
	case found == nil:
		return held("it counts in the Authorization header alone (%d ways tried)", len(placed))
	}
	o := broken(kind.Stuff(bare, found.Claims), "a token is taken from %s as well%s", strings.ReplaceAll(found.String(), r.user.token, "TOKEN"), why(found.Claims[0].Place)).asUser(r.user)
	if found.Claims[0].Place == kind.InCookie {
		for _, c := range r.user.answer.Header["Set-Cookie"] {
			if strings.Contains(c, found.Claims[0].Name+"=") {
				return unsure("the token also counts in a cookie, which the login sets")
			}
		}
		return withCWE(o, 352)
	}
	return o
}

func why(place kind.Place) string {
	switch place {
	case kind.InQuery:
		return ": addresses stand in logs, histories and Referer headers"
	case kind.InCookie:
		return ": a browser sends it along for pages of mallory's"
	}
	return ", where filters and logs do not look for one"
}

func twoCredentials(r *run) outcome {
	good := r.Profile.Login.Scheme + " " + r.user.token
	bad := r.Profile.Login.Scheme + " no.such.token"
	for _, joined := range []string{good + ", " + bad, bad + ", " + good} {
		request, a := r.knock(func(q *http.Request) { q.Header.Set("Authorization", joined) })
		if r.oracle.believed(a) {
			return broken(request, "two credentials in one header count as one: a gateway that reads the other one lets mallory pass").asUser(r.user)
		}
	}
	which := ""
	for i, pair := range [][]string{{good, bad}, {bad, good}} {
		if _, a := r.knock(func(q *http.Request) { q.Header["Authorization"] = pair }); r.oracle.believed(a) {
			which += []string{"first", "last"}[i]
		}
	}
	switch which {
	case "":
		return held("two Authorization headers are refused")
	case "firstlast":
		request, _ := r.knock(func(q *http.Request) { q.Header["Authorization"] = []string{bad, good} })
		return broken(request, "with two Authorization headers any good one counts, wherever it stands").asUser(r.user)
	}
	return unsure("of two Authorization headers the %s one counts: that is harmless unless a gateway in front reads the other one", which)
}
