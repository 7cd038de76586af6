package token_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi"
	. "example.com/bookapi/bookapitest"
	"example.com/bookapi/memory"
	"example.com/bookapi/rest"
	token "example.com/bookapi/step2-token"
)

// A porter stands in for Authenticate: it knows Ada's password, hashes
// nothing, and remembers what it was asked.
type porter struct{ asked []string }

func (p *porter) authenticate(_ context.Context, username, password string) (bookapi.User, error) {
	p.asked = append(p.asked, username+":"+password)
	if username != Ada || password != AdaPassword {
		return bookapi.User{}, token.ErrCredentials
	}
	return ada, nil
}

// login sends one form to an endpoint with a porter behind it.
func login(t *testing.T, form url.Values) Answer {
	t.Helper()
	return Send(t, token.Endpoint(issuer(keyA), new(porter).authenticate), Form("/token", form))
}

func credentials(username, password string) url.Values {
	return url.Values{"username": {username}, "password": {password}}
}

// adaGetsAToken makes sure that the honest request works, and returns the answer.
func adaGetsAToken(t *testing.T) Answer {
	t.Helper()
	answer := login(t, credentials(Ada, AdaPassword))
	require.Equal(Promise(t, "2.4", "POST /token answers 200 to ada's name and password, not: %v", answer), http.StatusOK, answer.Status)
	return answer
}

// fields reads a JSON object.
func fields(t *testing.T, answer Answer) (object map[string]any) {
	t.Helper()
	require.NoError(Promise(t, "2.4", "the answer is JSON, not: %v", answer), json.Unmarshal([]byte(answer.Body), &object))
	return object
}

func TestEndpointHandsOutAToken(t *testing.T) {
	answer := adaGetsAToken(t)
	got := fields(t, answer)
	raw, _ := got["access_token"].(string)
	require.NoError(Promise(t, "2.4", "access_token is a token signed by the issuer, not: %v", answer), verify(raw, keyA.Secret))
	assert.Equal(Promise(t, "2.4", "the token is ada's"), Ada, part(t, raw, 1)["sub"])
	assert.True(Promise(t, "2.4", "token_type is bearer, in any letter case (RFC 6749 §5.1)"), strings.EqualFold("bearer", fmt.Sprint(got["token_type"])))
	assert.EqualValues(Promise(t, "2.4", "expires_in is the token's lifetime in seconds"), int(lifetime.Seconds()), got["expires_in"])
}

func TestEndpointAnswersForNoCache(t *testing.T) {
	answer := adaGetsAToken(t)
	assert.Contains(Promise(t, "2.4", "no cache keeps a token: Cache-Control: no-store (RFC 6749 §5.1)"),
		strings.ToLower(answer.Header.Get("Cache-Control")), "no-store")
	assert.Contains(Promise(t, "2.4", "the answer is application/json"), answer.Header.Get("Content-Type"), "application/json")
}

func TestEndpointTakesThePasswordGrant(t *testing.T) {
	adaGetsAToken(t) // without a grant_type, as the guide's own request
	form := credentials(Ada, AdaPassword)
	form.Set("grant_type", "password")
	form.Set("scope", "anything") // unknown to us, and no reason to refuse
	answer := login(t, form)
	assert.Equal(Promise(t, "2.4", "grant_type=password is what RFC 6749 §4.3.2 asks for, not: %v", answer), http.StatusOK, answer.Status)

	form.Set("grant_type", "client_credentials")
	answer = login(t, form)
	require.Equal(Promise(t, "2.4", "another grant_type is a 400, not: %v", answer), http.StatusBadRequest, answer.Status)
	assert.Equal(Promise(t, "2.4", "the error has a code of RFC 6749 §5.2"), "unsupported_grant_type", fields(t, answer)["error"])
}

func TestEndpointGivesOneAnswerToStrangers(t *testing.T) {
	adaGetsAToken(t)
	wrong, unknown := login(t, credentials(Ada, MalloryPassword)), login(t, credentials(Mallory, MalloryPassword))
	if wrong.Status == http.StatusOK || unknown.Status == http.StatusOK {
		t.Fatalf("ATTACK SUCCEEDED: mallory got a token without ada's password: %v, %v", wrong, unknown)
	}
	require.Equal(Promise(t, "2.4", "wrong credentials answer 401, not: %v", wrong), http.StatusUnauthorized, wrong.Status)
	assert.NotEmpty(Promise(t, "2.4", "a 401 carries a WWW-Authenticate challenge (RFC 9110 §15.5.2)"), wrong.Header.Get("WWW-Authenticate"))
	assert.Equal(Promise(t, "2.4", "the error has a code of RFC 6749 §5.2"), "invalid_grant", fields(t, wrong)["error"])
	if !assert.ObjectsAreEqual(wrong, unknown) {
		t.Errorf("ATTACK SUCCEEDED: mallory tries names and reads from the answers who has an account:\nada:     %v %v\nmallory: %v %v",
			wrong, wrong.Header, unknown, unknown.Header)
	}
}

