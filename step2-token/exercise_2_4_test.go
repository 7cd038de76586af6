package token_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/bookapi"
	"example.com/bookapi/bookapitest"
	"example.com/bookapi/bookapitest/attack"
	"example.com/bookapi/rest"
	token "example.com/bookapi/step2-token"
)

// A desk stands in for Authenticate and for the grant: it knows the people in the
// examples, hashes nothing, and signs nothing.
type desk struct {
	passwords map[string]string
	users     map[string]bookapi.User
	asked     []string // "ada:her password"
	granted   []bookapi.User
	contexts  []context.Context
	pause     func()
	err       error // of authenticate, beside the row if it is a good login
	grantErr  error // of grant, beside a token
}

func newDesk() *desk {
	return &desk{
		passwords: map[string]string{
			bookapitest.Ada: bookapitest.AdaPassword, bookapitest.Grace: bookapitest.GracePassword,
			bookapitest.Mallory: bookapitest.MalloryPassword,
		},
		users: map[string]bookapi.User{bookapitest.Ada: ada, bookapitest.Grace: grace, bookapitest.Mallory: mallory},
		pause: func() {},
	}
}

func (d *desk) authenticate(ctx context.Context, username, password string) (bookapi.User, error) {
	attack.Note(ctx, "authenticate is called")
	d.asked = append(d.asked, username+":"+password)
	d.contexts = append(d.contexts, ctx)
	d.pause()
	user, ok := d.users[username]
	switch {
	case d.err != nil:
		return user, d.err
	case !ok || password != d.passwords[username]:
		return bookapi.User{}, bookapitest.PausingError(fmt.Errorf("desk: %w", token.ErrCredentials), d.pause)
	}
	return user, nil
}

// grant makes a token that says whose it is, and cannot be mistaken for any other
// text.
func (d *desk) grant(ctx context.Context, user bookapi.User) (token.Token, error) {
	attack.Note(ctx, "grant is called")
	d.granted = append(d.granted, user)
	d.contexts = append(d.contexts, ctx)
	d.pause()
	return tokenOf(user), d.grantErr
}

func tokenOf(user bookapi.User) token.Token {
	return token.Token{
		AccessToken: "eyJhbGciOiJIUzI1NiJ9.for-" + user.Username + "-the-" + string(user.Role) +
			".c2lnbmF0dXJlLW9mLWl0" + user.Username,
		TokenType:    "Bearer",
		ExpiresIn:    7,
		RefreshToken: "refresh-" + user.Username + "-Zm9yIHRoZSBuZXh0IHRpbWU",
	}
}

func (d *desk) endpoint() http.Handler { return token.Endpoint(d.authenticate, d.grant) }

func credentials(username, password string) url.Values {
	return url.Values{"username": {username}, "password": {password}}
}

// form is a login. A difference is a field more, or another value of one.
func form(username, password string, difference ...string) *http.Request {
	fields := credentials(username, password)
	for i := 0; i < len(difference); i += 2 {
		fields.Set(difference[i], difference[i+1])
	}
	return bookapitest.Form("/token", fields)
}

