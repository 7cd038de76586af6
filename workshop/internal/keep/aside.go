package keep

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
)

// asideFolder has a folder for each group that was here.
const asideFolder = ".workshop/put-aside"

// PutAside moves files, by their paths, and all copies that were ever kept to one
// folder, and returns it: "" if there is nothing to move. What Change has returned
// as kept becomes that folder. A file that is open stays so, as it is moved and
// not copied.
//
// If it fails, nothing has moved, unless the error says otherwise.
func (k Keeper) PutAside(kept string, names []string) (folder string, err error) {
	d, err := openDisk(k)
	if err != nil {
		return "", err
	}
	defer func() { _ = d.Close() }()

	var moved [][2]string
	move := func(from, to string) error {
		err := d.try("rename", to, func() error { return d.Rename(from, to) })
		if err == nil {
			moved = append(moved, [2]string{from, to})
		}
		return err
	}
	defer func() {
		if err == nil {
			return
		}
		for i := len(moved) - 1; i >= 0; i-- {
			if back := d.Rename(moved[i][1], moved[i][0]); back != nil {
				err = errors.Join(err, fmt.Errorf("%s is in %s now: %w", moved[i][0], moved[i][1], back))
			}
		}
		_ = d.Remove(folder)
		folder = ""
	}()

	_, noCopies := d.Lstat(keptFolder)
	if noCopies != nil && len(names) == 0 {
		return "", nil
	}
	if folder, err = d.freeName(path.Join(asideFolder, k.Now().Format("2006-01-02T150405"))); err != nil {
		return folder, err
	}
	if kept != "" {
		err = move(kept, folder)
	} else {
		err = d.makeFolders(folder)
	}
	if err != nil {
		return folder, err
	}
	for _, name := range names {
		to := path.Join(folder, name)
		if err := d.makeFolders(path.Dir(to)); err != nil {
			return folder, err
		}
		if err := move(name, to); err != nil {
			return folder, fmt.Errorf("%w. Does a server still have it open? End it, and try again", err)
		}
	}
	if noCopies == nil {
		err = move(keptFolder, path.Join(folder, path.Base(keptFolder)))
	}
	return folder, err
}

// freeName returns a name that is not taken: name, or name-2, name-3, ... The
// folder that it is in is there.
func (d *disk) freeName(name string) (string, error) {
	if err := d.makeFolders(path.Dir(name)); err != nil {
		return "", err
	}
	free := name
	for n := 2; ; n++ {
		if _, err := d.Lstat(free); errors.Is(err, fs.ErrNotExist) {
			return free, nil
		} else if err != nil {
			return "", err
		}
		free = name + "-" + strconv.Itoa(n)
	}
}
