// Package gallery judges the flaws and alternatives of the course for the checks
// that are about them.
package gallery

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/checks/internal/repository"
	"example.com/bookapi/workshop/internal/flaw"
)

// Patches returns all flaws and alternatives.
func Patches(t testing.TB) []*flaw.Patch {
	t.Helper()
	patches, err := flaw.Load(filepath.Join(repository.Root(t), "workshop"), "workshop")
	require.NoError(t, err)
	return patches
}

var update = flag.Bool("update", false, "record the first lines of the flaws that are judged")

func firstLinesFile(t testing.TB) string {
	t.Helper()
	return filepath.Join(repository.Root(t), filepath.FromSlash(flaw.FirstLinesFile))
}

// FirstLines returns the recorded first lines of the flaws that there are.
func FirstLines(t testing.TB) flaw.FirstLines {
	t.Helper()
	text, err := os.ReadFile(firstLinesFile(t))
	require.NoError(t, err)
	all, left := flaw.ReadFirstLines(string(text)), flaw.FirstLines{}
	for _, p := range Patches(t) {
		if line := all[p.ID()]; line != "" {
			left[p.ID()] = line
		}
	}
	return left
}

// Judge demands that the lessons' tests catch every flaw, with a first line that
// names the exercise, the cause and the input, or accept every alternative. To
// judge all of them takes minutes, so it is one flaw for each exercise and one
// alternative for each step unless BOOKAPI_GALLERY=all asks for more, or
// BOOKAPI_GALLERY=new for the flaws whose first line is not recorded. With -update
// the first lines are recorded.
func Judge(t testing.TB, alternatives bool) {
	t.Helper()
	if testing.Short() {
		t.Skip("to judge a flaw takes a second, and an alternative some")
	}
	record := FirstLines(t)
	patches := chosen(t, record, alternatives)
	c := repository.Course(t)
	judge, err := flaw.NewJudge(t.Context(), c, patches)
	require.NoError(t, err)
	defer func() { assert.NoError(t, judge.Close()) }()
	verdicts, err := judge.All(t.Context(), patches, func(v flaw.Verdict) {
		if !v.OK && v.Skipped == "" {
			t.Errorf("%s: %s", v.Patch.File, v.Why)
		}
		for _, fault := range flaw.Unclear(c, v) {
			t.Errorf("%s: the first line of the failure: %s: %s", v.Patch.File, fault, v.Failure.Failure)
		}
		recorded := record[v.Patch.ID()] != "" || os.Getenv("BOOKAPI_GALLERY") == "all"
		if recorded && !*update && !record.Agree(v) {
			t.Errorf("%s: the first line of the failure is not the one in %s. Record it with -update: %s", v.Patch.File, flaw.FirstLinesFile, v.Failure.Failure)
		}
	})
	require.NoError(t, err)
	if *update {
		for _, v := range verdicts {
			record.Take(v)
		}
		require.NoError(t, os.WriteFile(firstLinesFile(t), []byte(record.Text()), 0o600))
	}
}

// chosen are the patches that are judged.
func chosen(t testing.TB, record flaw.FirstLines, alternatives bool) []*flaw.Patch {
	t.Helper()
	which := os.Getenv("BOOKAPI_GALLERY")
	seen := make(map[string]bool)
	var patches []*flaw.Patch
	for _, p := range Patches(t) {
		of := p.Exercise
		if p.Alternative {
			of = p.Step
		}
		take := !seen[of]
		switch which {
		case "all":
			take = true
		case "new":
			take = record[p.ID()] == "" && !p.Race
		}
		if p.Alternative == alternatives && take {
			seen[of] = true
			patches = append(patches, p)
		}
	}
	return patches
}
