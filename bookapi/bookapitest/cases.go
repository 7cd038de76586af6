package bookapitest

import (
	"iter"
	"maps"
	"slices"
)

// Sorted goes through the cases of a test in the order of their names, so that
// what fails first is the same at every run.
func Sorted[Case any](cases map[string]Case) iter.Seq2[string, Case] {
	return func(yield func(string, Case) bool) {
		for _, name := range slices.Sorted(maps.Keys(cases)) {
			if !yield(name, cases[name]) {
				return
			}
		}
	}
}
