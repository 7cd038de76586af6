package main_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/internal/attack"
	"example.com/bookapi/workshop/internal/course/coursetest"
)

// leaky is an API that serves its profiler, and nothing else.
func leaky(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/debug/pprof/" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		fmt.Fprintln(w, "Types of profiles available:")
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestAttack(t *testing.T) {
	t.Parallel()
	w, root := buildWorkshop(t), coursetest.Repo(t)
	target := leaky(t)

	out, said, code := w.run(t, root, "attack", target, "--only", "debug,cors", "--profile", "course")
	assert.Equal(t, 1, code, "something is broken")
	assert.Contains(t, out, "Broken (debug): the profiler of a Go program is at /debug/pprof/")
	assert.Contains(t, out, "curl -s -i --path-as-is '"+target+"/debug/pprof/'")
	assert.Contains(t, out, "CWE-489")
	assert.Contains(t, out, "1 held, 1 broken, 0 cannot tell")
	assert.Contains(t, said, "Nobody can be asked whether it may write, so it does without.")

	out, _, code = w.run(t, root, "attack", target, "--only=debug", "--json", "--yes")
	assert.Equal(t, 1, code)
	var report attack.Report
	require.NoError(t, json.Unmarshal([]byte(out), &report))
	assert.Equal(t, 1, report.Broken)
	assert.True(t, report.Wrote)

	_, _, code = w.run(t, root, "attack", target, "--only=cors")
	assert.Equal(t, 0, code, "nothing is broken")

	for _, wrong := range [][]string{{}, {"a", "b"}, {"nonsense"}, {"http://192.0.2.1"}, {target, "--only=debugg"}, {target, "--profile=nowhere"}, {target, "--requests=0"}, {target, "--init", "--profile=course"}} {
		_, said, code := w.run(t, root, append([]string{"attack"}, wrong...)...)
		assert.Equal(t, 2, code, "%v: %s", wrong, said)
		assert.NotEmpty(t, said)
	}
	_, said, code = w.run(t, root, "attack", "http://127.0.0.1:1")
	assert.Equal(t, 3, code, "%s", said)
	assert.Contains(t, said, "Nobody answers")
}

func TestAttackInitKeepsWhatIsThere(t *testing.T) {
	t.Parallel()
	w, root := buildWorkshop(t), coursetest.Repo(t)
	coursetest.Write(t, root, "attack.toml", "# mine\n")
	out, _, code := w.run(t, root, "attack", leaky(t), "--init")
	assert.Equal(t, 0, code, out)
	assert.Contains(t, out, "What was in attack.toml is kept in attack.toml.1.")
	kept, err := os.ReadFile(filepath.Join(root, "attack.toml.1"))
	require.NoError(t, err)
	assert.Equal(t, "# mine\n", string(kept))
	_, err = attack.ReadProfile(filepath.Join(root, "attack.toml"))
	require.NoError(t, err)
}
