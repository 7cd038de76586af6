//go:build unix

package keep

import (
	"io/fs"
	"os"
	"syscall"
)

// An owner is whom a file belongs to. Whoever runs the workshop as root, in a
// container say, must not take the learner's files from them.
type owner struct {
	uid, gid int
	known    bool
}

func ownerOf(info fs.FileInfo) owner {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return owner{}
	}
	return owner{uid: int(stat.Uid), gid: int(stat.Gid), known: true}
}

// give makes the owner that of a file, where that is allowed. It is to root,
// and for everybody else the file is theirs anyway.
func (o owner) give(root *os.Root, name string) {
	if o.known && os.Geteuid() == 0 {
		_ = root.Chown(name, o.uid, o.gid)
	}
}
