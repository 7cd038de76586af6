package keep

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
)

// ErrNothing means that there is no change to take back.
var ErrNothing = errors.New("nothing to take back")

// An Undone is a change that was taken back.
type Undone struct {
	What  string   // that the command was given: "1.2"
	Files []string // that are as they were
	Kept  string   // the folder, from the root, with those that had been edited since; "" if none had
}

// Undo takes back the last change by a command that has not been taken back
// yet, or the last one of those that were given what, if that is not empty.
// Every file becomes, byte for byte, what it was before. One that has been
// edited since is kept, too.
//
// The error is ErrNothing if there is no such change. A change is not taken
// back before a later one of the same file.
func (k Keeper) Undo(command, what string) (Undone, error) {
	d, err := openDisk(k)
	if err != nil {
		return Undone{}, err
	}
	defer func() { _ = d.Close() }()
	records, err := d.records(command)
	if err != nil {
		return Undone{}, err
	}
	last := -1
	for i, r := range records {
		if what == "" || r.What == what {
			last = i
		}
	}
	if last < 0 {
		return Undone{}, ErrNothing
	}
	r := records[last]
	for _, later := range records[last+1:] {
		if name := r.meets(later); name != "" {
			return Undone{}, fmt.Errorf("%s %s came later and changed %s, too. Take that back first: go run ./workshop %[1]s %[2]s --undo", command, later.What, name)
		}
	}
	return k.takeBack(d, r)
}

// meets names a file that both changes are about.
func (r record) meets(other record) string {
	for _, f := range r.Files {
		if slices.ContainsFunc(other.Files, func(o change) bool { return o.Path == f.Path }) {
			return f.Path
		}
	}
	return ""
}

func (k Keeper) takeBack(d *disk, r record) (Undone, error) {
	undone := Undone{What: r.What}
	var writes, edited []write
	for _, f := range r.Files {
		undone.Files = append(undone.Files, f.Path)
		before, err := d.before(r, f)
		if err != nil {
			return Undone{}, err
		}
		now, err := d.look(f.Path)
		if err != nil {
			return Undone{}, err
		}
		before.owner = now.owner
		if now.state() == f.Before {
			continue // it never came to the change, or has been taken back by hand
		}
		w := write{path: f.Path, old: now, new: before}
		writes = append(writes, w)
		if now.there && now.state().SHA256 != f.After.SHA256 {
			edited = append(edited, w)
		}
	}
	if len(edited) > 0 {
		folder, err := d.newFolder(path.Join(keptFolder, k.Now().Format("2006-01-02T150405")+"-undo-"+r.Command+"-"+r.What))
		for _, w := range edited {
			if err == nil {
				err = d.copyTo(folder, w.path, w.old)
			}
		}
		if err != nil {
			return Undone{}, fmt.Errorf("nothing is changed, for what is there could not be kept: %w", err)
		}
		undone.Kept = folder
	}
	err := d.apply(writes)
	for _, f := range r.Files { // also what a program that was killed has left behind
		_ = d.Remove(beside(f.Path))
	}
	if err != nil {
		return Undone{}, fmt.Errorf("not all of it is taken back yet, and --undo once more goes on: %w", err)
	}
	d.removeFolders(r.Folders)
	from, to := path.Join(r.folder, recordFile), path.Join(r.folder, undoneFile)
	return undone, d.try("rename", to, func() error { return d.Rename(from, to) })
}

// before is what a file was before the change.
func (d *disk) before(r record, f change) (contents, error) {
	if f.Before == (state{}) {
		return contents{}, nil
	}
	copied := path.Join(r.folder, f.Path)
	data, err := d.ReadFile(copied)
	if err != nil {
		return contents{}, fmt.Errorf("the copy cannot be read: %w", err)
	}
	if hash(data) != f.Before.SHA256 {
		return contents{}, fmt.Errorf("%s is not what was put there. If it is what you want, copy it over %s yourself", copied, f.Path)
	}
	return contents{there: true, data: data, mode: f.Before.Mode}, nil
}

// records returns the changes by a command that can be taken back, the oldest
// first.
func (d *disk) records(command string) ([]record, error) {
	folders, err := fs.ReadDir(d.FS(), keptFolder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var records []record
	for _, entry := range folders {
		folder := path.Join(keptFolder, entry.Name())
		text, err := d.ReadFile(path.Join(folder, recordFile))
		if err != nil {
			continue // of another kind, or taken back
		}
		r := record{folder: folder}
		if err := json.Unmarshal(text, &r); err != nil {
			return nil, fmt.Errorf("%s/%s cannot be read: %w", folder, recordFile, err)
		}
		if r.Command == command {
			records = append(records, r)
		}
	}
	slices.SortStableFunc(records, func(a, b record) int { return a.Time.Compare(b.Time) })
	return records, nil
}
