package bookapitest_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi"
	"example.com/bookapi/bookapitest"
)

const (
	adasHash  = "$2a$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW"
	adasToken = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.k7Z0c2VjcmV0LXNpZ25hdHVyZS1vZi1hZGFzLXRva2Vu"
	refresh   = "fa0c1d2e3b4a5968.Zm9ydHktdHdvIGNoYXJhY3RlcnMgb2YgcmFuZG9tbmVzcw"
)

func secrets() []bookapitest.Secret {
	return []bookapitest.Secret{
		bookapitest.Password("ada's password", bookapitest.AdaPassword),
		bookapitest.Password("grace's password", bookapitest.GracePassword),
		bookapitest.Password("mallory's password", bookapitest.MalloryPassword),
		bookapitest.StoredHash("ada's hash", adasHash),
		bookapitest.SignedToken("ada's token", adasToken),
		bookapitest.OpaqueToken("ada's refresh token", refresh),
		bookapitest.SigningKey("the key", []byte("k9 Wq-zzA1 unguessable 77 bytes?")),
	}
}

func TestSecretIsFoundInEveryForm(t *testing.T) {
	const password = bookapitest.AdaPassword
	jsonOf := func(v any) string { text, _ := json.Marshal(v); return string(text) }
	reverse := func(text string) string {
		b := []byte(text)
		for i := range len(b) / 2 {
			b[i], b[len(b)-1-i] = b[len(b)-1-i], b[i]
		}
		return string(b)
	}
	numbers := make([]int, len(password))
	for i := range password {
		numbers[i] = int(password[i])
	}
	md, s1, s256, s512 := md5.Sum([]byte(password)), sha1.Sum([]byte(password)), sha256.Sum256([]byte(password)), sha512.Sum512([]byte(password))
	for form, texts := range map[string][]string{
		"as it is":                               {`msg="` + password + `"`},
		"in another letter case":                 {strings.ToUpper(password), strings.ToTitle(password)},
		"in hex":                                 {hex.EncodeToString([]byte(password)), fmt.Sprintf("%X", password), fmt.Sprintf("% x", password)},
		"URL-encoded":                            {url.QueryEscape(password), url.PathEscape(password)},
		"in base64":                              {base64.StdEncoding.EncodeToString([]byte(password)), jsonOf([]byte("x" + password)), base64.URLEncoding.EncodeToString([]byte("xy" + password + "z"))},
		"as a list of numbers":                   {fmt.Sprintf("%d", []byte(password)), jsonOf(numbers), fmt.Sprintf("%#v", numbers)},
		"as a list of hexadecimal numbers":       {fmt.Sprintf("%#v", []byte(password)), fmt.Sprintf("% #x", password), escaped(password)},
		"reversed":                               {reverse(password)},
		"with its halves swapped":                {password[15:] + password[:15]},
		"with its halves reversed":               {reverse(password[:15]) + reverse(password[15:])},
		"with other characters in between":       {strings.Join(strings.Split(password, ""), "-"), strings.ReplaceAll(password, " ", "_"), jsonOf(strings.Split(password, ""))},
		"by its first 9 characters":              {password[:15], password[:12]},
		"by its last 9 characters":               {password[15:]},
		"as its MD5 digest in hex":               {fmt.Sprintf("%x", md)},
		"as its SHA-1 digest in base64":          {base64.StdEncoding.EncodeToString(s1[:])},
		"as its SHA-256 digest in hex":           {fmt.Sprintf("%X", s256)},
		"as its SHA-512 digest in base64":        {base64.RawURLEncoding.EncodeToString(s512[:])},
		"as the beginning of its SHA-256 digest": {fmt.Sprintf("%x", s256[:8])},
		"as some digits of its SHA-1 digest":     {fmt.Sprintf("%x", s1)[:5], fmt.Sprintf("%X", s1)[:6], fmt.Sprintf("%x", s1)[35:]},
	} {
		for _, text := range texts {
			assert.Equal(t, form, bookapitest.Password("", password).In("user=ada "+text+" ok"), text)
		}
	}
	assert.Empty(t, bookapitest.Password("", password).In(fmt.Sprintf("%x", s1)[:4]+" "+fmt.Sprintf("%x", s1)[:5]+"yz"))
	assert.Equal(t, "in JSON", bookapitest.Leak(`{"p":"a\u003cb\u003eteapot\u0026"}`, "a<b>teapot&"))
	assert.Equal(t, "quoted", bookapitest.Leak(fmt.Sprintf("%q", "tea\x01pot\tüber"), "tea\x01pot\tüber"))
}

