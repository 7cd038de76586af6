package bookapitest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi"
	"example.com/bookapi/bookapitest"
)

var errWrong = errors.New("wrong password")

// A loginHandler is a toy of POST /token: its body is a name, and its answer too.
type loginHandler func(authenticate func(string) (string, error)) http.Handler

var loginHandlers = map[string]loginHandler{
	"sound": func(authenticate func(string) (string, error)) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			user, err := authenticate(string(body))
			if errors.Is(err, errWrong) {
				w.WriteHeader(401)
				return
			}
			if err == nil {
				_, _ = io.WriteString(w, user)
			}
		})
	},
	"one lock": func(authenticate func(string) (string, error)) http.Handler {
		var mu sync.Mutex
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			body, _ := io.ReadAll(r.Body)
			user, _ := authenticate(string(body))
			_, _ = io.WriteString(w, user)
		})
	},
	"variables of the closure": func(authenticate func(string) (string, error)) http.Handler {
		var (
			user string
			err  error
		)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			user, err = authenticate(string(body))
			if errors.Is(err, errWrong) {
				w.WriteHeader(401)
				return
			}
			if err == nil {
				_, _ = io.WriteString(w, user)
			}
		})
	},
	"a shared buffer": func(authenticate func(string) (string, error)) http.Handler {
		var buffer bytes.Buffer
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			user, _ := authenticate(string(body))
			buffer.Reset()
			buffer.WriteString(user)
			w.WriteHeader(200)
			_, _ = w.Write(buffer.Bytes())
		})
	},
	"the name before the store": func(authenticate func(string) (string, error)) http.Handler {
		var name string
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			name = string(body)
			_, _ = authenticate(name)
			_, _ = io.WriteString(w, name)
		})
	},
}

// meet lets grace overtake ada, whose login fails because of the store.
func meet(make loginHandler) (int, error) {
	return bookapitest.Overtake(func(pause func()) (slow, quick func() error) {
		handler := make(func(name string) (string, error) {
			if name == "mallory" {
				return "", bookapitest.PausingError(io.ErrUnexpectedEOF, pause)
			}
			pause()
			return name, nil
		})
		send := func(name, want string, pause func()) func() error {
			return func() error {
				r, _ := http.NewRequest(http.MethodPost, "/token", strings.NewReader(name))
				answer, err := bookapitest.SendPausing(handler, r, pause)
				if err == nil && answer.Body != want {
					err = fmt.Errorf("%s was answered %q", name, answer.Body)
				}
				return err
			}
		}
		return send("mallory", "", pause), send("grace", "grace", func() {})
	})
}

func TestOvertakeShowsASharedVariableEveryTime(t *testing.T) {
	for range 20 {
		points, err := meet(loginHandlers["sound"])
		require.NoError(t, err)
		assert.Positive(t, points)
		_, err = meet(loginHandlers["variables of the closure"])
		require.EqualError(t, err, `mallory was answered "grace"`)
	}
}

func TestOvertakeShowsWhatTwoRequestsShare(t *testing.T) {
	for name, handler := range loginHandlers {
		_, err := bookapitest.Overtake(func(pause func()) (slow, quick func() error) {
			h := handler(func(name string) (string, error) { pause(); return name, nil })
			send := func(name string, pause func()) func() error {
				return func() error {
					r, _ := http.NewRequest(http.MethodPost, "/token", strings.NewReader(name))
					answer, err := bookapitest.SendPausing(h, r, pause)
					if err == nil && answer.Body != name {
						err = fmt.Errorf("%s was answered %q", name, answer.Body)
					}
					return err
				}
			}
			return send("ada", pause), send("grace", func() {})
		})
		if slices.Contains([]string{"sound", "one lock", "variables of the closure"}, name) { // the last one needs an error to show
			assert.NoError(t, err, name)
		} else {
			assert.EqualError(t, err, `ada was answered "grace"`, name)
		}
	}
}