// rawForm sends a body as it is and calls it a form.
func rawForm(body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/token", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

// adaGetsAToken makes sure that the honest request works, and returns the answer.
func adaGetsAToken(check *bookapitest.Check) bookapitest.Answer {
	check.Helper()
	answer := bookapitest.Send(check, newDesk().endpoint(), form(bookapitest.Ada, bookapitest.AdaPassword))
	answer.Is(check.Needs("2.4"), http.StatusOK, "POST /token answers 200 to ada's name and password")
	return answer
}

// fields reads a JSON object.
func fields(check *bookapitest.Check, answer bookapitest.Answer) (object map[string]any) {
	check.Helper()
	require.NoError(check.Promise("the answer is JSON, not: %v", answer), json.Unmarshal([]byte(answer.Body), &object))
	return object
}

// sendQuietly sends a request whose refusal is to be logged, and drops the log.
func sendQuietly(check *bookapitest.Check, h http.Handler, r *http.Request) (answer bookapitest.Answer) {
	check.Helper()
	bookapitest.Capture(func(*bookapitest.Outlets) { answer = check.AnswersOnce(h, r) })
	return answer
}

// outcome is what came of a login: whose token it is, or nothing.
func outcome(answer bookapitest.Answer) string {
	var got token.Token
	_ = json.Unmarshal([]byte(answer.Body), &got)
	for _, user := range []bookapi.User{ada, grace, mallory} {
		if strings.Contains(answer.Body, "for-"+user.Username+"-the-") {
			return fmt.Sprintf("a token %s, good for %d seconds", strings.Split(got.AccessToken+"..", ".")[1],
				got.ExpiresIn)
		}
	}
	return ""
}

// refuses sends a login that is to be refused before anybody is asked.
func refuses(check *bookapitest.Check, what string, r *http.Request) bookapitest.Answer {
	check.Helper()
	d := newDesk()
	answer := check.AnswersOnce(d.endpoint(), r)
	if outcome(answer) != "" {
		check.Attack("%s got a token: %v", what, answer)
	}
	answer.IsClass(check, 4, "%s is refused with a 4xx", what)
	require.Empty(check.Promise("%s is refused before the password goes to authenticate, which would hash it", what),
		d.asked)
	require.Empty(check.Promise("%s is refused, and no token is made", what), d.granted)
	return answer
}

// Kinds: first-line
func TestEndpointHandsOutAToken(t *testing.T) {
	bookapitest.Exercise(t, "2.4", func(check *bookapitest.Check) {
		answer := adaGetsAToken(check)
		got := fields(check, answer)
		require.Equal(check.Promise("the access token is the one that the grant made for the user who logged in"),
			tokenOf(ada).AccessToken, got["access_token"])
		require.True(check.Promise("token_type is bearer, in any letter case (RFC 6749 §5.1)"),
			strings.EqualFold("bearer", fmt.Sprint(got["token_type"])))
		require.Equal(check.Promise("expires_in is the grant's"), int64(7), whole(got["expires_in"]))
		require.Equal(check.Promise("the grant's refresh token is in the answer: WriteToken has all fields"),
			tokenOf(ada).RefreshToken, got["refresh_token"])

		// The grant of this step, with a token that Issue signed.
		answer = bookapitest.Send(check, token.Endpoint(newDesk().authenticate, issuer(keyA).Grant),
			form(bookapitest.Ada, bookapitest.AdaPassword))
		got = fields(check, answer)
		raw, _ := got["access_token"].(string)
		require.NoError(check.Promise("access_token is a token signed by the issuer, not: %v", answer),
			verify(raw, keyA.Secret))
		require.Equal(check.Promise("the token is ada's"), bookapitest.Ada, claims(check, raw)["sub"])
		require.Equal(check.Promise("expires_in is the token's lifetime in seconds"), int64(lifetime.Seconds()),
			whole(got["expires_in"]))
		require.NotContains(check.Promise("without a refresh token there is no such field"), got, "refresh_token")
	})
}

// Kinds: first-line, claim-places
func TestEndpointHandsOnTheUser(t *testing.T) {
	bookapitest.Exercise(t, "2.4", func(check *bookapitest.Check) {
		adaGetsAToken(check)
		for _, username := range []string{bookapitest.Ada, bookapitest.Grace, bookapitest.Mallory, newName} {
			d := newDesk()
			if username == newName {
				d.users[newName] = bookapi.User{Username: newName, PasswordHash: ada.PasswordHash,
					Role: bookapi.RoleReader}
				d.passwords[newName] = bookapitest.MalloryPassword
			}
			type key struct{}
			r := form(username, d.passwords[username])
			ctx, leave := context.WithCancel(context.WithValue(r.Context(), key{}, username))
			bookapitest.Send(check, d.endpoint(), r.WithContext(ctx))
			leave()
			require.Equal(check.Promise("authenticate is asked once"), []string{username + ":" + d.passwords[username]},
				d.asked)
			require.Len(check.Promise("grant is called once"), d.granted, 1)
			require.Equal(check.Promise("grant gets the user that authenticate returned, as it is, with role and hash"),
				d.users[username], d.granted[0])
			for _, ctx := range d.contexts {
				promise := check.Promise("authenticate and grant get the context of the request: when the client " +
					"leaves, so does the query")
				require.Equal(promise, username, ctx.Value(key{}))
				require.ErrorIs(promise, ctx.Err(), context.Canceled)
			}
		}
	})
}

// Kinds: first-line
func TestEndpointAnswersForNoCache(t *testing.T) {
	bookapitest.Exercise(t, "2.4", func(check *bookapitest.Check) {
		answer := adaGetsAToken(check)
		require.Contains(check.Promise("no cache keeps a token: Cache-Control: no-store (RFC 6749 §5.1)"),
			strings.ToLower(answer.Header.Get("Cache-Control")), "no-store")
		require.Contains(check.Promise("the answer is application/json"), answer.Header.Get("Content-Type"),
			"application/json")
	})
}

// Kinds: one-difference, one-answer
func TestEndpointGivesOneAnswerToStrangers(t *testing.T) {
	bookapitest.Exercise(t, "2.4", func(check *bookapitest.Check) {
		adaGetsAToken(check)
		d := newDesk()
		wrong, unknown := form(bookapitest.Ada, bookapitest.MalloryPassword), form("eve", bookapitest.MalloryPassword)
		for what, r := range bookapitest.Sorted(map[string]*http.Request{"a wrong password": wrong,
			"an unknown user": unknown}) {
			answer := check.AnswersOnce(d.endpoint(), attack.Clone(r))
			if outcome(answer) != "" || len(d.granted) > 0 {
				check.Attack("mallory got a token with %s: %v", what, answer)
			}
			answer.Is(check, http.StatusUnauthorized, "%s answers 401", what)
			require.NotEmpty(check.Promise("a 401 carries a WWW-Authenticate challenge (RFC 9110 §15.5.2)"),
				answer.Header.Get("WWW-Authenticate"))
			require.Equal(check.Promise("the error has a code of RFC 6749 §5.2"), "invalid_grant",
				fields(check, answer)["error"])
		}
		check.SameAnswer(d.endpoint(), wrong, unknown, "who has an account")
	})
}

// Kinds: claim-places
func TestEndpointReadsTheBodyOnly(t *testing.T) {
	bookapitest.Exercise(t, "2.4", func(check *bookapitest.Check) {
		adaGetsAToken(check)
		query := "/token?" + credentials(bookapitest.Ada, bookapitest.AdaPassword).Encode()
		for what, r := range bookapitest.Sorted(map[string]*http.Request{
			"GET with all in the address":  bookapitest.Request(http.MethodGet, query),
			"POST with all in the address": bookapitest.Request(http.MethodPost, query),
			"POST with a form and all in the address": bookapitest.Form(query,
				url.Values{"grant_type": {"password"}}),
			"POST with the username in the address": bookapitest.Form("/token?username=ada",
				url.Values{"password": {bookapitest.AdaPassword}}),
			"POST with the password in the address": bookapitest.Form(
				"/token?"+url.Values{"password": {bookapitest.AdaPassword}}.Encode(), url.Values{"username": {"ada"}}),
			"POST with an empty field, and the address's": bookapitest.Form(query, credentials("", "")),
		}) {
			answer := check.AnswersOnce(newDesk().endpoint(), r)
			if outcome(answer) != "" {
				check.Attack("credentials in the address got a token: mallory reads %s in the proxy's log and logs in",
					r.URL)
			}
			answer.IsClass(check, 4, "%s is refused with a 4xx", what)
		}
	})
}

// Kinds: one-difference, one-answer
func TestEndpointTakesThePasswordGrant(t *testing.T) {
	bookapitest.Exercise(t, "2.4", func(check *bookapitest.Check) {
		adaGetsAToken(check) // without a grant_type, as the guide's own request
		// A scope is unknown to us, and no reason to refuse.
		answer := bookapitest.Send(check, newDesk().endpoint(),
			form(bookapitest.Ada, bookapitest.AdaPassword, "grant_type", "password", "scope", "anything"))
		answer.Is(check, http.StatusOK, "grant_type=password is what RFC 6749 §4.3.2 asks for")

		for _, kind := range []string{
			"client_credentials", "refresh_token", "authorization_code", "implicit",
			"urn:ietf:params:oauth:grant-type:jwt-bearer",
			"Password", "PASSWORD", "password ", " password", "passwords", "password2", "password,refresh_token",
			"pass", "none", "null", "0", "x",
		} {
			for _, password := range []string{bookapitest.AdaPassword, bookapitest.MalloryPassword} {
				answer := refuses(check, fmt.Sprintf("grant_type=%q", kind),
					form(bookapitest.Ada, password, "grant_type", kind))
				answer.Is(check, http.StatusBadRequest, "grant_type=%q is a 400", kind)
				require.Equal(check.Promise("another grant_type is an error of RFC 6749 §5.2, before the password is "+
					"looked at"),
					"unsupported_grant_type", fields(check, answer)["error"])
			}
		}
	})
}

// Kinds: one-difference, one-answer
func TestEndpointRefusesACrookedForm(t *testing.T) {
	bookapitest.Exercise(t, "2.4", func(check *bookapitest.Check) {
		adaGetsAToken(check)
		honest := credentials(bookapitest.Ada, bookapitest.AdaPassword).Encode()
		for what, body := range bookapitest.Sorted(map[string]string{
			"no username":       url.Values{"password": {bookapitest.AdaPassword}}.Encode(),
			"no password":       url.Values{"username": {bookapitest.Ada}}.Encode(),
			"an empty username": credentials("", bookapitest.AdaPassword).Encode(),
			"an empty password": credentials(bookapitest.Ada, "").Encode(),
			"Username with a capital U, and no username": strings.Replace(honest, "username", "Username", 1),
			"two usernames":                    honest + "&username=" + bookapitest.Mallory,
			"two usernames, the same":          honest + "&username=" + bookapitest.Ada,
			"an empty username first":          "username=&" + honest,
			"two passwords":                    "password=x&" + honest,
			"a second password, empty":         honest + "&password=",
			"two grant_types":                  honest + "&grant_type=password&grant_type=password",
			"two scopes":                       honest + "&scope=read&scope=write",
			"a field of no standard, twice":    honest + "&room=1&room=2",
			"two grant_types, the first empty": honest + "&grant_type=&grant_type=client_credentials",
			"nothing":                          "",
			"broken encoding":                  honest + "&x=%zz",
			"broken encoding in it":            strings.Replace(honest, "ada", "ada%", 1),
			"an endless field":                 honest + "&x=" + strings.Repeat("x", 2<<20),
			"more than MaxForm":                honest + "&x=" + strings.Repeat("x", token.MaxForm),
			"endless fields":                   honest + strings.Repeat("&x", token.MaxForm),
		}) {
			answer := refuses(check, "a form with "+what, rawForm(body))
			if answer.Status == http.StatusBadRequest { // a 413 may say more
				require.Equal(check.Promise("a form with %s is an error of RFC 6749 §5.2", what), "invalid_request",
					fields(check, answer)["error"])
			}
		}
	})
}

// Kinds: one-difference, one-answer
func TestEndpointTakesFormsOnly(t *testing.T) {
	bookapitest.Exercise(t, "2.4", func(check *bookapitest.Check) {
		adaGetsAToken(check)
		honest := credentials(bookapitest.Ada, bookapitest.AdaPassword)
		typed := func(contentType, body string) *http.Request {
			r := rawForm(body)
			r.Header.Set("Content-Type", contentType)
			return r
		}
		withCharset := typed("application/x-www-form-urlencoded; charset=UTF-8", honest.Encode())
		bookapitest.Send(check, newDesk().endpoint(), withCharset).Is(check, http.StatusOK,
			"a form is one with a charset behind its type, too")

		var multi bytes.Buffer
		w := multipart.NewWriter(&multi)
		require.NoError(check, w.WriteField("username", bookapitest.Ada))
		require.NoError(check, w.WriteField("password", bookapitest.AdaPassword))
		require.NoError(check, w.Close())
		asJSON := fmt.Sprintf(`{"username":%q,"password":%q}`, bookapitest.Ada, bookapitest.AdaPassword)
		for contentType, body := range bookapitest.Sorted(map[string]string{
			"application/json":                  asJSON,
			"application/json; charset=utf-8":   asJSON,
			"application/vnd.api+json":          asJSON,
			"application/x-www-form-urlencoded": asJSON,
			"text/json":                         asJSON,
			"text/plain":                        honest.Encode(),
			"":                                  honest.Encode(),
			"text/xml": "<login><username>ada</username><password>" +
				bookapitest.AdaPassword + "</password></login>",
			w.FormDataContentType():              multi.String(),
			"application/x-www-form-":            honest.Encode(),
			"application/x-www-form-urlencoded2": honest.Encode(),
		}) {
			refuses(check, fmt.Sprintf("a body that is no form, but %q,", strings.SplitN(contentType, ";", 2)[0]),
				typed(contentType, body))
		}
	})
}

// Kinds: one-difference
func TestEndpointPassesOnWhatWasTyped(t *testing.T) {
	bookapitest.Exercise(t, "2.4", func(check *bookapitest.Check) {
		adaGetsAToken(check)
		for _, password := range []string{
			"  ünïcode + spaces & 100% = kept \t", "%41%20%2B", "+", " ", "a;b=c&d", "Ab", "ends in a line break\n",
			"\nbegins with one", "e\u0301 and é", "ﬁ", "a\x00b",
			"'; DROP TABLE users; --", "<b>&amp;</b>", `"quoted"`, `back\slash`, "\xff\xfe", strings.Repeat("long ",
				12),
		} {
			d := newDesk()
			bookapitest.Send(check, d.endpoint(), form(bookapitest.Ada, password))
			require.Equal(check.Promise("a password is checked exactly as it was typed (ASVS 6.2.8): %q", password),
				[]string{"ada:" + password}, d.asked)
		}
		for _, name := range []string{" ada", "ADA", "ada ", "a+b", "%61da", "ada@example.com", "\uff41da", "ada\x00"} {
			d := newDesk()
			bookapitest.Send(check, d.endpoint(), form(name, bookapitest.AdaPassword))
			for _, asked := range d.asked { // a name that nobody can have may be refused before
				require.Equal(check.Promise("a username is checked exactly as it was typed: %q", name),
					name+":"+bookapitest.AdaPassword, asked)
			}
		}
	})
}

// Kinds: cost
func TestEndpointHashesNoMegabytes(t *testing.T) {
	bookapitest.Exercise(t, "2.4", func(check *bookapitest.Check) {
		adaGetsAToken(check)
		for _, size := range []int{2 << 20, 2 * token.MaxForm, token.MaxForm} {
			body := credentials(bookapitest.Ada, strings.Repeat("x", size)).Encode()
			for _, length := range []int64{int64(len(body)), -1, 1} { // as it is; in chunks, without a length; a lie
				d := newDesk()
				r := rawForm(body)
				r.ContentLength = length
				bookapitest.Send(check, d.endpoint(), r)
				if len(d.asked) != 0 {
					check.Attack("mallory sent a password of %d bytes (Content-Length: %d) and it went on to the "+
						"hash function: %d bytes", size, length, len(d.asked[0]))
				}
			}
		}
		larger := credentials(bookapitest.Ada, bookapitest.AdaPassword).Encode() + "&state="
		larger += strings.Repeat("x", token.MaxForm+1-len(larger))
		for _, length := range []int64{int64(len(larger)), -1} {
			d := newDesk()
			r := rawForm(larger)
			r.ContentLength = length
			answer := bookapitest.Send(check, d.endpoint(), r)
			require.Empty(check.Promise("a form of %d bytes (Content-Length: %d) is larger than MaxForm and is "+
				"refused: %v", len(larger), length, answer), d.asked)
		}
		var packed bytes.Buffer
		zip := gzip.NewWriter(&packed)
		_, _ = io.WriteString(zip, credentials(bookapitest.Ada, strings.Repeat("x", 2<<20)).Encode())
		require.NoError(check, zip.Close())
		d := newDesk()
		r := rawForm(packed.String())
		r.Header.Set("Content-Encoding", "gzip")
		bookapitest.Send(check, d.endpoint(), r)
		if len(d.asked) != 0 {
			check.Attack("mallory sent %d bytes of gzip, with a password of 2 MiB in them, and it went on to the hash "+
				"function: %d bytes", packed.Len(), len(d.asked[0]))
		}
		endless := &endlessBody{}
		r = rawForm("")
		r.Body, r.ContentLength = io.NopCloser(endless), -1
		bookapitest.Send(check, newDesk().endpoint(), r)
		if endless.read > 1<<20 {
			check.Attack("mallory sent a form without an end, and the endpoint read %d bytes of it", endless.read)
		}
	})
}

// endlessBody is a form of 64 MB, which is as good as endless.
type endlessBody struct{ read int }

func (b *endlessBody) Read(p []byte) (int, error) {
	if b.read > 64<<20 {
		return 0, io.EOF
	}
	for i := range p {
		p[i] = 'x'
	}
	b.read += len(p)
	return len(p), nil
}

// Kinds: store-answers, one-answer
func TestEndpointAnswersAsTheErrorSays(t *testing.T) {
	bookapitest.Exercise(t, "2.4", func(check *bookapitest.Check) {
		adaGetsAToken(check)
		for what, err := range bookapitest.Sorted(map[string]error{
			"too many have failed": &rest.StatusError{Status: 429,
				RetryAfter: 89500 * time.Millisecond, Err: errors.New("throttled")},
			"too many are waiting": fmt.Errorf("queue: %w",
				&rest.StatusError{Status: 503, RetryAfter: time.Second, Err: errors.New("full")}),
			"the store is away":                        fmt.Errorf("sqlstore: %w", bookapi.ErrUnavailable),
			"the store takes too long":                 fmt.Errorf("sqlstore: %w", context.DeadlineExceeded),
			"the store finds nothing":                  fmt.Errorf("sqlstore: %w", bookapi.ErrNotFound),
			"the client hung up":                       fmt.Errorf("sqlstore: %w", context.Canceled),
			"something else is broken":                 errors.New("disk full"),
			"the password has changed in the meantime": fmt.Errorf("hardening: %w", token.ErrCredentials),
			"the password is wrong":                    token.ErrCredentials,
			"both are wrong":                           errors.Join(errors.New("rolled back"), token.ErrCredentials),
		}) {
			writes := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { token.WriteError(w, r, err) })
			want := sendQuietly(check, writes, form(bookapitest.Ada, bookapitest.AdaPassword))
			for by, d := range bookapitest.Sorted(map[string]*desk{"authenticate": newDesk(), "grant": newDesk()}) {
				if by == "grant" {
					d.grantErr = err
				} else {
					d.err = err
				}
				answer := sendQuietly(check, d.endpoint(), form(bookapitest.Ada, bookapitest.AdaPassword))
				if outcome(answer) != "" {
					check.Attack("the error of %s says that %s, and the answer has a token in it: %v", by, what, answer)
				}
				answer.Is(check, want.Status, "if %s, as the error of %s says, the answer is what WriteError makes "+
					"of it", what, by)
				require.Equal(check.Promise("if %s, as the error of %s says, the answer is what WriteError makes of it",
					what, by),
					fields(check, want)["error"], fields(check, answer)["error"])
				require.Equal(check.Promise("if %s, a Retry-After says how many seconds to wait: WriteError does it",
					what),
					want.Header.Get("Retry-After"), answer.Header.Get("Retry-After"))
			}
		}
	})
}