func escaped(text string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		fmt.Fprintf(&b, `\x%02x`, c)
	}
	return b.String()
}

func TestSecretIsFoundByWhatIsAsGood(t *testing.T) {
	signature := adasToken[strings.LastIndex(adasToken, ".")+1:]
	for _, test := range []struct {
		secret     bookapitest.Secret
		text, form string
	}{
		{bookapitest.SignedToken("", adasToken), signature, "by its signature"},
		{bookapitest.SignedToken("", adasToken), signature[:20], "by its first 8 characters"},
		{bookapitest.SignedToken("", adasToken), adasToken[:strings.LastIndex(adasToken, ".")], ""},
		{bookapitest.StoredHash("", adasHash), strings.TrimPrefix(adasHash, "$2a$12$"), "by its first 9 characters"},
		{bookapitest.StoredHash("", adasHash), "a hash of bcrypt, $2a$12$", ""},
		{bookapitest.OpaqueToken("", refresh), refresh[35:], ""}, // less than half
		{bookapitest.OpaqueToken("", refresh), refresh[17:], "by its second half"},
		{bookapitest.OpaqueToken("", refresh), "session=" + refresh[:16], ""},
		{bookapitest.SigningKey("", []byte("\x00\xffbinary\x80key of bytes")), "[0 255 98 105 110 97 114 121 128 107 101 121 32 111 102 32 98 121 116 101 115]", "as a list of numbers"},
	} {
		assert.Equal(t, test.form, test.secret.In(test.text), test.text)
	}
}

func TestFastDigestKnowsSaltedOnes(t *testing.T) {
	const word = bookapitest.AdaPassword
	salted := sha256.Sum256([]byte("s4lt" + word))
	raw := []byte{1, 2, 3, 250}
	behind := sha1.Sum(append([]byte(word), raw...))
	assert.Equal(t, "SHA-256", bookapitest.FastDigest(word, fmt.Sprintf("sha256$s4lt$%x", salted)))
	assert.Equal(t, "SHA-1", bookapitest.FastDigest(word, fmt.Sprintf("%x:%s", raw, base64.StdEncoding.EncodeToString(behind[:]))))
	assert.Equal(t, "SHA-256", bookapitest.FastDigest(word, fmt.Sprintf("s4lt.%x", salted[:10])))
	mac := hmac.New(sha256.New, []byte("s4lt"))
	mac.Write([]byte(word))
	assert.Equal(t, "SHA-256", bookapitest.FastDigest(word, fmt.Sprintf("s4lt.%x", mac.Sum(nil))))
	assert.Empty(t, bookapitest.FastDigest(word, adasHash))
}

// What honest programs log, answer and return.
var honest = []string{
	`time=2031-03-14T12:00:00Z level=WARN msg="login failed" user=ada address=198.51.100.66 error="token: wrong username or password"`,
	`{"time":"2031-03-14T12:00:00Z","level":"INFO","msg":"login succeeded","user":{"username":"ada","role":"reader"},"session":"fa0c1d2e3b4a5968"}`,
	`{"type":"about:blank","title":"Unprocessable Content","status":422,"detail":"password must have at least 15 characters; a few words make a good one"}`,
	`password must not be one that everybody tries first`, `password must not be longer than 72 bytes`, `the secret is shorter than 32 bytes`,
	`store: User: database 10.0.0.7:5432: bookapi: not found`, `sqlstore: find a user: bookapi: not available just now: dial tcp 10.0.0.7:5432: connection refused`,
	`msg="client who left before the answer" path=/books`, `{"error":"invalid_grant"}`, `Bearer realm="bookapi", error="invalid_token"`,
	`ada (reader)`, `token: token signature is invalid: signature is invalid`, `eyJhbGciOiJIUzI1NiJ9`, `{"alg":"HS256","kid":"key-a"}`, `$2a$12$`,
	`[{"id":1,"title":"The Seven Sisters","author":"Blue","year":1999}]`, `grace changed the role of mallory from reader to admin`,
	`goroutine 7 [running]: example.com/bookapi/step3-protect.RequireUser.func1.1({0x7f3c, 0xc000128000}, 0xc00013e000)`,
}

