package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strings"

	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/flaw"
	"example.com/bookapi/workshop/internal/lesson"
	"example.com/bookapi/workshop/internal/stepserver"
)

//go:embed pages/*.html
var pageFiles embed.FS

//go:embed assets
var assetFiles embed.FS

// parsePages reads each page together with what is around all of them.
func parsePages() (map[string]*template.Template, error) {
	names, err := fs.Glob(pageFiles, "pages/*.html")
	if err != nil {
		return nil, err
	}
	pages := make(map[string]*template.Template)
	for _, name := range names {
		t, err := template.New("").Funcs(template.FuncMap{"weakness": flaw.Weakness, "number": func(i int) int { return i + 1 }, "letter": letter, "diff": diffLines}).
			ParseFS(pageFiles, "pages/around.html", name)
		if err != nil {
			return nil, err
		}
		pages[strings.TrimSuffix(path.Base(name), ".html")] = t
	}
	return pages, nil
}

// letter is a, b, c, ... as in the lessons.
func letter(n int) string { return fmt.Sprintf("%c", 'a'+n) }

// page is what every page knows.
type page struct {
	Title   string
	Base    string // the folder of the site
	Token   string
	Course  *course.Course
	Step    course.Step // of the page; its number is 0 if it is of none
	Section string      // of the step: "lesson", "quiz", "flaws", "server"
	States  map[string]string
	Green   int
	Total   int
	Server  bool // the step has one
	Content any
}

