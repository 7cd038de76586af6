package docs_test

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/checks/internal/repository"
)

// out are terms that are not used in what learners read: an image that has to be
// decoded, a turn that is hard to read, or a second word for one thing.
var out = map[string]*regexp.Regexp{
	"hint, next hint":                        regexp.MustCompile(`(?i)\brungs?\b`),
	"more expensive":                         regexp.MustCompile(`(?i)\bdearer\b`),
	"separator":                              regexp.MustCompile(`(?i)\bseams?\b`),
	"one of two readings":                    regexp.MustCompile(`(?i)\btwo opinions\b`),
	"a person: a thief, a caller, those who": regexp.MustCompile(`(?i)\bwho(m|s)?ever\b`),
	"a plain verb":                           regexp.MustCompile(`(?i)\b(stands? in for it|takes both)\b`),
}

// The terms that are out are in no lesson, no hint, no stub and no command of the
// companion.
func TestTermsThatAreOut(t *testing.T) {
	t.Parallel()
	root := repository.Root(t)
	for _, name := range repository.Files(t) {
		dir, ext := path.Dir(name), path.Ext(name)
		step, _, _ := strings.Cut(name, "/")
		lesson := strings.HasPrefix(step, "step") && (ext == ".md" || ext == ".toml" || ext == ".go" && !strings.HasSuffix(name, "_test.go"))
		if !lesson && (dir != "workshop/companion" || strings.HasSuffix(name, "_test.go")) && name != "README.md" {
			continue
		}
		content, err := os.ReadFile(filepath.Join(root, name))
		require.NoError(t, err)
		n := 0
		for line := range strings.Lines(string(content)) {
			n++
			for instead, term := range out {
				if found := term.FindString(line); found != "" {
					t.Errorf("%s:%d: not %q, but %s", name, n, found, instead)
				}
			}
		}
	}
}