func TestSecretsAreNotFoundInHonestText(t *testing.T) {
	all := strings.Join(honest, "\n")
	for _, text := range append(honest, all, strings.ToUpper(all), strings.Repeat(all, 20)) {
		for _, secret := range secrets() {
			assert.Empty(t, secret.In(text), "%s in %.100q", secret.Name, text)
		}
	}
	random := bytes.Repeat([]byte(fmt.Sprintf("%x %x ", sha256.Sum256([]byte("a")), sha512.Sum512([]byte("b")))), 200)
	for _, secret := range secrets() {
		assert.Empty(t, secret.In(string(random)), secret.Name)
	}
}

func TestSecretsAreSoughtQuickly(t *testing.T) {
	text := strings.Repeat(strings.Join(honest, "\n"), 50) // 100 kB: more than any test logs
	took := bookapitest.Cost(func() {
		for _, secret := range secrets() {
			secret.In(text)
		}
	})
	assert.Less(t, took, time.Second, "%d bytes", len(text))
}

type rowError struct{ Row string }

func (rowError) Error() string { return "row not stored" }

func TestCaptureCollectsEveryOutlet(t *testing.T) {
	kept, own := log.New(os.Stderr, "", 0), slog.New(slog.NewTextHandler(os.Stdout, nil)) // made before, as a variable of a package is
	const password = bookapitest.AdaPassword
	for outlet, leak := range map[string]func(out *bookapitest.Outlets){
		"the standard output":            func(*bookapitest.Outlets) { fmt.Println(password) },
		"the standard output, by slog":   func(*bookapitest.Outlets) { own.Info("x", "p", password) },
		"the standard error output":      func(*bookapitest.Outlets) { fmt.Fprint(os.Stderr, password) },
		"the standard error output, log": func(*bookapitest.Outlets) { kept.Print(password) },
		"the log":                        func(*bookapitest.Outlets) { slog.Debug("login", "password", []byte(password)) },
		"the log, by log":                func(*bookapitest.Outlets) { log.Printf("%s", password) },
		"the injected log":               func(out *bookapitest.Outlets) { out.Logger().With("p", password).WithGroup("g").Debug("x") },
		"the returned error":             func(out *bookapitest.Outlets) { out.Error(fmt.Errorf("sign up: %w", errors.New(password))) },
		"the returned error, inside": func(out *bookapitest.Outlets) {
			out.Error(errors.Join(errors.New("x"), fmt.Errorf("y: %w", rowError{password})))
		},
		"the body of the answer": func(out *bookapitest.Outlets) { out.Answer(bookapitest.Answer{Body: password}) },
		"the header X-User of the answer": func(out *bookapitest.Outlets) {
			out.Answer(bookapitest.Answer{Header: http.Header{"X-User": {"ada", password}}})
		},
		"the row": func(out *bookapitest.Outlets) { out.Value("the row", struct{ Note string }{password}) },
	} {
		t.Run(outlet, func(t *testing.T) {
			silence(t)
			name, _, _ := strings.Cut(outlet, ", ")
			if os.Stdout == os.Stderr { // with go test -json
				name = strings.Replace(name, "the standard output", "the standard error output", 1)
			}
			found := bookapitest.Capture(leak).Find(secrets()...)
			require.ErrorContains(t, found, "ada's password in "+name+", ")
		})
	}
}

