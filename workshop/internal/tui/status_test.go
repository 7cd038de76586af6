package tui_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/assert"

	"example.com/bookapi/workshop/internal/gotest"
	"example.com/bookapi/workshop/internal/tui"
)

func show(s tui.Screen, r *gotest.Report) string {
	var out bytes.Buffer
	s.W = &out
	s.Status(r)
	return out.String()
}

// sample is a course in the middle: one green, one red by an attack, one that
// waits for a build.
func sample() *gotest.Report {
	return &gotest.Report{
		Progress: gotest.Progress{Green: 1, Red: 1, Todo: 1, Total: 3},
		Steps: []gotest.Step{
			{Name: "step1-hashing", Number: 1, Title: "Hashing", Green: 1, Total: 2},
			{Name: "step2-token", Number: 2, Title: "Token", Total: 1, Why: "waits for step 1 to build"},
		},
		Exercises: []gotest.Exercise{
			{ID: "1.1", Title: "Hash a password", Step: "step1-hashing", State: gotest.Green, Minutes: 10},
			{ID: "1.2", Title: "Verify a password", Step: "step1-hashing", State: gotest.Red, Minutes: 10, Tests: []gotest.Test{
				{Name: "TestVerify/right", Result: gotest.Pass}, {Name: "TestVerify/wrong", Result: gotest.Fail},
			}},
			{ID: "2.1", Title: "Issue a token", Step: "step2-token", State: gotest.Todo, Minutes: 15, Why: "waits for step 1 to build"},
		},
		Next: &gotest.Next{
			Exercise: "1.2", Title: "Verify a password", File: "step1-hashing/password.go", Line: 33,
			Test: "TestVerify/wrong", Where: "step1-hashing/password_test.go:40",
			Failure: "ATTACK SUCCEEDED: mallory got in",
			Output:  "ATTACK SUCCEEDED: mallory got in\nexpected: false\nactual  : true",
			Command: "go test ./step1-hashing -run TestVerify",
		},
	}
}

func TestStatusInAPipe(t *testing.T) {
	want := `
Step 1  Hashing  step1-hashing
  ✓ 1.1  Hash a password    green
  ✗ 1.2  Verify a password  red    1 of 2 promises kept

Step 2  Token  step2-token
  waits for step 1 to build
  · 2.1  Issue a token      todo

█████████████░░░░░░░░░░░░░░░░░░░░░░░░░░░  1 of 3 green

Next: 1.2  Verify a password
      step1-hashing/password.go:33

  TestVerify/wrong  step1-hashing/password_test.go:40
  ATTACK SUCCEEDED: mallory got in
    expected: false
    actual  : true

Check it with:
  go test ./step1-hashing -run TestVerify
`
	assert.Equal(t, want, "\n"+show(tui.Screen{Width: 80}, sample()))
}

func TestColoursChangeNoWord(t *testing.T) {
	colour := show(tui.Screen{Width: 80, Color: true, Terminal: true}, sample())
	assert.Contains(t, colour, "\x1b[")
	assert.NotContains(t, colour, "\r")
	assert.Equal(t, show(tui.Screen{Width: 80}, sample()), ansi.Strip(colour))
}

func TestOneExerciseShowsItsTests(t *testing.T) {
	r := sample()
	r.Exercises, r.Steps = r.Exercises[1:2], r.Steps[:1]
	text := show(tui.Screen{Width: 80}, r)
	assert.Contains(t, text, "         ✓ pass  TestVerify/right\n         ✗ fail  TestVerify/wrong\n")
}

func TestBuildErrorsAreListed(t *testing.T) {
	r := sample()
	r.Next.Build = true
	for line := range 7 {
		r.Build = append(r.Build, gotest.BuildError{File: "step1-hashing/password.go", Line: line + 1, Column: 2, Message: "undefined: x"})
	}
	text := show(tui.Screen{Width: 80}, r)
	assert.Contains(t, text, "Next: make it build again, then 1.2  Verify a password\n")
	assert.Contains(t, text, "  step1-hashing/password.go:5:2: undefined: x\n  … and 2 more\n")
	assert.NotContains(t, text, "ATTACK")
}

func TestLongFailureIsCut(t *testing.T) {
	r := sample()
	r.Next.Output = r.Next.Failure + strings.Repeat("\nevidence", 20)
	assert.Contains(t, show(tui.Screen{Width: 80}, r), "    evidence\n    … and 8 lines more\n")
}

