// Package stick makes what a class without a network needs, in one folder that
// every system can read: the course, its modules, and how to start.
package stick

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Names on the stick.
const (
	ModulesDir  = "modules" // what GOPROXY points to
	ArchiveFile = "bookapi-workshop.zip"
	CloneDir    = "bookapi-workshop.git"
	SumsFile    = "SHA256SUMS" // of all other files
	factsFile   = "stick.json" // which makes a folder a stick

	courseDir     = "bookapi-workshop" // in the archive
	installersDir = "installers"
)

// DefaultPlatforms are those that most laptops have.
var DefaultPlatforms = []string{"windows/amd64", "darwin/arm64", "linux/amd64"}

// A Maker makes a stick.
type Maker struct {
	Root       string       // the course's folder
	Dir        string       // the folder to make
	Installers string       // a folder with installers of Go and their sums, or empty
	Platforms  []string     // whose Go is put on the stick as a module: "windows/amd64"
	Spare      bool         // a platform whose Go cannot be fetched is left out, and Say is told
	Gopls      string       // the language server: "golang.org/x/tools/gopls@v0.1.0"
	Now        time.Time    // the date on the stick
	Doing      func(string) // is told what takes its time
	Say        func(string) // is told what the instructor has to know
}

// Facts are what a stick says of itself.
type Facts struct {
	Course    string   `json:"course"`    // the commit, or empty
	Made      string   `json:"made"`      // a date
	Go        string   `json:"go"`        // the least that the course needs: "1.26.0"
	Platforms []string `json:"platforms"` // whose Go is there as a module
	Gopls     string   `json:"gopls"`
	Clone     bool     `json:"clone"` // the bare clone is there
}

// A Stick is what was made.
type Stick struct {
	Facts
	Dir        string
	Installers []Installer
	Files      int
	Bytes      int64
}

// Make makes the stick beside its folder, tests it without a network, and moves
// it into place. If it fails, the folder is what it was.
func (m Maker) Make(ctx context.Context) (stick Stick, err error) {
	facts := Facts{Made: m.Now.Format(time.DateOnly), Go: leastGo(m.Root), Gopls: m.Gopls}
	if facts.Platforms, err = m.platforms(ctx); err != nil {
		return Stick{}, err
	}
	installers, err := m.installers(facts.Go)
	if err != nil {
		return Stick{}, err
	}
	site, err := prepare(m.Dir, m.Say)
	if err != nil {
		return Stick{}, err
	}
	defer func() {
		if err != nil {
			if left := site.abandon(); left != nil {
				m.Say(left.Error())
			}
		}
	}()
	temp, err := os.MkdirTemp("", "bookapi-stick-")
	if err != nil {
		return Stick{}, fmt.Errorf("there is no room to work in: %w", err)
	}
	defer func() { _ = removeAll(temp) }()

	files, err := m.repository(ctx, filepath.Join(temp, "repository"), &facts)
	if err != nil {
		return Stick{}, err
	}
	modules, err := m.modules(ctx, filepath.Join(temp, "modules"), &facts)
	if err != nil {
		return Stick{}, err
	}
	files = append(files, modules...)
	for _, i := range installers {
		files = append(files, file{to: installersDir + "/" + i.File, from: filepath.Join(m.Installers, i.File), sum: i.sum})
	}
	written, err := start(facts, installers)
	if err != nil {
		return Stick{}, err
	}
	files = append(files, written...)
	text, err := json.MarshalIndent(facts, "", "  ")
	if err != nil {
		return Stick{}, err
	}
	files = append(files, file{to: factsFile, data: append(text, '\n')})

	m.Doing("Copying to " + m.Dir)
	stick = Stick{Facts: facts, Dir: site.dir, Installers: installers}
	if stick.Files, stick.Bytes, err = site.fill(ctx, files); err != nil {
		return Stick{}, err
	}
	if err = m.prove(ctx, site.unfinished, filepath.Join(temp, "proof"), facts); err != nil {
		return Stick{}, err
	}
	return stick, site.finish()
}

// Proxy is the address of a folder of modules for GOPROXY, given its path on a
// system: "file:///D:/modules".
func Proxy(folder string) string {
	folder = strings.ReplaceAll(folder, `\`, "/")
	switch {
	case strings.HasPrefix(folder, "//"): // a share of Windows names its host
		return "file:" + escape(folder)
	case !strings.HasPrefix(folder, "/"): // a drive of Windows
		return "file:///" + escape(folder)
	}
	return "file://" + escape(folder)
}

// escape writes what has a meaning in GOPROXY, or in an address, by its number.
func escape(path string) string {
	return strings.NewReplacer("%", "%25", " ", "%20", ",", "%2C", "|", "%7C", "#", "%23", "?", "%3F").Replace(path)
}
