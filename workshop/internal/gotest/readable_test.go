package gotest

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestFailureIsReadable(t *testing.T) {
	t.Parallel()
	const testify = "        \tError Trace:\t/repo/step1-alpha/alpha_test.go:22\n" +
		"        \t            \t\t\t\t/repo/step1-alpha/alpha_test.go:30\n" +
		"        \tError:      \tNot equal: \n" +
		"        \t            \texpected: 4\n" +
		"        \t            \tactual  : 5\n"
	for name, test := range map[string]struct{ output, first, where, text string }{
		"a plain message": {
			output: "=== RUN   TestX\n    x_test.go:3: no such luck\n--- FAIL: TestX (0.00s)\n",
			first:  "no such luck", where: "step1-alpha/x_test.go:3",
			text: "no such luck",
		},
		"testify alone": {
			output: "    x_test.go:22: \n" + testify + "        \tTest:       \tTestX\n",
			first:  "Not equal: expected: 4", where: "step1-alpha/x_test.go:22",
			text: "Not equal: expected: 4\nactual  : 5",
		},
		"testify with a message": {
			output: "    x_test.go:22: \n" + testify + "        \tTest:       \tTestX\n        \tMessages:   \tthe sum is wrong\n",
			first:  "the sum is wrong", where: "step1-alpha/x_test.go:22",
			text: "the sum is wrong\nNot equal: expected: 4\nactual  : 5",
		},
		"a diff that shows nothing new": {
			output: "    x_test.go:22: \n" + testify +
				"        \t            \t\n        \t            \tDiff:\n        \t            \t--- Expected\n        \t            \t+++ Actual\n        \t            \t@@ -1 +1 @@\n        \t            \t-4\n        \t            \t+5\n",
			first: "Not equal: expected: 4", where: "step1-alpha/x_test.go:22",
			text: "Not equal: expected: 4\nactual  : 5",
		},
		"a diff of many lines": {
			output: "    x_test.go:22: \n        \tError:      \tNot equal: \n        \t            \tDiff:\n" +
				"        \t            \t--- Expected\n        \t            \t+++ Actual\n        \t            \t@@ -1,2 +1,2 @@\n        \t            \t same\n        \t            \t-4\n        \t            \t+5\n",
			first: "Not equal: Diff:", where: "step1-alpha/x_test.go:22",
			text: "Not equal: Diff:\n--- Expected\n+++ Actual\n@@ -1,2 +1,2 @@\n same\n-4\n+5",
		},
		"a log before a broken promise": {
			output: "    x_test.go:1: by the way\nprinted\n    x_test.go:2: Promise broken (1.1): it adds\n" + testify,
			first:  "Promise broken (1.1): it adds", where: "step1-alpha/x_test.go:2",
			text: "Promise broken (1.1): it adds\nNot equal: expected: 4\nactual  : 5",
		},
		"a broken promise before an attack": {
			output: "    x_test.go:2: Promise broken (1.1): it adds\n    x_test.go:5: ATTACK SUCCEEDED: mallory\n        with /repo/step1-alpha/alpha.go\n",
			first:  "ATTACK SUCCEEDED: mallory", where: "step1-alpha/x_test.go:5",
			text: "ATTACK SUCCEEDED: mallory\nwith step1-alpha/alpha.go",
		},
		"the first of two": {
			output: "    x_test.go:2: one\n    x_test.go:3: two\n",
			first:  "one", where: "step1-alpha/x_test.go:2",
			text: "one",
		},
		"what the code printed, if nothing else was said": {
			output: "=== RUN   TestX\r\nhello\r\n--- FAIL: TestX (0.00s)\r\n",
			first:  "hello", text: "hello",
		},
		"nothing": {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := readFailure(test.output, "step1-alpha", "/repo")
			assert.Equal(t, test.first, f.first)
			assert.Equal(t, test.where, f.where)
			assert.Equal(t, test.text, f.text())
		})
	}
}

func TestLinesThatAreNoEventsAreKept(t *testing.T) {
	t.Parallel()
	var actions []string
	w := &eventWriter{each: func(e Event) { actions = append(actions, e.Action) }}
	for _, part := range []string{"go: hello\n{\"Action\":\"st", "art\"}\n", "{}\n{\"Action\":\"fail\"}"} {
		_, err := w.Write([]byte(part))
		assert.NoError(t, err)
	}
	w.line(w.rest)
	assert.Equal(t, []string{"start", "fail"}, actions)
	assert.Equal(t, "go: hello\n{}\n", w.noise.String())
}
