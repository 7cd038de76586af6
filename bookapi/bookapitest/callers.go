package bookapitest

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"example.com/bookapi/bookapitest/attack"
)

// Overtake lets one caller overtake another at every point at which the code
// under test can be held, so that what two callers share shows every time.
//
// For each run, fresh makes everything anew, and returns the slow caller and the
// quick one, each of which checks its own answer. The slow caller is held at the
// nth call of pause, for n from 1 until a run ends without an nth call: there the
// quick one runs whole, and then the slow one goes on. Whatever the slow caller
// passes calls pause: a store (Store.After), an authenticator, a clock, an error
// (PausingError), the request and the answer (SendPausing).
//
// It returns the number of points, and the first error: a caller's, or that one
// panicked or never came back.
func Overtake(fresh func(pause func()) (slow, quick func() error)) (points int, err error) {
	const most = 300 // each costs two runs
	for n := 1; n <= most; n++ {
		held := &holder{at: n, reached: make(chan struct{}), release: make(chan struct{})}
		slow, quick := fresh(held.pause)
		slowDone := start(slow)
		switch ended, err := answered(slowDone, held.reached); {
		case ended: // without an nth call
			return n - 1, err
		case err != nil:
			return n, fmt.Errorf("a caller got %w, with no other there", err)
		}
		quickDone := start(quick)
		awaitTurn(quickDone)
		close(held.release)
		for _, done := range []chan error{slowDone, quickDone} {
			if ended, err := answered(done, nil); !ended {
				return n, fmt.Errorf("two callers came at the same time, and one of them got %w", err)
			} else if err != nil {
				return n, err
			}
		}
	}
	return most, nil
}

// mostWait is how long a caller may take that has a processor to run on.
const mostWait = 10 * time.Second

// answered waits until a caller has ended, and returns its error. It has not ended
// if the caller is held, or if it hangs: then the error says so.
func answered(done <-chan error, held <-chan struct{}) (ended bool, err error) {
	ticker := time.NewTicker(watchTick)
	defer ticker.Stop()
	for p := newPatience(); ; {
		select {
		case err := <-done:
			return true, err
		case <-held:
			return false, nil
		case <-ticker.C:
			if p.over(mostWait) {
				return false, fmt.Errorf("no answer in %v", mostWait)
			}
		}
	}
}

// awaitTurn waits until a caller is done, or waits itself, for a lock that the
// other holds, which may be right. A busy machine makes it neither.
func awaitTurn(done chan error) {
	const tick, idle, most = 5 * time.Millisecond, 4, 5 * time.Second
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for start, ticks := time.Now(), 0; ticks < idle && time.Since(start) < most; ticks++ {
		select {
		case err := <-done:
			done <- err
			return
		case <-ticker.C:
		}
		if wantsToRun() {
			ticks = -1
		}
	}
}

// start runs f, and sends its error, also that it panicked, when it has ended.
func start(f func() error) chan error {
	done := make(chan error, 1)
	go func() {
		err := error(nil)
		defer func() { done <- err }() // even after runtime.Goexit
		defer func() {
			if cause := recover(); cause != nil {
				err = fmt.Errorf("panic: %v", cause)
			}
		}()
		err = f()
	}()
	return done
}

// within runs f, and returns an error if it panics or hangs.
func within(f func()) error {
	_, err := answered(start(func() error { f(); return nil }), nil)
	return err
}

// A holder holds the caller that pauses for the nth time, and no other.
type holder struct {
	mu      sync.Mutex
	at      int
	reached chan struct{}
	release chan struct{}
}

func (h *holder) pause() {
	h.mu.Lock()
	h.at--
	hold := h.at == 0
	h.mu.Unlock()
	if hold {
		close(h.reached)
		<-h.release
	}
}

// PausingError returns an error that is err, and that pauses when it is looked
// at: by errors.Is and errors.As, or for its text.
func PausingError(err error, pause func()) error { return pausingError{err, pause} }

type pausingError struct {
	error
	pause func()
}

func (e pausingError) Error() string { e.pause(); return e.error.Error() }
func (e pausingError) Unwrap() error { e.pause(); return e.error }