// Kinds: outlets
func TestEndpointKeepsItsTroublesToItself(t *testing.T) {
	bookapitest.Exercise(t, "2.4", func(check *bookapitest.Check) {
		adaGetsAToken(check)
		trouble := errors.New("dial tcp " + bookapitest.DatabaseAddress + ": password of role bookapi rejected")
		for what, d := range bookapitest.Sorted(map[string]*desk{
			"authenticate fails":                     {err: trouble},
			"authenticate fails, being unavailable":  {err: fmt.Errorf("%w: %w", bookapi.ErrUnavailable, trouble)},
			"grant fails":                            {grantErr: trouble},
			"grant fails, being unavailable":         {grantErr: fmt.Errorf("%w: %w", bookapi.ErrUnavailable, trouble)},
			"authenticate fails beside ada's row":    {err: fmt.Errorf("row of ada: %w", trouble)},
			"grant fails, and a token is beside it,": {grantErr: fmt.Errorf("session of ada: %w", trouble)},
		}) {
			all := newDesk()
			all.err, all.grantErr = d.err, d.grantErr
			answer := sendQuietly(check, all.endpoint(), form(bookapitest.Ada, bookapitest.AdaPassword))
			for _, secret := range []string{bookapitest.DatabaseAddress, "rejected", "ada"} {
				if strings.Contains(answer.Body+fmt.Sprint(answer.Header), secret) {
					check.Attack("mallory reads in the answer how our database is reached, if %s: %v %v", what, answer,
						answer.Header)
				}
			}
			answer.IsClass(check, 5, "if %s, that is the server's fault", what)
		}
	})
}

