package console

import "strings"

// A difference is the first line that was not printed as it should have been.
type difference struct {
	want int    // how many of the wanted lines were found before
	got  string // what was printed there, if anything was
	more bool   // got was printed after all that was wanted
	end  bool   // nothing was printed any more
}

// compare returns nil if got is what want describes. With open, more lines may
// still be printed.
func compare(want, got []string, open bool) *difference {
	// ends holds each number of printed lines that the wanted lines so far can
	// stand for. Only behind an … there is more than one.
	ends := []int{0}
	for i, line := range want {
		var next []int
		if line == anything {
			for n := ends[0]; n <= len(got); n++ {
				next = append(next, n)
			}
		} else {
			for _, n := range ends {
				if n < len(got) && matches(line, got[n]) {
					next = append(next, n+1)
				}
			}
		}
		if len(next) == 0 {
			d := &difference{want: i, end: ends[0] == len(got)}
			if !d.end && len(ends) == 1 {
				d.got = got[ends[0]]
			}
			return d
		}
		ends = next
	}
	if last := ends[len(ends)-1]; !open && last < len(got) {
		return &difference{want: len(want), got: got[last], more: true}
	}
	return nil
}

// matches reports whether a printed line is the wanted one.
func matches(want, got string) bool {
	parts := strings.Split(want, anything)
	got, ok := strings.CutPrefix(got, parts[0])
	if len(parts) == 1 {
		return ok && got == ""
	}
	for _, part := range parts[1 : len(parts)-1] {
		if !ok {
			return false
		}
		_, got, ok = strings.Cut(got, part)
	}
	return ok && strings.HasSuffix(got, parts[len(parts)-1])
}

// lines splits output into lines without white space at their ends, nor empty
// lines at the end of all. What the go command downloads before it can begin
// does not count: it does so once on each machine.
func lines(output string) []string {
	output = strings.TrimRight(output, " \t\r\n")
	if output == "" {
		return nil
	}
	var all []string
	for line := range strings.SplitSeq(output, "\n") {
		if !strings.HasPrefix(line, "go: downloading ") {
			all = append(all, strings.TrimRight(line, " \t\r"))
		}
	}
	return all
}
