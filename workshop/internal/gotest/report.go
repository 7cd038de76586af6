package gotest

import "fmt"

// The results of a test, and with them the state of an exercise.
const (
	Pass   = "pass"
	Fail   = "fail"
	Skip   = "skip"
	NotRun = "notrun" // the test never ran to its end: no build, or another test ended the run

	Todo  = "todo"  // not green, and nothing written yet
	Red   = "red"   // not green, and something written
	Green = "green" // all tests pass, and there is at least one
)

// Report is the state of the course, or of a part of it, as the tests tell it.
// Its JSON is what "status --json" prints and programs rely on: fields may be
// added, but none is renamed, removed or given another meaning. Every field is
// always there; lists are [] when empty and next is null when all is green.
// Files are relative to the repository and have slashes on every system; lines
// and columns count from 1, and 0 is "unknown".
type Report struct {
	Progress  Progress     `json:"progress"`
	Next      *Next        `json:"next"`
	Build     []BuildError `json:"build"` // what hinders the build, without duplicates
	Steps     []Step       `json:"steps"`
	Exercises []Exercise   `json:"exercises"`
}

// Progress counts exercises.
type Progress struct {
	Green int `json:"green"`
	Red   int `json:"red"`
	Todo  int `json:"todo"`
	Total int `json:"total"`

	Reference int `json:"reference"` // of the green ones, those whose step is the reference's, after a catch-up
	// Unknown counts those of the red and todo whose step does not build, or
	// waits for another one to build: they may be green.
	Unknown int `json:"unknown"`
}

// Own is how many are green by the learner's own code.
func (p Progress) Own() int { return p.Green - p.Reference }

// Line is where a learner is, in a line to paste: the exercise to do next, its
// state, and how many are green by the learner's own code.
func (r *Report) Line() string {
	own := fmt.Sprintf("%d/%d own", r.Progress.Own(), r.Progress.Total)
	if r.Next == nil {
		return "all green " + own
	}
	state := "does not build"
	for _, e := range r.Exercises {
		if e.ID == r.Next.Exercise && !r.Next.Build {
			state = e.State
		}
	}
	return r.Next.Exercise + " " + state + " " + own
}

// Step is one lesson.
type Step struct {
	Name   string `json:"name"` // the folder of the lesson, "step1-hashing"
	Dir    string `json:"dir"`  // whose code is tested: the name, or after a catch-up "solutions/step1-hashing"
	Number int    `json:"number"`
	Title  string `json:"title"`
	Green  int    `json:"green"` // exercises, of those in this report
	Total  int    `json:"total"`
	Why    string `json:"why"` // why its tests did not run, or empty: "waits for step 1 to build"

	// What to do when all of it is green. Each is empty if there is none.
	Try        string `json:"try"`         // file:line in the lesson
	Quiz       string `json:"quiz"`        // the command for the quick check
	NextLesson string `json:"next_lesson"` // the file of the step behind it

	Also []Test `json:"also"` // tests that fail and belong to no exercise, such as the learner's own

	blocked bool // something does not build
}

// Exercise is one exercise and what its tests said.
type Exercise struct {
	ID       string `json:"id"` // "1.2"
	Title    string `json:"title"`
	Step     string `json:"step"` // the step's name
	File     string `json:"file"` // where the learner writes
	Line     int    `json:"line"` // of the function; 1 if it was not found
	State    string `json:"state"`
	Why      string `json:"why"` // why tests did not run, or empty
	Minutes  int    `json:"minutes"`
	Lesson   string `json:"lesson"`   // file:line of its section in the lesson, or empty
	Happened string `json:"happened"` // file:line of what to read when it is green, or empty
	Command  string `json:"command"`  // runs its tests, from the repository's root
	Tests    []Test `json:"tests"`    // leaves: tests without subtests
}

// FirstRed is the name of the first test of the exercise that failed, or "".
func (e Exercise) FirstRed() string {
	for _, t := range e.Tests {
		if t.Result == Fail {
			return t.Name
		}
	}
	return ""
}

// Test is one test.
type Test struct {
	Name    string `json:"name"` // "TestVerifyPassword/wrong_password"
	Result  string `json:"result"`
	Where   string `json:"where"`   // file:line of the failure, or empty
	Failure string `json:"failure"` // the first line of the failure, or empty
	Output  string `json:"output"`  // the failure in full, in readable form
	Hung    bool   `json:"-"`       // it was stopped, as it did not end by itself
	Plain   string `json:"-"`       // the first line that plain go test prints of the failure, behind its place
}

// BuildError is one complaint of the compiler, of vet, or of the go command.
type BuildError struct {
	Step    string `json:"step"` // the step's name; empty if the fault is in no step
	File    string `json:"file"` // empty if the complaint names none
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Message string `json:"message"`
}

// Next is the one thing to do now.
type Next struct {
	Exercise string `json:"exercise"` // its id
	Title    string `json:"title"`
	Lesson   string `json:"lesson"` // as the exercise's
	File     string `json:"file"`   // where to look: the exercise's function, or what does not build
	Line     int    `json:"line"`
	Build    bool   `json:"build"`   // the code must build first
	Test     string `json:"test"`    // the first test that failed, or empty
	Where    string `json:"where"`   // file:line of the failure, or empty
	Failure  string `json:"failure"` // its first line
	Output   string `json:"output"`  // the failure in full
	Command  string `json:"command"` // runs the exercise's tests
}
