package hardening_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/bookapitest"
	"example.com/bookapi/bookapitest/attack"
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
	attack.Note(r.Context(), "the next handler runs")
	g.runs++
	var body io.Reader = r.Body
	if g.by != nil {
		body = g.by(body)
	}
	var n int64
	n, g.err = io.Copy(io.Discard, body)
	if g.read = int(n); g.err != nil {
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

const (
	inChunks = -1       // the Content-Length of a body that says nothing about its own
	huge     = 10 << 20 // 160 times too long
)

// text is what is sent.
var text = strings.Repeat("x", huge)

// upload is a POST with a body of so many bytes, with a Content-Length or in chunks.
func upload(size int, declared int64) (*http.Request, *parcel) {
	body := &parcel{Reader: strings.NewReader(text[:size])}
	r := bookapitest.Request(http.MethodPost, "/books")
	r.Body, r.ContentLength = io.NopCloser(body), declared
	return r, body
}

// fits makes sure that a body of so many bytes arrives whole.
func fits(check *bookapitest.Check, size int, declared int64) {
	check.Helper()
	g := new(glutton)
	r, _ := upload(size, declared)
	answer := bookapitest.Send(check, hardening.LimitBody(g), r)
	check = check.Needs("5.6")
	answer.Is(check, http.StatusOK, "a body of %d bytes passes LimitBody (Content-Length: %d)", size, declared)
	require.NoError(check.Promise("a body of %d bytes can be read", size), g.err)
	require.Equal(check.Promise("a body of %d bytes arrives whole", size), size, g.read)
}

func TestLimitsLetHonestBodiesPass(t *testing.T) {
	bookapitest.Exercise(t, "5.6", func(check *bookapitest.Check) {
		for _, size := range []int{0, 1, 1000, hardening.MaxBody - 1, hardening.MaxBody} {
			fits(check, size, int64(size))
			fits(check, size, inChunks)
		}
		answer := bookapitest.Send(check, hardening.LimitBody(new(glutton)),
			bookapitest.Request(http.MethodGet, "/books"))
		answer.Is(check, http.StatusOK, "a request without a body passes LimitBody")
	})
}

func TestLimitsServeAClientThatIsSlow(t *testing.T) {
	bookapitest.Exercise(t, "5.6", func(check *bookapitest.Check) {
		check.Synctest(func(check *bookapitest.Check) { isServed(check) })
	})
}

func TestLimitsAnswerEveryBodyThatTheyRead(t *testing.T) {
	bookapitest.Exercise(t, "5.6", func(check *bookapitest.Check) {
		for _, lasts := range []time.Duration{10, 20, 30, 40, 60, 80, 100, 115} {
			check.Synctest(func(check *bookapitest.Check) {
				isServed(check)
				lasts *= time.Second
				var readErr error
				l := call(check, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					_, readErr = io.ReadAll(r.Body)
					time.Sleep(20 * time.Second)
					_, _ = io.WriteString(w, "hello!")
				}))
				go func() {
					_, _ = io.WriteString(l, post+"Content-Length: 2\r\n\r\nh")
					time.Sleep(lasts)
					_, _ = io.WriteString(l, "i")
				}()
				_, err := http.ReadResponse(bufio.NewReader(l), nil)
				require.False(check.Promise("a body that is read is answered: one that took %v was read, and after "+
					"20 s for a hash the client got %v. Has WriteTimeout room for both?", lasts, err),
					readErr == nil && err != nil)
			})
		}
	})
}

// Kinds: one-difference, one-answer, first-line
func TestLimitsRefuseABodyThatSaysItIsTooLong(t *testing.T) {
	bookapitest.Exercise(t, "5.6", func(check *bookapitest.Check) {
		for _, declared := range []int64{hardening.MaxBody + 1, huge, 1 << 62} {
			fits(check, hardening.MaxBody, hardening.MaxBody)
			g := new(glutton)
			r, body := upload(huge, declared)
			answer := check.AnswersOnce(hardening.LimitBody(g), r)
			if g.runs > 0 || body.taken > 0 {
				check.Attack("mallory announced a body of %d bytes, and the server took %d of them in; "+
					"it could have known before the first", declared, body.taken)
			}
			answer.Is(check, http.StatusRequestEntityTooLarge, "a body that says it is too long is refused")
		}
	})
}

