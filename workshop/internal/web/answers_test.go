package web_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/internal/attack"
	"example.com/bookapi/workshop/internal/course/coursetest"
	"example.com/bookapi/workshop/internal/gotest"
)

func TestOneHintAtATime(t *testing.T) {
	t.Parallel()
	s := newSite(t, tiny(t))
	type hint struct {
		Hint, Kind, Test string
		Number, Of       int
		Next             string
	}
	assert.Equal(t, hint{"What is twice as much?", "a question", "", 1, 3, "where to read"}, answer[hint](t, s.get("/hint/1.1/1")))
	assert.Equal(t, hint{"n + n", "nearly the code", "", 3, 3, ""}, answer[hint](t, s.get("/hint/1.1/3")), "nothing is remembered")
	assert.Equal(t, hint{"Which word is missing?", "a question", "TestGreet", 1, 4, "a question"}, answer[hint](t, s.get("/hint/1.2/1?red=TestGreet")),
		"the red at hand comes first")
	assert.Equal(t, hint{"What do you say?", "a question", "", 2, 4, "where to read"}, answer[hint](t, s.get("/hint/1.2/2?red=TestGreet")))
	for _, path := range []string{"/hint/1.1/0", "/hint/1.1/4", "/hint/1.1/-1", "/hint/1.1/x", "/hint/9.9/1", "/hint/1.1/99999999999999999999"} {
		assert.Equal(t, http.StatusNotFound, s.get(path).Code, path)
	}
	assert.NotContains(t, s.get("/step/1").Body.String(), "What is twice as much?", "none comes unasked")
}

// A build error takes nothing from the bar: what was green is likely to be so again.
func TestABuildErrorKeepsTheBar(t *testing.T) {
	t.Parallel()
	root := tiny(t)
	coursetest.Replace(t, root, "step1-alpha/alpha.go", `return 0, errTODO("1.1")`, "return n + n, nil")
	s := serving(t, root)
	events := s.follow()
	until(s, events, "report", func(r gotest.Report) bool { return r.Progress.Green == 1 })
	coursetest.Replace(t, root, "step1-alpha/alpha.go", "return n + n, nil", "return n + m, nil")
	broken := until(s, events, "report", func(r gotest.Report) bool { return len(r.Build) > 0 })
	assert.Equal(t, gotest.Red, broken.Exercises[0].State)
	assert.Equal(t, 1, broken.Progress.Green)
	assert.Contains(t, s.get("/").Body.String(), "1 of 3 green")
}

type told struct {
	Problem   string
	Functions []struct {
		Own, Reference string
		Words          []string
		Lines          []struct{ In, Text string }
	}
	Helpers []struct{ Where, Text string }
}

func TestTheReferenceIsNotShownUnasked(t *testing.T) {
	t.Parallel()
	root := tiny(t)
	s := serving(t, root)
	refused := s.get("/diff/1.1")
	assert.Equal(t, http.StatusConflict, refused.Code)
	assert.NotContains(t, refused.Body.String(), "twice")
	assert.Equal(t, "1.1 is not green yet, and the reference gives it away. A hint may be enough.", answer[told](t, refused).Problem)
	for _, other := range []string{"?spoil=", "?spoil=no", "?spoil=YES", "?spoil"} {
		assert.Equal(t, http.StatusConflict, s.get("/diff/1.1"+other).Code, other)
	}
	asked := answer[told](t, s.get("/diff/1.1?spoil=yes"))
	assert.Equal(t, []string{"You have not written this one yet."}, asked.Functions[0].Words)
	assert.Equal(t, "solutions/step1-alpha/alpha.go:6", asked.Functions[0].Reference)
	assert.Equal(t, "func twice(n int) int { return n + n }", asked.Helpers[0].Text)

	events := s.follow()
	coursetest.Replace(t, root, "step1-alpha/alpha.go", `return 0, errTODO("1.1")`, "return n + n, nil")
	until(s, events, "report", func(r gotest.Report) bool { return r.Exercises[0].State == gotest.Green })
	green := answer[told](t, s.get("/diff/1.1"))
	assert.Equal(t, "In line 6 you have `return n + n, nil`, and the reference `return twice(n), nil`.", green.Functions[0].Words[0])
	assert.Equal(t, "yours", green.Functions[0].Lines[1].In)
	assert.Equal(t, http.StatusConflict, s.get("/diff/1.2").Code, "each exercise for itself")
	assert.Equal(t, http.StatusNotFound, s.get("/diff/9.9").Code)
}