func TestEndpointReadsTheBodyOnly(t *testing.T) {
	query := "/token?" + credentials(Ada, AdaPassword).Encode()
	for what, r := range Sorted(map[string]*http.Request{
		"GET":                  Request(http.MethodGet, query),
		"POST":                 Request(http.MethodPost, query),
		"POST with a form":     Form(query, url.Values{"grant_type": {"password"}}),
		"POST, password there": Form("/token?username="+Ada, url.Values{"password": {AdaPassword}}),
	}) {
		t.Run(what, func(t *testing.T) {
			adaGetsAToken(t)
			answer := Send(t, token.Endpoint(issuer(keyA), new(porter).authenticate), r)
			if answer.Status == http.StatusOK {
				t.Fatalf("ATTACK SUCCEEDED: credentials in the address got a token: mallory reads %s in the proxy's log and logs in", r.URL)
			}
			assert.Less(Promise(t, "2.4", "a refused request is the client's mistake, not: %v", answer), answer.Status, 500)
		})
	}
}

func TestEndpointTakesFormsOnly(t *testing.T) {
	var multi bytes.Buffer
	w := multipart.NewWriter(&multi)
	require.NoError(t, w.WriteField("username", Ada))
	require.NoError(t, w.WriteField("password", AdaPassword))
	require.NoError(t, w.Close())
	for contentType, body := range Sorted(map[string]string{
		"application/json":        fmt.Sprintf(`{"username":%q,"password":%q}`, Ada, AdaPassword),
		"text/plain":              credentials(Ada, AdaPassword).Encode(),
		"":                        credentials(Ada, AdaPassword).Encode(),
		w.FormDataContentType():   multi.String(),
		"application/x-www-form-": credentials(Ada, AdaPassword).Encode(),
	}) {
		t.Run("not "+strings.SplitN(contentType+";", ";", 2)[0], func(t *testing.T) {
			adaGetsAToken(t)
			r := httptest.NewRequest(http.MethodPost, "/token", strings.NewReader(body))
			r.Header.Set("Content-Type", contentType)
			answer := Send(t, token.Endpoint(issuer(keyA), new(porter).authenticate), r)
			assert.True(Promise(t, "2.4", "a body that is no form is refused with a 4xx, not: %v", answer), answer.Status >= 400 && answer.Status < 500)
		})
	}
}

func TestEndpointRefusesACrookedForm(t *testing.T) {
	for what, body := range Sorted(map[string]string{
		"no username":      url.Values{"password": {AdaPassword}}.Encode(),
		"no password":      url.Values{"username": {Ada}}.Encode(),
		"two usernames":    credentials(Ada, AdaPassword).Encode() + "&username=" + Mallory,
		"two passwords":    "password=x&" + credentials(Ada, AdaPassword).Encode(),
		"two grant_types":  credentials(Ada, AdaPassword).Encode() + "&grant_type=password&grant_type=password",
		"nothing":          "",
		"broken encoding":  credentials(Ada, AdaPassword).Encode() + "&x=%zz",
		"an endless field": credentials(Ada, AdaPassword).Encode() + "&x=" + strings.Repeat("x", 2<<20),
	}) {
		t.Run(what, func(t *testing.T) {
			adaGetsAToken(t)
			answer := Send(t, token.Endpoint(issuer(keyA), new(porter).authenticate), rawForm(body))
			require.True(Promise(t, "2.4", "a form with %s is refused with a 4xx, not: %v", what, answer), answer.Status >= 400 && answer.Status < 500)
			if strings.Contains(answer.Body, "access_token") {
				t.Errorf("ATTACK SUCCEEDED: the answer to a form with %s is a refusal with a token behind it: %v", what, answer)
			}
		})
	}
}

func TestEndpointHashesNoMegabytes(t *testing.T) {
	adaGetsAToken(t)
	for _, length := range []int64{2 << 20, -1} { // as it is announced; -1: in chunks, without a length
		p := new(porter)
		r := rawForm(credentials(Ada, strings.Repeat("x", 2<<20)).Encode())
		r.ContentLength = length
		Send(t, token.Endpoint(issuer(keyA), p.authenticate), r)
		if len(p.asked) != 0 {
			t.Fatalf("ATTACK SUCCEEDED: mallory sent a password of two megabytes (Content-Length: %d) and it went on to the hash function: %d bytes", length, len(p.asked[0]))
		}
	}
}