// Kinds: outlets
func TestEndpointKeepsSecretsToItself(t *testing.T) {
	bookapitest.Exercise(t, "2.4", func(check *bookapitest.Check) {
		adaGetsAToken(check)
		const unescaped = "%~^" // no escape; as short as it is, it stands in no other text
		const mistyped = "Nine-Bicycles-7"
		out := bookapitest.Capture(func(out *bookapitest.Outlets) {
			for _, password := range []string{bookapitest.AdaPassword, bookapitest.MalloryPassword} {
				honest := credentials(bookapitest.Ada, password).Encode()
				asJSON := rawForm(fmt.Sprintf(`{"username":"ada","password":%q}`, password))
				asJSON.Header.Set("Content-Type", "application/json")
				asText := rawForm(honest)
				asText.Header.Set("Content-Type", "text/plain")
				for _, r := range []*http.Request{
					rawForm(honest), rawForm(honest + "&grant_type=password&scope=x"),
					rawForm(credentials(mistyped, "x").Encode()),
					rawForm(honest + "&grant_type=client_credentials"), rawForm(honest + "&grant_type="),
					rawForm(honest + "&username=x"), rawForm(honest + "&password=x"), rawForm("password=" +
						url.QueryEscape(password)),
					rawForm(honest + "&x=%zz"), rawForm(strings.Replace(honest, "password=", "password="+unescaped, 1)),
					rawForm(honest + "&x=" +
						strings.Repeat("x", token.MaxForm)), rawForm("username=" + url.QueryEscape(password)),
					bookapitest.Request(http.MethodPost, "/token?"+honest), bookapitest.Form("/token?"+honest,
						url.Values{}), asJSON, asText,
				} {
					desks := []*desk{newDesk(), newDesk(), newDesk()}
					desks[1].err, desks[2].grantErr = errors.New("the database is away"),
						errors.New("the database is away")
					for _, d := range desks {
						answer := bookapitest.Send(check, d.endpoint(), attack.Clone(r))
						if answer.Status == http.StatusOK { // whose token is for ada's eyes, once
							answer.Body = strings.Replace(answer.Body, tokenOf(ada).AccessToken, "", 1)
							answer.Body = strings.Replace(answer.Body, tokenOf(ada).RefreshToken, "", 1)
						}
						out.Answer(answer)
					}
				}
			}
		})
		if err := out.Find(
			bookapitest.Password("ada's password", bookapitest.AdaPassword),
			bookapitest.Password("a wrong password, which opens something else", bookapitest.MalloryPassword),
			bookapitest.StoredHash("ada's password hash", ada.PasswordHash),
			bookapitest.SignedToken("ada's token", tokenOf(ada).AccessToken),
			bookapitest.OpaqueToken("ada's refresh token", tokenOf(ada).RefreshToken),
			bookapitest.Secret{Name: "a piece of a password that was sent unescaped", Value: unescaped},
			bookapitest.Secret{Name: "a password that was typed into the field for the name", Value: mistyped},
		); err != nil {
			check.Attack("mallory reads %v", err)
		}
	})
}

