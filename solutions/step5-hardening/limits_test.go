package hardening_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	. "example.com/bookapi/bookapitest"
	hardening "example.com/bookapi/step5-hardening"
)

// A glutton reads all that it is sent.
type glutton struct {
	runs int
	read int
	err  error
	by   func(io.Reader) io.Reader // how it reads, or nil
}

func (g *glutton) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.runs++
	var body io.Reader = r.Body
	if g.by != nil {
		body = g.by(body)
	}
	var text []byte
	text, g.err = io.ReadAll(body)
	if g.read = len(text); g.err != nil {
		w.WriteHeader(http.StatusRequestEntityTooLarge)
	}
}

// A parcel is a body, and knows how much of it was taken.
type parcel struct {
	io.Reader
	taken int
}

func (p *parcel) Read(b []byte) (int, error) {
	n, err := p.Reader.Read(b)
	p.taken += n
	return n, err
}

// upload sends a body of so many bytes, with a Content-Length or in chunks.
func upload(t *testing.T, size int, declared int64, by func(io.Reader) io.Reader) (Answer, *glutton, *parcel) {
	t.Helper()
	g := &glutton{by: by}
	body := &parcel{Reader: strings.NewReader(strings.Repeat("x", size))}
	r := Request(http.MethodPost, "/books")
	r.Body, r.ContentLength = io.NopCloser(body), declared
	return sent(t, hardening.LimitBody(g), r), g, body
}

const inChunks = -1 // the Content-Length of a body that says nothing about its own

// fits makes sure that a body of so many bytes arrives whole.
func fits(t *testing.T, size int, declared int64) {
	t.Helper()
	answer, g, _ := upload(t, size, declared, nil)
	require.Equal(Promise(t, "5.6", "a body of %d bytes passes (Content-Length %d), not: %v", size, declared, answer), http.StatusOK, answer.Status)
	require.NoError(Promise(t, "5.6", "a body of %d bytes can be read", size), g.err)
	require.Equal(Promise(t, "5.6", "a body of %d bytes arrives whole", size), size, g.read)
}

func TestLimitsLetHonestBodiesPass(t *testing.T) {
	for _, size := range []int{0, 1, 1000, hardening.MaxBody - 1, hardening.MaxBody} {
		fits(t, size, int64(size))
		fits(t, size, inChunks)
	}
	g := new(glutton)
	answer := sent(t, hardening.LimitBody(g), Request(http.MethodGet, "/books"))
	assert.Equal(Promise(t, "5.6", "a request without a body passes"), http.StatusOK, answer.Status)
}

func TestLimitsRefuseABodyThatSaysItIsTooLong(t *testing.T) {
	for _, declared := range []int64{hardening.MaxBody + 1, 10 << 20, 1 << 62} {
		fits(t, hardening.MaxBody, hardening.MaxBody)
		answer, g, body := upload(t, 10<<20, declared, nil)
		if g.runs > 0 || body.taken > 0 {
			t.Fatalf("ATTACK SUCCEEDED: mallory announced a body of %d bytes, and the server took %d of them in; it could have known before the first", declared, body.taken)
		}
		assert.Equal(Promise(t, "5.6", "a body that is too long is answered 413, not: %v", answer), http.StatusRequestEntityTooLarge, answer.Status)
	}
}

func TestLimitsCutABodyThatSaysNothing(t *testing.T) {
	for how, by := range Sorted(map[string]func(io.Reader) io.Reader{
		"at once":           nil,
		"byte by byte":      iotest.OneByteReader,
		"by halves":         iotest.HalfReader,
		"a buffer in front": func(r io.Reader) io.Reader { return bufio.NewReaderSize(r, 1<<20) },
	}) {
		for what, size := range Sorted(map[string]int{"one byte too long": hardening.MaxBody + 1, "160 times too long": 10 << 20}) {
			t.Run(what+", read "+how, func(t *testing.T) {
				fits(t, hardening.MaxBody, inChunks)
				answer, g, body := upload(t, size, inChunks, by)
				if g.runs > 0 && g.err == nil && g.read == size {
					t.Fatalf("ATTACK SUCCEEDED: mallory did not say how long the body is, and the handler took in all %d bytes of it; a few hundred of these at once, and the server is out of memory", size)
				}
				if g.runs > 0 && g.err == nil {
					t.Fatalf("ATTACK SUCCEEDED: the handler read %d of %d bytes and took them for all: a body whose end is cut off says something else than its sender", g.read, size)
				}
				assert.LessOrEqual(Promise(t, "5.6", "a handler gets no more than MaxBody bytes"), g.read, hardening.MaxBody)
				assert.LessOrEqual(Promise(t, "5.6", "a server takes in little more than MaxBody bytes"), body.taken, 2*hardening.MaxBody)
				assert.Equal(Promise(t, "5.6", "a body that is too long is answered 413, not: %v", answer), http.StatusRequestEntityTooLarge, answer.Status)
			})
		}
	}
}

