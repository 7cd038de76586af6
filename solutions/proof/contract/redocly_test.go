package contract

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/bookapi/openapi"
)

// The document has no error by redocly's recommended rules: a second opinion beside
// kin-openapi's. Of its warnings two stay: a probe has no answer 4xx.
func TestTheDocumentPassesRedoclysRules(t *testing.T) {
	const variable = "BOOKAPI_TEST_REDOCLY"
	redocly := os.Getenv(variable)
	switch {
	case redocly == "" && os.Getenv("BOOKAPI_TEST_ALL") != "":
		t.Fatalf("%s is not set", variable)
	case redocly == "":
		t.Skipf("needs redocly: bash .ci/redocly FOLDER fetches it, and %s names it", variable)
	}
	document, err := openapi.Document(nil)
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "openapi.json")
	require.NoError(t, os.WriteFile(file, document, 0o600))
	lint := exec.CommandContext(t.Context(), redocly, "lint", "--extends=recommended", "--max-problems=100", file)
	lint.Env = append(os.Environ(), "REDOCLY_TELEMETRY=off", "REDOCLY_SUPPRESS_UPDATE_NOTICE=true")
	out, err := lint.CombinedOutput()
	require.NoError(t, err, string(out))
}
