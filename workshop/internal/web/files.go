package web

import (
	"fmt"
	"net/http"
	"path"
	"path/filepath"
	"strings"

	"example.com/bookapi/workshop/internal/course"
)

// maxFile is the longest file that is shown.
const maxFile = 1 << 20

// read reads a file of the course, by its path from the root with slashes. An
// os.Root does not leave its folder, neither by ".." nor by a symbolic link.
func (s *Server) read(name string) ([]byte, error) {
	name = filepath.FromSlash(name)
	info, err := s.files.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxFile { // to open a pipe is to wait for somebody
		return nil, fmt.Errorf("%s is no file to read", name)
	}
	return s.files.ReadFile(name)
}

func (s *Server) path(name string) string {
	return filepath.Join(s.hub.course().Root, filepath.FromSlash(name))
}

// placer says where the links of a step's lesson lead on the site.
func (s *Server) placer(step course.Step) func(string) string { return s.placerIn(step.Name, step) }

// placerIn says where the links of a document in a folder lead, which belongs to a
// step. The sources that they lead to are shown beside that step.
func (s *Server) placerIn(folder string, step course.Step) func(string) string {
	here := fmt.Sprintf("%s/step/%d", s.door.place, step.Number)
	return func(target string) string {
		if strings.Contains(target, ":") || strings.HasPrefix(target, "#") {
			return target // elsewhere, or on this page
		}
		name, fragment, _ := strings.Cut(target, "#")
		file := path.Join(folder, name)
		for _, other := range s.hub.course().Steps {
			if file == other.Name+"/README.md" {
				return fmt.Sprintf("%s/step/%d", s.door.place, other.Number) + strings.TrimSuffix("#"+fragment, "#")
			}
		}
		switch {
		case file == "workshop/flaws/README.md":
			return here + "/flaws"
		case path.Ext(file) == ".svg":
			return here + "/drawing/" + path.Base(file)
		}
		return here + "/source/" + file
	}
}

// shown are the kinds of file that a lesson links to. A database or a key that
// lies in the same folder is nobody's reading.
func shown(name string) bool {
	switch path.Ext(name) {
	case ".go", ".txt", ".md":
	default:
		return false
	}
	for part := range strings.SplitSeq(name, "/") {
		if strings.HasPrefix(part, ".") {
			return false
		}
	}
	return true
}

// code is a file to read.
type code struct {
	Name  string
	Lines []string
}

func (s *Server) sourcePage(w http.ResponseWriter, r *http.Request) {
	step, ok := s.stepOf(r)
	name := r.PathValue("file")
	if !ok || !shown(name) {
		s.nothingThere(w, r)
		return
	}
	source, err := s.read(name)
	if err != nil {
		s.sorry(w, http.StatusNotFound, "No such file", "The course has no such file any more. If you have moved it, your editor knows where it is.")
		return
	}
	text := strings.ReplaceAll(strings.ToValidUTF8(string(source), "�"), "\r\n", "\n")
	s.show(w, http.StatusOK, "source", page{Title: name, Step: step, Section: "source", Content: code{name, strings.Split(strings.TrimSuffix(text, "\n"), "\n")}})
}

// drawing answers with a drawing of the lesson.
func (s *Server) drawing(w http.ResponseWriter, r *http.Request) {
	step, ok := s.stepOf(r)
	name := r.PathValue("file")
	if !ok || path.Ext(name) != ".svg" || strings.ContainsAny(name, `/\`) {
		s.nothingThere(w, r)
		return
	}
	source, err := s.read(path.Join(step.Name, name))
	if err != nil {
		s.sorry(w, http.StatusNotFound, "No such drawing", fmt.Sprintf("The drawing is missing. Put it back with: git checkout -- %s", step.Name))
		return
	}
	w.Header().Set("Content-Security-Policy", drawingPolicy)
	w.Header().Set("Content-Type", "image/svg+xml")
	_, _ = w.Write(source) //nolint:gosec // a drawing of the course, and its policy lets nothing run
}
