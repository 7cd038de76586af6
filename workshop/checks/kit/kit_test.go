package kit_test

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/mod/modfile"

	"example.com/bookapi/workshop/checks/internal/repository"
	"example.com/bookapi/workshop/internal/course/coursetest"
	"example.com/bookapi/workshop/internal/doctor"
	"example.com/bookapi/workshop/internal/stick"
)

// A class without a network: an instructor makes a stick, and a learner goes from
// it to the first green exercise on another account, with empty caches.
func TestAClassWithoutANetwork(t *testing.T) {
	if testing.Short() {
		t.Skip("a stick that tests itself and a learner with empty caches take minutes")
	}
	tree := committed(t)
	fetchAll(t, tree)
	t.Setenv("GOPROXY", "off") // all of it is on this machine
	t.Setenv("GOWORK", "")

	dir := filepath.Join(coursetest.SharedFolder(t), "bookapi stick") // labels have spaces
	coursetest.Write(t, tree, "step1-hashing/password.go", "package hashing // half written\n")
	coursetest.Write(t, tree, "solutions.key.pem", "secret\n")
	coursetest.Write(t, tree, "notes.txt", "not added\n")
	var said []string
	made, err := stick.Maker{
		Root: tree, Dir: dir, Gopls: doctor.Gopls, Now: time.Now(),
		Doing: func(string) {}, Say: func(note string) { said = append(said, note) },
	}.Make(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []string{
		"Not committed, so the stick has the last commit's: step1-hashing/password.go.",
		"Not added to git, so not on the stick: notes.txt.",
	}, said)
	checkStick(t, dir, made)
	if runtime.GOOS == "windows" {
		t.Skip("START's lines for PowerShell are tested as text")
	}
	takeTheCourse(t, dir)
}

// An archive that is made without git has all files of the course, also those that
// have come since.
func TestAnArchiveWithoutGitHasTheWholeCourse(t *testing.T) {
	t.Parallel()
	tree := t.TempDir()
	repository.Copy(t, tree)
	archive := filepath.Join(t.TempDir(), stick.ArchiveFile)
	require.NoError(t, stick.Pack(tree, archive, func(note string) { t.Error(note) }))
	packed, err := zip.OpenReader(archive)
	require.NoError(t, err)
	defer func() { _ = packed.Close() }()
	got := make(map[string]bool)
	for _, f := range packed.File {
		got[strings.TrimPrefix(f.Name, "bookapi-workshop/")] = true
	}
	for _, name := range repository.Files(t) {
		assert.True(t, got[name], "%s is not in the archive: add what is new at the top to ownFiles in workshop/internal/stick", name)
	}
}

// committed is a git repository of the course.
func committed(t *testing.T) string {
	t.Helper()
	tree := t.TempDir()
	repository.Copy(t, tree)
	for _, args := range [][]string{
		{"init", "--quiet"}, {"add", "--all"},
		{"-c", "user.name=ada", "-c", "user.email=ada@example.com", "-c", "commit.gpgsign=false", "commit", "--quiet", "-m", "The course"},
	} {
		git := exec.CommandContext(t.Context(), "git", args...)
		git.Dir = tree
		out, err := git.CombinedOutput()
		require.NoError(t, err, "git %s: %s", args[0], out)
	}
	return tree
}

// fetchAll has all modules on this machine that a stick needs. Without a network,
// and with some of them missing, the test is skipped.
func fetchAll(t *testing.T, tree string) {
	t.Helper()
	download := func(dir string, modules ...string) string {
		t.Helper()
		out, err := coursetest.TryGo(t, dir, nil, append([]string{"mod", "download", "-json"}, modules...)...)
		if err != nil {
			coursetest.Lacks(t, "way to fetch the modules that are missing here:\n"+out)
		}
		return out
	}
	for _, workspace := range []string{".", "solutions"} {
		download(filepath.Join(tree, workspace))
	}
	scratch := t.TempDir()
	out := download(scratch, doctor.Gopls)
	var gopls struct{ Dir, GoMod string }
	require.NoError(t, json.Unmarshal([]byte(out), &gopls))
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join(gopls.Dir, name))
		require.NoError(t, err)
		coursetest.Write(t, scratch, name, string(text))
	}
	download(scratch)

	text, err := os.ReadFile(gopls.GoMod)
	require.NoError(t, err)
	mod, err := modfile.ParseLax("go.mod", text, nil)
	require.NoError(t, err)
	work, err := os.ReadFile(filepath.Join(tree, "go.work"))
	require.NoError(t, err)
	course, err := modfile.ParseWork("go.work", work, nil)
	require.NoError(t, err)
	assert.LessOrEqual(t, mod.Go.Version, course.Go.Version, "%s needs a newer Go than the course does", doctor.Gopls)
}