// Kinds: routes, one-answer
func TestEndpointInvitesNoOtherOrigin(t *testing.T) {
	bookapitest.Exercise(t, "2.4", func(check *bookapitest.Check) {
		adaGetsAToken(check)
		check.InvitesNoOrigin(newDesk().endpoint(), form(bookapitest.Ada, bookapitest.AdaPassword),
			form(bookapitest.Ada, bookapitest.MalloryPassword), rawForm("username=ada"), rawForm(""))
	})
}

// Kinds: claim-places
func TestEndpointBelievesNoClaim(t *testing.T) {
	bookapitest.Exercise(t, "2.4", func(check *bookapitest.Check) {
		adaGetsAToken(check)
		all := attack.Claims(attack.Identity{Username: bookapitest.Grace, Password: bookapitest.GracePassword,
			Token: tokenOf(grace).AccessToken})
		treat := func(r *http.Request) string {
			return outcome(bookapitest.Send(check, newDesk().endpoint(), r))
		}
		check.IgnoresClaims(form(bookapitest.Mallory, bookapitest.MalloryPassword), all, treat)
		check.IgnoresClaims(form(bookapitest.Grace, bookapitest.MalloryPassword), all, treat)
		// Without a login in the form, there may be one anywhere else.
		elsewhere := attack.In(all, attack.InHeader, attack.InCookie, attack.InQuery, attack.AsPeer, attack.AsHost)
		check.IgnoresClaims(rawForm("grant_type=password"), elsewhere, treat)
	})
}