// Kinds: one-difference
func TestLimitsCutABodyThatSaysNothing(t *testing.T) {
	bookapitest.Exercise(t, "5.6", func(check *bookapitest.Check) {
		for how, by := range bookapitest.Sorted(map[string]func(io.Reader) io.Reader{
			"at once":                 nil,
			"byte by byte":            iotest.OneByteReader,
			"by halves":               iotest.HalfReader,
			"through a larger buffer": func(r io.Reader) io.Reader { return bufio.NewReaderSize(r, 1<<20) },
		}) {
			for _, size := range []int{hardening.MaxBody + 1, huge} {
				fits(check, hardening.MaxBody, inChunks)
				g := &glutton{by: by}
				r, body := upload(size, inChunks)
				answer := bookapitest.Send(check, hardening.LimitBody(g), r)
				isCut(check, g, size, "")
				if g.read > hardening.MaxBody || body.taken > 2*hardening.MaxBody {
					check.Broken("of a body of %d bytes that is read %s a handler gets no more than MaxBody, %d, "+
						"and the server takes little more; expected that, and they took %d and %d",
						size, how, hardening.MaxBody, g.read, body.taken)
				}
				answer.Is(check, http.StatusRequestEntityTooLarge, "a body of %d bytes is too long, read %s", size, how)
			}
		}
	})
}

// isCut demands that a handler has not got a body, or not without an error.
func isCut(check *bookapitest.Check, g *glutton, size int, with string) {
	check.Helper()
	switch {
	case g.runs == 0 || g.err != nil:
	case g.read == size:
		check.Attack("mallory did not say how long the body is%s, and the handler took in all %d bytes of it; "+
			"a few hundred of these at once, and the server is out of memory", with, size)
	default:
		check.Attack("the handler read %d of %d bytes and took them for all%s: "+
			"a body whose end is cut off says something else than its sender", g.read, size, with)
	}
}

// Kinds: routes
func TestLimitsCutABodyOfEveryRequest(t *testing.T) {
	bookapitest.Exercise(t, "5.6", func(check *bookapitest.Check) {
		fits(check, hardening.MaxBody, inChunks)
		const size = hardening.MaxBody + 1
		send := func(r *http.Request, what string) {
			g := new(glutton)
			body, _ := upload(size, inChunks)
			r.Body, r.ContentLength = body.Body, inChunks
			bookapitest.Send(check, hardening.LimitBody(g), r)
			isCut(check, g, size, what)
		}
		for _, kind := range []string{
			"application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
			"multipart/mixed",
			"application/octet-stream", "text/event-stream", "application/grpc", "image/png", "application/zip",
			"video/mp4",
		} {
			for _, method := range attack.Methods() {
				r := bookapitest.Request(method, "/books/1")
				r.Header.Set("Content-Type", kind)
				send(r, fmt.Sprintf(" (%s with Content-Type: %s)", method, kind))
			}
		}
		for a := range attack.Attempts([]string{"/token", "/books"}, bookapitest.Request) {
			send(a.Request, " ("+a.Name+")")
		}
		for encoding, pack := range bookapitest.Sorted(map[string]func(io.Writer) io.WriteCloser{
			"gzip":    func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) },
			"deflate": func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) },
		}) {
			var packed bytes.Buffer
			w := pack(&packed)
			_, err := io.WriteString(w, text)
			require.NoError(check, errors.Join(err, w.Close()))
			g, r := new(glutton), bookapitest.Request(http.MethodPost, "/books")
			r.Body, r.ContentLength = io.NopCloser(&packed), int64(packed.Len())
			r.Header.Set("Content-Encoding", encoding)
			sent := packed.Len()
			bookapitest.Send(check, hardening.LimitBody(g), r)
			if g.read > hardening.MaxBody {
				check.Attack("mallory sent %d bytes with Content-Encoding: %s, and the handler got %d of them: what "+
					"is unpacked behind the limit has none", sent, encoding, g.read)
			}
		}
	})
}

// Kinds: claim-places
func TestLimitsBelieveNobodyWhoMayDoMore(t *testing.T) {
	bookapitest.Exercise(t, "5.6", func(check *bookapitest.Check) {
		fits(check, hardening.MaxBody, inChunks)
		claims := attack.Claims(attack.Identity{
			Username: bookapitest.Grace, Password: bookapitest.GracePassword, Token: randomText("a"),
		})
		for name, value := range bookapitest.Sorted(map[string]string{
			"Expect": "100-continue", "Upgrade": "websocket", "Connection": "Upgrade", "Content-Encoding": "gzip",
			"Content-Range": "bytes 0-99/100", "X-Upload": "1", "X-Large-File": "1", "Content-Length": "1",
			"Te":                "trailers",
			"Transfer-Encoding": "chunked", "Authorization": "Bearer " + randomText("a"), "Accept": "text/event-stream",
		}) {
			claims = append(claims, attack.Claim{Place: attack.InHeader, Name: name, Value: value})
		}
		for _, declared := range []int64{inChunks, hardening.MaxBody + 1} {
			bare, _ := upload(hardening.MaxBody+1, declared)
			check.IgnoresClaims(bare, claims, func(r *http.Request) string {
				g := new(glutton)
				bookapitest.Send(check, hardening.LimitBody(g), r)
				if g.runs == 0 || g.err != nil {
					return ""
				}
				return fmt.Sprintf("the handler took in all %d bytes", g.read)
			})
		}
	})
}