func TestAllGreenCongratulates(t *testing.T) {
	r := sample()
	r.Next = nil
	r.Progress = gotest.Progress{Green: 3, Total: 3}
	text := show(tui.Screen{Width: 80}, r)
	assert.Contains(t, text, strings.Repeat("█", 40)+"  3 of 3 green\n")
	assert.Contains(t, text, "All 3 are green: well done!\n")
	assert.NotContains(t, text, "Next:")
}

// What a catch-up brings is not the learner's progress.
func TestTheReferenceIsNobodysProgress(t *testing.T) {
	r := sample()
	r.Progress = gotest.Progress{Green: 2, Todo: 2, Total: 4, Reference: 1}
	text := show(tui.Screen{Width: 80}, r)
	assert.Contains(t, text, strings.Repeat("█", 10)+strings.Repeat("░", 30)+"  1 of 4 green, 1 by the reference\n")
	r.Next = nil
	r.Progress = gotest.Progress{Green: 3, Total: 3, Reference: 1}
	assert.Contains(t, show(tui.Screen{Width: 80}, r), "Your 2 are green: well done! The reference wrote the other 1.")
	r.Progress = gotest.Progress{Green: 3, Total: 3, Reference: 3}
	assert.Contains(t, show(tui.Screen{Width: 80}, r), "All is green, by the reference. To write it yourself: ")
}

// lessons is a sample with the places of its lessons.
func lessons() *gotest.Report {
	r := sample()
	r.Steps[0].Try, r.Steps[0].Quiz, r.Steps[0].NextLesson = "step1-hashing/README.md:90", "go run ./workshop quiz 1", "step2-token/README.md"
	for i, line := range []string{"10", "20", "30"} {
		e := &r.Exercises[i]
		e.Lesson, e.Happened = e.Step+"/README.md:"+line, e.Step+"/README.md:"+line+"5"
	}
	r.Next.Lesson = r.Exercises[1].Lesson
	return r
}

func TestTheLessonLeadsOn(t *testing.T) {
	r := lessons()
	text := show(tui.Screen{Width: 80}, r)
	assert.Contains(t, text, "Next: 1.2  Verify a password\n      step1-hashing/password.go:33\n      lesson: step1-hashing/README.md:20\n")
	assert.NotContains(t, text, "What just happened", "1.2 has been begun")

	r.Exercises[1].State = gotest.Todo
	assert.Contains(t, show(tui.Screen{Width: 80}, r), "\n1.1 is green.\nWhat just happened: step1-hashing/README.md:105\n\nNext: 1.2")

	r.Exercises[1].State, r.Steps[0].Green = gotest.Green, 2
	r.Next.Exercise = "2.1"
	end := `
All of step 1 is written. Now:
  What just happened  step1-hashing/README.md:205
  Try it for real     step1-hashing/README.md:90
  Quick check         go run ./workshop quiz 1
  The next lesson     step2-token/README.md
`
	assert.Contains(t, show(tui.Screen{Width: 80}, r), "\n1.2 is green."+end+"\nNext: 2.1")
	one := drawn(func(s tui.Screen) { s.Exercise(r, r.Exercises[1], "") })
	assert.Contains(t, one, "     lesson: step1-hashing/README.md:20\n")
	assert.True(t, strings.HasSuffix(one, "1.2 is green: well done!"+end), one)

	r.Exercises, r.Steps, r.Next = r.Exercises[:2], r.Steps[:1], nil
	assert.True(t, strings.HasSuffix(show(tui.Screen{Width: 80}, r), "Step 1 is green: well done!"+end))
}

func TestABuildErrorKeepsTheBar(t *testing.T) {
	r := sample()
	r.Progress = gotest.Progress{Green: 1, Red: 2, Total: 4, Unknown: 2}
	assert.Contains(t, show(tui.Screen{Width: 80}, r), strings.Repeat("█", 10)+strings.Repeat("▒", 20)+strings.Repeat("░", 10)+"  1 of 4 green, 2 not known\n")
}

func TestNoLineIsWiderThanTheScreen(t *testing.T) {
	long := strings.Repeat("passwörter 密码 "+strings.Repeat("x", 90)+" ", 3)
	r := sample()
	r.Steps[0].Title, r.Steps[1].Why = long, long
	r.Exercises[0].Title, r.Exercises[1].Why = long, long
	r.Next.Title, r.Next.Failure, r.Next.Output, r.Next.Where = long, long, long+"\n\t"+long, long
	r.Next.Command = "go test ./step1-hashing -run " + strings.Repeat("x", 100)
	r.Build = []gotest.BuildError{{File: long, Message: long}}
	for _, build := range []bool{false, true} {
		for _, width := range []int{20, 40, 80, 100} {
			for _, colour := range []bool{false, true} {
				r.Next.Build = build
				for line := range strings.Lines(show(tui.Screen{Width: width, Color: colour}, r)) {
					assert.LessOrEqual(t, ansi.StringWidth(strings.TrimRight(line, "\n")), width, line)
				}
			}
		}
	}
}

