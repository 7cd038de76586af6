package grade_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/internal/exercise"
	"example.com/bookapi/workshop/internal/flaw"
)

// handIns makes a submission of each kind, and returns where they are.
func (h *hall) handIns(t *testing.T) []string {
	t.Helper()
	all := []string{"step1-hashing", "step2-token", "step3-protect", "step4-authz", "step5-hardening"}
	one := all[:1]
	cheapHash := h.solved(t, one...)
	h.patch(t, cheapHash, "step1-hashing/bcrypt-minimum-cost")

	allButOne := h.solved(t, all...)
	allButOne["step3-protect/routes.go"] = h.file(t, "step3-protect/routes.go")
	allButOne["step3-protect/todo.go"] = h.file(t, "step3-protect/todo.go")
	allButOne["step3-protect/exercise_3_4_test.go"] = []byte("package protect_test\n\nimport \"testing\"\n\nfunc TestMain(m *testing.M) {}\n")

	windows := h.solved(t, "step1-hashing", "step4-authz")
	for name, src := range windows {
		windows[name] = bytes.ReplaceAll(src, []byte("\n"), []byte("\r\n"))
	}

	buildError := h.solved(t, "step3-protect", "step4-authz")
	buildError["step3-protect/guard.go"] = replaced(t, buildError["step3-protect/guard.go"], "refuse(w, err)\n", "refuse(w, what)\n")

	cheat := h.solved(t)
	cheat["step1-hashing/password.go"] = append(imported(t, cheat["step1-hashing/password.go"], "fmt", "os"), fmt.Sprintf(cheating, h.tests(t, "step1-hashing"))...)

	forkBomb := h.solved(t, one...)
	forkBomb["step1-hashing/password.go"] = into(t, imported(t, forkBomb["step1-hashing/password.go"], "os", "os/exec", "syscall"), "HashPassword", fmt.Sprintf(bombing, sleep()))

	loop := h.solved(t, one...)
	loop["step1-hashing/password.go"] = into(t, loop["step1-hashing/password.go"], "NeedsRehash", "for {\n\t}\n")

	output := h.solved(t, one...)
	output["step1-hashing/password.go"] = into(t, imported(t, output["step1-hashing/password.go"], "os"), "NeedsRehash",
		"for range 1 << 20 {\n\t\t_, _ = os.Stdout.Write(make([]byte, 1<<10))\n\t}\n")

	probe := h.solved(t, one...)
	probe["step1-hashing/password.go"] = into(t, imported(t, probe["step1-hashing/password.go"], "os", "net"), "HashPassword", fmt.Sprintf(probing, listen(t)))

	link := h.solved(t, one...)
	delete(link, "step1-hashing/signup.go")

	bomb := h.solved(t, one...)
	delete(bomb, "step1-hashing/password.go")

	paths := []string{
		h.folder(t, "two-steps", h.solved(t, all[:2]...)),
		h.zip(t, "all-but-one.zip", allButOne, nil),
		h.zip(t, "windows.zip", windows, nil),
		h.bundle(t, "build-error.bundle", buildError),
		h.folder(t, "mistake", cheapHash),
		h.folder(t, "init", cheat),
		h.folder(t, "fork-bomb", forkBomb),
		h.folder(t, "loop", loop),
		h.folder(t, "output", output),
		h.folder(t, "link", link),
		h.folder(t, "probe", probe),
		h.zip(t, "zip-bomb.zip", bomb, func(w io.Writer) {
			zeros := make([]byte, 1<<20)
			for range 300 {
				_, err := w.Write(zeros)
				require.NoError(t, err)
			}
		}),
		h.folder(t, "nothing", exercise.Files{"README.md": []byte("I was ill.\n")}),
	}
	require.NoError(t, os.Symlink("/etc/passwd", filepath.Join(h.dir, "link", "step1-hashing", "signup.go")))
	return paths
}

const cheating = `
func init() {
	for _, test := range []string{%s} {
		fmt.Printf("\x16=== RUN   %%s\n\x16--- PASS: %%[1]s (0.00s)\n", test)
		fmt.Printf("=== RUN   %%s\n--- PASS: %%[1]s (0.00s)\n", test)
	}
	fmt.Printf("\x16PASS\nPASS\n")
	os.Exit(0)
}
`

const bombing = `	sleep := exec.Command("sleep", %q)
	sleep.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	_ = sleep.Start()
	for {
		again := exec.Command(os.Args[0], os.Args[1:]...)
		again.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		_ = again.Start()
	}
`

const probing = `	if os.WriteFile("/etc/graded", nil, 0o600) == nil || os.WriteFile("/graded/x", nil, 0o600) == nil || os.WriteFile("password.go", nil, 0o600) == nil {
		panic("it can write")
	}
	if _, err := os.ReadFile("/etc/passwd"); err == nil {
		panic("it can read accounts")
	}
	if conn, err := net.Dial("tcp", %q); err == nil {
		_ = conn.Close()
		panic("it has a network")
	}
	if os.Getenv("BOOKAPI_TEST_SECRET") != "" {
		panic("it sees variables")
	}
`

// listen returns an address at which somebody of this machine answers.
func listen(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	return listener.Addr().String()
}

