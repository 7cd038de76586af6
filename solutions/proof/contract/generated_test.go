package contract

import (
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/memory"
	"example.com/bookapi/openapi"
)

// A client that a generator makes of the document, and nothing else, signs up, logs
// in, refreshes, creates and reads. The generator is a tool of a module of its own,
// which nobody downloads but for this.
func TestAGeneratedClientUsesTheAPI(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(dir, os.DirFS(filepath.Join("testdata", "client"))))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "client"), 0o750))
	document, err := openapi.Document(nil)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "openapi.json"), document, 0o600))

	api := httptest.NewServer(documented[2].api(new(memory.Store)))
	defer api.Close()
	run := func(args ...string) (string, error) {
		cmd := exec.CommandContext(t.Context(), "go", args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod")
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	if out, err := run("mod", "download"); err != nil && os.Getenv("BOOKAPI_TEST_ALL") == "" {
		t.Skip("the generator cannot be fetched from here: ", strings.TrimSpace(out))
	}
	out, err := run("tool", "oapi-codegen", "-config", "config.yaml", "openapi.json")
	require.NoError(t, err, out)
	out, err = run("run", ".", api.URL)
	require.NoError(t, err, out)
	assert.Contains(t, out, "signed up, logged in, refreshed, created and read")
}