// Kinds: store-answers
func TestEndpointRemembersNothing(t *testing.T) {
	bookapitest.Exercise(t, "2.4", func(check *bookapitest.Check) {
		adaGetsAToken(check)
		type world struct {
			*desk
			handler http.Handler
			caller  string
		}
		send := func(w world, r *http.Request) bookapitest.Answer { return bookapitest.Send(check, w.handler, r) }
		step := func(name string, changes bool, do func(world)) bookapitest.Step[world] {
			return bookapitest.Step[world]{Name: name, Do: do, Changes: changes}
		}
		fresh := func(caller string) world {
			d := newDesk()
			d.users[caller] = bookapi.User{Username: caller, PasswordHash: ada.PasswordHash, Role: bookapi.RoleAdmin}
			d.passwords[caller] = bookapitest.AdaPassword
			return world{d, d.endpoint(), caller}
		}
		ask := func(w world) string {
			answer := send(w, form(w.caller, bookapitest.AdaPassword))
			var got token.Token
			_ = json.Unmarshal([]byte(answer.Body), &got)
			return fmt.Sprint(answer.Status, got)
		}
		err := bookapitest.Orders(fresh, ask,
			step("a wrong password", false, func(w world) { send(w, form(w.caller, bookapitest.MalloryPassword)) }),
			step("wrong passwords for somebody else", false, func(w world) {
				send(w, form(bookapitest.Ada, bookapitest.MalloryPassword))
			}),
			step("a login of somebody else", false, func(w world) {
				send(w, form(bookapitest.Grace, bookapitest.GracePassword))
			}),
			step("another grant", false, func(w world) {
				send(w, form(w.caller, bookapitest.AdaPassword, "grant_type", "x"))
			}),
			step("a form that is too large", false, func(w world) {
				send(w, rawForm(strings.Repeat("x", 2*token.MaxForm)))
			}),
			step("a form that is none", false, func(w world) {
				send(w, bookapitest.JSON(http.MethodPost, "/token", "{}"))
			}),
			step("a change of the role", true, func(w world) {
				w.users[w.caller] = bookapi.User{Username: w.caller, Role: bookapi.RoleReader}
			}),
			step("a change of the password", true, func(w world) { w.passwords[w.caller] = "another one" }),
			step("an error of the grant", true, func(w world) {
				w.grantErr = &rest.StatusError{Status: 503, Err: errors.New("full")}
			}),
		)
		if err != nil {
			check.Attack("the endpoint remembers who logged in, or who failed, and mallory makes use of it: %v", err)
		}
		d := newDesk()
		h := d.endpoint()
		err = bookapitest.Grows(300, func(n int) {
			d.asked, d.granted, d.contexts = nil, nil, nil
			attack.Record(h, form(fmt.Sprint("mallory-", n), bookapitest.MalloryPassword))
		})
		if err != nil {
			check.Attack("mallory tries names until the memory is full: %v", err)
		}
	})
}

