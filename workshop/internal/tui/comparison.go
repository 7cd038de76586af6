package tui

import (
	"fmt"
	"strings"

	"example.com/bookapi/workshop/internal/codediff"
)

// Comparison shows the functions of an exercise beside those of the reference.
func (s Screen) Comparison(all codediff.Comparison) {
	for _, pair := range all.Pairs {
		s.pair(pair)
	}
	for _, h := range all.Helpers {
		s.Gap()
		s.Text(Plain, 2, fmt.Sprintf("The reference's own helper, %s/%s:%d", all.Dir, h.File, h.Line))
		s.Gap()
		for line := range strings.SplitSeq(h.Text, "\n") {
			s.Code(Good, "+", line)
		}
	}
}

func (s Screen) pair(pair codediff.Pair) {
	s.Gap()
	for _, sentence := range pair.Diff.Words {
		s.Text(Plain, 2, sentence)
	}
	s.Gap()
	s.Code(Bad, "-", "yours          "+pair.Own.String())
	s.Code(Good, "+", "the reference  "+pair.Reference.String())
	if pair.Diff.Lines != nil {
		s.Gap()
	}
	for _, l := range pair.Diff.Lines {
		switch l.Kind {
		case codediff.Both:
			s.Code(Plain, "", l.Text)
		case codediff.Yours:
			s.Code(Bad, "-", l.Text)
		case codediff.Reference:
			s.Code(Good, "+", l.Text)
		}
	}
}