func TestLimitsCutABodyWhereNobodyExpectsOne(t *testing.T) {
	for _, method := range []string{"GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"} {
		t.Run(method, func(t *testing.T) {
			fits(t, hardening.MaxBody, inChunks)
			g := new(glutton)
			r := Request(method, "/books/1")
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader(strings.Repeat("x", 10<<20))), inChunks
			sent(t, hardening.LimitBody(g), r)
			if g.runs > 0 && g.err == nil {
				t.Fatalf("ATTACK SUCCEEDED: mallory sent a body with %s, and the handler took in all %d bytes of it; a few hundred of these at once, and the server is out of memory", method, g.read)
			}
			assert.LessOrEqual(Promise(t, "5.6", "a handler gets no more than MaxBody bytes"), g.read, hardening.MaxBody)
		})
	}
}

// A line is a connection to the server. The test has one end; the other tells
// what the server does with it.
type line struct {
	net.Conn
	far *farEnd
}

type farEnd struct {
	net.Conn
	taken    atomic.Int64 // bytes that the server has read
	patience atomic.Int64 // until when it will read on, in nanoseconds since 1970; 0: for ever
	stuck    atomic.Bool  // it would have read for ever
	hungUp   func()
	gone     chan struct{} // closed when the server has closed the connection
}

func (f *farEnd) Read(b []byte) (int, error) {
	n, err := f.Conn.Read(b)
	f.taken.Add(int64(n))
	return n, err
}

func (f *farEnd) SetReadDeadline(t time.Time) error {
	f.patience.Store(0)
	if !t.IsZero() {
		f.patience.Store(t.UnixNano())
	}
	return f.Conn.SetReadDeadline(t)
}

// watched is a handler, for servers that may leave it alone while it reads, as
// http.TimeoutHandler does. The server and the handler then both wait for the
// body, one for the other, and in a synctest bubble no time passes until it is
// read. So what the connection would do later, it does now.
func (f *farEnd) watched(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength == 0 { // there is nothing to read
			handler.ServeHTTP(w, r)
			return
		}
		done := make(chan struct{})
		go func() {
			select {
			case <-done:
				return
			case <-r.Context().Done():
			}
			until := f.patience.Load() // of this handler, if it is still at it
			if isOpen(done) {
				f.readNoMore(until)
			}
		}()
		defer close(done)
		handler.ServeHTTP(w, r)
	})
}

func isOpen(done chan struct{}) bool {
	select {
	case <-done:
		return false
	default:
		return true
	}
}

// readNoMore ends what the server reads: by its deadline, or, if it has none
// that comes soon, by breaking the connection.
func (f *farEnd) readNoMore(until int64) {
	if until > 0 && time.Unix(0, until).Before(time.Now().Add(patience)) {
		_ = f.Conn.SetReadDeadline(time.Now())
		return
	}
	f.stuck.Store(true)
	_ = f.Conn.Close()
}

func (f *farEnd) Close() error {
	f.hungUp()
	return f.Conn.Close()
}

// A switchboard is a net.Listener with a single call.
type switchboard struct {
	calls chan net.Conn
	done  chan struct{}
	end   func()
}

func (s *switchboard) Accept() (net.Conn, error) {
	select {
	case call := <-s.calls:
		return call, nil
	case <-s.done:
		return nil, net.ErrClosed
	}
}

