package stick

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/diskspace"
	"example.com/bookapi/workshop/internal/course/coursetest"
)

func TestProxiesOfAllSystems(t *testing.T) {
	t.Parallel()
	for folder, want := range map[string]string{
		`/media/ada/STICK/modules`:      "file:///media/ada/STICK/modules",
		`/media/ada/USB DISK/modules`:   "file:///media/ada/USB%20DISK/modules",
		`/Volumes/50% off, #1/modules`:  "file:///Volumes/50%25%20off%2C%20%231/modules",
		`D:\bookapi\modules`:            "file:///D:/bookapi/modules",
		`D:\modules`:                    "file:///D:/modules",
		`\\server\share\stick\modules`:  "file://server/share/stick/modules",
		`C:\Users\ada\USB disk\modules`: "file:///C:/Users/ada/USB%20disk/modules",
	} {
		assert.Equal(t, want, Proxy(folder), folder)
	}
}

func TestNamesThatFATCannotHold(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"a:b", "what?", `a"b`, "a*", "a<b", "a|b", `a\b`, "dot.", "space ", "sub/aux", "con.txt", "COM1", "a\tb", strings.Repeat("x", 256)} {
		assert.Len(t, unfit([]string{name}), 1, name)
	}
	assert.Empty(t, unfit([]string{"modules/github.com/!burnt!sushi/toml/@v/v1.6.0.zip", "console.go", ".gitignore", "auxiliary", "a/b", "a/c", "a/b"}))
	assert.Equal(t, []string{"Read.me and READ.ME are one name there"}, unfit([]string{"Read.me", "READ.ME"}))
	assert.Equal(t, []string{"lib and Lib are one name there"}, unfit([]string{"lib/a", "Lib/b"}))
}

func TestFilesThatDoNotFit(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	big := filepath.Join(dir, "big")
	require.NoError(t, os.WriteFile(big, nil, 0o600))
	if err := os.Truncate(big, largest+1); err != nil {
		t.Skip("no file with holes here:", err)
	}
	assert.ErrorContains(t, fits([]file{{to: "big", from: big}}, dir), "4 GiB are the most")
	if _, _, known := diskspace.Of(dir); known {
		require.NoError(t, os.Truncate(big, largest))
		many := make([]file, 1<<20)
		for i := range many {
			many[i] = file{to: "big", from: big}
		}
		assert.ErrorContains(t, fits(many, dir), "the stick is too full: it needs ")
	}
	assert.NoError(t, fits([]file{{to: "small", data: []byte("x")}}, dir))
}

// lay is a folder with files, by their paths.
func lay(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "stick")
	require.NoError(t, os.Mkdir(dir, 0o755))
	for name, text := range files {
		coursetest.Write(t, dir, name, text)
	}
	return dir
}

func all(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := make(map[string]string)
	require.NoError(t, fs.WalkDir(os.DirFS(dir), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		files[name] = string(text)
		return err
	}))
	return files
}

func TestAFolderOfYoursIsNeverEmptied(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		files map[string]string
		want  string
	}{
		"photos":               {map[string]string{"photo.jpg": "ada"}, "has files of yours"},
		"a stick and a talk":   {map[string]string{factsFile: "{}", SumsFile: "0  stick.json\n", "talk.pdf": "slides"}, "files that are not the stick's: talk.pdf"},
		"a stick without sums": {map[string]string{factsFile: "{}", "modules/a": "a"}, "files that are not the stick's"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := lay(t, test.files)
			_, err := prepare(dir, func(string) {})
			require.ErrorContains(t, err, test.want)
			assert.Equal(t, test.files, all(t, dir))
			assert.NoDirExists(t, dir+".unfinished")
		})
	}
	t.Run("a file", func(t *testing.T) {
		t.Parallel()
		name := filepath.Join(lay(t, map[string]string{"x": "y"}), "x")
		_, err := prepare(name, func(string) {})
		assert.ErrorContains(t, err, "is no folder")
	})
	t.Run("a whole drive", func(t *testing.T) {
		t.Parallel()
		root, err := filepath.Abs(string(filepath.Separator))
		require.NoError(t, err)
		_, err = prepare(root, func(string) {})
		assert.ErrorContains(t, err, "is a whole drive")
	})
	t.Run("a stick that is not plugged in", func(t *testing.T) {
		t.Parallel()
		_, err := prepare(filepath.Join(t.TempDir(), "gone", "bookapi"), func(string) {})
		assert.ErrorContains(t, err, "is the stick plugged in?")
	})
	t.Run("what lies where the new one is made", func(t *testing.T) {
		t.Parallel()
		dir := filepath.Join(t.TempDir(), "stick")
		coursetest.Write(t, dir+".unfinished", "thesis.txt", "mine")
		_, err := prepare(dir, func(string) {})
		require.ErrorContains(t, err, "has files of yours")
		assert.FileExists(t, filepath.Join(dir+".unfinished", "thesis.txt"))
	})
}

