package course

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
)

// Readme tells where the parts of a lesson begin, as file:line from the root, or
// "" for a part that it does not have.
type Readme struct {
	file  string
	lines map[string]int
}

var (
	readmeSection  = regexp.MustCompile(`^##+ (?:([0-9]+\.[0-9]+) |[0-9]+\. (.+))`)
	readmeHappened = "<summary>What just happened</summary>"
)

// Readme reads the lesson of a step. One that is not there has no parts.
func (c *Course) Readme(s Step) Readme {
	r := Readme{file: path.Join(s.Name, "README.md"), lines: map[string]int{}}
	text, _ := os.ReadFile(filepath.Join(c.Root, filepath.FromSlash(r.file)))
	exercise, line := "", 0
	for l := range strings.Lines(string(text)) {
		line++
		l = strings.TrimRight(l, "\r\n")
		if m := readmeSection.FindStringSubmatch(l); m != nil {
			exercise = m[1]
			r.lines[m[1]+m[2]] = line
		}
		if l == readmeHappened && exercise != "" {
			r.lines["after "+exercise] = line
		}
	}
	return r
}

// Exercise is where the section of an exercise begins.
func (r Readme) Exercise(id string) string { return r.at(id) }

// Happened is where an exercise is explained to those who have done it.
func (r Readme) Happened(id string) string { return r.at("after " + id) }

// Try is where the code of the step is tried for real.
func (r Readme) Try() string { return r.at("Try it for real") }

func (r Readme) at(part string) string {
	if line, ok := r.lines[part]; ok {
		return fmt.Sprintf("%s:%d", r.file, line)
	}
	return ""
}