// show answers with a page.
func (s *Server) show(w http.ResponseWriter, status int, name string, p page) {
	state := s.hub.moment().state
	p.Base, p.Token, p.Course = s.door.place, s.door.token, state.Course
	p.States = make(map[string]string)
	if state.Report != nil {
		for _, e := range state.Report.Exercises {
			p.States[e.ID] = e.State
		}
		p.Green = state.Progress.Own()
	}
	for _, step := range state.Course.Steps {
		p.Total += len(step.Exercises)
	}
	p.Server = p.Step.Number > 0 && stepserver.Dir(state.Course.Root, p.Step) != ""
	var out bytes.Buffer
	if err := s.pages[name].ExecuteTemplate(&out, "around.html", p); err != nil {
		refuse(w, http.StatusInternalServerError, "This page cannot be shown. Please report it: "+err.Error())
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(out.Bytes())
}

// sorry is a page that says what is wrong, and what to do.
func (s *Server) sorry(w http.ResponseWriter, status int, title, sentence string) {
	s.show(w, status, "sorry", page{Title: title, Content: sentence})
}

func (s *Server) nothingThere(w http.ResponseWriter, _ *http.Request) {
	s.sorry(w, http.StatusNotFound, "Nothing here", "There is no such page. The map has all that there is.")
}

func (s *Server) mapPage(w http.ResponseWriter, _ *http.Request) {
	s.show(w, http.StatusOK, "map", page{Title: "The map"})
}

func (s *Server) tokenPage(w http.ResponseWriter, _ *http.Request) {
	s.show(w, http.StatusOK, "token", page{Title: "Token reader"})
}

// instructorsPage shows how to give the course, on the projector.
func (s *Server) instructorsPage(w http.ResponseWriter, _ *http.Request) {
	const name = "INSTRUCTORS.md"
	source, err := s.read(name)
	if err != nil {
		s.sorry(w, http.StatusNotFound, "Nothing for instructors", fmt.Sprintf("%s cannot be read. Put it back with: git checkout -- %[1]s", name))
		return
	}
	html, err := lesson.Render(source, s.placerIn(".", s.hub.course().Steps[0]))
	if err != nil {
		s.sorry(w, http.StatusInternalServerError, "Nothing for instructors", fmt.Sprintf("%s cannot be shown: %v. Read it in your editor meanwhile.", name, err))
		return
	}
	s.show(w, http.StatusOK, "instructors", page{Title: "For instructors", Content: html})
}

func (s *Server) lessonPage(w http.ResponseWriter, r *http.Request) {
	step, ok := s.stepOf(r)
	if !ok {
		s.nothingThere(w, r)
		return
	}
	name := path.Join(step.Name, "README.md")
	source, err := s.read(name)
	if err != nil {
		s.sorry(w, http.StatusNotFound, "No lesson", fmt.Sprintf("%s cannot be read. Put it back with: git checkout -- %[1]s", name))
		return
	}
	html, err := lesson.Render(source, s.placer(step))
	if err != nil {
		s.sorry(w, http.StatusInternalServerError, "No lesson", fmt.Sprintf("%s cannot be shown: %v. Read it in your editor meanwhile.", name, err))
		return
	}
	s.show(w, http.StatusOK, "lesson", page{Title: fmt.Sprintf("Step %d: %s", step.Number, step.Title), Step: step, Section: "lesson", Content: html})
}

func (s *Server) quizPage(w http.ResponseWriter, r *http.Request) {
	step, ok := s.stepOf(r)
	if !ok {
		s.nothingThere(w, r)
		return
	}
	s.show(w, http.StatusOK, "quiz", page{Title: fmt.Sprintf("Step %d: quick check", step.Number), Step: step, Section: "quiz"})
}

func (s *Server) serverPage(w http.ResponseWriter, r *http.Request) {
	step, ok := s.stepOf(r)
	if !ok {
		s.nothingThere(w, r)
		return
	}
	s.show(w, http.StatusOK, "server", page{Title: fmt.Sprintf("Step %d: server", step.Number), Step: step, Section: "server"})
}

// exhibits are the flaws of one exercise.
type exhibits struct {
	Exercise course.Exercise
	Flaws    []*flaw.Patch
}

func (s *Server) flawsPage(w http.ResponseWriter, r *http.Request) {
	step, ok := s.stepOf(r)
	if !ok {
		s.nothingThere(w, r)
		return
	}
	folder := path.Join("workshop", "flaws", step.Name)
	all, err := flaw.Load(s.path(folder), folder)
	if err != nil {
		s.sorry(w, http.StatusNotFound, "No flaws", fmt.Sprintf("The flaws in %s cannot be read. Put them back with: git checkout -- %[1]s", folder))
		return
	}
	var shown []exhibits
	for _, e := range step.Exercises {
		of := slices.DeleteFunc(slices.Clone(all), func(p *flaw.Patch) bool { return p.Exercise != e.ID })
		if len(of) > 0 {
			shown = append(shown, exhibits{e, of})
		}
	}
	s.show(w, http.StatusOK, "flaws", page{Title: fmt.Sprintf("Step %d: flaws", step.Number), Step: step, Section: "flaws", Content: shown})
}

// diffLine is a line of a unified diff.
type diffLine struct{ Kind, Text string }

func diffLines(diff string) []diffLine {
	var lines []diffLine
	for text := range strings.Lines(strings.TrimRight(diff, " \n")) {
		kind := "both"
		switch {
		case strings.HasPrefix(text, "--- "), strings.HasPrefix(text, "+++ "), strings.HasPrefix(text, "diff "), strings.HasPrefix(text, "@@ "):
			kind = "place"
		case strings.HasPrefix(text, "+"):
			kind = "added"
		case strings.HasPrefix(text, "-"):
			kind = "gone"
		}
		lines = append(lines, diffLine{kind, strings.TrimSuffix(text, "\n")})
	}
	return lines
}

// kinds are the content types of the assets. A system may have others for them:
// on Windows the registry decides, and a style sheet of another type is not used.
var kinds = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".svg": "image/svg+xml",
}

// asset answers with a script or a style sheet.
func asset(w http.ResponseWriter, r *http.Request) {
	name := path.Join("assets", r.PathValue("file"))
	if kind, ok := kinds[path.Ext(name)]; ok {
		w.Header().Set("Content-Type", kind)
	}
	http.ServeFileFS(w, r, assetFiles, name)
}
