package bookapitest

import (
	"crypto/rand"
	"fmt"
	"strings"
)

// A Step is something that happens to a World between two requests. An event,
// such as a refusal, or the success of somebody else, changes no later answer. A
// change, such as another role, key or clock, changes it at once.
type Step[World any] struct {
	Name    string // completes "after ...": "a refused login"
	Do      func(World)
	Changes bool
}

// Orders sends the same request after every one of the steps, and after every two
// of them, and compares the answer with that of a world in which nothing was
// asked before, and only the changes were made. What a cache, a counter or a lock
// that stays locked keeps from one request for the next shows here.
//
// Each world is made anew, for a caller whose name no other world has, so that a
// variable of the package knows nothing of it. An answer is in words: "204 ada".
// Orders returns an error that names the first steps after which the answer
// differs or does not come.
func Orders[World any](world func(caller string) World, ask func(World) string, steps ...Step[World]) error {
	for _, order := range orders(steps) {
		first, again := "", ""
		if err := within(func() { first = answerOf(world, ask, order, false) }); err != nil {
			return fmt.Errorf("the first request: %w", err)
		}
		if err := within(func() { again = answerOf(world, ask, order, true) }); err != nil {
			return fmt.Errorf("%s: %w", describe(order), err)
		}
		if first != again {
			return fmt.Errorf("%s: the answer is %q; it would be %q if nothing had been asked before", describe(order), again, first)
		}
	}
	return nil
}

// answerOf is the answer after the changes, or after all steps and the same
// request in front of them.
func answerOf[World any](world func(string) World, ask func(World) string, order []Step[World], again bool) string {
	caller := "caller-" + strings.ToLower(rand.Text()[:12])
	w := world(caller)
	if again {
		ask(w)
	}
	for _, step := range order {
		if again || step.Changes {
			step.Do(w)
		}
	}
	return strings.ReplaceAll(ask(w), caller, "ada")
}

func describe[World any](order []Step[World]) string {
	if len(order) == 0 {
		return "the same request again"
	}
	names := make([]string, len(order))
	for i, step := range order {
		names[i] = step.Name
	}
	return "after " + strings.Join(names, " and ")
}

// orders returns no step, each step, and every two of them.
func orders[World any](steps []Step[World]) [][]Step[World] {
	all := [][]Step[World]{nil}
	for _, step := range steps {
		all = append(all, []Step[World]{step})
	}
	for _, first := range steps {
		for _, second := range steps {
			all = append(all, []Step[World]{first, second})
		}
	}
	return all
}
