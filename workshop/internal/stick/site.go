package stick

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A file is one to put on the stick: a copy of another, or some text.
type file struct {
	to   string // from the stick's folder, with slashes
	from string
	data []byte
	sum  string // what its SHA-256 has to be, if it is not empty
}

func (f file) size() (int64, error) {
	if f.from == "" {
		return int64(len(f.data)), nil
	}
	info, err := os.Stat(f.from)
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// A site is where a stick is made: in a folder beside the one that it will be.
type site struct {
	dir, unfinished, old string
}

// unfinishedFile says what a folder is that was left behind.
const (
	unfinishedFile = "UNFINISHED.txt"
	unfinishedText = "This stick is not finished, and not tested. Make it again: go run ./workshop kit stick, and the folder.\n"
)

// prepare makes the folder for the stick, beside dir. It refuses to have dir
// replaced unless that is a stick and nothing else, or empty.
func prepare(dir string, say func(string)) (*site, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	s := &site{dir: dir, unfinished: dir + ".unfinished", old: dir + ".old"}
	if filepath.Dir(dir) == dir {
		return nil, wholeDrive(dir)
	}
	if _, err := os.Stat(filepath.Dir(dir)); err != nil {
		return nil, fmt.Errorf("there is no folder %s: is the stick plugged in?", filepath.Dir(dir))
	}
	if _, err := os.Lstat(dir); errors.Is(err, fs.ErrNotExist) {
		_ = os.Rename(s.old, dir) // what a run that was killed has put aside last
	}
	if err := replaceable(dir); err != nil {
		return nil, err
	}
	for _, left := range []string{s.unfinished, s.old} { // by a run that was killed
		_, err := os.Lstat(left)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		_, unfinished := os.Stat(filepath.Join(left, unfinishedFile))
		if left == s.old || unfinished != nil {
			if err := replaceable(left); err != nil {
				return nil, err
			}
		}
		say("A stick that was not finished, or replaced only half, was in " + left + ". It is taken away.")
		if err := removeAll(left); err != nil {
			return nil, err
		}
	}
	if err := os.Mkdir(s.unfinished, 0o755); err != nil {
		return nil, cannotWrite(err)
	}
	if err := os.WriteFile(filepath.Join(s.unfinished, unfinishedFile), []byte(unfinishedText), 0o644); err != nil {
		return nil, errors.Join(cannotWrite(err), s.abandon())
	}
	return s, nil
}

func wholeDrive(dir string) error {
	return fmt.Errorf("%s is a whole drive, and a stick is a folder on it, which is replaced as a whole: name a new one, such as %s", dir, filepath.Join(dir, "bookapi"))
}

// replaceable reports why a folder cannot make room for a stick. One that is not
// there can, and an empty one, and a stick to which nothing was added.
func replaceable(dir string) error {
	info, err := os.Lstat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !info.IsDir():
		return fmt.Errorf("%s is no folder: name another one", dir)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	if len(entries) == 0 {
		if err := os.Remove(dir); err != nil {
			return wholeDrive(dir)
		}
		return os.Mkdir(dir, info.Mode().Perm())
	}
	if _, err := os.Stat(filepath.Join(dir, factsFile)); err != nil {
		return fmt.Errorf("%s has files of yours, and nothing of it is touched: name a new folder, such as %s", dir, filepath.Join(dir, "bookapi"))
	}
	more, err := added(dir)
	if err != nil {
		return err
	}
	if len(more) > 0 {
		return fmt.Errorf("%s is a stick, and has files that are not the stick's: %s. Move them away, or name another folder", dir, some(more))
	}
	return nil
}

// added lists the files of a stick that its sums do not name. What systems leave
// in every folder is none of them.
func added(dir string) ([]string, error) {
	own := map[string]bool{SumsFile: true}
	sums, err := os.ReadFile(filepath.Join(dir, SumsFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for line := range strings.Lines(string(sums)) {
		if _, name, ok := strings.Cut(strings.TrimRight(line, "\r\n"), "  "); ok {
			own[name] = true
		}
	}
	var more []string
	err = fs.WalkDir(os.DirFS(dir), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		base := entry.Name()
		if !own[name] && base != ".DS_Store" && base != "Thumbs.db" && base != "desktop.ini" && !strings.HasPrefix(base, "._") {
			more = append(more, name)
		}
		return nil
	})
	return more, err
}

// some names the first of many.
func some(names []string) string {
	const most = 3
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// fill puts the files into the folder, if they fit there, and their sums.
func (s *site) fill(ctx context.Context, files []file) (n int, bytes int64, err error) {
	if err := fits(files, s.unfinished); err != nil {
		return 0, 0, err
	}
	slices.SortFunc(files, func(a, b file) int { return strings.Compare(a.to, b.to) })
	var sums strings.Builder
	for _, f := range files {
		if ctx.Err() != nil {
			return 0, 0, ctx.Err()
		}
		size, sum, err := s.put(f)
		if err != nil {
			return 0, 0, cannotWrite(err)
		}
		if f.sum != "" && sum != f.sum {
			return 0, 0, fmt.Errorf("%s has changed while it was copied, and is not what %s says", f.to, SumsFile)
		}
		bytes += size
		fmt.Fprintf(&sums, "%s  %s\n", sum, f.to)
	}
	size, _, err := s.put(file{to: SumsFile, data: []byte(sums.String())})
	if err != nil {
		return 0, 0, cannotWrite(err)
	}
	return len(files) + 1, bytes + size, nil
}

// put writes one file, and returns when it is on the disk.
func (s *site) put(f file) (size int64, sum string, err error) {
	to := filepath.Join(s.unfinished, filepath.FromSlash(f.to))
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return 0, "", err
	}
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) //nolint:gosec // others read the stick
	if err != nil {
		return 0, "", err
	}
	digest := sha256.New()
	size, err = f.copy(io.MultiWriter(out, digest))
	return size, hex.EncodeToString(digest.Sum(nil)), errors.Join(err, out.Sync(), out.Close())
}

func (f file) copy(to io.Writer) (int64, error) {
	if f.from == "" {
		n, err := to.Write(f.data)
		return int64(n), err
	}
	in, err := os.Open(f.from)
	if err != nil {
		return 0, err
	}
	defer func() { _ = in.Close() }()
	return io.Copy(to, in)
}

// cannotWrite says why the stick cannot be written.
func cannotWrite(err error) error {
	if isFull(err) {
		return errors.New("the stick is full")
	}
	return fmt.Errorf("the stick cannot be written: %w", err)
}

// finish moves the stick into its place.
func (s *site) finish() error {
	if err := os.Remove(filepath.Join(s.unfinished, unfinishedFile)); err != nil {
		return cannotWrite(err)
	}
	if err := replaceable(s.dir); err != nil { // somebody may have put something there meanwhile
		return err
	}
	err := os.Rename(s.dir, s.old)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return cannotWrite(err)
	}
	replaced := err == nil
	if err := os.Rename(s.unfinished, s.dir); err != nil {
		if replaced {
			err = errors.Join(err, os.Rename(s.old, s.dir))
		}
		return cannotWrite(err)
	}
	if replaced {
		return removeAll(s.old)
	}
	return nil
}

// abandon takes away what was begun.
func (s *site) abandon() error {
	if err := removeAll(s.unfinished); err != nil {
		return fmt.Errorf("what was begun is still in %s, and cannot be taken away: %w", s.unfinished, err)
	}
	return nil
}

// removeAll removes a folder, also one that the go command has made read-only.
func removeAll(dir string) error {
	if os.RemoveAll(dir) == nil {
		return nil
	}
	_ = filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() {
			_ = os.Chmod(name, 0o700) //nolint:gosec // of a folder that goes
		}
		return nil
	})
	return os.RemoveAll(dir)
}