func (s *switchboard) Close() error   { s.end(); return nil }
func (s *switchboard) Addr() net.Addr { return &net.TCPAddr{} }

// call connects to a server of the handler. In a synctest bubble, hours pass in
// no time.
func call(t *testing.T, handler http.Handler) *line {
	t.Helper()
	near, far := net.Pipe()
	l := &line{Conn: near, far: &farEnd{Conn: far, gone: make(chan struct{})}}
	server := hardening.NewServer(l.far.watched(handler))
	require.NotNil(Promise(t, "5.6", "NewServer returns a server"), server)
	l.far.hungUp = sync.OnceFunc(func() { close(l.far.gone) })
	exchange := &switchboard{calls: make(chan net.Conn, 1), done: make(chan struct{})}
	exchange.end = sync.OnceFunc(func() { close(exchange.done) })
	exchange.calls <- l.far
	go func() { _ = server.Serve(exchange) }()
	t.Cleanup(func() {
		_ = near.Close()
		_ = server.Close()
		time.Sleep(time.Hour) // whoever sleeps wakes up, and leaves
	})
	return l
}

// listen takes whatever the server says.
func (l *line) listen() *line {
	go func() { _, _ = io.Copy(io.Discard, l) }()
	return l
}

// say sends a text, and then one byte of it every few seconds for as long as the
// server stays.
func (l *line) say(text, drip string) {
	_ = l.SetWriteDeadline(time.Now().Add(patience + time.Minute))
	if _, err := io.WriteString(l, text); err != nil {
		return
	}
	for drip != "" {
		time.Sleep(4 * time.Second)
		if _, err := io.WriteString(l, drip); err != nil {
			return
		}
	}
}

// How long a client may keep a connection with half a request, and with none.
const (
	patience     = 2 * time.Minute
	idlePatience = 10 * time.Minute
)

// hangsUp demands that the server closes the connection within some time.
func (l *line) hangsUp(t *testing.T, within time.Duration, attack string) {
	t.Helper()
	select {
	case <-l.far.gone:
	case <-time.After(within):
		l.far.stuck.Store(true)
	}
	if l.far.stuck.Load() {
		t.Errorf("ATTACK SUCCEEDED: %s, and %v later the server still holds the connection for mallory; a few thousand of these cost nothing, and nobody else gets one", attack, within)
	}
}

// reads is a handler that takes the whole body and answers at length.
func reads(answer int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = w.Write(bytes.Repeat([]byte("x"), answer))
	})
}

const (
	get  = "GET /books HTTP/1.1\r\nHost: bookapi.example\r\n"
	post = "POST /books HTTP/1.1\r\nHost: bookapi.example\r\n"
)

func TestLimitsServeAClientThatIsSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { isServed(t) })
}

// isServed sends a request over a bad line, to a handler that has to wait for
// its turn to hash a password, and takes the answer slowly.
func isServed(t *testing.T) {
	t.Helper()
	l := call(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		time.Sleep(5 * time.Second)
		if err == nil {
			_, _ = w.Write(bytes.Repeat(body, 1000))
		}
	}))
	go func() {
		for _, part := range []string{post[:20], post[20:] + "Content-Length: 6\r\n\r\n", "he", "ll", "o!"} {
			_, _ = io.WriteString(l, part)
			time.Sleep(time.Second)
		}
	}()
	_ = l.SetReadDeadline(time.Now().Add(time.Minute))
	answer, err := http.ReadResponse(bufio.NewReader(slowly{l}), nil)
	require.NoError(Promise(t, "5.6", "a server of NewServer answers a client on a slow line"), err)
	body, err := io.ReadAll(answer.Body)
	require.NoError(Promise(t, "5.6", "a client on a slow line gets the whole answer"), err)
	require.Equal(Promise(t, "5.6", "a client on a slow line gets the handler's answer"), strings.Repeat("hello!", 1000), string(body))
}

// slowly takes half a second for each packet.
type slowly struct{ io.Reader }

func (s slowly) Read(b []byte) (int, error) {
	time.Sleep(time.Second / 2)
	return s.Reader.Read(b)
}