func TestAReferenceThatCannotBeUsedIsSaid(t *testing.T) {
	t.Parallel()
	root := tiny(t)
	coursetest.Write(t, root, "solutions/step1-alpha/alpha.go", "package")
	gone := serving(t, root).get("/diff/1.1?spoil=yes")
	assert.Equal(t, http.StatusNotFound, gone.Code)
	assert.Contains(t, answer[told](t, gone).Problem, "The reference of step 1 cannot be used: solutions/step1-alpha/alpha.go is no Go in line 1 (")
}

func TestAnAnswerIsExplainedAndNoOtherIs(t *testing.T) {
	t.Parallel()
	s := newSite(t, tiny(t))
	type verdict struct {
		Right  bool
		Why    string
		Answer int
		Reason string
	}
	assert.Equal(t, verdict{false, "That is once.", 2, "Yes."}, answer[verdict](t, s.get("/quiz/1/1/1")))
	assert.Equal(t, verdict{true, "Yes.", 2, "Yes."}, answer[verdict](t, s.get("/quiz/1/1/2")))
	for _, path := range []string{"/quiz/1/0/1", "/quiz/1/2/1", "/quiz/1/1/0", "/quiz/1/1/3", "/quiz/2/1/1", "/quiz/9/1/1", "/quiz/1/a/1", "/quiz/1/1/-1"} {
		assert.Equal(t, http.StatusNotFound, s.get(path).Code, path)
	}
	page := s.get("/step/1/quiz").Body.String()
	assert.Contains(t, page, "What is twice one?")
	assert.NotContains(t, page, "That is once.", "the page does not hold the answers")
}

type server struct {
	Phase, Address, Output string
	Step                   int
	Old, Docs              bool
}

func TestTheServerOfAStep(t *testing.T) {
	t.Parallel()
	root := tiny(t)
	s := serving(t, root)
	events := s.follow()
	until(s, events, "now", func(n struct{ Runs int }) bool { return n.Runs == 1 })

	assert.Equal(t, http.StatusConflict, s.post("/server/2/attack").Code, "nothing runs yet")
	require.Equal(t, http.StatusNoContent, s.post("/server/2/start").Code)
	up := until(s, events, "server", func(v server) bool { return v.Phase == "serving" && v.Docs })
	assert.Equal(t, 2, up.Step)
	assert.False(t, up.Old)
	assert.Contains(t, up.Output, up.Address)
	w, err := http.Get(up.Address)
	require.NoError(t, err)
	w.Body.Close()

	coursetest.Replace(t, root, "step1-alpha/alpha.go", `return 0, errTODO("1.1")`, "return n + n, nil")
	until(s, events, "server", func(v server) bool { return v.Old })
	require.Equal(t, http.StatusNoContent, s.post("/server/2/start").Code)
	again := until(s, events, "server", func(v server) bool { return v.Phase == "serving" && v.Address != up.Address })
	assert.False(t, again.Old, "it runs what was saved")
	report := answer[attack.Report](t, s.post("/server/2/attack"))
	assert.Equal(t, again.Address, report.Target)
	assert.NotEmpty(t, report.Results)
	assert.Zero(t, report.Broken, "it has no login, and nothing to break")

	require.Equal(t, http.StatusNoContent, s.post("/server/stop").Code)
	until(s, events, "server", func(v server) bool { return v.Phase == "stopped" })
	_, err = http.Get(again.Address)
	require.Error(t, err)

	assert.Equal(t, http.StatusNotFound, s.post("/server/1/start").Code, "it has none")
	assert.Equal(t, http.StatusNotFound, s.post("/server/9/start").Code)
	assert.Equal(t, http.StatusNotFound, s.post(fmt.Sprintf("/server/%s/start", "..%2f..%2fbin")).Code)
}
