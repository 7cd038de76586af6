package doctor

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/course/coursetest"
)

// patient is a doctor before a small course with nothing wrong.
func patient(t *testing.T, root string) Doctor {
	t.Helper()
	t.Setenv("GOWORK", "") // that of the course, also when these tests run without theirs
	c, err := course.Load(root)
	return Doctor{Root: root, Course: c, Why: err, Now: time.Now}
}

// examine returns the findings of one check.
func examine(t *testing.T, d Doctor, check string) []Finding {
	t.Helper()
	all := d.Examine(t.Context(), func(Finding) {})
	return slices.DeleteFunc(all, func(f Finding) bool { return f.Check != check })
}

func one(t *testing.T, d Doctor, check string) Finding {
	t.Helper()
	findings := examine(t, d, check)
	require.Len(t, findings, 1)
	return findings[0]
}

func TestAHealthyMachine(t *testing.T) {
	d := patient(t, coursetest.RepoWithReference(t))
	var told []Finding
	findings := d.Examine(t.Context(), func(f Finding) { told = append(told, f) })
	assert.Equal(t, findings, told)
	var checks []string
	for _, f := range findings {
		checks = append(checks, f.Check)
		assert.NotEqual(t, Fail, f.State, f)
		assert.Equal(t, f.State == OK, f.Mend == "", "what is wrong, and only that, can be mended: %v", f)
		assert.NotEmpty(t, f.Says)
		assert.NotEmpty(t, f.Fact)
	}
	assert.Equal(t, []string{"go", "settings", "workspace", "modules", "cache", "port", "clock", "watching", "editor", "curl"}, checks)
	assert.True(t, Takeable(findings))
	assert.NoDirExists(t, filepath.Join(d.Root, ".workshop"), "nothing is left behind")
}

func TestVariablesThatGetInTheWay(t *testing.T) {
	root := coursetest.RepoWithReference(t)
	other := "windows"
	if runtime.GOOS == other {
		other = "linux"
	}
	for name, test := range map[string]struct{ name, value, says string }{
		"a vendor folder":   {"GOFLAGS", "-count=1 -mod=vendor", "GOFLAGS has -mod=vendor"},
		"no workspace":      {"GOWORK", "off", "GOWORK is off"},
		"another workspace": {"GOWORK", filepath.Join(root, "solutions", "go.work"), "so the course's go.work is not used"},
		"no modules":        {"GO111MODULE", "off", "GO111MODULE is off"},
		"another system":    {"GOOS", other, "does not run on this machine"},
		"another Go":        {"GOROOT", t.TempDir(), "but this go command belongs to"},
	} {
		t.Run(name, func(t *testing.T) {
			d := patient(t, root)
			t.Setenv(test.name, test.value)
			findings := d.Examine(t.Context(), func(Finding) {})
			assert.False(t, Takeable(findings))
			failed := slices.DeleteFunc(slices.Clone(findings), func(f Finding) bool { return f.State != Fail })
			require.Len(t, failed, 1, "one trouble is told once")
			assert.Equal(t, "settings", failed[0].Check)
			assert.Contains(t, failed[0].Says, test.says)
			assert.Contains(t, failed[0].Mend, test.name)
			assert.NotContains(t, failed[0].Fact, root)
		})
	}
}

func TestHarmlessVariablesAreNoTrouble(t *testing.T) {
	d := patient(t, coursetest.RepoWithReference(t))
	t.Setenv("GOFLAGS", "-buildvcs=false -mod=readonly")
	t.Setenv("GOTOOLCHAIN", "local")
	assert.Equal(t, OK, one(t, d, "settings").State)
}

func TestNoGoCommand(t *testing.T) {
	d := patient(t, coursetest.RepoWithReference(t))
	t.Setenv("PATH", t.TempDir())
	findings := d.Examine(t.Context(), func(Finding) {})
	require.Len(t, findings, 1)
	assert.Equal(t, "There is no go command on the PATH.", findings[0].Says)
	assert.False(t, Takeable(findings))
}