func TestLimitsWaitForNoRequestForEver(t *testing.T) {
	for attack, request := range Sorted(map[string]struct{ text, drip string }{
		"mallory connected and said nothing":                        {},
		"mallory sent half a header and no more":                    {get + "X-Half", ""},
		"mallory sent a header one letter every 4 seconds":          {get + "X-Slow: ", "a"},
		"mallory sent one header after the other, without an end":   {get, "X-Slow: a\r\n"},
		"mallory announced a body and never sent it":                {post + "Content-Length: 1000\r\n\r\n", ""},
		"mallory sent a body one byte every 4 seconds":              {post + "Content-Length: 1000\r\n\r\n", "a"},
		"mallory sent a body in chunks of one byte, without an end": {post + "Transfer-Encoding: chunked\r\n\r\n", "1\r\na\r\n"},
		"mallory sent one request, and half of a second one":        {get + "\r\n" + get, "a"},
	}) {
		t.Run(attack, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				isServed(t)
				l := call(t, reads(1)).listen()
				go l.say(request.text, request.drip)
				l.hangsUp(t, patience, attack)
			})
		})
	}
}

func TestLimitsWaitForNoBodyThatIsLimited(t *testing.T) {
	for attack, request := range Sorted(map[string]struct{ text, drip string }{
		"mallory sent a body one byte every 4 seconds through LimitBody": {post + "Content-Length: 1000\r\n\r\n", "a"},
		"mallory sent a body in chunks of one byte through LimitBody":    {post + "Transfer-Encoding: chunked\r\n\r\n", "1\r\na\r\n"},
		"mallory announced a body, and never sent it, through LimitBody": {post + "Content-Length: 1000\r\n\r\n", ""},
	}) {
		t.Run(attack, func(t *testing.T) {
			fits(t, hardening.MaxBody, inChunks)
			synctest.Test(t, func(t *testing.T) {
				isServed(t)
				l := call(t, hardening.LimitBody(reads(1))).listen()
				go l.say(request.text, request.drip)
				l.hangsUp(t, patience, attack)
			})
		})
	}
}

func TestLimitsWaitForNoBodyThatNobodyReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		isServed(t)
		l := call(t, http.NotFoundHandler()).listen()
		go l.say(post+"Content-Length: 100000\r\n\r\n", "a")
		l.hangsUp(t, patience, "mallory sent a body to a page that is not there, one byte every 4 seconds")
	})
}

func TestLimitsWaitForNoReaderForEver(t *testing.T) {
	for what, size := range Sorted(map[string]int{"a short answer": 1, "a long answer": 1 << 20}) {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				isServed(t)
				l := call(t, reads(size))
				go l.say(get+"\r\n", "")
				l.hangsUp(t, patience, "mallory asked for "+what+" and did not take it")
			})
		})
	}
}

func TestLimitsWaitForNoNextRequestForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		isServed(t)
		l := call(t, reads(1)).listen()
		go l.say(get+"\r\n", "")
		l.hangsUp(t, idlePatience, "mallory sent one request and stayed on the line")
	})
}

func TestLimitsTakeNoEndlessHeaders(t *testing.T) {
	const most = 1<<20 + 1<<14 // what net/http takes if nobody says otherwise, and its buffers
	for attack, part := range Sorted(map[string]string{
		"one header of 4 MiB":       strings.Repeat("a", 1<<10),
		"headers of 4 MiB together": "X-More: " + strings.Repeat("a", 1<<10-10) + "\r\n",
	}) {
		t.Run(attack, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				isServed(t)
				served := errors.New("the handler ran")
				var verdict error
				l := call(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { verdict = served })).listen()
				go l.say(get+"X-Long: "+strings.Repeat(part, 4<<10)+"\r\n\r\n", "")
				time.Sleep(patience)
				assert.NoError(Promise(t, "5.6", "a request with %s is refused", attack), verdict)
				if taken := l.far.taken.Load(); taken > most {
					t.Errorf("ATTACK SUCCEEDED: mallory sent %s, and the server took in %d KiB of them before it had even seen what she wants", attack, taken>>10)
				}
			})
		})
	}
}