func TestOvertakeHoldsACallerInTheStore(t *testing.T) {
	users := withAda(t)
	require.NoError(t, users.CreateUser(t.Context(), bookapi.User{Username: bookapitest.Grace}))
	points, err := bookapitest.Overtake(func(pause func()) (slow, quick func() error) {
		users.After("User", 1, pause)
		var last bookapi.User // shared
		read := func(name string) func() error {
			return func() error {
				last, _ = users.User(context.Background(), name)
				runtime.KeepAlive(last)
				return nil
			}
		}
		return read(bookapitest.Ada), read(bookapitest.Grace)
	})
	require.NoError(t, err)
	assert.Equal(t, 1, points)
}

func TestOvertakeReportsAPanic(t *testing.T) {
	_, err := bookapitest.Overtake(func(pause func()) (slow, quick func() error) {
		return func() error { pause(); return nil }, func() error { panic("oh") }
	})
	assert.EqualError(t, err, "panic: oh")
}

func TestSendPausingAnswersAsTheHandlerDoes(t *testing.T) {
	pauses := 0
	answer, err := bookapitest.SendPausing(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Test", "yes")
		w.WriteHeader(http.StatusTeapot)
		_, _ = w.Write(body)
	}), bookapitest.JSON("POST", "/x", "{}"), func() { pauses++ })
	require.NoError(t, err)
	assert.Equal(t, "418 {}", answer.String())
	assert.Equal(t, "yes", answer.Header.Get("X-Test"))
	assert.Greater(t, pauses, 4)

	_, err = bookapitest.SendPausing(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("oh") }), bookapitest.Request("GET", "/"), func() {})
	assert.ErrorContains(t, err, "oh")
}

func TestHammerCallsAllOfThem(t *testing.T) {
	var calls atomic.Int64
	require.NoError(t, bookapitest.Hammer(8, 10, func(int) error { calls.Add(1); return nil }))
	assert.Equal(t, int64(80), calls.Load())
	assert.EqualError(t, bookapitest.Hammer(8, 10, func(caller int) error {
		if caller == 3 {
			return errors.New("three")
		}
		return nil
	}), "three")
	assert.EqualError(t, bookapitest.Hammer(2, 1, func(int) error { panic("oh") }), "panic: oh")
}

func ExampleOvertake() {
	var caller string // a variable that all requests share
	handler := func(name string, pause func()) string {
		caller = name
		pause() // here a handler asks its store
		return "hello " + caller
	}
	_, err := bookapitest.Overtake(func(pause func()) (slow, quick func() error) {
		slow = func() error {
			if answer := handler("ada", pause); answer != "hello ada" {
				return fmt.Errorf("ada is answered %q", answer)
			}
			return nil
		}
		quick = func() error { handler("grace", func() {}); return nil }
		return slow, quick
	})
	fmt.Println(err)
	// Output: ada is answered "hello grace"
}

func TestCollideShowsWhatIsShared(t *testing.T) {
	if runtime.GOMAXPROCS(0) < 2 {
		t.Skip("two callers need two processors")
	}
	serve := func(who *atomic.Int64, caller int64, meet func()) error {
		meet()
		who.Store(caller)
		for range 100 {
			if got := who.Load(); got != caller {
				return fmt.Errorf("caller %d is taken for caller %d", caller, got)
			}
		}
		return nil
	}
	var shared atomic.Int64
	found := false
	for tries := 0; !found && tries < 20; tries++ { // a busy machine has no two processors free
		found = bookapitest.Collide(2000, func(caller int, meet func()) error { return serve(&shared, int64(caller), meet) }) != nil
	}
	if !found {
		t.Error("two callers share a variable, and Collide does not find it")
	}
	if err := bookapitest.Collide(50, func(caller int, meet func()) error { return serve(new(atomic.Int64), int64(caller), meet) }); err != nil {
		t.Error(err)
	}
	if err := bookapitest.Collide(2, func(caller int, meet func()) error {
		if caller == 0 {
			meet() // the other never comes
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}
