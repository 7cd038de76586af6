package docs_test

import (
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"

	"example.com/bookapi/workshop/checks/internal/document"
	"example.com/bookapi/workshop/checks/internal/repository"
)

// inOtherWords are the constructs of bash that PowerShell does not know, each with
// what shows it in the README's table.
var inOtherWords = []struct {
	construct *regexp.Regexp
	shown     string
}{
	{regexp.MustCompile(`^[A-Z]+=\$\((curl .*) \| cut -d '"' -f 4\)$`), "`TOKEN=$(curl … \\| cut -d '\"' -f 4)`"},
	{regexp.MustCompile(`^[A-Z]+=(?:…|\$[A-Z]+)$`), "`TOKEN=…`, `OLD=$REFRESH`"},
	{regexp.MustCompile(`^(?:export )?[A-Z_]+=(?:\$\((go run .*)\)|\S+|"\$NEW,\$BOOKAPI_KEYS:\S+")(?: CURL_CA_BUNDLE=\S+)?$`), "`export BOOKAPI_KEYS=$(go run …)`"},
	{regexp.MustCompile(`^(?:[A-Z_]+=\S+ )+(go run .*)$`), "`BOOKAPI_ENV=production go run …`"},
	{regexp.MustCompile(`^for guess in .*; do (curl .*); done; echo$`), "`for guess in one two; do curl …; done; echo`"},
	{regexp.MustCompile(`^(curl .*)-o /dev/null (.*)$`), "`-o /dev/null`"},
	{regexp.MustCompile(`^(curl .*)\$\{TOKEN%%\.\*\}(.*)\$\{TOKEN##\*\.\}(.*)$`), "`${TOKEN%%.*}`"},
	{regexp.MustCompile(`^echo .* \| base64 -d$`), "`base64 -d`"},
	{regexp.MustCompile(`^grep -a -o '[^']*' bookapi\.db$`), "`grep -a -o"},
}

// alike matches what both shells read in the same way: words, texts in quotation
// marks with whole variables in them, and a text that a program gets as its input.
var alike = regexp.MustCompile(`^(?:echo '[^']*' \| )?(?:go|curl|git)(?: (?:[\w./:@=-]+|\$[A-Z]+[\w/-]*|'[^']*'|"(?:[^"$]|\$\w+)*"))+$`)

// TestPowerShellIsToldWhatItReadsInAnotherWay keeps constructs of bash out of the
// lessons for which the README has no other words. No PowerShell runs here.
func TestPowerShellIsToldWhatItReadsInAnotherWay(t *testing.T) {
	t.Parallel()
	readme := read(t, repository.Root(t), "README.md")
	shown := make(map[string]bool)
	for _, step := range repository.Course(t).Steps {
		for _, block := range document.Blocks(t, step.Name+"/README.md") {
			for _, command := range block.Commands() {
				rest := command
				for _, other := range inOtherWords {
					if other.construct.MatchString(rest) {
						shown[other.shown] = true
						rest = other.construct.ReplaceAllString(rest, "$1$2$3")
					}
				}
				if rest != "" {
					assert.Regexp(t, alike, rest, "%s, line %d: %s", step.Name, block.Line, command)
				}
			}
		}
	}
	for _, other := range inOtherWords {
		assert.True(t, shown[other.shown], "no lesson has %s any more", other.shown)
		assert.Contains(t, readme, other.shown, "README.md does not say what %s is in PowerShell", other.shown)
	}
}
