package grade

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"time"

	"example.com/bookapi/workshop/internal/gocmd"
	"example.com/bookapi/workshop/internal/proctree"
)

// The bounds of an archive before anything of it is unpacked, and of the time
// that git may take for a repository.
const (
	mostArchive = 128 << 20
	gitTime     = time.Minute
)

// Read reads a submission: a folder, a zip, or a git repository without a working
// tree (a bare one, or a bundle), of which it takes HEAD. A folder with a working
// tree is a folder. Nothing of it is run, and nothing is written but a copy of the
// repository into scratch.
func Read(ctx context.Context, name string, steps []string, scratch string) (*HandIn, error) {
	info, err := os.Lstat(name)
	if err != nil {
		return nil, cause(err)
	}
	r := newReader(steps)
	switch {
	case info.Mode()&fs.ModeSymlink != 0:
		return nil, errors.New("it is a link")
	case info.IsDir() && isBare(name):
		err = r.repository(ctx, name, scratch)
	case info.IsDir():
		err = r.folder(name)
	case !info.Mode().IsRegular():
		return nil, errors.New("it is neither a folder nor a file")
	case info.Size() > mostArchive:
		return nil, fmt.Errorf("it is larger than %d MB", mostArchive>>20)
	default:
		err = r.file(ctx, name, scratch)
	}
	if err != nil {
		return nil, err
	}
	return r.handIn()
}

// cause is an error without the path, which the reader of it knows.
func cause(err error) error {
	if inside, ok := errors.AsType[*fs.PathError](err); ok {
		return inside.Err
	}
	return err
}

// folder reads a folder. It follows no link, not even one that is put there while
// it reads.
func (r *reader) folder(name string) error {
	root, err := os.OpenRoot(name)
	if err != nil {
		return cause(err)
	}
	defer func() { _ = root.Close() }()
	return fs.WalkDir(root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil && name == ".":
			return cause(err)
		case err != nil:
			return nil // a folder that cannot be read has nothing in it
		case d.IsDir() && (passed(d.Name()) || strings.Count(name, "/") > 2*mostDepth):
			return fs.SkipDir
		case d.IsDir():
			return r.count()
		}
		return r.add(entry{name: name, mode: d.Type(), open: func() (io.ReadCloser, error) {
			f, err := root.Open(name)
			if err != nil {
				return nil, err
			}
			if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
				_ = f.Close()
				return nil, errors.New("is no regular file")
			}
			return f, nil
		}})
	})
}

// file reads an archive, which its first bytes tell.
func (r *reader) file(ctx context.Context, name, scratch string) error {
	f, err := os.Open(name)
	if err != nil {
		return cause(err)
	}
	defer func() { _ = f.Close() }()
	start := make([]byte, 16)
	n, _ := io.ReadFull(f, start) // a file may be shorter
	switch start = start[:n]; {
	case bytes.HasPrefix(start, []byte("PK")):
		return r.zip(name)
	case bytes.HasPrefix(start, []byte("# v2 git bundle")), bytes.HasPrefix(start, []byte("# v3 git bundle")):
		return r.repository(ctx, name, scratch)
	}
	return errors.New("it is no folder, no zip and no git repository")
}

func (r *reader) zip(name string) error {
	archive, err := zip.OpenReader(name)
	if err != nil {
		return fmt.Errorf("it is no zip that can be read: %w", err)
	}
	defer func() { _ = archive.Close() }()
	for _, f := range archive.File {
		if f.Mode().IsDir() {
			if err := r.count(); err != nil {
				return err
			}
			continue
		}
		if err := r.add(entry{name: strings.ToValidUTF8(f.Name, "_"), mode: f.Mode(), open: f.Open}); err != nil {
			return err
		}
	}
	return nil
}

// isBare reports whether a folder is a git repository without a working tree.
func isBare(name string) bool {
	for _, part := range []string{"HEAD", "objects", "refs"} {
		if _, err := os.Lstat(filepath.Join(name, part)); err != nil {
			return false
		}
	}
	return true
}

// repository reads HEAD of a git repository. The settings in it are a stranger's
// and can name programs to run; so git copies the objects first, by way of
// git-upload-pack, which heeds none of those, and reads from the copy.
func (r *reader) repository(ctx context.Context, name, scratch string) error {
	ctx, stop := context.WithTimeout(ctx, gitTime)
	defer stop()
	name, err := filepath.Abs(name)
	if err != nil {
		return err
	}
	settings := filepath.Join(scratch, "gitconfig")
	if err := os.WriteFile(settings, []byte("[safe]\n\tdirectory = *\n[protocol]\n\tallow = never\n[protocol \"file\"]\n\tallow = always\n"), 0o600); err != nil {
		return err
	}
	env := []string{"GIT_CONFIG_GLOBAL=" + settings, "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0", "LC_ALL=C"}
	copied := filepath.Join(scratch, "repository")
	clone := gocmd.Program(ctx, scratch, env, "git", "clone", "--quiet", "--bare", "--no-local", "--no-tags", "--template=", "--", name, copied)
	var said gocmd.Excerpt
	clone.Stderr = &said
	if err := clone.Run(); err != nil {
		proctree.Kill(clone)
		return gitError(ctx, err, said.String())
	}
	archive := gocmd.Program(ctx, scratch, env, "git", "--git-dir="+copied, "archive", "--format=tar", "HEAD")
	said.Reset()
	archive.Stderr = &said
	stream, err := archive.StdoutPipe()
	if err != nil {
		return err
	}
	if err := archive.Start(); err != nil {
		return gitError(ctx, err, "")
	}
	read := r.tar(stream)
	if read != nil {
		stop() // git need not go on
	}
	ended := archive.Wait()
	proctree.Kill(archive)
	switch {
	case read != nil && (ended == nil || said.Len() == 0):
		return read
	case ended != nil:
		return gitError(ctx, ended, said.String())
	}
	return nil
}

func gitError(ctx context.Context, err error, said string) error {
	first, _, _ := strings.Cut(strings.TrimSpace(said), "\n")
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return errors.New("it is a git repository, and there is no git to read it with")
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return fmt.Errorf("git did not finish with it in %.0f s", gitTime.Seconds())
	case first != "":
		return errors.New("git cannot read it: " + printable(first))
	}
	return fmt.Errorf("git cannot read it: %w", err)
}

func (r *reader) tar(stream io.Reader) error {
	archive := tar.NewReader(stream)
	for {
		h, err := archive.Next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("git gives no archive of it that can be read: %w", err)
		case h.Typeflag == tar.TypeDir, h.Typeflag == tar.TypeXGlobalHeader:
			if err := r.count(); err != nil {
				return err
			}
			continue
		}
		err = r.add(entry{name: path.Clean(h.Name), mode: h.FileInfo().Mode(), open: func() (io.ReadCloser, error) {
			return io.NopCloser(archive), nil
		}})
		if err != nil {
			return err
		}
	}
}
