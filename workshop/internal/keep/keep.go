// Package keep changes files of the learner's so that nothing is ever lost.
// What is there is copied to a folder below .workshop/kept first, and every
// file is replaced whole or not at all, even if the disk is full or the program
// is killed half-way. Each change can be taken back.
package keep

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strconv"
	"time"
)

// A Keeper changes files below a root, and keeps what was there.
type Keeper struct {
	Root string           // the workshop's folder
	Now  func() time.Time // the clock: time.Now, but for tests

	fault func(op, name string) error // makes an operation fail, in tests
}

// A File is what a file is to become.
type File struct {
	Path    string // from the root, with slashes
	Content []byte
	Gone    bool // there is to be no such file
}

// The folder of all copies, and in each change's own folder the file that says
// what it was, by two names: it can be taken back, or has been.
const (
	keptFolder = ".workshop/kept"
	recordFile = "change.json"
	undoneFile = "undone.json"
)

// A record is what recordFile holds.
type record struct {
	Command string    `json:"command"` // "reset"
	What    string    `json:"what"`    // "1.2"
	Time    time.Time `json:"time"`
	Files   []change  `json:"files"`
	Folders []string  `json:"folders,omitempty"` // that were not there before

	folder string // where it is kept, from the root
}

// A change is what happened to one file.
type change struct {
	Path   string `json:"path"`
	Before state  `json:"before"` // whose content is in the record's folder
	After  state  `json:"after"`
}

// A state is a file as it was, or none if SHA256 is empty.
type state struct {
	SHA256 string      `json:"sha256,omitempty"`
	Mode   fs.FileMode `json:"mode,omitempty"`
}

// Change makes the files what they are to become, and returns the folder, from
// the root, that has copies of what was there: "" if there was nothing to
// change. The command and what it was given, such as "reset" and "1.2", name
// the change for Undo.
//
// If it fails, nothing has changed, unless the error says otherwise.
func (k Keeper) Change(command, what string, files []File) (kept string, err error) {
	d, err := openDisk(k)
	if err != nil {
		return "", err
	}
	defer func() { _ = d.Close() }()

	var writes []write
	for _, f := range files {
		old, err := d.look(f.Path)
		if err != nil {
			return "", err
		}
		w := write{path: f.Path, old: old, new: contents{there: !f.Gone, data: f.Content, mode: old.mode, owner: old.owner}}
		if !old.there {
			w.new.mode = 0o644
		}
		if old.there != w.new.there || !bytes.Equal(old.data, w.new.data) {
			writes = append(writes, w)
		}
	}
	if len(writes) == 0 {
		return "", nil
	}
	r, err := k.keep(d, command, what, writes)
	if err != nil {
		return "", fmt.Errorf("nothing is changed, for what is there could not be kept: %w", err)
	}
	if err := d.apply(writes); err != nil {
		if _, back := k.takeBack(d, r); back != nil {
			return "", fmt.Errorf("only a part is changed, and --undo takes that back: %w", errors.Join(err, back))
		}
		_ = d.RemoveAll(r.folder)
		return "", fmt.Errorf("nothing is changed: %w", err)
	}
	return r.folder, nil
}

// keep copies what is there and records what is about to happen.
func (k Keeper) keep(d *disk, command, what string, writes []write) (r record, err error) {
	now := k.Now()
	r = record{Command: command, What: what, Time: now, Folders: d.missingFolders(writes)}
	if r.folder, err = d.newFolder(path.Join(keptFolder, now.Format("2006-01-02T150405")+"-"+command+"-"+what)); err != nil {
		return r, err
	}
	defer func() {
		if err != nil {
			_ = d.RemoveAll(r.folder) // half a copy is of no use
		}
	}()
	for _, w := range writes {
		if err := d.copyTo(r.folder, w.path, w.old); err != nil {
			return r, err
		}
		r.Files = append(r.Files, change{Path: w.path, Before: w.old.state(), After: w.new.state()})
	}
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return r, err
	}
	return r, d.replace(path.Join(r.folder, recordFile), contents{there: true, data: append(text, '\n'), mode: 0o644})
}

// contents is a file as it is, or is to be.
type contents struct {
	there bool
	data  []byte
	mode  fs.FileMode
	owner owner
}

func (c contents) state() state {
	if !c.there {
		return state{}
	}
	return state{SHA256: hash(c.data), Mode: c.mode}
}

func hash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// look reads a file, and refuses one that must not be replaced.
func (d *disk) look(name string) (contents, error) {
	info, err := d.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return contents{}, nil
	}
	if err != nil {
		return contents{}, err
	}
	switch {
	case !info.Mode().IsRegular():
		return contents{}, fmt.Errorf("%s is no regular file: put the file itself there, and try again", name)
	case info.Mode().Perm()&0o200 == 0:
		return contents{}, fmt.Errorf("%s is read-only: make it writable, and try again", name)
	}
	data, err := d.ReadFile(name)
	return contents{there: true, data: data, mode: info.Mode().Perm(), owner: ownerOf(info)}, err
}

// newFolder makes a folder that was not there: name, or name-2, name-3, ...
func (d *disk) newFolder(name string) (string, error) {
	if err := d.makeFolders(path.Dir(name)); err != nil {
		return "", err
	}
	folder := name
	for n := 2; ; n++ {
		err := d.try("mkdir", folder, func() error { return d.Mkdir(folder, 0o755) })
		if !errors.Is(err, fs.ErrExist) {
			return folder, err
		}
		folder = name + "-" + strconv.Itoa(n)
	}
}

// copyTo puts a copy of a file below a folder.
func (d *disk) copyTo(folder, name string, c contents) error {
	if !c.there {
		return nil
	}
	to := path.Join(folder, name)
	if err := d.makeFolders(path.Dir(to)); err != nil {
		return err
	}
	return d.write(to, c)
}

func openDisk(k Keeper) (*disk, error) {
	root, err := os.OpenRoot(k.Root)
	if err != nil {
		return nil, err
	}
	return &disk{Root: root, fault: k.fault}, nil
}
