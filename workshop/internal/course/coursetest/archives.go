package coursetest

import (
	"path"
	"strings"

	"golang.org/x/tools/txtar"

	"example.com/bookapi/workshop/internal/starter"
)

// Archives returns what the steps of the tiny workshop are handed out as, by the
// file, from the root, that "go generate" would write.
func Archives() (map[string][]byte, error) {
	steps := make(map[string]starter.Files)
	for _, archive := range [][]byte{repo, reference} {
		for _, file := range txtar.Parse(archive).Files {
			step, name, _ := strings.Cut(file.Name, "/")
			if !strings.HasPrefix(step, "step") || path.Ext(name) == ".md" || path.Ext(name) == ".toml" {
				continue
			}
			if steps[step] == nil {
				steps[step] = make(starter.Files)
			}
			steps[step][name] = file.Data
		}
	}
	archives := make(map[string][]byte)
	for step, files := range steps {
		var err error
		if archives[starter.ArchiveName(step)], err = starter.Pack(files); err != nil {
			return nil, err
		}
	}
	return archives, nil
}
