package flaw

import (
	"fmt"
	"strings"
)

// OutsideFile is where the flaws are recorded that the command attack sees, with the
// attacks that see them; OutsideIndexFile is the same as a table, with those that it
// does not see.
const (
	OutsideFile      = "workshop/flaws/outside.tsv"
	OutsideIndexFile = "workshop/flaws/outside.md"
)

// OutsideIndex is the table of the flaws that are seen from outside, by a record in
// the form of FirstLines, and of those that are not.
func OutsideIndex(patches []*Patch, record FirstLines) string {
	var yes, no strings.Builder
	seen, unseen := 0, 0
	for _, p := range patches {
		switch by := record[p.ID()]; {
		case p.Alternative:
		case by != "":
			seen++
			fmt.Fprintf(&yes, "| [%s](%[1]s.patch) | `%[2]s` |\n", p.ID(), strings.ReplaceAll(by, " ", "`, `"))
		default:
			unseen++
			fmt.Fprintf(&no, "- [%s](%[1]s.patch)\n", p.ID())
		}
	}
	return fmt.Sprintf(`# The gallery from outside

Generated. Built into a server, %d of the %d flaws of the gallery are seen from outside, by the command `+"`attack`"+`. The other %d are not. Some were
attacked, and nothing was found. Most are, by their stories, in what no answer shows (a log, a stored hash, a configuration), or under conditions
that it does not make (a store that fails, two requests at one moment).

## Seen

| flaw | by the attacks |
|---|---|
%s
## Not seen

%s`, seen, seen+unseen, unseen, yes.String(), no.String())
}
