package modules_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/checks/internal/repository"
	"example.com/bookapi/workshop/internal/course/coursetest"
)

// Downloading the modules of a workspace leaves its files as they are, and what
// was downloaded is all that a machine without a network needs to do the same.
func TestModulesDownloadOffline(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("three workspaces are some 500 MB to unpack")
	}
	tree := t.TempDir()
	repository.Copy(t, tree)
	before := moduleFiles(t, tree)
	for _, workspace := range repository.Workspaces() {
		coursetest.Go(t, filepath.Join(tree, workspace), "mod", "download")
	}
	checkModuleFiles(t, before, tree)

	downloaded := filepath.Join(strings.TrimSpace(coursetest.Go(t, tree, "env", "GOMODCACHE")), "cache", "download")
	proxy := filepath.ToSlash(downloaded)
	if !strings.HasPrefix(proxy, "/") {
		proxy = "/" + proxy // a drive's letter
	}
	offline := []string{"GOPROXY=file://" + proxy, "GOMODCACHE=" + filepath.Join(t.TempDir(), "mod"), "GOFLAGS=-modcacherw"}
	for _, workspace := range repository.Workspaces() {
		out, err := coursetest.TryGo(t, filepath.Join(tree, workspace), offline, "mod", "download")
		assert.NoError(t, err, "go mod download -C %s, without a network:\n%s", workspace, out)
	}
	checkModuleFiles(t, before, tree)
}

// moduleFiles returns the files that the go command may write to, by path.
func moduleFiles(t *testing.T, tree string) map[string]string {
	t.Helper()
	files := make(map[string]string)
	for _, workspace := range repository.Workspaces() {
		for _, name := range []string{"go.work", "go.work.sum"} {
			files[filepath.Join(workspace, name)] = ""
		}
	}
	for _, module := range repository.AllModules(t) {
		for _, name := range []string{"go.mod", "go.sum"} {
			files[filepath.Join(module, name)] = ""
		}
	}
	for name := range files {
		content, err := os.ReadFile(filepath.Join(tree, name))
		require.NoError(t, err)
		files[name] = string(content)
	}
	return files
}

func checkModuleFiles(t *testing.T, want map[string]string, tree string) {
	t.Helper()
	for name, got := range moduleFiles(t, tree) {
		assert.Equal(t, want[name], got, "go mod download changes %s: run it there, and commit", name)
	}
}
