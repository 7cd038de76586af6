package server

import (
	"bytes"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi"
	"example.com/bookapi/sqlstore"
	"example.com/bookapi/sqlstore/pgtest"
)

// result is what came of a command.
type result struct {
	dir    string // where it ran
	stdout string
	stderr string
	code   int
}

// run runs the complete program as a process of its own in a directory, or in
// a new one.
func run(t *testing.T, dir, stdin string, env []string, args ...string) result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := child(t, append(env, childEnv+"=complete"), args...)
	if dir != "" {
		cmd.Dir = dir
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &stdout, &stderr
	if err := cmd.Run(); err != nil {
		require.ErrorAs(t, err, new(*exec.ExitError))
	}
	return result{cmd.Dir, stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

// user returns somebody from the database of a directory.
func user(t *testing.T, dir, username string) bookapi.User {
	t.Helper()
	store, err := sqlstore.Open(t.Context(), filepath.Join(dir, "bookapi.db"))
	require.NoError(t, err)
	defer func() { assert.NoError(t, store.Close()) }()
	u, err := store.User(t.Context(), username)
	require.NoError(t, err)
	return u
}

const phrase = "  grace's own long phrase "

func TestAnAdministratorIsMadeWithAPasswordFromStandardInput(t *testing.T) {
	for _, line := range []string{phrase + "\n", phrase + "\r\n", phrase, phrase + "\nand more\n"} {
		got := run(t, "", line, nil, "admin", "add", "grace")
		assert.Zero(t, got.code, got.stderr)
		assert.Contains(t, got.stdout, "grace")
		assert.NotContains(t, got.stdout+got.stderr, "own long")
		assert.Equal(t, bookapi.User{Username: "grace", PasswordHash: "hash of " + phrase, Role: bookapi.RoleAdmin}, user(t, got.dir, "grace"))
	}
}

func TestANameThatIsTakenIsNotTakenOver(t *testing.T) {
	first := run(t, "", phrase, nil, "admin", "add", "grace")
	require.Zero(t, first.code, first.stderr)
	second := run(t, first.dir, "another long phrase", nil, "admin", "add", "grace")
	assert.Equal(t, 1, second.code)
	assert.Contains(t, second.stderr, "bookapi admin promote grace")
	assert.Equal(t, "hash of "+phrase, user(t, first.dir, "grace").PasswordHash)
}

func TestSomebodyWhoHasAnAccountIsPromoted(t *testing.T) {
	dir := t.TempDir()
	store, err := sqlstore.Open(t.Context(), filepath.Join(dir, "bookapi.db"))
	require.NoError(t, err)
	require.NoError(t, store.CreateUser(t.Context(), bookapi.User{Username: "grace", PasswordHash: "her hash", Role: bookapi.RoleReader}))
	require.NoError(t, store.Close())

	got := run(t, dir, "", nil, "admin", "promote", "grace", "-db", "bookapi.db")
	assert.Zero(t, got.code, got.stderr)
	assert.Equal(t, "bookapi: grace is an administrator now (database bookapi.db)\n", got.stdout)
	assert.Equal(t, bookapi.User{Username: "grace", PasswordHash: "her hash", Role: bookapi.RoleAdmin}, user(t, dir, "grace"))

	store, err = sqlstore.Open(t.Context(), filepath.Join(dir, "bookapi.db"))
	require.NoError(t, err)
	require.NoError(t, store.SetDisabled(t.Context(), "grace", true, time.Now))
	require.NoError(t, store.Close())
	got = run(t, dir, "", nil, "admin", "promote", "grace")
	assert.Zero(t, got.code, got.stderr)
	assert.Contains(t, got.stdout, "the account is shut", "or grace wonders why she cannot log in")

	got = run(t, dir, "", nil, "admin", "promote", "ada")
	assert.Equal(t, 1, got.code)
	assert.Contains(t, got.stderr, "bookapi admin add ada")
}

func TestAKeyIsAllThatIsPrinted(t *testing.T) {
	got := run(t, "", "", nil, "keys", "new")
	assert.Zero(t, got.code)
	assert.Equal(t, "k1:secret\n", got.stdout)
	assert.Empty(t, got.stderr)
}

func TestACommandThatCannotBeDoneSaysWhyAndChangesNothing(t *testing.T) {
	const secret = "correct-horse-battery"
	for name, c := range map[string]struct {
		env   []string
		args  string
		stdin string
		code  int
		want  []string
	}{
		"password as an argument":        {nil, "admin add grace " + secret, "", 2, []string{"never", "standard input"}},
		"promotion with a password":      {nil, "admin promote grace " + secret, "", 2, []string{"never"}},
		"no name":                        {nil, "admin add", phrase, 2, []string{"admin add NAME"}},
		"bad name":                       {nil, "admin add Grace", phrase, 1, []string{"the username must"}},
		"no password":                    {nil, "admin add grace", "", 1, []string{"no password"}},
		"empty line":                     {nil, "admin add grace", "\n" + secret, 1, []string{"no password"}},
		"endless password":               {nil, "admin add grace", strings.Repeat("x", 1<<20), 1, []string{"too long"}},
		"password that is not UTF-8":     {nil, "admin add grace", "a long phrase\xff\xfe", 1, []string{"UTF-8"}},
		"promotion without a database":   {nil, "admin promote grace", "", 1, []string{"bookapi.db", "-db"}},
		"unknown command":                {nil, "serve", "", 2, []string{`"serve"`, "admin add", "admin promote", "keys new", "cert", "-h"}},
		"half a command":                 {nil, "keys", "", 2, []string{"keys new"}},
		"unknown flag":                   {nil, "admin add grace -password x", "", 2, []string{"-password", "-h"}},
		"argument too many for keys":     {nil, "keys new k2", "", 2, []string{`"k2"`}},
		"argument too many for cert":     {nil, "cert localhost", "", 2, []string{`"localhost"`, "-dir"}},
		"no such directory":              {nil, "cert -dir missing", "", 1, []string{"missing", "choose another directory with -dir"}},
		"two databases":                  {[]string{"DATABASE_URL=postgres://ada:" + secret + "@127.0.0.1:1/books"}, "-db x.db", "", 2, []string{"-db", "DATABASE_URL"}},
		"two databases for a command":    {[]string{"DATABASE_URL=postgres://ada:" + secret + "@127.0.0.1:1/books"}, "admin add grace -db x.db", phrase, 2, []string{"-db", "DATABASE_URL"}},
		"DATABASE_URL for something new": {[]string{"DATABASE_URL=oracle://ada:" + secret + "@127.0.0.1:1/books"}, "", "", 2, []string{"postgres://"}},
		"DATABASE_URL that is no URL":    {[]string{"DATABASE_URL=postgres://ada:" + secret + "%zz@127.0.0.1:x/books"}, "-addr 127.0.0.1:0", "", 1, []string{"postgres://", "malformed"}},
		"DATABASE_URL where nobody is":   {[]string{"DATABASE_URL=postgres://ada:" + secret + "@127.0.0.1:1/books"}, "-addr 127.0.0.1:0", "", 1, []string{"127.0.0.1:1"}},
		"certificate without a key":      {nil, "-tls-cert cert.pem", "", 2, []string{"-tls-key"}},
		"key without a certificate":      {nil, "-tls-key key.pem", "", 2, []string{"-tls-cert"}},
		"no such certificate":            {nil, "-tls-cert cert.pem -tls-key key.pem", "", 1, []string{"cert.pem", "-tls-cert"}},
		"metrics on a port":              {nil, "-metrics 9090", "", 2, []string{`"9090"`, "127.0.0.1:9090"}},
		"metrics for everybody":          {nil, "-addr 127.0.0.1:0 -metrics :9090", "", 1, []string{"127.0.0.1:9090"}},
		"metrics for the internet":       {nil, "-addr 127.0.0.1:0 -metrics 192.0.2.1:9090", "", 1, []string{"127.0.0.1:9090"}},
		"many mistakes at once":          {[]string{"BOOKAPI_KEYS=x"}, "", "", 1, []string{"\n  BOOKAPI_KEYS: key 1 is too short\n  BOOKAPI_ENV: is neither\n"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := run(t, "", c.stdin, c.env, strings.Fields(c.args)...)
			assert.Equal(t, c.code, got.code, got.stderr)
			assert.Empty(t, got.stdout)
			assert.Regexp(t, `^bookapi: [^\n]+(\n  [^\n]+)*\n$`, got.stderr)
			for _, want := range c.want {
				assert.Contains(t, got.stderr, want)
			}
			assert.NotContains(t, got.stderr, "horse", "a secret is on the screen")
			left, err := os.ReadDir(got.dir)
			require.NoError(t, err)
			assert.Empty(t, left, "a file was left behind")
		})
	}
}

func TestADatabaseOfPostgreSQLIsNamedWithoutItsPassword(t *testing.T) {
	raw := pgtest.Open(t)
	u, err := url.Parse(raw)
	require.NoError(t, err)
	password, _ := u.User.Password()
	require.NotEmpty(t, password)

	made := run(t, "", phrase, []string{"DATABASE_URL=" + raw}, "admin", "add", "grace")
	require.Zero(t, made.code, made.stderr)
	promoted := run(t, "", "", []string{"DATABASE_URL=" + raw}, "admin", "promote", "grace")
	require.Zero(t, promoted.code, promoted.stderr)
	r := start(t, openAPI(), defaultTimeouts, map[string]string{"DATABASE_URL": raw}, "-addr", "127.0.0.1:0")
	require.NoError(t, r.end())
	for _, said := range []string{made.stdout, promoted.stdout, r.hello} {
		assert.Contains(t, said, "(database PostgreSQL at "+u.Host+u.Path)
		assert.NotContains(t, said, password)
	}
	assert.NoFileExists(t, filepath.Join(made.dir, "bookapi.db"))
}

func TestHelpListsEverything(t *testing.T) {
	for _, args := range []string{"-h", "help", "admin add -h", "keys new -h", "cert --help"} {
		got := run(t, "", "", nil, strings.Fields(args)...)
		assert.Zero(t, got.code, args)
		for _, want := range []string{"-addr", "-db", "DATABASE_URL", "-tls-cert", "-tls-key", "-metrics", "admin add NAME", "admin promote NAME", "keys new", "cert [-dir DIR]"} {
			assert.Contains(t, got.stdout, want, args)
		}
	}
}

func TestAProgramHasNoCommandsThatItDoesNotKnow(t *testing.T) {
	for _, args := range [][]string{{"admin", "add", "grace"}, {"keys", "new"}, {"cert"}} {
		cmd := child(t, nil, args...)
		out, err := cmd.CombinedOutput()
		require.Error(t, err)
		assert.Contains(t, string(out), "an argument too many")
	}
	out, err := child(t, nil, "-h").Output()
	require.NoError(t, err)
	assert.NotContains(t, string(out), "commands")
}
