package grade

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var testSteps = []string{"step1-alpha", "step2-beta"}

func read(t *testing.T, name string) (*HandIn, error) {
	t.Helper()
	return Read(t.Context(), name, testSteps, t.TempDir())
}

// zipped packs files whose names begin with a sign for their kind: "@" for a link.
func zipped(t *testing.T, files ...[2]string) string {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, file := range files {
		name, link := strings.CutPrefix(file[0], "@")
		h := &zip.FileHeader{Name: name, Method: zip.Deflate}
		h.SetMode(0o644)
		if link {
			h.SetMode(fs.ModeSymlink | 0o777)
		}
		entry, err := w.CreateHeader(h)
		require.NoError(t, err)
		_, err = io.WriteString(entry, file[1])
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	file := filepath.Join(t.TempDir(), "hand-in.zip")
	require.NoError(t, os.WriteFile(file, out.Bytes(), 0o600))
	return file
}

func TestAZipIsRead(t *testing.T) {
	t.Parallel()
	h, err := read(t, zipped(t,
		[2]string{"work/step1-alpha/alpha.go", "mine"},
		[2]string{"work/step1-alpha/deep/new.go", "new"},
		[2]string{"work/solutions/step1-alpha/alpha.go", "the reference"},
		[2]string{"work/step1-alpha/testdata/x.go", "data"},
		[2]string{"work/.git/step1-alpha/x.go", "git's"},
		[2]string{"work/old/work/step1-alpha/alpha.go", "a copy further in"},
		[2]string{"__MACOSX/work/step1-alpha/._alpha.go", "a Mac's"},
		[2]string{"work\\step2-beta\\beta.go", "from an old Windows"},
		[2]string{"work/README.md", "not of a step"},
		[2]string{"../step1-alpha/slip.go", "outside"},
		[2]string{"/step1-alpha/absolute.go", "outside"},
		[2]string{"work/../../step1-alpha/slip.go", "outside"},
		[2]string{"@work/step1-alpha/link.go", "/etc/passwd"},
		[2]string{"work/step2-beta/large.go", strings.Repeat("x", mostBytes+1)},
		[2]string{"work/step2-beta/twice.go", "a"},
		[2]string{"work/step2-beta/twice.go", "b"},
		[2]string{"work/step2-beta/" + strings.Repeat("long", mostPath) + ".go", "a"},
	))
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"alpha.go": "mine", "deep/new.go": "new"}, texts(h, "step1-alpha"))
	assert.Equal(t, map[string]string{"beta.go": "from an old Windows", "twice.go": "a"}, texts(h, "step2-beta"))
	assert.Equal(t, []string{
		"../step1-alpha/slip.go leads outside", "/step1-alpha/absolute.go leads outside", "step1-alpha/link.go is a link",
		"step2-beta/large.go is larger than 256 kB", "step2-beta/twice.go is there twice", "work/../../step1-alpha/slip.go leads outside",
	}, h.Refused)
}

func texts(h *HandIn, step string) map[string]string {
	all := make(map[string]string)
	for name, text := range h.Files[step] {
		all[name] = string(text)
	}
	return all
}

// What an archive says of its sizes is not believed: the bytes are counted that
// come out of it.
func TestAZipThatLiesAboutItsSize(t *testing.T) {
	t.Parallel()
	file := zipped(t, [2]string{"step1-alpha/alpha.go", strings.Repeat("\x00", 50<<20)}, [2]string{"step1-alpha/small.go", "a"})
	archive, err := os.ReadFile(file)
	require.NoError(t, err)
	at := bytes.Index(archive, []byte("PK\x01\x02")) // the first entry of the directory
	require.Positive(t, at)
	binary.LittleEndian.PutUint32(archive[at+24:], 10) // its size
	require.NoError(t, os.WriteFile(file, archive, 0o600))

	h, err := read(t, file)
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"small.go": "a"}, texts(h, "step1-alpha"))
	require.Len(t, h.Refused, 1)
	assert.Contains(t, h.Refused[0], "step1-alpha/alpha.go")
}