// silence sends what a test prints to nowhere: Capture prints it again.
func silence(t *testing.T) {
	t.Helper()
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	require.NoError(t, err)
	out, errs := *os.Stdout, *os.Stderr
	*os.Stdout, *os.Stderr = *null, *null
	t.Cleanup(func() { *os.Stdout, *os.Stderr = out, errs })
}

func TestCaptureFindsNothingInHonestText(t *testing.T) {
	silence(t)
	out := bookapitest.Capture(func(out *bookapitest.Outlets) {
		for _, text := range honest {
			slog.Info(text, "user", ada)
			out.Error(errors.New(text))
			out.Answer(bookapitest.Answer{Body: text, Header: http.Header{"X-Text": {text}}})
		}
		out.Value("the user", ada)
	})
	assert.NoError(t, out.Find(append(secrets(), bookapitest.StoredHash("ada's hash", ada.PasswordHash))...))
}

func TestCapturePutsEverythingBack(t *testing.T) {
	silence(t)
	stdout, stderr, logger, writer, flags := *os.Stdout, *os.Stderr, slog.Default(), log.Writer(), log.Flags()
	func() {
		defer func() { assert.Equal(t, "oh", recover()) }()
		bookapitest.Capture(func(*bookapitest.Outlets) { panic("oh") })
	}()
	assert.Equal(t, stdout, *os.Stdout)
	assert.Equal(t, stderr, *os.Stderr)
	assert.Equal(t, logger, slog.Default())
	assert.Equal(t, writer, log.Writer())
	assert.Equal(t, flags, log.Flags())
	assert.NotContains(t, bookapitest.Capture(func(*bookapitest.Outlets) { log.Print("a line") }).Text("the standard error output"), "a line")
}

// With go test -json the two are one file.
func TestCapturePutsBackOneFile(t *testing.T) {
	silence(t)
	stderr, own := os.Stderr, *os.Stdout
	os.Stderr = os.Stdout
	defer func() { os.Stderr = stderr }()
	bookapitest.Capture(func(*bookapitest.Outlets) {})
	assert.Equal(t, own, *os.Stdout)
}

func ExampleCapture() {
	signUp := func(name, password string) error {
		slog.Info("sign-up", "form", url.Values{"username": {name}, "password": {password}})
		return bookapi.Invalid("username", "must be another one")
	}
	out := bookapitest.Capture(func(out *bookapitest.Outlets) {
		out.Error(signUp(bookapitest.Ada, bookapitest.AdaPassword))
	})
	if found := out.Find(bookapitest.Password("ada's password", bookapitest.AdaPassword)); found != nil {
		fmt.Println("ATTACK SUCCEEDED: mallory reads", strings.Split(found.Error(), ":")[0])
	}
	// Output: ATTACK SUCCEEDED: mallory reads ada's password in the log, as it is
}

func TestQuotedFindsAPartOfASecret(t *testing.T) {
	t.Parallel()
	const secret = "xq7!Vkj2~zW9"
	assert.Equal(t, "xq7!", bookapitest.Quoted(`must have 15 characters, and "xq7!…" has 12`, secret, 3))
	assert.Equal(t, "zW9", bookapitest.Quoted("ends with zW9", secret, 3))
	assert.Equal(t, secret, bookapitest.Quoted("not "+secret, secret, 3))
	assert.Empty(t, bookapitest.Quoted("xq is two of them", secret, 3))
	assert.Empty(t, bookapitest.Quoted("anything", "xq", 3), "a secret that is shorter")
}

func TestDigestsAreWhatOthersPutInPlaceOfAWord(t *testing.T) {
	t.Parallel()
	sum := sha256.Sum256([]byte("a word"))
	digests := bookapitest.Digests("a word")
	assert.Equal(t, hex.EncodeToString(sum[:]), digests["its SHA-256 in hex"])
	assert.Equal(t, base64.StdEncoding.EncodeToString(sum[:]), digests["its SHA-256 in base64"])
	assert.Equal(t, string(sum[:]), digests["the bytes of its SHA-256"])
	assert.Len(t, digests, 25, "five digests, in five forms each")
}