func TestWhatTheCodePrintsCannotDriveTheScreen(t *testing.T) {
	r := sample()
	r.Next.Output = r.Next.Failure + "\n\x1b[2J\x1b]0;owned\x07tab\there\rthere\x00"
	for _, colour := range []bool{false, true} {
		text := ansi.Strip(show(tui.Screen{Width: 80, Color: colour}, r))
		assert.Contains(t, text, "    tab    herethere\n")
	}
	text := show(tui.Screen{Width: 80}, r)
	assert.False(t, strings.ContainsAny(text, "\x1b\r\x00\x07"), "%q", text)
}

func TestAStepThatIsTheReferencesSaysSo(t *testing.T) {
	r := sample()
	r.Steps[0].Dir = "solutions/step1-hashing"
	r.Steps[1].Dir = "step2-token"
	text := show(tui.Screen{Width: 80}, r)
	assert.Contains(t, text, "Step 1  Hashing  solutions/step1-hashing (the reference)\n")
	assert.Contains(t, text, "Step 2  Token  step2-token\n")
}

func drawn(draw func(tui.Screen)) string {
	var out bytes.Buffer
	draw(tui.Screen{W: &out, Width: 80})
	return out.String()
}

func TestOneExercise(t *testing.T) {
	r := sample()
	e := r.Exercises[1]
	e.File, e.Line, e.Command = "step1-hashing/password.go", 33, "go test ./step1-hashing -run TestVerify"
	e.Tests[1].Where, e.Tests[1].Failure, e.Tests[1].Output = r.Next.Where, r.Next.Failure, r.Next.Output
	e.Tests = append(e.Tests, gotest.Test{Name: "TestVerify/empty", Result: gotest.Fail, Failure: "no", Output: "no"})

	assert.Equal(t, "1 ✓[✗]  2 ·\n", drawn(func(s tui.Screen) { s.Marks(r, "1.2") }))
	assert.Equal(t, `1.2  Verify a password  ✗ red  1 of 3 promises kept
     step1-hashing/password.go:33
     a note
  TestVerify/wrong  step1-hashing/password_test.go:40
  ATTACK SUCCEEDED: mallory got in
    expected: false
    actual  : true

The promises:
         ✓ pass  TestVerify/right
         ✗ fail  TestVerify/wrong
         ✗ fail  TestVerify/empty
`, drawn(func(s tui.Screen) { s.Exercise(r, e, "a note") }))
	assert.Equal(t, `1.2  Verify a password  ✗ red  1 of 3 promises kept
     go test ./step1-hashing -run TestVerify

  TestVerify/wrong  step1-hashing/password_test.go:40
  ATTACK SUCCEEDED: mallory got in
  expected: false
  actual  : true

  TestVerify/empty
  no

         ✓ pass  TestVerify/right
         ✗ fail  TestVerify/wrong
         ✗ fail  TestVerify/empty
`, drawn(func(s tui.Screen) { s.Output(r, e) }))
	assert.Equal(t, "1.1  Hash a password  ✓ green\n     :0\n\n1.1 is green: well done!\n",
		drawn(func(s tui.Screen) { s.Exercise(r, r.Exercises[0], "") }))
}

func TestAnExerciseThatDoesNotBuild(t *testing.T) {
	r := sample()
	r.Build = []gotest.BuildError{{Step: "step1-hashing", File: "step1-hashing/password.go", Line: 2, Column: 3, Message: "undefined: x"}}
	got := drawn(func(s tui.Screen) { s.Exercise(r, r.Exercises[2], "") })
	assert.Contains(t, got, "2.1  Issue a token  · todo  waits for step 1 to build\n")
	assert.Contains(t, got, "\n  step1-hashing/password.go:2:3: undefined: x\n")
}

// Why an exercise has no verdict may be what its package printed.
func TestAReasonComesToNoTerminalAsItWas(t *testing.T) {
	r := sample()
	r.Exercises[2].Why = "no test ran: \x1b[2Jgone"
	assert.NotContains(t, show(tui.Screen{Width: 80}, r), "\x1b")
}