func TestABoundHoldsForAllTogether(t *testing.T) {
	t.Parallel()
	var many, large [][2]string
	for i := range mostFiles + 1 {
		many = append(many, [2]string{"step1-alpha/" + strings.Repeat("a", 1+i/100) + string(rune('0'+i%100)) + ".go", ""})
	}
	for i := range mostAll/mostBytes + 2 {
		large = append(large, [2]string{"step1-alpha/" + string(rune('A'+i)) + ".go", strings.Repeat("x", mostBytes)})
	}
	_, err := read(t, zipped(t, many...))
	assert.ErrorContains(t, err, "more than 1000 files")
	_, err = read(t, zipped(t, large...))
	assert.ErrorContains(t, err, "more than 16 MB")
}

func TestAFolderIsRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	secret := filepath.Join(t.TempDir(), "secret.go")
	require.NoError(t, os.WriteFile(secret, []byte("secret"), 0o600))
	for name, text := range map[string]string{
		"step1-alpha/alpha.go": "mine", "step1-alpha/.hidden/x.go": "hidden", ".workshop/kept/step1-alpha/alpha.go": "kept",
	} {
		require.NoError(t, os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	if err := os.Symlink(secret, filepath.Join(dir, "step1-alpha", "link.go")); err != nil {
		t.Skip("no symbolic links here: ", err)
	}
	require.NoError(t, os.Symlink(filepath.Dir(secret), filepath.Join(dir, "step2-beta")))

	h, err := read(t, dir)
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"alpha.go": "mine"}, texts(h, "step1-alpha"))
	assert.Empty(t, h.Files["step2-beta"])
	assert.Equal(t, []string{"step1-alpha/link.go is a link"}, h.Refused)

	link := filepath.Join(t.TempDir(), "link")
	require.NoError(t, os.Symlink(dir, link))
	_, err = read(t, link)
	assert.ErrorContains(t, err, "it is a link")
}

func TestWhatIsNoSubmissionIsNamed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text := filepath.Join(dir, "notes.txt")
	require.NoError(t, os.WriteFile(text, []byte("notes"), 0o600))
	for want, name := range map[string]string{
		"it holds no folder of a step, such as step1-alpha": dir,
		"it is no folder, no zip and no git repository":     text,
		"no such file": filepath.Join(dir, "nowhere"),
		"it holds the course more than once: in a and in b": zipped(t, [2]string{"a/step1-alpha/x.go", ""}, [2]string{"b/step1-alpha/x.go", ""}),
	} {
		_, err := read(t, name)
		assert.ErrorContains(t, err, want)
	}
	broken := filepath.Join(dir, "broken.zip")
	require.NoError(t, os.WriteFile(broken, []byte("PK\x03\x04 and no more"), 0o600))
	_, err := read(t, broken)
	assert.ErrorContains(t, err, "it is no zip that can be read")
}

// The settings of a repository that was handed in name programs, and none is run.
func TestARepositoryIsReadAndRunsNothing(t *testing.T) {
	t.Parallel()
	git := func(dir string, args ...string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "git", args...)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "git %s: %s", args[0], out)
	}
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("there is no git here")
	}
	work, bare := t.TempDir(), filepath.Join(t.TempDir(), "bare.git")
	git(work, "init", "--quiet", "--initial-branch=main")
	require.NoError(t, os.MkdirAll(filepath.Join(work, "step1-alpha"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(work, "step1-alpha", "alpha.go"), []byte("mine"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(work, ".gitattributes"), []byte("*.go filter=evil\n"), 0o600))
	git(work, "add", ".")
	git(work, "-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false", "commit", "--quiet", "--no-verify", "-m", "Hand in")
	git(work, "clone", "--quiet", "--bare", work, bare)
	ran := filepath.Join(t.TempDir(), "ran")
	for _, setting := range []string{"filter.evil.smudge", "uploadpack.packObjectsHook", "core.fsmonitor", "core.sshCommand", "core.pager"} {
		git(bare, "config", setting, "touch "+ran+"; cat")
	}

	h, err := read(t, bare)
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"alpha.go": "mine"}, texts(h, "step1-alpha"))
	assert.NoFileExists(t, ran)

	bundle := filepath.Join(t.TempDir(), "work.bundle")
	git(work, "bundle", "create", "--quiet", bundle, "HEAD", "main")
	h, err = read(t, bundle)
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"alpha.go": "mine"}, texts(h, "step1-alpha"))

	require.NoError(t, os.WriteFile(bundle, []byte("# v2 git bundle\nnonsense"), 0o600))
	_, err = read(t, bundle)
	assert.ErrorContains(t, err, "git cannot read it")
}
