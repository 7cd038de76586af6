package stick

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"go/version"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// An Installer is an archive or a program that installs Go.
type Installer struct {
	File     string // "go1.26.8.windows-amd64.msi"
	Platform string // "windows/amd64"
	Version  string // "go1.26.8"

	sum string
}

var (
	sumLine       = regexp.MustCompile(`^([0-9a-fA-F]{64}) [ *](\S+)$`)
	installerName = regexp.MustCompile(`^(go1\.[0-9]+(?:\.[0-9]+)?)\.(windows|darwin|linux)-(\w+)\.(msi|pkg|zip|tar\.gz)$`)
)

// installers are those of the instructor's folder, which are what its sums say.
// The error is a sentence.
func (m Maker) installers(least string) ([]Installer, error) {
	if m.Installers == "" {
		return nil, nil
	}
	const get = "the sums stand beside the downloads on https://go.dev/dl: write lines of a sum, two spaces and a name"
	text, err := os.ReadFile(filepath.Join(m.Installers, SumsFile))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s has no file %s, so its installers cannot be checked; %s", m.Installers, SumsFile, get)
	case err != nil:
		return nil, err
	}
	var all []Installer
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		found := sumLine.FindStringSubmatch(line)
		if found == nil {
			return nil, fmt.Errorf("%s has a line that is no sum: %q; %s", filepath.Join(m.Installers, SumsFile), line, get)
		}
		i, err := newInstaller(found[2], least)
		if err != nil {
			return nil, err
		}
		i.sum = strings.ToLower(found[1])
		m.Doing("Checking " + i.File)
		if err := i.check(m.Installers); err != nil {
			return nil, err
		}
		all = append(all, i)
	}
	if err := unlisted(m.Installers, all); err != nil {
		return nil, err
	}
	slices.SortFunc(all, func(a, b Installer) int {
		return cmp.Or(strings.Compare(a.Platform, b.Platform), strings.Compare(a.File, b.File))
	})
	return all, nil
}

func newInstaller(name, least string) (Installer, error) {
	parts := installerName.FindStringSubmatch(name)
	if parts == nil {
		return Installer{}, fmt.Errorf("%s names %s, which is no installer of Go: one is called go1.26.8.windows-amd64.msi, say", SumsFile, name)
	}
	if version.Compare(parts[1], "go"+least) < 0 {
		return Installer{}, fmt.Errorf("%s is too old: the course needs Go %s or newer", name, least)
	}
	return Installer{File: name, Platform: parts[2] + "/" + parts[3], Version: parts[1]}, nil
}

// check compares the file with its sum.
func (i Installer) check(dir string) error {
	f, err := os.Open(filepath.Join(dir, i.File))
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s names %s, and that is not in %s: download it, or take its line out", SumsFile, i.File, dir)
	}
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	digest := sha256.New()
	if _, err := io.Copy(digest, f); err != nil {
		return err
	}
	if hex.EncodeToString(digest.Sum(nil)) != i.sum {
		return fmt.Errorf("%s is not what its sum says, so nothing is put on the stick: download it again, and compare with https://go.dev/dl", i.File)
	}
	return nil
}

// unlisted refuses files that no sum speaks of.
func unlisted(dir string, all []Installer) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		name := entry.Name()
		if installerName.MatchString(name) && !slices.ContainsFunc(all, func(i Installer) bool { return i.File == name }) {
			return fmt.Errorf("%s is in %s, and %s has no sum for it: add the line, or move the file away", name, dir, SumsFile)
		}
	}
	return nil
}
