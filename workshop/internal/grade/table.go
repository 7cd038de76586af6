package grade

import (
	"bytes"
	"encoding/csv"
	"strconv"
	"strings"
)

// table is grades.csv: the versions in a comment, then a row for each submission,
// with a column for each exercise.
func (g *Grader) table(results []Result) ([]byte, error) {
	var out bytes.Buffer
	out.WriteString("# " + g.version.String() + "\n")
	w := csv.NewWriter(&out)
	heading := []string{"submission", "green"}
	for _, l := range g.lessons {
		for _, e := range l.Exercises {
			heading = append(heading, e.ID)
		}
	}
	rows := [][]string{append(heading, "flags")}
	for _, r := range results {
		row := []string{r.Name, strconv.Itoa(r.Green())}
		for _, e := range r.Exercises {
			row = append(row, e.State)
		}
		rows = append(rows, append(row, strings.Join(r.Flags, "; ")))
	}
	for _, row := range rows {
		for i := range row {
			row[i] = cell(row[i])
		}
		if err := w.Write(row); err != nil {
			return nil, err
		}
	}
	w.Flush()
	return out.Bytes(), w.Error()
}

// cell is a text that no spreadsheet takes for a formula (OWASP, CSV Injection).
func cell(text string) string {
	text = oneLine(text)
	if text != "" && strings.ContainsRune("=+-@|%", rune(text[0])) {
		return "'" + text
	}
	return text
}
