package main_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"example.com/bookapi/workshop/internal/course/coursetest"
)

// What a stick is made of, and that it works, is checked in workshop/checks/kit.
func TestKitStickRefuses(t *testing.T) {
	t.Parallel()
	program := buildWorkshop(t)
	root := coursetest.RepoWithReference(t)
	mistake(t, program, root, "kit stick", `Say which folder to make, as in "kit stick /media/ada/STICK/bookapi".`)
	mistake(t, program, root, "kit stick a b", `One thing at a time, please: "b" is too much.`)

	coursetest.Write(t, root, "mine/photo.jpg", "ada")
	coursetest.Write(t, root, "sums/go1.26.8.linux-amd64.tar.gz", "go")
	before := contents(t, root)
	for typed, want := range map[string]string{
		"kit stick mine --platform none":                    "mine has files of yours, and nothing of it is touched: name a new folder, such as",
		"kit stick new --platform windows/x86":              `there is no platform "windows/x86"`,
		"kit stick new --platform none --installers sums":   "sums has no file SHA256SUMS, so its installers cannot be checked",
		"kit stick gone/new --platform none":                "is the stick plugged in?",
		"kit stick step1-alpha/README.md --platform none":   "is no folder: name another one",
		"kit stick new --platform none --installers absent": "absent has no file SHA256SUMS",
	} {
		stdout, stderr, code := program.run(t, root, strings.Fields(typed)...)
		said := strings.Join(strings.Fields(stderr), " ")
		assert.Equal(t, 1, code, typed)
		assert.Empty(t, stdout, typed)
		assert.Contains(t, said, "is what it was: ", typed)
		assert.Contains(t, said, want, typed)
	}
	assert.Equal(t, before, contents(t, root))
	_, err := os.Stat(filepath.Join(root, "new"))
	assert.True(t, os.IsNotExist(err))
}
