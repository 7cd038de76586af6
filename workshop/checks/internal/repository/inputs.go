package repository

import (
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"
	"time"
)

// When may go test answer "(cached)"? It keeps the result of a package by its
// test binary, and by what the test process looked at: variables that it looked
// up, and of files that it opened below the folder of its module the size, mode
// and time; of a folder, those of all files in it ("go help test"). What the
// programs see that a test starts, it does not know; and nearly all that a check
// does is to start the go command, on files of other modules.
//
// So a check looks at every folder of the repository itself, by a path that
// begins with the folder of its module: to the go command, module/../solutions
// is below module. It looks up the variables that the tests of the repository
// read, as those of the programs are copies of its own.
//
// Programs beside Go (curl, a C compiler, Chromium) are not noticed, as most lie
// where no such path leads on every system. A check that skips for want of one
// must be run with -count=1 once it is there. In CI nothing skips.

// files holds the files of the course, by path from the root with slashes.
type files map[string]state

type state struct {
	size int64
	mode fs.FileMode
	time time.Time
}

// look lists the files below dir, and so makes them inputs of the tests.
func look(dir string) (files, error) {
	found := make(files)
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case passing(entry.Name()) && entry.IsDir():
			return fs.SkipDir
		case passing(entry.Name()) || !entry.Type().IsRegular():
			return nil
		}
		info, err := entry.Info()
		if err == nil {
			found[name] = state{info.Size(), info.Mode(), info.ModTime()}
		}
		return err
	})
	return found, err
}

// passing reports whether a file or folder is no part of the course: git's,
// what a server or the companion left behind.
func passing(name string) bool {
	return name == ".git" || name == ".workshop" || strings.Contains(name, ".db")
}

// differs returns a file that is another one in now, or is in one of the two
// only; "" if there is none.
func (f files) differs(now files) string {
	for name, was := range f {
		if is, ok := now[name]; !ok || is != was {
			return name
		}
	}
	for name := range now {
		if _, ok := f[name]; !ok {
			return name
		}
	}
	return ""
}

// goVariables change what the go command does.
var goVariables = []string{"CC", "CGO_ENABLED", "GOENV", "GOEXPERIMENT", "GOFLAGS", "GOPROXY", "GOTOOLCHAIN", "PATH"}

// variable is a string that may be the name of a variable.
var variable = regexp.MustCompile(`"([A-Z][A-Z0-9_]+)"`)

// lookUpVariables looks up all that the sources of the repository may look up.
func lookUpVariables(dir string, all files) error {
	for _, name := range goVariables {
		os.LookupEnv(name)
	}
	for name := range all {
		if path.Ext(name) != ".go" {
			continue
		}
		source, err := os.ReadFile(dir + "/" + name)
		if err != nil {
			return err
		}
		for _, match := range variable.FindAllSubmatch(source, -1) {
			os.LookupEnv(string(match[1]))
		}
	}
	return nil
}
