package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"example.com/bookapi/workshop/internal/codediff"
	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/gotest"
	"example.com/bookapi/workshop/internal/stepserver"
)

// problem is why there is no answer: a sentence with the next move.
type problem struct {
	Problem string `json:"problem"`
}

func answerJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value) // the page may have gone
}

func noExercise(w http.ResponseWriter) {
	answerJSON(w, http.StatusNotFound, problem{"There is no such exercise any more: load the page again."})
}

// hint gives one hint for what the page shows as red, and remembers nothing.
func (s *Server) hint(w http.ResponseWriter, r *http.Request) {
	_, exercise, ok := s.hub.course().Exercise(r.PathValue("exercise"))
	hints := exercise.HintsFor(r.URL.Query().Get("red"))
	number, err := strconv.Atoi(r.PathValue("number"))
	if !ok || err != nil || number < 1 || number > len(hints) {
		noExercise(w)
		return
	}
	next := "" // the kind of the next one
	if number < len(hints) {
		next = hints[number].Kind
	}
	h := hints[number-1]
	answerJSON(w, http.StatusOK, struct {
		Hint   string `json:"hint"`
		Kind   string `json:"kind"`
		Test   string `json:"test"` // that it is for, or empty
		Number int    `json:"number"`
		Of     int    `json:"of"`
		Next   string `json:"next"`
	}{h.Text, h.Kind, h.Test, number, len(hints), next})
}

// diff compares an exercise with the reference. Before it is green it wants to
// be told that it may.
func (s *Server) diff(w http.ResponseWriter, r *http.Request) {
	state := s.hub.moment().state
	step, exercise, ok := state.Course.Exercise(r.PathValue("exercise"))
	if !ok {
		noExercise(w)
		return
	}
	if r.URL.Query().Get("spoil") != "yes" && !isGreen(state.Report, step, exercise) {
		answerJSON(w, http.StatusConflict, problem{fmt.Sprintf("%s is not green yet, and the reference gives it away. A hint may be enough.", exercise.ID)})
		return
	}
	all, err := codediff.Exercise(state.Course, step, exercise)
	if err != nil {
		answerJSON(w, http.StatusNotFound, problem{err.Error()})
		return
	}
	answerJSON(w, http.StatusOK, newComparison(all))
}

// isGreen reports whether the learner's own code of an exercise is known to be
// green. After a catch-up it is the reference itself that is tested.
func isGreen(report *gotest.Report, step course.Step, exercise course.Exercise) bool {
	return report != nil && step.Dir == step.Name && slices.ContainsFunc(report.Exercises, func(e gotest.Exercise) bool {
		return e.ID == exercise.ID && e.State == gotest.Green
	})
}

// comparison is a codediff.Comparison for a page.
type comparison struct {
	Functions []function `json:"functions"`
	Helpers   []helper   `json:"helpers"`
}

type function struct {
	Own       string   `json:"own"`       // where the learner's is
	Reference string   `json:"reference"` // where the other one is
	Words     []string `json:"words"`
	Lines     []line   `json:"lines"`
}

type line struct {
	In   string `json:"in"` // "both", "yours" or "reference"
	Text string `json:"text"`
}

type helper struct {
	Where string `json:"where"`
	Text  string `json:"text"`
}

func newComparison(all codediff.Comparison) comparison {
	c := comparison{Functions: []function{}, Helpers: []helper{}}
	for _, pair := range all.Pairs {
		f := function{Own: pair.Own.String(), Reference: pair.Reference.String(), Words: pair.Diff.Words, Lines: []line{}}
		for _, l := range pair.Diff.Lines {
			in := map[codediff.Kind]string{codediff.Both: "both", codediff.Yours: "yours", codediff.Reference: "reference"}[l.Kind]
			f.Lines = append(f.Lines, line{in, l.Text})
		}
		c.Functions = append(c.Functions, f)
	}
	for _, h := range all.Helpers {
		c.Helpers = append(c.Helpers, helper{fmt.Sprintf("%s/%s:%d", all.Dir, h.File, h.Line), h.Text})
	}
	return c
}

// answer judges one choice of a question. Only that choice and the right one are
// explained.
func (s *Server) answer(w http.ResponseWriter, r *http.Request) {
	step, ok := s.stepOf(r)
	question, err1 := strconv.Atoi(r.PathValue("question"))
	choice, err2 := strconv.Atoi(r.PathValue("choice"))
	if !ok || err1 != nil || err2 != nil || question < 1 || question > len(step.Quiz) || choice < 1 || choice > len(step.Quiz[question-1].Choices) {
		answerJSON(w, http.StatusNotFound, problem{"There is no such question any more: load the page again."})
		return
	}
	q := step.Quiz[question-1]
	answerJSON(w, http.StatusOK, struct {
		Right  bool   `json:"right"`
		Why    string `json:"why"`
		Answer int    `json:"answer"`
		Reason string `json:"reason"` // why the answer is right
	}{choice == q.Answer, q.Why[choice-1], q.Answer, q.Why[q.Answer-1]})
}

// again runs all tests once more.
func (s *Server) again(w http.ResponseWriter, _ *http.Request) {
	s.follower.Again()
	w.WriteHeader(http.StatusNoContent)
}

// startServer starts the server of a step, in place of one that runs.
func (s *Server) startServer(w http.ResponseWriter, r *http.Request) {
	step, ok := s.stepOf(r)
	if !ok || stepserver.Dir(s.hub.course().Root, step) == "" {
		answerJSON(w, http.StatusNotFound, problem{"This step has no server."})
		return
	}
	if err := s.runner.Start(step); err != nil {
		answerJSON(w, http.StatusInternalServerError, problem{err.Error()})
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (s *Server) stopServer(w http.ResponseWriter, _ *http.Request) {
	s.runner.Stop()
	w.WriteHeader(http.StatusNoContent)
}
