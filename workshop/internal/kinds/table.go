package kinds

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"example.com/bookapi/workshop/internal/course"
)

// File is where the table stands, from the repository's root.
const File = "CONTRIBUTING.md"

const (
	begin = "<!-- kinds: made by go generate ./workshop -->\n"
	end   = "<!-- end of kinds -->\n"
)

// Update returns a document with the table between its two marks made anew.
func Update(document []byte, c *course.Course, exercises []Exercise) ([]byte, error) {
	before, rest, ok := bytes.Cut(document, []byte(begin))
	_, after, closed := bytes.Cut(rest, []byte(end))
	if !ok || !closed {
		return nil, errors.New(File + " has no place for the table of kinds, between its two marks")
	}
	var out bytes.Buffer
	out.Write(before)
	out.WriteString(begin)
	for _, step := range c.Steps {
		fmt.Fprintf(&out, "\n<details>\n<summary>Step %d, %s</summary>\n\n", step.Number, strings.ToLower(step.Title))
		out.WriteString("| exercise | kind of attack | test, or why there is none |\n|---|---|---|\n")
		for _, e := range exercises {
			if strings.HasPrefix(e.ID, fmt.Sprintf("%d.", step.Number)) {
				writeRows(&out, e)
			}
		}
		out.WriteString("\n</details>\n")
	}
	out.WriteString("\n" + end)
	out.Write(after)
	return out.Bytes(), nil
}

func writeRows(out *bytes.Buffer, e Exercise) {
	name := e.ID + " " + e.Title
	for _, kind := range All {
		fmt.Fprintf(out, "| %s | %s | %s |\n", name, kind, e.Cells[kind])
		name = ""
	}
}

// String is the cell as the table shows it.
func (c *Cell) String() string {
	switch {
	case c != nil && len(c.Tests) > 0:
		return "`" + strings.Join(c.Tests, "`, `") + "`"
	case c != nil && c.Reason != "":
		return "none: " + strings.ReplaceAll(c.Reason, "|", `\|`)
	}
	return "**missing**"
}