// Kinds: outlets
func TestLimitsRepeatNothingOfWhatTheyRefuse(t *testing.T) {
	bookapitest.Exercise(t, "5.6", func(check *bookapitest.Check) {
		fits(check, hardening.MaxBody, inChunks)
		out := bookapitest.Capture(func(out *bookapitest.Outlets) {
			for _, declared := range []int64{huge, inChunks} {
				r, _ := upload(0, declared)
				r.Body = io.NopCloser(strings.NewReader("password=" + bookapitest.AdaPassword + "&" + text))
				r.Header.Set("Authorization", "Bearer "+randomText("a"))
				g := new(glutton)
				out.Answer(bookapitest.Send(check, hardening.LimitBody(g), r))
				out.Error(g.err)
			}
		})
		if err := out.Find(bookapitest.Password("ada's password", bookapitest.AdaPassword),
			bookapitest.SigningKey("ada's token", []byte(randomText("a")))); err != nil {
			check.Attack("ada sent a body that is too long, and mallory reads %v", err)
		}
	})
}

// Kinds: store-answers, cost
func TestLimitsJudgeEachRequestByItself(t *testing.T) {
	bookapitest.Exercise(t, "5.6", func(check *bookapitest.Check) {
		fits(check, hardening.MaxBody, inChunks)
		send := func(h http.Handler, size int, declared int64) string {
			r, _ := upload(size, declared)
			return fmt.Sprint(bookapitest.Send(check, h, r).Status)
		}
		step := func(name string, size int, declared int64) bookapitest.Step[http.Handler] {
			return bookapitest.Step[http.Handler]{Name: name, Do: func(h http.Handler) { send(h, size, declared) }}
		}
		for _, size := range []int{hardening.MaxBody, hardening.MaxBody + 1} {
			err := bookapitest.Orders(func(string) http.Handler {
				return hardening.LimitBody(new(glutton))
			}, func(h http.Handler) string {
				return send(h, size, inChunks)
			},
				step("a body that fits", 1000, 1000), step("a body that fits, in chunks", hardening.MaxBody, inChunks),
				step("a body that says it is too long", huge, huge), step("a body that is too long, in chunks", huge,
					inChunks))
			require.NoError(check.Promise("what happens to a body of %d bytes does not depend on others", size), err)
		}
		handler := hardening.LimitBody(new(glutton))
		if err := bookapitest.Grows(200, func(int) { send(handler, 100, inChunks) }); err != nil {
			check.Attack("mallory sends one body after the other, and the server keeps something of each: %v", err)
		}
	})
}

