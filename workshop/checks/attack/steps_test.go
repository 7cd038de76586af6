package attack_test

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	"example.com/bookapi/workshop/internal/attack"
)

// untaught is what the server of each step has not learnt yet, and no more: by the
// attack, the exercise that teaches it.
var untaught = map[string]map[string]string{
	"step2-token": {
		"no-token": "3.4: the login hands out tokens, and no route asks for one",
		"guessing": "5.4: nobody counts failures",
	},
	"step3-protect": {
		"object":   "4.2: everybody who is logged in changes everything",
		"guessing": "5.4: nobody counts failures",
	},
	"step4-authz": {
		"guessing": "5.4: nobody counts failures",
	},
	"step5-hardening": {},
}

// On the server of a step is broken exactly what the course teaches later, and on the
// finished one nothing.
func TestStepsAreBrokenWhereTheyHaveNotLearntYet(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("to attack a server takes ten seconds")
	}
	solutions := filepath.Join(cheap(t).Root, "solutions")
	for step, expected := range untaught {
		t.Run(step, func(t *testing.T) {
			address, secret, _ := serve(t, build(t, solutions, "./"+step+"/cmd/bookapi"))
			if step != "step5-hardening" {
				secret = nil // it draws its own
			}
			report := attacked(t, address, profile(t, "course"), secret)
			tell(t, report)
			var want []string
			for id := range expected {
				want = append(want, id)
			}
			slices.Sort(want)
			assert.Equal(t, want, report.IDs(attack.Broken), "broken is what the later steps teach")
			for _, one := range report.Results {
				if one.Verdict == attack.Broken {
					assert.Contains(t, expected[one.ID], one.Exercise+":", one.ID)
					assert.NotEmpty(t, one.Curl, one.ID)
				}
			}
			if step == "step5-hardening" {
				assert.Subset(t, unsureOfTheFinished, report.IDs(attack.Unsure), "of the finished server is told what can be told")
			}
		})
	}
}

// unsureOfTheFinished are the secret, which nobody can know to be random, HTTPS on this
// machine, and what takes a stopwatch, on a machine that is busy.
var unsureOfTheFinished = []string{"secret", "https", "names-time"}
