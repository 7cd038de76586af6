package bookapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi"
)

func TestWhichBooksAreValid(t *testing.T) {
	emma := bookapi.Book{Title: "Emma", Author: "Jane Austen", Year: 1815}
	with := func(change func(*bookapi.Book)) bookapi.Book {
		b := emma
		change(&b)
		return b
	}
	text := func(s string) bookapi.Book { return with(func(b *bookapi.Book) { b.Title = s }) }
	author := func(s string) bookapi.Book { return with(func(b *bookapi.Book) { b.Author = s }) }
	year := func(n int) bookapi.Book { return with(func(b *bookapi.Book) { b.Year = n }) }

	for name, b := range map[string]bookapi.Book{
		"a book":               emma,
		"no year":              year(0),
		"year 1":               year(1),
		"year 9999":            year(9999),
		"one letter":           text("V"),
		"200 code points":      text(strings.Repeat("é", 200)),
		"200 wide code points": author(strings.Repeat("📚", 200)),
		"joined emoji":         text("👩‍💻"),
		"quotes":               text(`'; DROP TABLE books; -- "`),
		"markup":               text("<script>alert(1)</script>"),
		"right to left":        author("עברית"),
	} {
		assert.NoError(t, b.Validate(), name)
	}

	for name, c := range map[string]struct {
		book  bookapi.Book
		field string
	}{
		"nothing":           {bookapi.Book{}, "title"},
		"no title":          {text(""), "title"},
		"blank title":       {text(" \t\u00a0\u3000"), "title"},
		"long title":        {text(strings.Repeat("x", 201)), "title"},
		"line break":        {text("Emma\nERROR"), "title"},
		"carriage return":   {text("Emma\rERROR"), "title"},
		"NUL":               {text("Emma\x00"), "title"},
		"escape":            {text("\x1b[31mEmma"), "title"},
		"delete":            {text("Emma\x7f"), "title"},
		"C1 control":        {text("Emma\u0085"), "title"},
		"not UTF-8":         {text("Emma\xff"), "title"},
		"no author":         {author(""), "author"},
		"long author":       {author(strings.Repeat("x", 201)), "author"},
		"control in author": {author("Jane\vAusten"), "author"},
		"year -1":           {year(-1), "year"},
		"year 10000":        {year(10000), "year"},
	} {
		err := c.book.Validate()
		var invalid *bookapi.InvalidError
		require.ErrorAs(t, err, &invalid, name)
		assert.Equal(t, c.field, invalid.Field, name)
		assert.NotEmpty(t, invalid.Reason, name)
		assert.ErrorIs(t, err, bookapi.ErrInvalid, name)
		assert.NotErrorIs(t, err, bookapi.ErrNotFound, name)
		assert.Equal(t, "bookapi: "+invalid.Field+" "+invalid.Reason, err.Error())
	}
}

func TestWhichNamesAreUsernames(t *testing.T) {
	for _, name := range []string{"ada", "grace", "mallory", "ab", "a1", "a.b-c_d", "a--", "x" + strings.Repeat("9", 31)} {
		assert.NoError(t, bookapi.ValidateUsername(name), name)
	}
	for _, name := range []string{
		"", "a", "Ada", "ADA", "1ada", ".ada", "-ada", "_ada", " ada", "ada ", "ada\n", "\nada", "ada\x00", "a da",
		"аda", "adа", "adá", "a\u0301da", "ada\u200b", "ａｄａ", "ada@example.com", "ada/../grace", "ada'--", "a\xff",
		"x" + strings.Repeat("9", 32), strings.Repeat("a", 1<<20),
	} {
		err := bookapi.ValidateUsername(name)
		assert.ErrorIs(t, err, bookapi.ErrInvalid, "%.40q", name)
	}
}

func TestAUserTravelsInTheContext(t *testing.T) {
	ada := bookapi.User{Username: "ada", Role: bookapi.RoleReader}
	grace := bookapi.User{Username: "grace", Role: bookapi.RoleAdmin}

	_, known := bookapi.UserFrom(t.Context())
	assert.False(t, known, "nobody has said who they are")
	ctx := bookapi.WithUser(t.Context(), ada)
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	u, known := bookapi.UserFrom(inner)
	assert.True(t, known)
	assert.Equal(t, ada, u)
	u, _ = bookapi.UserFrom(bookapi.WithUser(ctx, grace))
	assert.Equal(t, grace, u)
	u, _ = bookapi.UserFrom(ctx)
	assert.Equal(t, ada, u, "the outer context is as it was")
}

func TestNothingThatIsPrintedCarriesAHash(t *testing.T) {
	const hash = "$2a$12$secret"
	ada := bookapi.User{Username: "ada", PasswordHash: hash, Role: bookapi.RoleReader}
	inside := struct{ User bookapi.User }{ada}

	var log bytes.Buffer
	for _, handler := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
		slog.New(handler).Info("login", "user", ada, "pointer", &ada, "list", []bookapi.User{ada}, "inside", inside)
	}
	printed := map[string]string{"log": log.String(), "error": fmt.Errorf("login: %w: %v", errors.ErrUnsupported, ada).Error()}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%T %[1]v"} {
		printed[verb] = fmt.Sprintf(verb, ada)
		printed[verb+" of a pointer"] = fmt.Sprintf(verb, &ada)
		printed[verb+" of a list"] = fmt.Sprintf(verb, []bookapi.User{ada})
		printed[verb+" of a field"] = fmt.Sprintf(verb, inside)
	}
	text, err := json.Marshal(inside)
	require.NoError(t, err)
	printed["JSON"] = string(text)

	for how, text := range printed {
		assert.Contains(t, text, "ada", how)
		assert.NotContains(t, text, "secret", how)
		assert.NotContains(t, text, fmt.Sprintf("%x", "secret"), how)
	}
	assert.Contains(t, printed["log"], "user.username=ada user.role=reader")
	assert.JSONEq(t, `{"User":{"username":"ada","role":"reader"}}`, string(text))

	var posted bookapi.User
	require.NoError(t, json.Unmarshal([]byte(`{"username":"mallory","PasswordHash":"x","password_hash":"x","-":"x"}`), &posted))
	assert.Empty(t, posted.PasswordHash, "a hash can be sent in")
}

func TestAnExerciseThatWaitsNamesItself(t *testing.T) {
	err := fmt.Errorf("sign up: %w", bookapi.NotWritten("1.4"))
	var waiting bookapi.NotWritten
	require.ErrorAs(t, err, &waiting)
	assert.Equal(t, bookapi.NotWritten("1.4"), waiting)
	assert.Contains(t, err.Error(), "exercise 1.4")
}

// The driver takes a minute to compile. No lesson may wait for it.
func TestOnlyTheServerNeedsTheDriver(t *testing.T) {
	if testing.Short() {
		t.Skip("asks the go command")
	}
	deps := func(packages ...string) string {
		out, err := exec.CommandContext(t.Context(), "go", append([]string{"list", "-deps", "-test"}, packages...)...).Output()
		require.NoError(t, err)
		return string(out)
	}
	require.Contains(t, deps("./server"), "modernc.org/sqlite")
	assert.NotContains(t, deps(".", "./rest", "./memory", "./storetest", "./bookapitest"), "modernc.org/sqlite")
}