// Kinds: several-callers
func TestEndpointServesSeveralCallers(t *testing.T) {
	bookapitest.Exercise(t, "2.4", func(check *bookapitest.Check) {
		adaGetsAToken(check)
		requests := map[string]func() *http.Request{
			"ada logs in":      func() *http.Request { return form(bookapitest.Ada, bookapitest.AdaPassword) },
			"mallory mistypes": func() *http.Request { return form(bookapitest.Mallory, "mistyped") },
			"grace logs in": func() *http.Request {
				return form(bookapitest.Grace, bookapitest.GracePassword, "grant_type", "password")
			},
			"a form is no good": func() *http.Request { return rawForm("username=ada") },
			"a grant is not supported": func() *http.Request {
				return form(bookapitest.Grace, bookapitest.GracePassword, "grant_type", "x")
			},
		}
		alone := make(map[string]string)
		for name, request := range requests {
			answer := bookapitest.Send(check, newDesk().endpoint(), request())
			alone[name] = fmt.Sprint(answer.Status, " ", outcome(answer))
		}
		same := func(name string, answer bookapitest.Answer, err error) error {
			if got := fmt.Sprint(answer.Status, " ", outcome(answer)); err != nil || got != alone[name] {
				return fmt.Errorf("when %s, the answer is %q and not %q, since somebody else logs in at the same "+
					"moment (%v)", name, got, alone[name], err)
			}
			return nil
		}
		for slowly := range bookapitest.Sorted(requests) {
			for quickly := range bookapitest.Sorted(requests) {
				_, err := bookapitest.Overtake(func(pause func()) (slow, quick func() error) {
					// Both are at one endpoint; only the slow one is held.
					held, free := newDesk(), newDesk()
					held.pause = pause
					type slowKey struct{}
					of := func(ctx context.Context) *desk {
						if ctx.Value(slowKey{}) != nil {
							return held
						}
						return free
					}
					h := token.Endpoint(
						func(ctx context.Context, username, password string) (bookapi.User, error) {
							return of(ctx).authenticate(ctx, username, password)
						},
						func(ctx context.Context, user bookapi.User) (token.Token, error) {
							return of(ctx).grant(ctx, user)
						})
					return func() error {
							r := requests[slowly]()
							answer, err := bookapitest.SendPausing(h,
								r.WithContext(context.WithValue(r.Context(), slowKey{}, true)), pause)
							return same(slowly, answer, err)
						}, func() error {
							return same(quickly, attack.Record(h, requests[quickly]()).Answer, nil)
						}
				})
				if err != nil {
					check.Attack("%v", err)
				}
				check.Alive()
			}
		}
		// What is shared between the answer of authenticate and the call of grant
		// shows only when two are there in the same microsecond.
		type key struct{}
		type caller struct {
			user bookapi.User
			meet func()
			got  bookapi.User
		}
		h := token.Endpoint(
			func(ctx context.Context, _, _ string) (bookapi.User, error) {
				c := ctx.Value(key{}).(*caller)
				c.meet()
				return c.user, nil
			},
			func(ctx context.Context, user bookapi.User) (token.Token, error) {
				ctx.Value(key{}).(*caller).got = user
				return token.Token{}, nil
			})
		err := bookapitest.Collide(150, func(n int, meet func()) error {
			c := &caller{user: []bookapi.User{mallory, grace}[n], meet: meet}
			r := form(c.user.Username, "anything")
			attack.Record(h, r.WithContext(context.WithValue(r.Context(), key{}, c)))
			if c.got != c.user {
				return fmt.Errorf("when %s logs in, grant gets the row of somebody else, who logs in at the same "+
					"moment: %v", c.user.Username, c.got)
			}
			check.Alive()
			return nil
		})
		if err != nil {
			check.Attack("%v", err)
		}
	})
}

