package stick

import (
	"bytes"
	_ "embed"
	htmltemplate "html/template"
	"io"
	"strings"
	"text/template"
)

// The pages by which a learner starts. A test runs what they tell to type.
var (
	//go:embed start.txt
	startText string
	//go:embed start.html
	startHTML string
)

// A system is how to start on one.
type system struct {
	Name      string
	Shell     string
	Installer []step // of Go, or none
	Lines     []step // to type in the stick's folder, one after the other
	After     string // takes the setting back
	TooOld    string // what to type first where an old Go cannot be replaced
	AfterOld  string
	Gopls     string
}

// A step is what to do, and the command for it, if it is one.
type step struct{ Do, Command string }

// The official proxy stands behind the stick's folder: it is asked for what is not
// there, once there is a network.
const fallback = ",https://proxy.golang.org,direct"

func systems(facts Facts, installers []Installer) []system {
	const posix, windows = `file://$PWD/` + ModulesDir, `$(([uri](Join-Path $PWD.ProviderPath ` + ModulesDir + `)).AbsoluteUri)`
	unix := system{
		Lines: []step{
			{"Have Go take the modules from here:", `go env -w "GOPROXY=` + posix + fallback + `"`},
			{"Unpack the course into your home folder, and go there:", `unzip -qn ` + ArchiveFile + ` -d ~ && cd ~/` + courseDir},
			{"Fetch the modules, and compile what takes long:", `go mod download && go mod download -C solutions && go run ./workshop doctor --warm`},
		},
		After:    `go env -u GOPROXY`,
		TooOld:   `go env -w GOSUMDB=off "GOPROXY=` + posix + `"`,
		AfterOld: `go env -u GOSUMDB GOPROXY`,
		Gopls:    `GOSUMDB=off go install ` + facts.Gopls,
	}
	mac, linux := unix, unix
	mac.Name, mac.Shell = "macOS", "Terminal"
	linux.Name, linux.Shell = "Linux", "a terminal"
	all := []system{{
		Name: "Windows", Shell: "PowerShell",
		Lines: []step{
			{"Have Go take the modules from here:", `go env -w "GOPROXY=` + windows + fallback + `"`},
			{"Unpack the course into your home folder, and go there:", `Expand-Archive ` + ArchiveFile + ` $HOME; cd $HOME\` + courseDir},
			{"Fetch the modules, and compile what takes long:", `go mod download; go mod download -C solutions; go run ./workshop doctor --warm`},
		},
		After:    `go env -u GOPROXY`,
		TooOld:   `go env -w GOSUMDB=off "GOPROXY=` + windows + `"`,
		AfterOld: `go env -u GOSUMDB GOPROXY`,
		Gopls:    `$env:GOSUMDB="off"; go install ` + facts.Gopls + `; Remove-Item Env:GOSUMDB`,
	}, mac, linux}
	for n, prefix := range []string{"windows/", "darwin/", "linux/"} {
		for _, i := range installers {
			if strings.HasPrefix(i.Platform, prefix) {
				all[n].Installer = append(all[n].Installer, i.step())
			}
		}
		if !offers(facts.Platforms, prefix) {
			all[n].TooOld, all[n].AfterOld = "", ""
		}
		if facts.Gopls == "" {
			all[n].Gopls = ""
		}
	}
	return all
}

func offers(platforms []string, prefix string) bool {
	for _, p := range platforms {
		if strings.HasPrefix(p, prefix) {
			return true
		}
	}
	return false
}

// machines are what people call the architectures.
var machines = map[string]string{"amd64": "Intel or AMD", "arm64": "ARM, also Apple's", "386": "32 bits"}

// step says how to install Go with it.
func (i Installer) step() step {
	_, arch, _ := strings.Cut(i.Platform, "/")
	machine, ok := machines[arch]
	if !ok {
		machine = arch
	}
	file := installersDir + "/" + i.File
	switch {
	case strings.HasSuffix(i.File, ".msi"), strings.HasSuffix(i.File, ".pkg"):
		return step{Do: "On a machine with " + machine + ", open " + file + ", and then a new terminal in this folder."}
	case strings.HasSuffix(i.File, ".zip"):
		return step{Do: "On a machine with " + machine + ", unpack " + file + " into C:\\, and put C:\\go\\bin on the PATH. Then open a new terminal in this folder."}
	}
	return step{"On a machine with " + machine + ":", `mkdir -p ~/sdk && tar -C ~/sdk -xzf ` + file + ` && export PATH="$HOME/sdk/go/bin:$PATH"`}
}

// start writes START.txt and START.html.
func start(facts Facts, installers []Installer) ([]file, error) {
	least, _ := strings.CutSuffix(facts.Go, ".0")
	data := struct {
		Facts
		Least, Archive, Clone, Course string
		Systems                       []system
	}{facts, least, ArchiveFile, CloneDir, courseDir, systems(facts, installers)}
	text, err := template.New("START.txt").Parse(startText)
	if err != nil {
		return nil, err
	}
	page, err := htmltemplate.New("START.html").Parse(startHTML)
	if err != nil {
		return nil, err
	}
	var files []file
	for name, t := range map[string]interface {
		Execute(w io.Writer, data any) error
	}{"START.txt": text, "START.html": page} {
		var out bytes.Buffer
		if err := t.Execute(&out, data); err != nil {
			return nil, err
		}
		content := out.Bytes()
		if name == "START.txt" {
			content = bytes.ReplaceAll(content, []byte("\n"), []byte("\r\n")) // as old editors on Windows want it
		}
		files = append(files, file{to: name, data: content})
	}
	return files, nil
}
