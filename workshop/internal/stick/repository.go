package stick

import (
	"archive/zip"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"

	"example.com/bookapi/workshop/internal/git"
)

// repository packs the course into an archive and, if it is a git repository, into
// a bare clone of the commit at hand. What is not committed is on neither.
func (m Maker) repository(ctx context.Context, temp string, facts *Facts) ([]file, error) {
	m.Doing("Packing the course")
	if err := os.MkdirAll(temp, 0o755); err != nil {
		return nil, err
	}
	archive := filepath.Join(temp, ArchiveFile)
	files := []file{{to: ArchiveFile, from: archive}}
	commit, err := git.Commit(ctx, m.Root)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		m.Say(fmt.Sprintf("This folder is read without git (%v): the stick has no bare clone.", err))
		if err := Pack(m.Root, archive, m.Say); err != nil {
			return nil, err
		}
	} else {
		facts.Course, facts.Clone = commit, true
		if err := m.sayWhatIsLeftOut(ctx); err != nil {
			return nil, err
		}
		if _, err := git.Output(ctx, m.Root, "archive", "--format=zip", "--prefix="+courseDir+"/", "-o", archive, "HEAD"); err != nil {
			return nil, err
		}
		clone, err := m.clone(ctx, filepath.Join(temp, CloneDir))
		if err != nil {
			return nil, err
		}
		files = append(files, clone...)
	}
	return files, checkArchive(archive)
}

// sayWhatIsLeftOut names what is not as it was committed.
func (m Maker) sayWhatIsLeftOut(ctx context.Context) error {
	changed, unknown, err := git.Changed(ctx, m.Root)
	if err != nil {
		return err
	}
	if len(changed) > 0 {
		m.Say("Not committed, so the stick has the last commit's: " + some(changed) + ".")
	}
	if len(unknown) > 0 {
		m.Say("Not added to git, so not on the stick: " + some(unknown) + ".")
	}
	return nil
}

// clone makes a bare clone with one branch, main, of the commit at hand: with no
// other branch, and no word of where it came from.
func (m Maker) clone(ctx context.Context, to string) ([]file, error) {
	for _, args := range [][]string{
		{"init", "--quiet", "--bare", "--template=", "--initial-branch=main", to},
		{"-C", to, "fetch", "--quiet", "--no-tags", "--update-shallow", m.Root, "HEAD:refs/heads/main"},
		{"-C", to, "repack", "--quiet", "-a", "-d"},
		{"-C", to, "fsck", "--no-dangling"},
	} {
		if _, err := git.Output(ctx, m.Root, args...); err != nil {
			return nil, err
		}
	}
	if err := os.Remove(filepath.Join(to, "FETCH_HEAD")); err != nil {
		return nil, err
	}
	var files []file
	err := fs.WalkDir(os.DirFS(to), ".", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			files = append(files, file{to: CloneDir + "/" + name, from: filepath.Join(to, filepath.FromSlash(name))})
		}
		return err
	})
	return files, err
}

// ownFiles are the files at the top of the course, and the folders of no module.
var ownFiles = []string{
	".ci", ".devcontainer", ".editorconfig", ".gitattributes", ".github", ".gitignore", ".golangci.yml", ".vscode",
	"AGENTS.md", "CONTRIBUTING.md", "INSTRUCTORS.md", "LICENSE", "README.md", "go.work", "go.work.sum", "solutions",
}

// generated matches what programs leave in the course's folders, as .gitignore does.
var generated = []string{".git", ".workshop", ".DS_Store", ".idea", "*.db", "*.db-shm", "*.db-wal", "*.pem", "*.swp", "*.test", "*.out", "*.prof"}

// Pack writes the archive of a folder that git does not know: the course's own
// files and folders, and nothing else that lies there. It says what is left out.
func Pack(root, archive string, say func(string)) error {
	own := slices.Clone(ownFiles)
	text, err := os.ReadFile(filepath.Join(root, "go.work"))
	if err != nil {
		return err
	}
	work, err := modfile.ParseWork("go.work", text, nil)
	if err != nil {
		return err
	}
	for _, use := range work.Use {
		top, _, _ := strings.Cut(path.Clean(strings.ReplaceAll(use.Path, `\`, "/")), "/")
		own = append(own, top)
	}
	out, err := os.Create(archive)
	if err != nil {
		return err
	}
	defer func() { _ = out.Close() }()
	packed := zip.NewWriter(out)
	left := false
	var strange []string
	err = fs.WalkDir(os.DirFS(root), ".", func(name string, entry fs.DirEntry, err error) error {
		skip := func() error {
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		top, _, _ := strings.Cut(name, "/")
		switch {
		case err != nil:
			return err
		case name == ".":
			return nil
		case slices.ContainsFunc(generated, func(p string) bool { ok, _ := path.Match(p, entry.Name()); return ok }):
			left = true
			return skip()
		case !slices.Contains(own, top), !entry.IsDir() && !entry.Type().IsRegular():
			strange = append(strange, name)
			return skip()
		case entry.IsDir():
			return nil
		}
		return add(packed, os.DirFS(root), name)
	})
	if err != nil {
		return err
	}
	if left {
		say("Left out is what programs have put here, such as databases, keys, kept copies.")
	}
	if len(strange) > 0 {
		say("Left out is what is not the course's: " + some(strange) + ".")
	}
	if err := packed.Close(); err != nil {
		return err
	}
	return out.Close()
}

// add packs one file.
func add(to *zip.Writer, from fs.FS, name string) error {
	info, err := fs.Stat(from, name)
	if err != nil {
		return err
	}
	header, err := zip.FileInfoHeader(info)
	if err != nil {
		return err
	}
	header.Name, header.Method = courseDir+"/"+name, zip.Deflate
	w, err := to.CreateHeader(header)
	if err != nil {
		return err
	}
	f, err := from.Open(name)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	_, err = io.Copy(w, f)
	return err
}

// checkArchive looks whether every system can unpack the archive.
func checkArchive(name string) error {
	packed, err := zip.OpenReader(name)
	if err != nil {
		return err
	}
	defer func() { _ = packed.Close() }()
	var names []string
	for _, f := range packed.File {
		names = append(names, strings.TrimSuffix(f.Name, "/"))
	}
	if wrong := unfit(names); len(wrong) > 0 {
		return fmt.Errorf("the course cannot be unpacked on Windows and macOS: %s", strings.Join(wrong[:min(len(wrong), 5)], "; "))
	}
	return nil
}
