package doctor

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/internal/course/coursetest"
)

func TestACourseThatIsNotAsHandedOut(t *testing.T) {
	const code, test = "step1-alpha/alpha.go", "step1-alpha/alpha_test.go"
	for name, tt := range map[string]struct {
		change func(t *testing.T, root string)
		says   string // empty if nothing is wrong
	}{
		"nothing written yet": {func(*testing.T, string) {}, ""},
		"all solved":          {func(t *testing.T, root string) { coursetest.Solve(t, root) }, ""},
		"todo.go is deleted": {func(t *testing.T, root string) {
			coursetest.Solve(t, root)
			require.NoError(t, os.Remove(filepath.Join(root, "step1-alpha", "todo.go")))
		}, ""},
		"given code is moved to a file of its own": {func(t *testing.T, root string) {
			coursetest.Replace(t, root, code, "// Greeter greets.\ntype Greeter struct{}\n", "")
			coursetest.Write(t, root, "step1-alpha/greeter.go", "package alpha\n\n// Greeter greets.\ntype Greeter struct{}\n")
		}, ""},
		"line ends of Windows": {func(t *testing.T, root string) {
			coursetest.Replace(t, root, code, "// Greeter greets.\ntype Greeter struct{}\n", "// Greeter greets.\r\ntype Greeter struct{}\r\n")
		}, ""},
		"half typed": {func(t *testing.T, root string) {
			coursetest.Replace(t, root, code, "type Greeter struct{}", "type Greeter struct{")
		}, ""},
		"an older test": {func(t *testing.T, root string) {
			coursetest.Replace(t, root, test, "[]int{1, 2}", "[]int{1}")
		}, "In step1-alpha these are not as this version of the course hands them out: alpha_test.go."},
		"an older test, and half typed": {func(t *testing.T, root string) {
			coursetest.Replace(t, root, test, "[]int{1, 2}", "[]int{1}")
			coursetest.Replace(t, root, code, "type Greeter struct{}", "type Greeter struct{")
		}, "hands them out: alpha_test.go."},
		"a test that is gone": {func(t *testing.T, root string) {
			require.NoError(t, os.Remove(filepath.Join(root, filepath.FromSlash(test))))
		}, "hands them out: alpha_test.go."},
		"older given code": {func(t *testing.T, root string) {
			coursetest.Replace(t, root, code, "type Greeter struct{}", "type Greeter struct{ Name string }")
		}, "hands them out: alpha.go (Greeter)."},
	} {
		t.Run(name, func(t *testing.T) {
			root := coursetest.RepoWithReference(t)
			d := patient(t, root)
			tt.change(t, root)
			f := d.given(t.Context(), environment{})
			if tt.says == "" {
				assert.Equal(t, OK, f.State, f.Says)
				return
			}
			assert.Equal(t, Warn, f.State)
			assert.Contains(t, f.Says, tt.says)
			assert.Contains(t, f.Mend, "reset step1-alpha")
			assert.Equal(t, "step1-alpha: 1 differ", f.Fact)
		})
	}
}

func TestACourseThatHasMovedOn(t *testing.T) {
	course, root := t.TempDir(), coursetest.RepoWithReference(t)
	git := func(dir string, args ...string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "git", append([]string{"-c", "user.name=t", "-c", "user.email=t@example.com", "-C", dir}, args...)...)
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, string(out))
	}
	d := patient(t, root)
	assert.Equal(t, OK, d.given(t.Context(), environment{}).State, "no repository")
	git(root, "init", "-q", "-b", "main")
	git(root, "add", "-A")
	git(root, "commit", "-qm", "one")
	assert.Equal(t, OK, d.given(t.Context(), environment{}).State, "no remote")
	git(course, "clone", "-q", "--bare", root, "course.git")
	git(root, "remote", "add", "origin", filepath.Join(course, "course.git"))
	git(root, "fetch", "-q")
	git(root, "branch", "-q", "--set-upstream-to=origin/main")
	assert.Equal(t, OK, d.given(t.Context(), environment{}).State, "as new as the remote")
	git(root, "commit", "-q", "--allow-empty", "-m", "two")
	git(root, "push", "-q", "origin", "main")
	git(root, "reset", "-q", "--hard", "HEAD~1")
	f := d.given(t.Context(), environment{})
	assert.Equal(t, Warn, f.State)
	assert.Equal(t, "The course has moved on. Commits that git has fetched and you do not have: 1.", f.Says)
	assert.Contains(t, f.Mend, "git stash")
}
