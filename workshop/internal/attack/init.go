package attack

import (
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"text/template"
)

//go:embed profile.toml.tmpl
var profileText string

var profileTemplate = template.Must(template.New("profile").Funcs(template.FuncMap{"q": quoteTOML}).Parse(profileText))

// quoteTOML writes a text as a TOML string: a literal one, where that is possible.
func quoteTOML(text string) string {
	if !strings.ContainsAny(text, "'\n\r\x00") && strings.ContainsAny(text, `"\`) {
		return "'" + text + "'"
	}
	return strconv.Quote(text)
}

// WriteProfile writes a profile to a file, with comments, from what a document says.
// A file that is there is kept under another name, which it returns.
func WriteProfile(file, target, document string, p Profile) (kept string, err error) {
	p.complete()
	var text strings.Builder
	err = profileTemplate.Execute(&text, struct {
		Target, Document string
		Locked           []Operation
		Profile
	}{target, document, p.locked, p})
	if err != nil {
		return "", err
	}
	if _, err := parseProfile(file, text.String()); err != nil {
		return "", err
	}
	for i := 1; ; i++ {
		kept = fmt.Sprintf("%s.%d", file, i)
		if _, err := os.Lstat(kept); errors.Is(err, fs.ErrNotExist) {
			break
		} else if err != nil {
			return "", err
		}
	}
	switch err := os.Rename(file, kept); {
	case errors.Is(err, fs.ErrNotExist):
		kept = ""
	case err != nil:
		return "", err
	}
	f, err := os.OpenFile(filepath.Clean(file), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return kept, err
	}
	_, err = f.WriteString(text.String())
	return kept, errors.Join(err, f.Close())
}