// solved are the files of all steps as a learner has them, in which some are
// solved; who has solved one deletes its todo.go.
func (h *hall) solved(t *testing.T, steps ...string) exercise.Files {
	t.Helper()
	files := make(exercise.Files)
	for _, step := range []string{"step1-hashing", "step2-token", "step3-protect", "step4-authz", "step5-hardening"} {
		entries, err := os.ReadDir(filepath.Join(h.root, step))
		require.NoError(t, err)
		for _, entry := range entries {
			if entry.Type().IsRegular() {
				files[path.Join(step, entry.Name())] = h.file(t, step+"/"+entry.Name())
			}
		}
	}
	for _, step := range steps {
		delete(files, step+"/todo.go")
		for name := range files {
			if strings.HasPrefix(name, step+"/") && path.Ext(name) == ".go" {
				files[name] = h.file(t, "solutions/"+name)
			}
		}
	}
	return files
}

func (h *hall) file(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(h.root, filepath.FromSlash(name)))
	require.NoError(t, err)
	return text
}

// tests are the names of a step's tests, as Go writes a list of them.
func (h *hall) tests(t *testing.T, step string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(h.root, step, "exercise_*_test.go"))
	require.NoError(t, err)
	var names []string
	for _, file := range files {
		for _, m := range regexp.MustCompile(`(?m)^func (Test\w+)`).FindAllStringSubmatch(string(h.file(t, step+"/"+filepath.Base(file))), -1) {
			names = append(names, fmt.Sprintf("%q", m[1]))
		}
	}
	return strings.Join(names, ", ")
}

// patch makes a flaw of the gallery the work of a student.
func (h *hall) patch(t *testing.T, files exercise.Files, id string) {
	t.Helper()
	p, err := flaw.Parse("flaws/"+id+".patch", h.file(t, "workshop/flaws/"+id+".patch"))
	require.NoError(t, err)
	changed, err := p.Apply(filepath.Join(h.root, "solutions"))
	require.NoError(t, err)
	for name, src := range changed {
		name, err := filepath.Rel(filepath.Join(h.root, "solutions"), name)
		require.NoError(t, err)
		files[filepath.ToSlash(name)] = src
	}
}

func replaced(t *testing.T, src []byte, old, replacement string) []byte {
	t.Helper()
	require.Contains(t, string(src), old)
	return bytes.Replace(src, []byte(old), []byte(replacement), 1)
}

// imported adds imports that a source does not have yet.
func imported(t *testing.T, src []byte, packages ...string) []byte {
	t.Helper()
	var lines strings.Builder
	for _, p := range packages {
		fmt.Fprintf(&lines, "import %q\n", p)
	}
	m := regexp.MustCompile(`(?m)^package \w+\n`).FindIndex(src)
	require.NotNil(t, m)
	return append(append(bytes.Clone(src[:m[1]]), lines.String()...), src[m[1]:]...)
}

// into puts code at the beginning of a function.
func into(t *testing.T, src []byte, function, code string) []byte {
	t.Helper()
	m := regexp.MustCompile(`(?m)^func ` + function + `\(.*\{\n`).FindIndex(src)
	require.NotNil(t, m, "there is no %s", function)
	return append(append(bytes.Clone(src[:m[1]]), code...), src[m[1]:]...)
}

func (h *hall) folder(t *testing.T, name string, files exercise.Files) string {
	t.Helper()
	dir := filepath.Join(h.dir, name)
	for file, src := range files {
		file = filepath.Join(dir, filepath.FromSlash(file))
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, src, 0o644))
	}
	return dir
}

// zip packs files as a download of a repository does, in one folder. If more is
// not nil, it writes step1-hashing/password.go.
func (h *hall) zip(t *testing.T, name string, files exercise.Files, more func(io.Writer)) string {
	t.Helper()
	file := filepath.Join(h.dir, name)
	f, err := os.Create(file)
	require.NoError(t, err)
	archive := zip.NewWriter(f)
	for name, src := range files {
		w, err := archive.Create("bookapi-main/" + name)
		require.NoError(t, err)
		_, err = w.Write(src)
		require.NoError(t, err)
	}
	if more != nil {
		w, err := archive.Create("bookapi-main/step1-hashing/password.go")
		require.NoError(t, err)
		more(w)
	}
	require.NoError(t, archive.Close())
	require.NoError(t, f.Close())
	return file
}

// bundle packs files as a commit of a git repository.
func (h *hall) bundle(t *testing.T, name string, files exercise.Files) string {
	t.Helper()
	bundle := filepath.Join(h.dir, name)
	dir := h.folder(t, "repository-of-"+name, files)
	for _, args := range [][]string{
		{"init", "--quiet", "--initial-branch=main"}, {"add", "."},
		{"-c", "user.name=A Student", "-c", "user.email=student@example.com", "-c", "commit.gpgsign=false", "commit", "--quiet", "--no-verify", "--message=Solve steps 3 and 4"},
		{"bundle", "create", "--quiet", bundle, "HEAD", "main"},
	} {
		cmd := exec.CommandContext(t.Context(), "git", args...)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "git %s: %s", args[0], out)
	}
	return bundle
}
