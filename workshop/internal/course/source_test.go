package course_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/course/coursetest"
)

func locate(t *testing.T, root, exercise string) course.Place {
	t.Helper()
	c := load(t, root)
	selection, ok := c.Find(exercise)
	assert.True(t, ok)
	for _, e := range selection.Steps[0].Exercises {
		if e.ID == exercise {
			return c.Locate(selection.Steps[0], e)
		}
	}
	return course.Place{}
}

const alpha = "step1-alpha/alpha.go"

func TestExerciseIsFoundByItsCommentWhenItHasAnotherName(t *testing.T) {
	root := coursetest.Repo(t)
	coursetest.Replace(t, root, alpha, "func Double(", "func Twice(")
	assert.Equal(t, course.Place{File: alpha, Line: 4, End: 7, Stub: true}, locate(t, root, "1.1"))
}

func TestExerciseIsFoundByItsNameWhenTheCommentIsGone(t *testing.T) {
	root := coursetest.Repo(t)
	coursetest.Replace(t, root, alpha, "\t// Exercise 1.2: be kind.\n", "")
	assert.Equal(t, course.Place{File: alpha, Line: 13, End: 15, Stub: true}, locate(t, root, "1.2"))
}

func TestExerciseIsFoundInAnotherFile(t *testing.T) {
	root := coursetest.Repo(t)
	coursetest.Write(t, root, alpha, "package alpha\n")
	coursetest.Write(t, root, "step1-alpha/mine.go", "package alpha\n\nfunc Double(n int) (int, error) { return n + n, nil }\n")
	assert.Equal(t, course.Place{File: "step1-alpha/mine.go", Line: 3, End: 3}, locate(t, root, "1.1"))
}

func TestSyntaxErrorElsewhereHidesNothing(t *testing.T) {
	root := coursetest.Repo(t)
	coursetest.Replace(t, root, alpha, "return \"\"", "return (((")
	assert.Equal(t, course.Place{File: alpha, Line: 4, End: 7, Stub: true}, locate(t, root, "1.1"))
	assert.False(t, locate(t, root, "1.2").Stub)
}

func TestUnfindableExerciseIsAtTheTopOfItsFile(t *testing.T) {
	root := coursetest.Repo(t)
	for _, text := range []string{"", "package alpha\n", "{{{"} {
		coursetest.Write(t, root, alpha, text)
		assert.Equal(t, course.Place{File: alpha, Line: 1}, locate(t, root, "1.1"), text)
	}
	coursetest.Write(t, root, alpha, "package alpha\n\nfunc Double(")
	assert.Equal(t, course.Place{File: alpha, Line: 3, End: 3}, locate(t, root, "1.1"), "half a line is enough")
}

func TestStub(t *testing.T) {
	for body, stub := range map[string]bool{
		`return 0, errTODO("1.1")`:  true,
		`return 0, nil`:             true,
		"return ``, nil":            true,
		`return false, User{}`:      true,
		`return todoHandler("1.1")`: true,
		`return 0.0, [2]int{}`:      true,
		`return`:                    true,
		`return func(next http.Handler) http.Handler { return todoHandler("1.1") }`: true,

		``:                         false,
		`return 1, nil`:            false,
		`return n, nil`:            false,
		`return "x"`:               false,
		`return true`:              false,
		`return User{Name: "ada"}`: false,
		`return bcrypt.Cost(n)`:    false,
		`n++; return 0, nil`:       false,
		`panic("no")`:              false,
		`return func(next http.Handler) http.Handler { return next }`: false,
	} {
		root := coursetest.Repo(t)
		coursetest.Replace(t, root, alpha, `return 0, errTODO("1.1")`, body)
		assert.Equal(t, stub, locate(t, root, "1.1").Stub, body)
	}
}

func TestTestsAreKnownWithoutRunning(t *testing.T) {
	root := coursetest.Repo(t)
	coursetest.Write(t, root, "step1-alpha/more_test.go", "package alpha_test\nfunc TestMain() {}\nfunc helper() {}\nfunc TestGreetNobody() {}\nfunc x {{")
	c := load(t, root)
	assert.Equal(t, []string{"TestDouble", "TestGreet", "TestGreetNobody"}, c.TestNames(c.Steps[0]))
}

func TestLongestPrefixOwnsATest(t *testing.T) {
	step := course.Step{Exercises: []course.Exercise{{ID: "1.1", Tests: "TestSign"}, {ID: "1.2", Tests: "TestSignUp"}, {ID: "1.3", Tests: "TestSignUpLong"}}}
	for test, want := range map[string]string{"TestSign": "1.1", "TestSignIn": "1.1", "TestSignUp": "1.2", "TestSignUpX": "1.2", "TestSignUpLonger": "1.3", "TestOther": ""} {
		owner, _ := step.Owner(test)
		assert.Equal(t, want, owner.ID, test)
	}
}