// put makes a stick of one file in dir.
func put(t *testing.T, dir, text string) {
	t.Helper()
	s, err := prepare(dir, func(string) {})
	require.NoError(t, err)
	_, _, err = s.fill(t.Context(), []file{{to: "a/b", data: []byte(text)}, {to: factsFile, data: []byte("{}")}})
	require.NoError(t, err)
	require.NoError(t, s.finish())
}

func TestAStickIsMovedIntoPlaceWhole(t *testing.T) {
	t.Parallel()
	dir := lay(t, nil) // an empty folder will do
	put(t, dir, "first")
	assert.Equal(t, "first", all(t, dir)["a/b"])
	coursetest.Write(t, dir, ".DS_Store", "a system's")

	s, err := prepare(dir, func(string) {})
	require.NoError(t, err)
	assert.FileExists(t, filepath.Join(dir+".unfinished", unfinishedFile))
	assert.Equal(t, "first", all(t, dir)["a/b"], "it is there until the new one is")
	require.NoError(t, s.abandon())
	assert.NoDirExists(t, dir+".unfinished")

	put(t, dir, "second")
	assert.Equal(t, "second", all(t, dir)["a/b"])
	assert.Len(t, all(t, dir), 3, "a/b, its sum, and the facts")
	entries, err := os.ReadDir(filepath.Dir(dir))
	require.NoError(t, err)
	assert.Len(t, entries, 1, "nothing lies beside it")
}

func TestWhatAKilledRunLeft(t *testing.T) {
	t.Parallel()
	t.Run("in the middle", func(t *testing.T) {
		t.Parallel()
		dir := filepath.Join(t.TempDir(), "stick")
		coursetest.Write(t, dir+".unfinished", unfinishedFile, unfinishedText)
		coursetest.Write(t, dir+".unfinished", "modules/half", "ha")
		var said []string
		s, err := prepare(dir, func(note string) { said = append(said, note) })
		require.NoError(t, err)
		assert.Len(t, said, 1)
		assert.Len(t, all(t, s.unfinished), 1)
	})
	t.Run("between two names", func(t *testing.T) {
		t.Parallel()
		dir := filepath.Join(t.TempDir(), "stick")
		put(t, dir, "good")
		require.NoError(t, os.Rename(dir, dir+".old"))
		_, err := prepare(dir, func(string) {})
		require.NoError(t, err)
		assert.Equal(t, "good", all(t, dir)["a/b"], "the older one is back, as the new one may fail")
	})
}

func TestAFileThatChangesOnTheWay(t *testing.T) {
	t.Parallel()
	s, err := prepare(filepath.Join(t.TempDir(), "stick"), func(string) {})
	require.NoError(t, err)
	_, _, err = s.fill(t.Context(), []file{{to: "go.msi", data: []byte("x"), sum: strings.Repeat("0", 64)}})
	assert.ErrorContains(t, err, "has changed while it was copied")
}