// SendPausing gives the request to the handler, and pauses whenever the handler
// reads the body, looks into the context, or writes a part of the answer. A panic
// is the error.
func SendPausing(h http.Handler, r *http.Request, pause func()) (Answer, error) {
	r = r.WithContext(pausingContext{r.Context(), pause})
	if r.Body != nil {
		r.Body = pausingBody{r.Body, pause}
	}
	exchange := attack.Record(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(pausingWriter{w, pause}, r)
	}), r)
	if exchange.Panic != nil {
		return Answer{}, exchange.Panic
	}
	return exchange.Answer, nil
}

type pausingBody struct {
	io.ReadCloser
	pause func()
}

func (b pausingBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.pause()
	return n, err
}

type pausingContext struct {
	context.Context
	pause func()
}

func (c pausingContext) Value(key any) any {
	c.pause()
	return c.Context.Value(key)
}

type pausingWriter struct {
	http.ResponseWriter
	pause func()
}

func (w pausingWriter) Header() http.Header {
	w.pause()
	return w.ResponseWriter.Header()
}

func (w pausingWriter) WriteHeader(status int) {
	w.pause()
	w.ResponseWriter.WriteHeader(status)
	w.pause()
}

func (w pausingWriter) Write(b []byte) (int, error) {
	w.pause()
	n, err := w.ResponseWriter.Write(b)
	w.pause()
	return n, err
}

// Hammer lets callers call at the same time, each some times, and returns the
// first error of theirs. It is short; what it is for is the race detector.
func Hammer(callers, times int, call func(caller int) error) error {
	begin, answers := make(chan struct{}), make(chan error, callers*times)
	for caller := range callers {
		go func() {
			<-begin
			for range times {
				answers <- <-start(func() error { return call(caller) })
			}
		}()
	}
	close(begin)
	for range callers * times {
		if ended, err := answered(answers, nil); !ended {
			return fmt.Errorf("%d callers came at the same time, and not all got an answer: there was %w", callers, err)
		} else if err != nil {
			return err
		}
	}
	return nil
}

// Collide lets two callers, 0 and 1, meet so many times, and returns the first error
// of theirs. Both leave meet in the same microsecond, if two processors are free: what
// they share in the instructions after it, where neither can be held (see Overtake),
// shows within a hundred times, or a thousand for very few instructions. On a busy
// machine most of them miss each other, and it gives up after half a second of both.
func Collide(times int, call func(caller int, meet func()) error) error {
	most := time.Second
	if runtime.GOMAXPROCS(0) < 2 {
		most /= 10 // they never meet
	}
	start := processorTime()
	for tries := 10 * times; times > 0 && tries > 0 && processorTime()-start < most; tries-- {
		m := &meeting{here: make(chan struct{})}
		err := Hammer(2, 1, func(caller int) error {
			return call(caller, func() { m.wait(caller == 0) })
		})
		if err != nil {
			return err
		}
		if m.met.Load() {
			times--
		}
	}
	return nil
}

// A meeting is a point that two callers leave in the same microsecond.
type meeting struct {
	here  chan struct{}
	turn  atomic.Int64
	leave atomic.Bool
	met   atomic.Bool
}

// wait waits for the other caller. One of the two is the first.
func (m *meeting) wait(first bool) {
	const enough, most = 10, time.Millisecond
	select {
	case m.here <- struct{}{}:
	case <-m.here:
	case <-time.After(20 * most): // the other does not come
		return
	}
	mine := int64(1)
	if first {
		mine = 0
	}
	// They take turns. Only two that both run now do that quickly.
	start, quick, last := time.Now(), 0, time.Now()
	for time.Since(start) < most && !m.leave.Load() {
		turn := m.turn.Load()
		if turn%2 != mine {
			continue
		}
		now := time.Now()
		if quick++; now.Sub(last) > 2*time.Microsecond {
			quick = 0
		}
		last = now
		if first && quick > enough {
			m.met.Store(true)
			m.leave.Store(true)
			for spin := rand.IntN(200); spin > 0; spin-- { // the other has to hear of it
				m.turn.Load()
			}
			return
		}
		m.turn.Store(turn + 1)
	}
	m.leave.Store(true)
}