func TestThereIsALeastGoAndNoGreatest(t *testing.T) {
	for has, want := range map[string]State{
		"go1.21.5": Fail, "go1.25.9": Fail, "go1.26rc1": Fail, "go1.26.0": OK, "go1.26.8": OK, "go1.27rc1": OK, "go1.30": OK, "go2.0": OK,
		"devel go1.28-abcdef": OK, "go1.26.1-custom by mallory": OK,
	} {
		f := goVersion(has, "1.26.0")
		assert.Equal(t, want, f.State, has)
		assert.Contains(t, f.Says, has)
		assert.NotContains(t, f.Fact, "mallory")
	}
	root := coursetest.Repo(t)
	coursetest.Replace(t, root, "go.work", "go 1.26.0", "go 1.33")
	assert.Equal(t, "1.33", leastGo(root))
}

func TestASecondGoCommandIsNamed(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a script is no program there")
	}
	first, err := exec.LookPath("go")
	require.NoError(t, err)
	dir := t.TempDir()
	second := filepath.Join(dir, "go")
	require.NoError(t, os.WriteFile(second, []byte("#!/bin/sh\n"), 0o700))
	t.Setenv("PATH", filepath.Dir(first)+string(os.PathListSeparator)+dir)
	f := goVersion("go1.26.8", "1.26.0")
	assert.Contains(t, f.Says, "Not used: "+second)
	assert.Contains(t, f.Fact, ", 1 more on the PATH")
	assert.NotContains(t, f.Fact, dir)
}

func TestTheWorkspace(t *testing.T) {
	root := coursetest.RepoWithReference(t)
	coursetest.Replace(t, root, "go.work", "./step1-alpha", "./solutions/step1-alpha")
	f := one(t, patient(t, root), "workspace")
	assert.Equal(t, OK, f.State)
	assert.Contains(t, f.Says, "From the reference: 1.")

	coursetest.Replace(t, root, "go.work", "./solutions/step1-alpha", "./mine/step1-alpha")
	coursetest.Write(t, root, "mine/step1-alpha/go.mod", "module example.test/step1-alpha\n\ngo 1.26.0\n")
	f = one(t, patient(t, root), "workspace")
	assert.Equal(t, Warn, f.State)
	assert.Contains(t, f.Says, "From a folder of your own: 1.")

	coursetest.Replace(t, root, "go.work", "./mine/step1-alpha", "./step1-alpha")
	require.NoError(t, os.RemoveAll(filepath.Join(root, "solutions")))
	assert.Contains(t, one(t, patient(t, root), "workspace").Says, "solutions/ is not there")

	coursetest.Write(t, root, "mine/go.mod", "module example.test/step1-alpha\n\ngo 1.26.0\n")
	coursetest.Replace(t, root, "go.work", "use (\n", "use (\n\t./mine\n")
	f = one(t, patient(t, root), "workspace")
	assert.Equal(t, Fail, f.State)
	assert.Contains(t, f.Says, "does not accept go.work")

	coursetest.Write(t, root, "go.work", "use (")
	d := patient(t, root)
	f = one(t, d, "workspace")
	assert.Equal(t, Fail, f.State)
	assert.Contains(t, f.Says, "The course cannot be read: ")
	assert.NotContains(t, f.Fact, root)
}

func TestMissingModules(t *testing.T) {
	root := coursetest.RepoWithReference(t)
	coursetest.Replace(t, root, "step1-alpha/go.mod", "require example.com/bookapi v0.0.0", "require (\n\texample.com/bookapi v0.0.0\n\texample.com/nowhere v1.0.0\n)")
	coursetest.Write(t, root, "step1-alpha/uses.go", "package alpha\n\nimport _ \"example.com/nowhere\"\n")
	f := one(t, patient(t, root), "modules")
	assert.Equal(t, Fail, f.State)
	assert.Contains(t, f.Mend, "go mod download")

	coursetest.Write(t, root, "step1-alpha/go.mod", "module example.test/step1-alpha\n\ngo 1.26.0\n\nrequire example.com/bookapi v0.0.0\n\nreplace example.com/bookapi v0.0.0 => ../bookapi\n")
	coursetest.Write(t, root, "step1-alpha/uses.go", "package alpha\n\nfunc broken( {\n")
	assert.Equal(t, OK, one(t, patient(t, root), "modules").State, "what the learner's code has wrong is no business of the doctor's")
}

