package stick

import (
	"fmt"
	"path"
	"regexp"
	"strings"

	"example.com/bookapi/diskspace"
)

// Sticks have a FAT file system, as every system reads it. It has rules for
// names, keeps no file of 4 GiB, and gives space away in clusters.
const (
	largest = 1<<32 - 1
	cluster = 32 << 10
)

// unfitName matches what no name may have on FAT or Windows.
var unfitName = regexp.MustCompile(`(?i)[<>:"\\|?*\x00-\x1f]|[. ]$|^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)`)

// unfit says what is wrong with paths on a FAT file system, given with slashes:
// names, and names that differ by letter case alone.
func unfit(paths []string) (wrong []string) {
	seen := make(map[string]string) // by what FAT takes for the same
	for _, p := range paths {
		for ; p != "." && p != "/"; p = path.Dir(p) {
			same := strings.ToLower(p)
			other, known := seen[same]
			if known && other == p {
				break // and so are the folders that it is in
			}
			if known {
				wrong = append(wrong, fmt.Sprintf("%s and %s are one name there", other, p))
				break
			}
			seen[same] = p
			if base := path.Base(p); unfitName.MatchString(base) || len(base) > 255 {
				wrong = append(wrong, p+" is no name there")
			}
		}
	}
	return wrong
}

// fits reports why the files cannot be put into a folder: their names, their
// sizes, or the space that is free.
func fits(files []file, dir string) error {
	var wrong []string
	var paths []string
	var need int64
	folders := make(map[string]bool)
	for _, f := range files {
		size, err := f.size()
		if err != nil {
			return err
		}
		if size > largest {
			wrong = append(wrong, fmt.Sprintf("%s has %s, and 4 GiB are the most", f.to, Size(size)))
		}
		paths = append(paths, f.to)
		need += (size + cluster - 1) / cluster * cluster
		for d := path.Dir(f.to); d != "." && !folders[d]; d = path.Dir(d) {
			folders[d] = true
			need += cluster
		}
	}
	if wrong = append(unfit(paths), wrong...); len(wrong) > 0 {
		return fmt.Errorf("a stick with the file system FAT cannot hold this: %s", strings.Join(wrong[:min(len(wrong), 5)], "; "))
	}
	if free, _, known := diskspace.Of(dir); known && uint64(need) > free {
		return fmt.Errorf("the stick is too full: it needs %s, and %s are free", Size(need), Size(int64(free))) //nolint:gosec // less than need
	}
	return nil
}

// Size is a number of bytes for people.
func Size(n int64) string {
	switch {
	case n >= 10_000_000_000:
		return fmt.Sprintf("%d GB", n/1_000_000_000)
	case n >= 1_000_000:
		return fmt.Sprintf("%d MB", n/1_000_000)
	}
	return fmt.Sprintf("%d kB", (n+999)/1_000)
}