// checkStick looks at what lies on a stick.
func checkStick(t *testing.T, dir string, made stick.Stick) {
	t.Helper()
	files, bytes := 0, int64(0)
	require.NoError(t, fs.WalkDir(os.DirFS(dir), ".", func(_ string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			info, err := entry.Info()
			require.NoError(t, err)
			files, bytes = files+1, bytes+info.Size()
		}
		return err
	}))
	assert.Equal(t, files, made.Files)
	assert.Equal(t, bytes, made.Bytes)
	assert.NoDirExists(t, dir+".unfinished")
	t.Logf("a stick has %s in %d files", stick.Size(bytes), files)

	sums, err := os.ReadFile(filepath.Join(dir, stick.SumsFile))
	require.NoError(t, err)
	assert.Equal(t, files-1, strings.Count(string(sums), "\n"), "all files but the sums have one")
	for line := range strings.Lines(string(sums)) {
		sum, name, _ := strings.Cut(strings.TrimSpace(line), "  ")
		content, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		require.NoError(t, err)
		is := sha256.Sum256(content)
		assert.Equal(t, sum, hex.EncodeToString(is[:]), name)
	}

	want := make(map[string]bool) // what is committed, and so all of the course
	for _, name := range repository.Files(t) {
		want[name] = true
	}
	packed, err := zip.OpenReader(filepath.Join(dir, stick.ArchiveFile))
	require.NoError(t, err)
	defer func() { _ = packed.Close() }()
	for _, f := range packed.File {
		name := strings.TrimPrefix(f.Name, "bookapi-workshop/")
		delete(want, name)
		assert.NotContains(t, name, ".pem")
		assert.NotEqual(t, "notes.txt", name)
	}
	assert.Empty(t, want, "files of the course are not in the archive")

	clone := filepath.Join(t.TempDir(), "clone")
	out, err := exec.CommandContext(t.Context(), "git", "clone", "--quiet", filepath.Join(dir, stick.CloneDir), clone).CombinedOutput()
	require.NoError(t, err, "%s", out)
	head, err := exec.CommandContext(t.Context(), "git", "-C", clone, "rev-parse", "main").Output()
	require.NoError(t, err)
	assert.Equal(t, made.Course, strings.TrimSpace(string(head)))
}

// takeTheCourse types what START.txt says, as somebody else and without a network.
func takeTheCourse(t *testing.T, dir string) {
	t.Helper()
	start, err := os.ReadFile(filepath.Join(dir, "START.txt"))
	require.NoError(t, err)
	name := map[string]string{"linux": "Linux", "darwin": "macOS"}[runtime.GOOS]
	_, mine, ok := strings.Cut(string(start), "\r\n"+name+", in ")
	require.True(t, ok)
	var lines []string
	for _, number := range []string{"1", "2", "3"} {
		_, line, ok := strings.Cut(mine, "\r\nLine "+number+". ")
		require.True(t, ok)
		_, line, _ = strings.Cut(line, "\r\n\r\n      ")
		line, _, _ = strings.Cut(line, "\r\n")
		lines = append(lines, line)
	}
	// What takes long is compiled here for the exercise at hand alone.
	download, warm, ok := strings.Cut(lines[2], " && go run ./workshop doctor --warm")
	require.True(t, ok)
	require.Empty(t, warm)

	const hash = "go test ./step1-hashing -run TestHashPassword"
	script := strings.Join([]string{
		"set -e", lines[0], lines[1], download,
		"if " + hash + " >red; then echo 'green by itself'; exit 1; fi",
		"grep -q 'Promise broken (1.1)' red || { cat red; exit 1; }",
		"cp solutions/step1-hashing/password.go step1-hashing/password.go",
		hash,
		"go env -u GOPROXY",
	}, "\n")
	learner := exec.CommandContext(t.Context(), "sh", "-c", script)
	home := filepath.Join(coursetest.SharedFolder(t), "learner")
	require.NoError(t, os.MkdirAll(filepath.Join(home, "tmp"), 0o755))
	if os.Getuid() == 0 {
		if setpriv, err := exec.LookPath("setpriv"); err == nil {
			const nobody = 65534
			require.NoError(t, os.Chown(home, nobody, nobody))
			require.NoError(t, os.Chown(filepath.Join(home, "tmp"), nobody, nobody))
			learner.Args = append([]string{setpriv, "--reuid=65534", "--regid=65534", "--clear-groups"}, learner.Args...)
			learner.Path = setpriv
		}
		if unshare, err := exec.LookPath("unshare"); err == nil && exec.Command(unshare, "-n", "true").Run() == nil {
			learner.Args = append([]string{unshare, "-n"}, learner.Args...)
			learner.Path = unshare
		}
	}
	// Without a network of its own, nothing else answers than nobody.
	learner.Dir, learner.Env = dir, []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "TMPDIR=" + filepath.Join(home, "tmp"), "LANG=C.UTF-8",
		"HTTP_PROXY=http://127.0.0.1:9", "HTTPS_PROXY=http://127.0.0.1:9",
	}
	out, err := learner.CombinedOutput()
	require.NoError(t, err, "%s\n%s", script, out)
	assert.Contains(t, string(out), "ok  \texample.com/bookapi/step1-hashing")
}
