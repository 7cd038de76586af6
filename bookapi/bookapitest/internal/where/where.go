// Package where finds the line of the learner's code in a stack.
package where

import (
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
)

// Frame is a call on a stack.
type Frame struct {
	Func string // as runtime names it: example.com/bookapi/step1-hashing.SignUp
	File string
	Line int
}

// String is the folder, the file and the line: step1-hashing/signup.go:31.
func (f Frame) String() string {
	if f.File == "" {
		return ""
	}
	dir, file := path.Split(filepath.ToSlash(f.File))
	return fmt.Sprintf("%s:%d", path.Join(path.Base(dir), file), f.Line)
}

var step = regexp.MustCompile(`(^|[/\\])step\d+-[^/\\]+[/\\][^/\\]+\.go$`)

// inStep reports a frame of a step's own code, which the learner writes. The
// file tells: a function that was inlined bears the name of another package.
func (f Frame) inStep() bool { return step.MatchString(f.File) && !f.inTest() }

func (f Frame) inTest() bool { return strings.HasSuffix(f.File, "_test.go") }

// Learner returns the innermost frame of a stack in the code of a step; if
// there is none, the innermost in a test. Stacks begin with the innermost.
func Learner(stack []Frame) (Frame, bool) {
	for _, is := range []func(Frame) bool{Frame.inStep, Frame.inTest} {
		for _, f := range stack {
			if is(f) {
				return f, true
			}
		}
	}
	return Frame{}, false
}

// InStep reports whether a stack holds a frame in the code of a step.
func InStep(stack []Frame) bool {
	f, ok := Learner(stack)
	return ok && f.inStep()
}

// Here returns the stack of the caller. During a panic it begins where the
// first panic began, which a deferred function still sees.
func Here() []Frame { return Stack(Counters()) }

// Counters are a stack in the form in which it costs little to take one.
func Counters() []uintptr {
	counters := make([]uintptr, 256)
	return counters[:runtime.Callers(2, counters)]
}

// Stack reads counters.
func Stack(counters []uintptr) (stack []Frame) {
	if len(counters) == 0 {
		return nil
	}
	frames := runtime.CallersFrames(counters)
	for {
		f, more := frames.Next()
		if f.Function == "runtime.gopanic" {
			stack = nil
		} else {
			stack = append(stack, Frame{f.Function, f.File, f.Line})
		}
		if !more {
			return stack
		}
	}
}

// A Goroutine of a profile: its stack and its labels, as the profile has them.
type Goroutine struct {
	Labels string
	Stack  []Frame
}

// Goroutines reads a goroutine profile in the form that pprof writes with
// debug=1.
func Goroutines(profile string) (all []Goroutine) {
	for _, block := range strings.Split(profile, "\n\n") {
		var g Goroutine
		for line := range strings.Lines(block) {
			line = strings.TrimSpace(line)
			if labels, ok := strings.CutPrefix(line, "# labels: "); ok {
				g.Labels = labels
				continue
			}
			cells := strings.FieldsFunc(line, func(r rune) bool { return r == '\t' })
			if len(cells) != 4 || cells[0] != "#" {
				continue
			}
			name, _, _ := strings.Cut(cells[2], "+0x")
			colon := strings.LastIndexByte(cells[3], ':')
			if colon < 0 {
				continue
			}
			number, err := strconv.Atoi(cells[3][colon+1:])
			if err != nil {
				continue
			}
			g.Stack = append(g.Stack, Frame{name, cells[3][:colon], number})
		}
		if g.Stack != nil {
			all = append(all, g)
		}
	}
	return all
}

// Sentence tells of a panic: where in the learner's code, and with what.
func Sentence(cause any, stack []Frame) string {
	at := ""
	if f, ok := Learner(stack); ok {
		at = f.String() + ": "
	}
	return at + causeOf(cause)
}

// causeOf is what a panic was called with, in one line.
func causeOf(cause any) string {
	if err, ok := cause.(error); ok {
		if nothing := new(runtime.PanicNilError); errors.As(err, &nothing) {
			return "panic(nil)"
		}
	}
	line, _, _ := strings.Cut(fmt.Sprint(cause), "\n")
	return line
}