func TestEndpointPassesOnWhatWasTyped(t *testing.T) {
	adaGetsAToken(t)
	const name, typed = " Ada", "  ünïcode + spaces & 100% = kept \t"
	p := new(porter)
	Send(t, token.Endpoint(issuer(keyA), p.authenticate), Form("/token", credentials(name, typed)))
	assert.Equal(Promise(t, "2.4", "name and password are checked exactly as they were typed (ASVS 6.2.8)"), []string{name + ":" + typed}, p.asked)
}

func TestEndpointKeepsItsTroublesToItself(t *testing.T) {
	adaGetsAToken(t)
	down := func(context.Context, string, string) (bookapi.User, error) {
		return bookapi.User{}, errors.New("dial tcp 10.0.0.7:5432: password of role bookapi rejected")
	}
	for what, endpoint := range Sorted(map[string]http.Handler{
		"the store is away":     token.Endpoint(issuer(keyA), down),
		"the key cannot sign":   token.Endpoint(issuer(token.Key{}), new(porter).authenticate),
		"both at the same time": token.Endpoint(issuer(token.Key{}), down),
	}) {
		answer := Send(t, endpoint, Form("/token", credentials(Ada, AdaPassword)))
		assert.GreaterOrEqual(Promise(t, "2.4", "if %s, that is the server's fault, not: %v", what, answer), answer.Status, 500)
		if strings.Contains(answer.Body, "10.0.0.7") {
			t.Errorf("ATTACK SUCCEEDED: mallory reads in the answer how our database is reached: %v", answer)
		}
	}
}

func TestEndpointLogsNoCredentials(t *testing.T) {
	adaGetsAToken(t)
	down := func(context.Context, string, string) (bookapi.User, error) {
		return bookapi.User{}, errors.New("the database is away")
	}
	var raw string
	text := logged(func() {
		raw, _ = fields(t, login(t, credentials(Ada, AdaPassword)))["access_token"].(string)
		login(t, credentials(Ada, MalloryPassword))
		Send(t, token.Endpoint(issuer(keyA), down), Form("/token", credentials(Grace, GracePassword)))
		Send(t, token.Endpoint(issuer(keyA), down), rawForm("password="+url.QueryEscape(GracePassword)))
	})
	for what, secret := range Sorted(map[string]string{
		"ada's password": AdaPassword, "a wrong password, which opens something else": MalloryPassword, "grace's password": GracePassword, "ada's token": raw,
	}) {
		if form := Leak(text, secret); form != "" {
			t.Errorf("ATTACK SUCCEEDED: mallory reads the server's log, and in it %s, %s: %s", what, form, text)
		}
	}
}

func TestEndpointOpensTheFrontDoor(t *testing.T) {
	t.Parallel()
	store := new(memory.Store)
	api := token.Routes(rest.Books{Store: store}, store, issuer(keyA))

	account, err := json.Marshal(map[string]string{"username": Ada, "password": AdaPassword})
	require.NoError(t, err)
	answer := Send(t, api, JSON(http.MethodPost, "/users", string(account)))
	require.Equal(Promise(t, "1.4", "ada signs up with POST /users, which needs step 1; not: %v", answer), http.StatusCreated, answer.Status)
	if form := Leak(answer.Body, AdaPassword); form != "" {
		t.Errorf("ATTACK SUCCEEDED: the answer to the sign-up holds ada's password, %s: %v", form, answer)
	}

	for _, body := range []string{
		`{"username":"mallory","password":"` + MalloryPassword + `","role":"admin"}`,
		`{"username":"mallory","password":"` + MalloryPassword + `","Role":"admin"}`,
	} {
		answer = Send(t, api, JSON(http.MethodPost, "/users", body))
		if mallory, err := store.User(t.Context(), Mallory); err == nil && mallory.Role != bookapi.RoleReader {
			t.Fatalf(`ATTACK SUCCEEDED: mallory signed up with {"role":"admin"} in the body and is one; the answer was %v`, answer)
		}
	}

	answer = Send(t, api, Form("/token", credentials(Ada, AdaPassword)))
	require.Equal(Promise(t, "2.4", "ada trades her password for a token at POST /token, not: %v", answer), http.StatusOK, answer.Status)

	answer = Send(t, api, Form("/token", credentials(Ada, MalloryPassword)))
	assert.Equal(Promise(t, "2.4", "mallory, who does not know it, gets 401, not: %v", answer), http.StatusUnauthorized, answer.Status)
}

// rawForm sends a body as it is and calls it a form.
func rawForm(body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/token", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}
