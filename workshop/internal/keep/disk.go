package keep

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
)

// A disk is the files below the root. Nothing outside of it can be reached,
// through a symbolic link neither.
type disk struct {
	*os.Root
	fault func(op, name string) error
}

// A write is one file to replace, to make or to take away.
type write struct {
	path     string
	old, new contents
}

// apply does the writes in their order. Everything that needs space on the disk
// is written beside the files first; only then does one name after the other
// change.
func (d *disk) apply(writes []write) error {
	for _, w := range writes {
		if err := d.prepare(w); err != nil {
			return err
		}
	}
	for _, w := range writes {
		if err := d.commit(w); err != nil {
			return err
		}
	}
	return nil
}

// beside is where the new content of a file waits, in the same folder.
func beside(name string) string {
	return path.Join(path.Dir(name), "."+path.Base(name)+".workshop")
}

func (d *disk) prepare(w write) error {
	if !w.new.there {
		return nil
	}
	if err := d.makeFolders(path.Dir(w.path)); err != nil {
		return err
	}
	return d.write(beside(w.path), w.new)
}

func (d *disk) commit(w write) error {
	if !w.new.there {
		err := d.try("remove", w.path, func() error { return d.Remove(w.path) })
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}
	err := d.try("rename", w.path, func() error { return d.Rename(beside(w.path), w.path) })
	d.sync(path.Dir(w.path))
	return err
}

// replace puts a file in the place of another, or where none was.
func (d *disk) replace(name string, c contents) error {
	w := write{path: name, new: c}
	if err := d.prepare(w); err != nil {
		return err
	}
	return d.commit(w)
}

// write makes a file, or empties the one that is there, and returns when its
// content is on the disk.
func (d *disk) write(name string, c contents) error {
	return d.try("write", name, func() error {
		f, err := d.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
		if err != nil {
			return err
		}
		_, err = f.Write(c.data)
		err = errors.Join(err, f.Sync(), f.Close(), d.Chmod(name, c.mode))
		c.owner.give(d.Root, name)
		return err
	})
}

// makeFolders makes a folder and those that it is in.
func (d *disk) makeFolders(name string) error {
	return d.try("mkdir", name, func() error { return d.MkdirAll(name, 0o755) })
}

// missingFolders returns the folders that have to be made for the writes, the
// outermost first.
func (d *disk) missingFolders(writes []write) []string {
	var missing []string
	for _, w := range writes {
		var here []string
		for dir := path.Dir(w.path); dir != "." && !slices.Contains(missing, dir); dir = path.Dir(dir) {
			if _, err := d.Lstat(dir); !errors.Is(err, fs.ErrNotExist) {
				break
			}
			here = append(here, dir)
		}
		slices.Reverse(here)
		missing = append(missing, here...)
	}
	return missing
}

// removeFolders takes away those folders that are empty.
func (d *disk) removeFolders(folders []string) {
	for _, folder := range slices.Backward(folders) {
		_ = d.Remove(folder) // fails if somebody has put something there
	}
}

// sync sees to it that a new name is on the disk. Not every system can.
func (d *disk) sync(folder string) {
	if f, err := d.Open(folder); err == nil {
		_ = f.Sync()
		_ = f.Close()
	}
}

// try runs an operation that changes something, unless a test lets it fail.
func (d *disk) try(op, name string, do func() error) error {
	if d.fault != nil {
		if err := d.fault(op, name); err != nil {
			return err
		}
	}
	err := do()
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok { // whose path is the absolute one
		return fmt.Errorf("%s: %w", name, pathErr.Err)
	}
	return err
}