func TestAColdCacheIsWarmed(t *testing.T) {
	if testing.Short() {
		t.Skip("the standard library is compiled once more")
	}
	d := patient(t, coursetest.RepoWithReference(t))
	t.Setenv("GOCACHE", t.TempDir())
	f := d.Cache(t.Context())
	assert.Equal(t, Warn, f.State)
	assert.Contains(t, f.Says, "packages wait to be compiled")
	assert.Contains(t, f.Mend, "doctor --warm")
	before, err := os.ReadDir(d.Root)
	require.NoError(t, err)
	require.NoError(t, d.Warm(t.Context(), func(string) {}))
	assert.Equal(t, OK, d.Cache(t.Context()).State)
	after, err := os.ReadDir(d.Root)
	require.NoError(t, err)
	assert.Len(t, after, len(before), "no program is left behind")
}

func TestThePort(t *testing.T) {
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	d := Doctor{Port: listener.Addr().(*net.TCPAddr).Port}
	assert.Equal(t, Warn, d.port(t.Context(), environment{}).State)
	require.NoError(t, listener.Close())
	assert.Equal(t, OK, d.port(t.Context(), environment{}).State)
}

func TestTheClock(t *testing.T) {
	d := Doctor{Root: t.TempDir(), Now: time.Now}
	assert.Equal(t, OK, d.clock(t.Context(), environment{}).State)
	d.Now = func() time.Time { return time.Now().Add(time.Hour) }
	f := d.clock(t.Context(), environment{})
	assert.Equal(t, Warn, f.State)
	assert.Contains(t, f.Says, "1h0m0s apart")
	d.Now = func() time.Time { return time.Date(1970, 1, 1, 0, 5, 0, 0, time.UTC) }
	f = d.clock(t.Context(), environment{})
	assert.Equal(t, Warn, f.State)
	assert.Contains(t, f.Says, "1 January 1970, 00:05")
}

func TestTheTimesOfFiles(t *testing.T) {
	d := Doctor{Root: t.TempDir()}
	assert.NotEqual(t, Fail, d.watching(t.Context(), environment{}).State)
	for took, want := range map[time.Duration]State{time.Millisecond: OK, time.Second: OK, 2 * time.Second: Warn} {
		assert.Equal(t, want, toldApart(took).State, took)
	}
	require.NoError(t, os.WriteFile(filepath.Join(d.Root, ".workshop"), nil, 0o600))
	f := d.watching(t.Context(), environment{})
	assert.Equal(t, Fail, f.State)
	assert.Contains(t, f.Says, "Nothing can be written")
}

// Whatever is wrong, and wherever names and secrets stand: the report has none.
func TestTheReportNamesNobody(t *testing.T) {
	root := filepath.Join(t.TempDir(), "mallory", "course")
	require.NoError(t, os.MkdirAll(root, 0o755))
	require.NoError(t, os.CopyFS(root, os.DirFS(coursetest.RepoWithReference(t))))
	d := patient(t, root)
	host, err := os.Hostname()
	require.NoError(t, err)
	secrets := []string{"mallory", "s3cret", root, filepath.ToSlash(root), host}
	mine := filepath.Join(t.TempDir(), "mallory")
	reports := func() string {
		findings := d.Examine(t.Context(), func(Finding) {})
		return Report(findings)
	}
	all := reports()
	for name, value := range map[string]string{
		"GOFLAGS": "-mod=mod -modfile=" + mine + "/go.mod", "GOWORK": mine + "/go.work", "GOROOT": mine,
		"GOPROXY": "https://mallory:s3cret@proxy.example.com", "HOME": mine, "GOPATH": mine, "USER": "mallory",
	} {
		t.Setenv(name, value)
		all += reports()
	}
	d.Course = nil
	_, d.Why = os.Open(filepath.Join(root, "nothing"))
	all += reports()
	require.NoError(t, os.WriteFile(filepath.Join(root, ".workshop"), nil, 0o600))
	all += reports()
	t.Setenv("PATH", "")
	all += reports()

	assert.Contains(t, all, "fail  settings")
	for _, secret := range secrets {
		assert.NotContains(t, all, secret)
	}
	assert.False(t, strings.ContainsAny(all, `@\`), all)
	assert.NotContains(t, strings.ReplaceAll(all, runtime.GOOS+"/"+runtime.GOARCH, ""), "/")
}