func TestInstallersAreWhatTheirSumsSay(t *testing.T) {
	t.Parallel()
	sum := func(text string) string { s := sha256.Sum256([]byte(text)); return hex.EncodeToString(s[:]) }
	const msi, tgz = "go1.26.8.windows-amd64.msi", "go1.26.8.linux-amd64.tar.gz"
	good := map[string]string{msi: "for windows", tgz: "for linux", SumsFile: sum("for windows") + "  " + msi + "\n" + strings.ToUpper(sum("for linux")) + " *" + tgz + "\r\n"}
	with := func(name, text string) map[string]string {
		files := map[string]string{name: text}
		for n, text := range good {
			if _, ok := files[n]; !ok {
				files[n] = text
			}
		}
		return files
	}
	read := func(files map[string]string) ([]Installer, error) {
		dir := lay(t, files)
		for name, text := range files {
			if text == "" {
				require.NoError(t, os.Remove(filepath.Join(dir, name)))
			}
		}
		return Maker{Installers: dir, Doing: func(string) {}}.installers("1.26.0")
	}
	found, err := read(good)
	require.NoError(t, err)
	require.Len(t, found, 2)
	assert.Equal(t, []string{"linux/amd64", "windows/amd64"}, []string{found[0].Platform, found[1].Platform})

	for name, test := range map[string]struct {
		files map[string]string
		want  string
	}{
		"no sums":      {with(SumsFile, ""), "has no file SHA256SUMS"},
		"no file":      {with(msi, ""), "that is not in"},
		"another file": {with(msi, "mallory's"), "is not what its sum says"},
		"no sum":       {with("go1.26.8.darwin-arm64.pkg", "x"), "SHA256SUMS has no sum for it"},
		"no sums text": {with(SumsFile, "go1.26.8.windows-amd64.msi\n"), "has a line that is no sum"},
		"too old":      {with(SumsFile, sum("old")+"  go1.25.1.windows-amd64.msi\n"), "is too old: the course needs Go 1.26.0"},
		"no installer": {with(SumsFile, sum("x")+"  ../../etc/passwd\n"), "no installer of Go"},
	} {
		_, err := read(test.files)
		assert.ErrorContains(t, err, test.want, name)
	}
}

// The lines that cannot be typed in a test here.
func TestWhatStartTellsToType(t *testing.T) {
	t.Parallel()
	facts := Facts{Course: "0123456789abcdef<script>", Made: "2026-11-28", Go: "1.26.0", Platforms: []string{"windows/amd64"}, Gopls: "example.com/gopls@v1.0.0", Clone: true}
	files, err := start(facts, []Installer{
		{File: "go1.26.8.windows-amd64.msi", Platform: "windows/amd64"}, {File: "go1.26.8.linux-arm64.tar.gz", Platform: "linux/arm64"}, {File: "go1.26.8.darwin-arm64.pkg", Platform: "darwin/arm64"},
	})
	require.NoError(t, err)
	require.Len(t, files, 2)
	slices.SortFunc(files, func(a, b file) int { return strings.Compare(a.to, b.to) })
	page, text := string(files[0].data), strings.ReplaceAll(string(files[1].data), "\r\n", "\n")
	for _, line := range []string{
		`go env -w "GOPROXY=$(([uri](Join-Path $PWD.ProviderPath modules)).AbsoluteUri),https://proxy.golang.org,direct"`,
		`Expand-Archive bookapi-workshop.zip $HOME; cd $HOME\bookapi-workshop`,
		`go mod download; go mod download -C solutions; go run ./workshop doctor --warm`,
		`go env -w "GOPROXY=file://$PWD/modules,https://proxy.golang.org,direct"`,
		`go env -u GOPROXY`,
		`go env -w GOSUMDB=off "GOPROXY=$(([uri](Join-Path $PWD.ProviderPath modules)).AbsoluteUri)"`,
		`$env:GOSUMDB="off"; go install example.com/gopls@v1.0.0; Remove-Item Env:GOSUMDB`,
		`mkdir -p ~/sdk && tar -C ~/sdk -xzf installers/go1.26.8.linux-arm64.tar.gz && export PATH="$HOME/sdk/go/bin:$PATH"`,
	} {
		assert.Contains(t, text, "\n      "+line+"\n")
	}
	assert.Contains(t, text, "open installers/go1.26.8.windows-amd64.msi")
	assert.Contains(t, text, "It says 1.26 or later?")
	assert.Equal(t, 1, strings.Count(text, "takes the newer Go from here"), "there is a Go for Windows alone")
	assert.NotContains(t, page, "<script>")
	assert.Contains(t, page, `<html lang="en">`)
	assert.Equal(t, 1, strings.Count(page, "<h1>"))
	for _, system := range []string{"Windows", "macOS", "Linux"} {
		assert.Contains(t, page, `id="`+system+`"`)
		assert.Contains(t, text, "\n"+system+", in ")
	}
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "      ") {
			assert.LessOrEqual(t, len(strings.TrimSpace(line)), 130, line)
		}
	}
}

