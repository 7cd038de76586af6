// Package overlay lets the go command build sources that are not on disk: the
// working tree of the learner stays as it is.
package overlay

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
)

// Write puts the contents below dir, which is best a temporary directory, and
// returns the file to hand to go build, test or vet as -overlay=file.
//
// The keys of files are the paths that the go command shall see; relative ones
// count from the working directory. A nil content hides the file that is
// there; an empty one that is not nil is an empty file.
func Write(dir string, files map[string][]byte) (file string, err error) {
	dir, err = filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("overlay: %w", err)
	}
	replace := make(map[string]string, len(files))
	for i, path := range slices.Sorted(maps.Keys(files)) {
		abs, err := filepath.Abs(path)
		if err != nil {
			return "", fmt.Errorf("overlay: %w", err)
		}
		content := files[path]
		if content == nil {
			replace[abs] = ""
			continue
		}
		// The number keeps two files of the same name apart, the name keeps
		// the content recognisable for whoever looks.
		copied := filepath.Join(dir, strconv.Itoa(i)+"-"+filepath.Base(path))
		if err := os.WriteFile(copied, content, 0o600); err != nil {
			return "", fmt.Errorf("overlay: %w", err)
		}
		replace[abs] = copied
	}
	list, err := json.MarshalIndent(map[string]any{"Replace": replace}, "", "\t")
	if err != nil {
		return "", fmt.Errorf("overlay: %w", err)
	}
	file = filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(file, list, 0o600); err != nil {
		return "", fmt.Errorf("overlay: %w", err)
	}
	return file, nil
}
