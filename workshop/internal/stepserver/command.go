// Package stepserver starts the server of a step, which runs the learner's code.
package stepserver

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"time"

	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/gocmd"
)

// Dir is the folder of a step's server from the root, "" if it has none.
func Dir(root string, step course.Step) string {
	dir := path.Join(step.Dir, "cmd", "bookapi")
	if _, err := os.Stat(filepath.Join(root, filepath.FromSlash(dir))); err != nil {
		return ""
	}
	return dir
}

// lastWish is how long the server may take to end: it has answers in flight,
// and gives them ten seconds itself.
const lastWish = 15 * time.Second

// Keys is the variable of the environment with the signing keys, without which
// the server of the last step does not start.
const Keys = "BOOKAPI_KEYS"

// Command runs the server of a step that has one until ctx ends, with these
// flags, and with a fresh key if the environment has none. Whoever starts it calls proctree.Kill once it has ended.
func Command(ctx context.Context, root string, step course.Step, flags ...string) *exec.Cmd {
	cmd := gocmd.Command(ctx, root, key(), append([]string{"run", "./" + Dir(root, step)}, flags...)...)
	cmd.WaitDelay = lastWish
	return cmd
}

// key is a variable with a key for the servers that want one, if the environment
// has none. It is new at every start, as those that the other servers draw.
func key() []string {
	if os.Getenv(Keys) != "" {
		return nil
	}
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // it never fails
	return []string{Keys + "=" + rand.Text()[:8] + ":" + base64.RawURLEncoding.EncodeToString(secret)}
}
