// Package starter knows what a learner begins with: the files of each step as
// "go generate ./workshop" has derived them from the solutions. They are part
// of this program, so that a reset needs neither the solutions nor the network.
package starter

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"regexp"
	"slices"

	"example.com/bookapi/workshop/internal/edit"
	"example.com/bookapi/workshop/internal/exercise"
	"example.com/bookapi/workshop/internal/keep"
)

// ArchiveDir is the folder, from the root, of the archives that are embedded
// here: one for each step.
const ArchiveDir = "workshop/internal/starter/steps"

//go:embed steps
var archives embed.FS

// ArchiveName is the file of a step's archive, from the root.
func ArchiveName(step string) string { return path.Join(ArchiveDir, step+".txtar") }

// Of returns the files of a step as it was handed out.
func Of(step string) (Files, error) {
	text, err := fs.ReadFile(archives, path.Join("steps", step+".txtar"))
	if err != nil {
		return nil, fmt.Errorf("this program does not know what was handed out in %s: it is of another version of the course", step)
	}
	return Unpack(text), nil
}

// Reset returns what has to become of the files of root/step so that the step,
// or only one exercise of it, is as it was handed out.
func Reset(root, step, id string) ([]keep.File, error) {
	want, err := Of(step)
	if err != nil {
		return nil, err
	}
	if id == "" {
		return Changes(root, step, want)
	}
	have, err := Read(filepath.Join(root, step))
	if err != nil {
		return nil, err
	}
	changed, err := exercise.Reset(step, want, have, id)
	if err != nil {
		return nil, err
	}
	var files []keep.File
	for _, name := range slices.Sorted(maps.Keys(changed)) {
		files = append(files, keep.File{Path: path.Join(step, name), Content: changed[name]})
	}
	return files, nil
}

// Restore returns what has to become of the files of root/step so that it has what
// was handed out and nothing else, but for what is written by hand in it.
func Restore(root, step string) ([]keep.File, error) {
	want, err := Of(step)
	if err != nil {
		return nil, err
	}
	return changes(root, step, want, func(string) bool { return true })
}

var header = regexp.MustCompile(`(?m)^-- (.+) --\n`)

// Pack writes files as one text that git can merge, in the format of txtar: a
// line "-- name --" and the file, in the order of names. It refuses what
// Unpack would not give back.
func Pack(files Files) ([]byte, error) {
	var out bytes.Buffer
	names := slices.Sorted(maps.Keys(files))
	for _, name := range names {
		fmt.Fprintf(&out, "-- %s --\n%s", name, files[name])
	}
	back := Unpack(out.Bytes())
	for _, name := range names {
		if !bytes.Equal(back[name], files[name]) {
			return nil, fmt.Errorf("starter: %s cannot be archived: it needs a line end at its end, that of Unix everywhere, and no line like \"-- name --\"", name)
		}
	}
	return out.Bytes(), nil
}

// Unpack reads what Pack has written.
func Unpack(text []byte) Files {
	text = edit.Unix(text)
	files := make(Files)
	headers := header.FindAllSubmatchIndex(text, -1)
	for i, h := range headers {
		end := len(text)
		if i+1 < len(headers) {
			end = headers[i+1][0]
		}
		files[string(text[h[2]:h[3]])] = text[h[1]:end:end]
	}
	return files
}
