// Package web is the workshop's face in a browser: the lessons beside their live
// results. It is for the browser of whoever started it, on this machine, and for
// nobody else: see door.go.
package web

import (
	"context"
	"crypto/rand"
	"errors"
	"html/template"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"time"

	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/live"
	"example.com/bookapi/workshop/internal/stepserver"
)

// Server serves one working copy of the course.
type Server struct {
	hub      *hub
	runner   *stepserver.Runner
	follower *live.Follower
	files    *os.Root // of the course
	pages    map[string]*template.Template
	address  string // "http://127.0.0.1:8090"
	door     *door

	attacking sync.Mutex // held while a step's server is attacked
}

// New returns a server of the course that will listen at addr, a port of the
// loopback interface. Close it, if it is not to be served.
func New(c *course.Course, addr net.Addr) (*Server, error) {
	pages, err := parsePages()
	if err != nil {
		return nil, err
	}
	files, err := os.OpenRoot(c.Root)
	if err != nil {
		return nil, err
	}
	s := &Server{hub: newHub(c), files: files, pages: pages, address: "http://" + addr.String()}
	s.door = &door{
		place: "/" + rand.Text()[:8],
		key:   rand.Text(), session: rand.Text(), token: rand.Text(),
	}
	s.runner = stepserver.NewRunner(c.Root, s.hub.serverChanged)
	s.follower = live.NewFollower(c.Root, s.hub.stateChanged)
	return s, nil
}

// Forward has the site answer to one more host as well, by which https leads to
// it: that of a port that somebody forwards, such as an editor in a browser. Its
// Address is there then.
func (s *Server) Forward(host string) {
	s.door.forwarded = host
	s.address = "https://" + host
}

// Address is where the site is opened. It holds a secret.
func (s *Server) Address() string { return s.address + "/open/" + s.door.key }

// Close stops what was started for the page.
func (s *Server) Close() {
	s.runner.Close()
	_ = s.files.Close()
}

// The limits for whoever connects. A page is read in no time on one machine;
// the event streams set their own.
const (
	readTime  = 5 * time.Second
	writeTime = 30 * time.Second
	idleTime  = time.Minute
	maxHeader = 16 << 10
	patience  = 2 * time.Second
)

// Serve serves on listener, and follows what the learner saves, until ctx ends.
// Nothing that was started is left.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	defer s.Close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var following sync.WaitGroup
	defer following.Wait()
	defer cancel()
	following.Go(func() {
		if err := s.follower.Follow(ctx); err != nil && ctx.Err() == nil {
			s.hub.problem(err)
		}
	})
	server := &http.Server{
		Handler:        s.Handler(),
		ReadTimeout:    readTime,
		WriteTimeout:   writeTime,
		IdleTimeout:    idleTime,
		MaxHeaderBytes: maxHeader,
		ErrorLog:       log.New(io.Discard, "", 0), // what strangers send is no news
		BaseContext:    func(net.Listener) context.Context { return ctx },
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	last, stop := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer stop()
	if err := server.Shutdown(last); errors.Is(err, context.DeadlineExceeded) {
		return server.Close()
	}
	return nil
}

// Handler is the whole site behind its door.
func (s *Server) Handler() http.Handler {
	site := http.NewServeMux()
	site.HandleFunc("GET /{$}", s.mapPage)
	site.HandleFunc("GET /step/{step}", s.lessonPage)
	site.HandleFunc("GET /step/{step}/quiz", s.quizPage)
	site.HandleFunc("GET /step/{step}/flaws", s.flawsPage)
	site.HandleFunc("GET /step/{step}/server", s.serverPage)
	site.HandleFunc("GET /step/{step}/source/{file...}", s.sourcePage)
	site.HandleFunc("GET /step/{step}/drawing/{file}", s.drawing)
	site.HandleFunc("GET /token", s.tokenPage)
	site.HandleFunc("GET /instructors", s.instructorsPage)
	site.HandleFunc("GET /assets/{file}", asset)
	site.HandleFunc("GET /", s.nothingThere)

	site.Handle("GET /events", s.door.ownPage(http.HandlerFunc(s.events)))
	site.Handle("GET /hint/{exercise}/{number}", s.door.ownPage(http.HandlerFunc(s.hint)))
	site.Handle("GET /diff/{exercise}", s.door.ownPage(http.HandlerFunc(s.diff)))
	site.Handle("GET /quiz/{step}/{question}/{choice}", s.door.ownPage(http.HandlerFunc(s.answer)))

	site.Handle("POST /again", s.door.act(http.HandlerFunc(s.again)))
	site.Handle("POST /server/{step}/start", s.door.act(http.HandlerFunc(s.startServer)))
	site.Handle("POST /server/{step}/attack", s.door.act(http.HandlerFunc(s.attackServer)))
	site.Handle("POST /server/stop", s.door.act(http.HandlerFunc(s.stopServer)))
	return s.door.guard(site)
}

// stepOf returns the step that a request names by its number.
func (s *Server) stepOf(r *http.Request) (course.Step, bool) {
	for _, step := range s.hub.course().Steps {
		if strconv.Itoa(step.Number) == r.PathValue("step") {
			return step, true
		}
	}
	return course.Step{}, false
}