// Kinds: several-callers
func TestLimitsKeepRequestsApart(t *testing.T) {
	bookapitest.Exercise(t, "5.6", func(check *bookapitest.Check) {
		handler := hardening.LimitBody(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if _, err := io.Copy(w, r.Body); err != nil {
				w.WriteHeader(http.StatusRequestEntityTooLarge)
			}
		}))
		send := func(size int, letter string, pause func()) func() error {
			return func() error {
				r, _ := upload(0, inChunks)
				whole := strings.Repeat(letter, size)
				r.Body = io.NopCloser(iotest.HalfReader(strings.NewReader(whole)))
				answer, err := bookapitest.SendPausing(handler, r, pause)
				if err == nil && answer.Body != whole {
					err = fmt.Errorf("a body of %d times %q arrived as %d bytes, %.20q", size, letter, len(answer.Body),
						answer.Body)
				}
				return err
			}
		}
		_, err := bookapitest.Overtake(func(pause func()) (slow, quick func() error) {
			return send(40_000, "a", pause), send(40_000, "b", func() {})
		})
		if err == nil {
			err = bookapitest.Hammer(4, 20,
				func(caller int) error { return send(20_000, string(rune('a'+caller)), func() {})() })
		}
		require.NoError(check.Promise("two clients send a body at the same time, and both arrive whole"), err)

		serves := func(status int) *http.Server {
			return hardening.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(status)
			}))
		}
		for status, server := range map[int]*http.Server{201: serves(201), 202: serves(202)} {
			require.NotNil(check.Promise("NewServer returns a server"), server)
			require.NotNil(check.Promise("the server of NewServer has the handler"), server.Handler)
			answer := bookapitest.Send(check, server.Handler, bookapitest.Request("GET", "/books"))
			answer.Is(check, status, "each server of NewServer has its own handler")
		}
	})
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
func call(check *bookapitest.Check, handler http.Handler) *line {
	check.Helper()
	near, far := net.Pipe()
	l := &line{Conn: near, far: &farEnd{Conn: far, gone: make(chan struct{})}}
	server := hardening.NewServer(l.far.watched(handler))
	require.NotNil(check.Promise("NewServer returns a server"), server)
	l.far.hungUp = sync.OnceFunc(func() { close(l.far.gone) })
	exchange := &switchboard{calls: make(chan net.Conn, 1), done: make(chan struct{})}
	exchange.end = sync.OnceFunc(func() { close(exchange.done) })
	exchange.calls <- l.far
	go func() { _ = server.Serve(exchange) }()
	check.Cleanup(func() {
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
	patience     = 2*time.Minute + time.Second // which it takes to notice
	idlePatience = 10*time.Minute + time.Second
)

// hangsUp demands that the server closes the connection within some time.
func (l *line) hangsUp(check *bookapitest.Check, within time.Duration, attack string) {
	check.Helper()
	select {
	case <-l.far.gone:
	case <-time.After(within):
		l.far.stuck.Store(true)
	}
	if l.far.stuck.Load() {
		check.Attack("%s, and %v later the server still holds the connection for mallory; "+
			"a few thousand of these cost nothing, and nobody else gets one", attack, within)
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

// to is the head of a request to another target, by somebody who says a lot about
// themselves.
func to(target, head string) string {
	head = strings.Replace(head, "/books", target, 1)
	return head + "Authorization: Bearer " + randomText("a") + "\r\nContent-Type: multipart/form-data; boundary=x\r\n" +
		"Accept: text/event-stream\r\nX-Forwarded-For: 127.0.0.1\r\nUser-Agent: kube-probe/1.33\r\n"
}

// targets are paths at which a server could have more patience than at others.
var targets = []string{"/token", "/users", "/books", "/books/1", "/me", "/docs", "/openapi.json", "/healthz",
	"/readyz", "/revoke"}

// isServed sends a request over a bad line, to a handler that has to wait for
// its turn to hash a password, and takes the answer slowly.
func isServed(check *bookapitest.Check) {
	check.Helper()
	l := call(check, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		time.Sleep(20 * time.Second)
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
	check = check.Needs("5.6")
	answer, err := http.ReadResponse(bufio.NewReader(slowly{l}), nil)
	require.NoError(check.Promise("a server of NewServer answers a login on a slow line: its body takes 4 s, it waits "+
		"20 s for its turn to hash, and its client takes the answer slowly. Has WriteTimeout, which begins when the "+
		"headers have been read, room for all three?"), err)
	body, err := io.ReadAll(answer.Body)
	require.NoError(check.Promise("a client on a slow line gets the whole answer"), err)
	require.Equal(check.Promise("a client on a slow line gets the handler's answer"), strings.Repeat("hello!", 1000),
		string(body))
}

// slowly takes half a second for each packet.
type slowly struct{ io.Reader }

func (s slowly) Read(b []byte) (int, error) {
	time.Sleep(time.Second / 2)
	return s.Reader.Read(b)
}

// Kinds: cost, routes
func TestLimitsWaitForNoRequestForEver(t *testing.T) {
	bookapitest.Exercise(t, "5.6", func(check *bookapitest.Check) {
		for attack, request := range bookapitest.Sorted(map[string]struct{ text, drip string }{
			"mallory connected and said nothing":                      {},
			"mallory sent half a header and no more":                  {get + "X-Half", ""},
			"mallory sent a header one letter every 4 seconds":        {get + "X-Slow: ", "a"},
			"mallory sent one header after the other, without an end": {get, "X-Slow: a\r\n"},
			"mallory announced a body and never sent it":              {post + "Content-Length: 1000\r\n\r\n", ""},
			"mallory sent a body one byte every 4 seconds":            {post + "Content-Length: 1000\r\n\r\n", "a"},
			"mallory sent a body in chunks of one byte, without an end": {post + "Transfer-Encoding: chunked\r\n\r\n",
				"1\r\na\r\n"},
			"mallory sent one request, and half of a second one": {get + "\r\n" + get, "a"},
		}) {
			check.Synctest(func(check *bookapitest.Check) {
				isServed(check)
				l := call(check, reads(1)).listen()
				go l.say(request.text, request.drip)
				l.hangsUp(check, patience, attack)
			})
		}
	})
}

// LimitBody must not undo what NewServer has set, for any path or sender.
//
// Kinds: cost, routes
func TestLimitsWaitForNoBodyThatIsLimited(t *testing.T) {
	bookapitest.Exercise(t, "5.6", func(check *bookapitest.Check) {
		fits(check, hardening.MaxBody, inChunks)
		for attack, request := range bookapitest.Sorted(map[string]struct{ text, drip string }{
			"mallory sent a body one byte every 4 seconds through LimitBody": {"Content-Length: 1000\r\n\r\n", "a"},
			"mallory sent a body in chunks of one byte through LimitBody": {"Transfer-Encoding: chunked\r\n\r\n",
				"1\r\na\r\n"},
			"mallory announced a body, and never sent it, through LimitBody": {"Content-Length: 1000\r\n\r\n", ""},
		}) {
			check.Synctest(func(check *bookapitest.Check) {
				isServed(check)
				for _, target := range targets {
					l := call(check, hardening.LimitBody(reads(1))).listen()
					go l.say(to(target, post)+request.text, request.drip)
					l.hangsUp(check, patience, attack+", to "+target)
				}
			})
		}
	})
}

// Kinds: cost
func TestLimitsWaitForNoBodyThatNobodyReads(t *testing.T) {
	bookapitest.Exercise(t, "5.6", func(check *bookapitest.Check) {
		check.Synctest(func(check *bookapitest.Check) {
			isServed(check)
			l := call(check, http.NotFoundHandler()).listen()
			go l.say(post+"Content-Length: 100000\r\n\r\n", "a")
			l.hangsUp(check, patience, "mallory sent a body to a page that is not there, one byte every 4 seconds")
		})
	})
}

// Kinds: cost, routes
func TestLimitsWaitForNoReaderForEver(t *testing.T) {
	bookapitest.Exercise(t, "5.6", func(check *bookapitest.Check) {
		check.Synctest(func(check *bookapitest.Check) {
			isServed(check)
			for _, size := range []int{1, 1 << 20} {
				for _, target := range targets {
					for method, head := range map[string]string{
						"GET": to(target, get), "POST": to(target, post) + "Content-Length: 0\r\n",
					} {
						l := call(check, hardening.LimitBody(reads(size)))
						go l.say(head+"\r\n", "")
						l.hangsUp(check, patience,
							fmt.Sprintf("mallory sent %s %s and did not take the answer of %d bytes", method, target,
								size))
					}
				}
			}
		})
	})
}

// Kinds: cost, routes
func TestLimitsWaitForNoNextRequestForEver(t *testing.T) {
	bookapitest.Exercise(t, "5.6", func(check *bookapitest.Check) {
		check.Synctest(func(check *bookapitest.Check) {
			isServed(check)
			for _, head := range []string{get, to("/token", get), to("/healthz", get),
				get + "Connection: keep-alive\r\n"} {
				l := call(check, reads(1)).listen()
				go l.say(head+"\r\n", "")
				l.hangsUp(check, idlePatience, "mallory sent one request and stayed on the line")
			}
		})
	})
}

// Kinds: cost
func TestLimitsTakeNoEndlessHeaders(t *testing.T) {
	bookapitest.Exercise(t, "5.6", func(check *bookapitest.Check) {
		const most = 1<<20 + 1<<14 // what net/http takes if nobody says otherwise, and its buffers
		for attack, part := range bookapitest.Sorted(map[string]string{
			"one header of 4 MiB":       strings.Repeat("a", 1<<10),
			"headers of 4 MiB together": "X-More: " + strings.Repeat("a", 1<<10-10) + "\r\n",
		}) {
			check.Synctest(func(check *bookapitest.Check) {
				isServed(check)
				served := errors.New("the handler ran")
				var verdict error
				l := call(check, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
					verdict = served
				})).listen()
				go l.say(get+"X-Long: "+strings.Repeat(part, 4<<10)+"\r\n\r\n", "")
				time.Sleep(patience)
				assert.NoError(check.Promise("a request with %s is refused", attack), verdict)
				if taken := l.far.taken.Load(); taken > most {
					check.Attack("mallory sent %s, and the server took in %d KiB of them before it had even seen "+
						"what she wants",
						attack, taken>>10)
				}
			})
		}
	})
}

// Kind randomness: does not apply, since nothing is drawn.