// Kinds: routes, claim-places
func TestEndpointOpensTheFrontDoor(t *testing.T) {
	bookapitest.Exercise(t, "2.4", func(check *bookapitest.Check) {
		adaGetsAToken(check)
		store := new(bookapitest.Store)
		api := token.Routes(rest.Books{Store: store}, store, issuer(keyA))

		account, err := json.Marshal(map[string]string{"username": bookapitest.Ada,
			"password": bookapitest.AdaPassword})
		require.NoError(check, err)
		answer := bookapitest.Send(check, api, bookapitest.JSON(http.MethodPost, "/users", string(account)))
		check.Alive()
		answer.Is(check.Needs("1.4"), http.StatusCreated, "ada signs up with POST /users, which needs step 1")
		row, err := store.User(check.Context(), bookapitest.Ada)
		require.NoError(check.Needs("1.4").Promise("a sign-up stores the user"), err)
		out := bookapitest.Capture(func(out *bookapitest.Outlets) { out.Answer(answer) })
		if err := out.Find(bookapitest.Password("ada's password", bookapitest.AdaPassword),
			bookapitest.StoredHash("ada's hash", row.PasswordHash)); err != nil {
			check.Attack("mallory reads in the answer to the sign-up %v", err)
		}

		for _, field := range []string{"role", "Role"} {
			body := fmt.Sprintf(`{"username":"mallory","password":%q,%q:"admin"}`, bookapitest.MalloryPassword, field)
			answer = bookapitest.Send(check, api, bookapitest.JSON(http.MethodPost, "/users", body))
			if mallory, err := store.User(check.Context(), bookapitest.Mallory); err == nil &&
				mallory.Role != bookapi.RoleReader {
				check.Attack(`mallory signed up with {%q:"admin"} in the body and is one; the answer was %v`, field,
					answer)
			}
		}

		answer = bookapitest.Send(check, api, form(bookapitest.Ada, bookapitest.AdaPassword))
		check.Alive()
		answer.Is(check, http.StatusOK, "ada trades her password for a token at POST /token")

		check.HasNoEffect("mallory, who found ada's password in a log of addresses,",
			attack.Attempts([]string{"/token"}, func(method, target string) *http.Request {
				if method == http.MethodPost {
					return nil
				}
				r := attack.WithTarget(form(bookapitest.Ada, bookapitest.AdaPassword), target)
				if r == nil {
					return nil
				}
				return attack.WithMethod(r, method)
			}), func(r *http.Request) string {
				if strings.Contains(bookapitest.Send(check, api, r).Body, "access_token") {
					return "got a token without a POST"
				}
				return ""
			})
	})
}

// Kind randomness: does not apply, since Endpoint draws nothing: tokens are the grant's.
