package bookapitest

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

// drawFile names the variable of the environment that makes Draw write its values
// into the file that it names: in the second process.
const drawFile = "BOOKAPITEST_DRAW"

// Draw returns values of draw that chance alone may tell apart: n that were drawn
// one after the other, n while the clock stands still, n at one time by several
// callers, and n in a second process, in which the same test runs up to this call.
// What a seed, a clock, a counter or a shared buffer has put into them, Distinct
// finds. draw returns its error rather than fail the test.
func Draw(t *testing.T, n int, draw func() (string, error)) []string {
	t.Helper()
	var (
		mu     sync.Mutex
		values []string
	)
	one := func(int) error {
		value, err := draw()
		mu.Lock()
		defer mu.Unlock()
		values = append(values, value)
		return err
	}
	demand := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("cannot draw values: %v", err)
		}
	}
	demand(Hammer(1, n, one))
	if file := os.Getenv(drawFile); file != "" {
		demand(writeValues(file, values))
		t.SkipNow() // the first process goes on
	}
	synctest.Test(t, func(*testing.T) {
		for range n {
			if err := one(0); err != nil {
				return
			}
		}
	})
	demand(Hammer(n, 1, one))
	more, err := drawElsewhere(t)
	demand(err)
	return append(values, more...)
}

// Elsewhere begins to draw a value in a second process, in which the same test runs
// up to this call, and returns what waits for it. The value is the first of that
// process, and the clock there stands still, at the time at which every bubble of
// testing/synctest begins: what a fixed seed, or the time, has put into it stands in
// a value of this process as well. It costs one call of draw, where Draw costs 4n.
func Elsewhere(t *testing.T, draw func() (string, error)) (wait func() (string, error)) {
	t.Helper()
	if file := os.Getenv(drawFile); file != "" {
		var value string
		err := error(nil)
		synctest.Test(t, func(*testing.T) { value, err = draw() })
		if err == nil {
			err = writeValues(file, []string{value})
		}
		if err != nil {
			t.Fatalf("cannot draw a value: %v", err)
		}
		t.SkipNow() // the first process goes on
	}
	var values []string
	done := start(func() (err error) {
		values, err = drawElsewhere(t)
		return err
	})
	return func() (string, error) {
		if err := <-done; err != nil {
			return "", err
		}
		return values[0], nil
	}
}

func writeValues(file string, values []string) error {
	all := make([][]byte, len(values)) // JSON keeps these byte by byte
	for i, value := range values {
		all[i] = []byte(value)
	}
	text, err := json.Marshal(all)
	if err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o600)
}

// otherProcesses are the second processes that run. A test that waits for one does
// not hang: that ends by itself.
var otherProcesses atomic.Int64

// drawElsewhere runs the test in a second process.
func drawElsewhere(t *testing.T) ([]string, error) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	var pattern []string
	for part := range strings.SplitSeq(t.Name(), "/") {
		pattern = append(pattern, "^"+regexp.QuoteMeta(part)+"$")
	}
	file := filepath.Join(t.TempDir(), "values")
	test := exec.CommandContext(t.Context(), program, "-test.run="+strings.Join(pattern, "/"), "-test.count=1", "-test.timeout=5m")
	test.Env = append(os.Environ(), drawFile+"="+file)
	otherProcesses.Add(1)
	output, failed := test.CombinedOutput()
	otherProcesses.Add(-1)
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %s", err, fmt.Sprint(failed), output)
	}
	var values [][]byte
	if err := json.Unmarshal(text, &values); err != nil {
		return nil, err
	}
	all := make([]string, len(values))
	for i, value := range values {
		all[i] = string(value)
	}
	return all, nil
}
