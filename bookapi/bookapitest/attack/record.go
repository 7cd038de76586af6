package attack

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"

	"example.com/bookapi/bookapitest/internal/where"
)

// An Exchange is a request that a handler has served, and how.
type Exchange struct {
	Answer Answer
	Panic  *Panic   // nil if the handler returned
	Twice  string   // says that the handler answered, went on, and answered again; empty if it did not
	Faults []string // Twice, and whatever else was done after the answer
}

// Record lets a handler serve a request.
func Record(h http.Handler, r *http.Request) Exchange {
	w := &recorder{ResponseRecorder: httptest.NewRecorder(), method: r.Method}
	r = r.WithContext(context.WithValue(r.Context(), recorderKey{}, w))
	failed := serve(h, w, r)
	return w.end(failed)
}

func serve(h http.Handler, w http.ResponseWriter, r *http.Request) (failed *Panic) {
	defer func() {
		if cause := recover(); cause != nil {
			failed = &Panic{cause, where.Here()}
		}
	}()
	h.ServeHTTP(w, r)
	return nil
}

type recorderKey struct{}

// Note tells the recorder of a request what happened on its behalf: that the
// next handler ran, that the store was asked. After an answer it is a fault.
//
//	attack.Note(r.Context(), "the next handler runs")
func Note(ctx context.Context, format string, args ...any) {
	if w, ok := ctx.Value(recorderKey{}).(*recorder); ok {
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.status != 0 {
			w.fault("%s answered %d, and after that %s: is a return missing?", w.who(), w.status, fmt.Sprintf(format, args...))
		}
	}
}

// recorder is a ResponseWriter that notices what comes after the answer.
type recorder struct {
	*httptest.ResponseRecorder
	method string

	mu     sync.Mutex
	status int       // of the answer that was begun; 0 before
	by     []uintptr // the stack that began it
	sent   http.Header
	twice  string
	faults []string
	ended  bool
}

func (w *recorder) fault(format string, args ...any) {
	if len(w.faults) < 20 {
		w.faults = append(w.faults, fmt.Sprintf(format, args...))
	}
}

// who is the line that answered.
func (w *recorder) who() string { return line(w.by) }

// line is the learner's line in a stack, or "the handler".
func line(stack []uintptr) string {
	if f, ok := where.Learner(where.Stack(stack)); ok {
		return f.String()
	}
	return "the handler"
}

func (w *recorder) WriteHeader(status int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.begin(status)
}

func (w *recorder) begin(status int) {
	informational := status >= 100 && status < 200 && status != http.StatusSwitchingProtocols
	switch {
	case w.ended:
		w.fault("a goroutine answers %d after the handler has returned", status)
	case w.status != 0:
		w.twice = fmt.Sprintf("%s answered %d, went on, and %s answered %d as well: is a return missing?",
			w.who(), w.status, line(where.Counters()), status)
		w.fault("%s", w.twice)
	case informational:
		// Not the answer yet: RFC 9110 §15.2.
	default:
		w.ResponseRecorder.WriteHeader(status) // which panics if there is no such status
		w.status, w.by, w.sent = status, where.Counters(), w.Header().Clone()
	}
}

func (w *recorder) Write(content []byte) (int, error) { return w.WriteString(string(content)) }

func (w *recorder) WriteString(content string) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.ended:
		w.fault("a goroutine writes after the handler has returned")
		return 0, http.ErrBodyNotAllowed
	case w.status == 0:
		w.begin(http.StatusOK)
	}
	if w.status == http.StatusNoContent || w.status == http.StatusNotModified {
		w.fault("%s answered %d, which has no body, and a body of %d bytes is written", w.who(), w.status, len(content))
		return 0, http.ErrBodyNotAllowed // as net/http does
	}
	return w.ResponseRecorder.WriteString(content)
}

func (w *recorder) Flush() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.status == 0 {
		w.begin(http.StatusOK)
	}
	w.ResponseRecorder.Flush()
}

// Hijack refuses: a handler of the API has no use for the bare connection.
func (w *recorder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fault("the handler takes the connection away from the server")
	return nil, nil, errors.ErrUnsupported
}

// end closes the record.
func (w *recorder) end(failed *Panic) Exchange {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = true
	for _, name := range slices.Sorted(maps.Keys(w.Header())) {
		if w.status != 0 && !strings.HasPrefix(name, http.TrailerPrefix) && !w.trailer(name) && !slices.Equal(w.Header()[name], w.sent[name]) {
			w.fault("the header %s is set when the answer has begun, so it does not arrive", name)
		}
	}
	result := w.Result() // its headers are those that stood when the answer began
	_ = result.Body.Close()
	body := w.Body.String()
	return Exchange{
		Answer: Answer{Status: result.StatusCode, Header: result.Header, Body: body},
		Panic:  failed,
		Twice:  w.twice,
		Faults: slices.Clone(w.faults),
	}
}

// trailer reports whether a header was announced as one that comes after the body.
func (w *recorder) trailer(name string) bool {
	for _, list := range w.sent["Trailer"] {
		for announced := range strings.SplitSeq(list, ",") {
			if http.CanonicalHeaderKey(strings.TrimSpace(announced)) == name {
				return true
			}
		}
	}
	return false
}