// What lies in a folder that git does not know may be anybody's.
func TestAFolderWithoutGitGivesAwayNothing(t *testing.T) {
	t.Parallel()
	root := coursetest.RepoWithReference(t)
	before := all(t, root)
	for _, name := range []string{"students.csv", "grades/ada.txt", "step1-alpha/bookapi.db", "server.pem", ".workshop/kept/x/alpha.go", ".env"} {
		coursetest.Write(t, root, name, "secret")
	}
	var said []string
	archive := filepath.Join(t.TempDir(), "course.zip")
	require.NoError(t, Pack(root, archive, func(note string) { said = append(said, note) }))
	packed, err := zip.OpenReader(archive)
	require.NoError(t, err)
	defer func() { _ = packed.Close() }()
	got := make(map[string]bool)
	for _, f := range packed.File {
		got[strings.TrimPrefix(f.Name, courseDir+"/")] = true
	}
	for name := range before {
		assert.True(t, got[name], name)
	}
	assert.Len(t, got, len(before))
	assert.Equal(t, []string{
		"Left out is what programs have put here, such as databases, keys, kept copies.",
		"Left out is what is not the course's: .env, grades, students.csv.",
	}, said)
}

func TestAPlatformThatIsNone(t *testing.T) {
	t.Parallel()
	m := Maker{Root: coursetest.Repo(t), Platforms: []string{"linux/amd64", "linux/amd64"}, Now: time.Now()}
	found, err := m.platforms(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []string{"linux/amd64"}, found)
	m.Platforms = []string{"windows/x86"}
	_, err = m.platforms(t.Context())
	assert.ErrorContains(t, err, `there is no platform "windows/x86"`)
	assert.Equal(t, "golang.org/toolchain@v0.0.1-go1.26.0.windows-amd64", toolchain("1.26.0", "windows/amd64"))
}

// Whether somebody presses Ctrl-C or the test of the stick fails: there is none.
func TestAStickThatIsNotFinished(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"Copying": "context canceled", "": "failed its test at the doctor"} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			dir := filepath.Join(t.TempDir(), "stick")
			copying := false
			var said []string
			_, err := Maker{
				Root: coursetest.RepoWithReference(t), Dir: dir, Now: time.Now(), // it has no companion
				Say: func(note string) { said = append(said, note) },
				Doing: func(doing string) {
					if strings.HasPrefix(doing, "Copying") {
						copying = true
						assert.FileExists(t, filepath.Join(dir+".unfinished", unfinishedFile))
					}
					if name != "" && strings.HasPrefix(doing, name) {
						cancel()
					}
				},
			}.Make(ctx)
			require.ErrorContains(t, err, want)
			assert.True(t, copying)
			require.Len(t, said, 1)
			assert.Contains(t, said[0], "the stick has no bare clone")
			entries, err := os.ReadDir(filepath.Dir(dir))
			require.NoError(t, err)
			assert.Empty(t, entries)
		})
	}
}

func TestAFullStickSaysSo(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("errors have other numbers there")
	}
	assert.EqualError(t, cannotWrite(&fs.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}), "the stick is full")
	assert.ErrorContains(t, cannotWrite(errors.New("device gone")), "cannot be written: device gone")
}
