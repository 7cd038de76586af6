package doctor

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/edit"
	"example.com/bookapi/workshop/internal/exercise"
	"example.com/bookapi/workshop/internal/starter"
)

// given looks whether all that is no exercise is of this version of the course:
// an update may have met changes of the learner's, and left the older code.
func (d Doctor) given(ctx context.Context, _ environment) Finding {
	if d.Course == nil {
		return Finding{"course", Warn, "The course's version cannot be told.", "Mend the workspace first.", "unknown"}
	}
	for _, step := range d.Course.Steps {
		differ, err := d.differences(step)
		if err != nil {
			return Finding{"course", Warn, fmt.Sprintf("The files of %s cannot be compared with what the course hands out: %s.", step.Name, firstLine(err)),
				"Start the companion again with: go run ./workshop", "not compared"}
		}
		if len(differ) > 0 {
			return Finding{"course", Warn, fmt.Sprintf("In %s these are not as this version of the course hands them out: %s.", step.Name, strings.Join(differ, ", ")),
				fmt.Sprintf(`If that is your doing, all is well. Otherwise "go run ./workshop reset %s" hands out the step again, and keeps yours below .workshop/kept.`, step.Name),
				fmt.Sprintf("%s: %d differ", step.Name, len(differ))}
		}
	}
	if newer := d.fetched(ctx); newer != "" {
		return Finding{"course", Warn, "The course has moved on. Commits that git has fetched and you do not have: " + newer + ".",
			"Update it with your work in it: git stash, then git pull, then git stash pop.", newer + " commits behind"}
	}
	return Finding{"course", OK, "Tests and given code are those of this version of the course.", "", "as handed out"}
}

// differences names what of a step is not as it was handed out: its tests, and
// in its code the declarations that are no exercise. While the code does not
// parse, only the tests can be told.
func (d Doctor) differences(step course.Step) ([]string, error) {
	handedOut := d.Starter
	if handedOut == nil {
		handedOut = starter.Of
	}
	want, err := handedOut(step.Name)
	if err != nil {
		return nil, err
	}
	have, err := starter.Read(filepath.Join(d.Root, step.Dir))
	if err != nil {
		return nil, err
	}
	solve := make(map[string]bool)
	for _, e := range step.Exercises {
		solve[e.Func] = true
	}
	there, parses := make(map[string]bool), true
	for name, src := range have {
		if !exercise.IsCode(name) {
			continue
		}
		declarations, err := exercise.Declarations(edit.Unix(src))
		parses = parses && err == nil
		for _, declared := range declarations {
			there[path.Dir(name)+" "+declared.Text] = true
		}
	}
	var differ []string
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if strings.HasSuffix(name, "_test.go") && !bytes.Equal(edit.Unix(have[name]), want[name]) {
			differ = append(differ, name)
		}
		if !exercise.IsCode(name) || name == exercise.TodoFile || !parses {
			continue
		}
		declarations, err := exercise.Declarations(want[name])
		if err != nil {
			return nil, err
		}
		for _, declared := range declarations {
			others := slices.ContainsFunc(declared.Names, func(n string) bool { return n != "_" && !solve[n] })
			if others && !there[path.Dir(name)+" "+declared.Text] {
				differ = append(differ, fmt.Sprintf("%s (%s)", name, strings.Join(declared.Names, ", ")))
			}
		}
	}
	return differ, nil
}

// fetched is how many commits of the branch that this one follows are not in it
// yet, or empty: there need not be git, a repository, or a remote.
func (d Doctor) fetched(ctx context.Context) string {
	git := exec.CommandContext(ctx, "git", "rev-list", "--count", "HEAD..@{upstream}")
	git.Dir = d.Root
	out, err := git.Output()
	if count := strings.TrimSpace(string(out)); err == nil && count != "0" {
		return count
	}
	return ""
}
