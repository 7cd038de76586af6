package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// An attack is a hostile client. It goes on until its context ends.
type attack struct {
	name string
	run  func(ctx context.Context, m *mallory)
}

// attacks are the kinds that are known. How often each sends is bounded: the
// machine is the API's too, and what is measured is not who has more cores.
var attacks = []attack{
	{"slow headers", slowHeaders},
	{"slow bodies", slowBodies},
	{"closed windows", closedWindows},
	{"answers that nobody reads", unreadAnswers},
	{"many connections", manyConnections},
	{"rapid resets", rapidResets},
	{"hang-ups", hangUps},
	{"refusals", refusals},
	{"huge headers", hugeHeaders},
	{"huge bodies", hugeBodies},
	{"login flood", loginFlood},
	{"sign-up flood", signUpFlood},
	{"ghosts", ghosts},
	{"wrong tokens", wrongTokens},
	{"a greedy user", greedyUser},
}

// mallory is one hostile client, with an address of its own.
type mallory struct {
	api    *api
	number int
}

// side runs the attack n times side by side.
func side(n int, attack func(i int)) {
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { attack(i) })
	}
	all.Wait()
}

func (m *mallory) dialer() *net.Dialer { return dialer(66, m.number+1) }

func (m *mallory) client(ctx context.Context, i int) *http.Client {
	c := m.api.client(m.dialer(), i%2 == 0)
	context.AfterFunc(ctx, c.CloseIdleConnections)
	return c
}

// connect opens a connection that ends with ctx; nil if it is refused.
func (m *mallory) connect(ctx context.Context, i int, http2 bool) net.Conn {
	c, err := m.api.connect(ctx, m.dialer(), m.api.replica(i), http2)
	if err != nil {
		each(ctx, 100*time.Millisecond)
		return nil
	}
	context.AfterFunc(ctx, func() { _ = c.Close() })
	return c
}

// request is one that client i sends, and whose answer is read for a moment.
func (m *mallory) request(ctx context.Context, c *http.Client, i int, method, path, contentType string, body io.Reader, header ...string) (status int) {
	r, err := http.NewRequestWithContext(ctx, method, "https://"+m.api.replica(i).address+path, body)
	if err != nil {
		return 0
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	for h := 0; h+1 < len(header); h += 2 {
		r.Header.Set(header[h], header[h+1])
	}
	answer, err := c.Do(r)
	if err != nil {
		return 0
	}
	defer answer.Body.Close()
	_, _ = io.CopyN(io.Discard, answer.Body, 1<<20)
	return answer.StatusCode
}

// slowHeaders are headers of which a byte comes each second.
func slowHeaders(ctx context.Context, m *mallory) {
	side(100, func(i int) {
		for ctx.Err() == nil {
			c := m.connect(ctx, i, false)
			if c == nil {
				continue
			}
			_, err := io.WriteString(c, "GET /books HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
			for err == nil && each(ctx, time.Second) {
				_, err = io.WriteString(c, "a")
			}
			_ = c.Close()
		}
	})
}

// slowBodies are bodies of which a byte comes each second, at each route that has
// one.
func slowBodies(ctx context.Context, m *mallory) {
	paths := []string{"/users", "/token", "/revoke"}
	side(60, func(i int) {
		c := m.client(ctx, i)
		for each(ctx, 100*time.Millisecond) {
			contentType := "application/json"
			if i%3 != 0 {
				contentType = form
			}
			m.request(ctx, c, i, http.MethodPost, paths[i%3], contentType, &drip{ctx: ctx})
		}
	})
}

// drip is a reader that gives a byte a second.
type drip struct {
	ctx  context.Context
	sent bool
}

func (d *drip) Read(p []byte) (int, error) {
	if d.sent && !each(d.ctx, time.Second) {
		return 0, d.ctx.Err()
	}
	d.sent = true
	p[0] = '{'
	return 1, nil
}

// A rawHTTP2 is a connection on which any frame can be sent.
type rawHTTP2 struct {
	net.Conn
	*http2.Framer
	block bytes.Buffer
	hpack *hpack.Encoder
	next  uint32 // stream
}

// http2 opens one with a flow-control window; nil if it is refused.
func (m *mallory) http2(ctx context.Context, i int, window uint32) *rawHTTP2 {
	c := m.connect(ctx, i, true)
	if c == nil {
		return nil
	}
	raw := &rawHTTP2{Conn: c, Framer: http2.NewFramer(c, c), next: 1}
	raw.hpack = hpack.NewEncoder(&raw.block)
	_, err := io.WriteString(c, http2.ClientPreface)
	if err == nil {
		err = raw.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: window})
	}
	if err != nil {
		_ = c.Close()
		return nil
	}
	return raw
}

// get sends a request, and returns its stream.
func (c *rawHTTP2) get(path string, header ...string) (uint32, error) {
	c.block.Reset()
	fields := append([]string{":method", "GET", ":scheme", "https", ":authority", "localhost", ":path", path}, header...)
	for i := 0; i < len(fields); i += 2 {
		_ = c.hpack.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]})
	}
	stream := c.next
	c.next += 2
	rest := c.block.Bytes()
	first := rest[:min(len(rest), 16<<10)]
	rest = rest[len(first):]
	err := c.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: first, EndStream: true, EndHeaders: len(rest) == 0})
	for err == nil && len(rest) > 0 {
		part := rest[:min(len(rest), 16<<10)]
		rest = rest[len(part):]
		err = c.WriteContinuation(stream, len(rest) == 0, part)
	}
	return stream, err
}

// closedWindows asks for the largest answers there are, and lets not a byte of them
// come: neither its windows nor its own hands take any.
func closedWindows(ctx context.Context, m *mallory) {
	side(30, func(i int) {
		for each(ctx, 100*time.Millisecond) {
			c := m.http2(ctx, i, 0)
			if c == nil {
				continue
			}
			for n := range 100 {
				path := []string{"/docs/swagger-ui-bundle.js", "/books?limit=100", "/openapi.json"}[n%3]
				if _, err := c.get(path); err != nil {
					break
				}
			}
			if i%2 == 0 { // acknowledges pings, and nothing else
				c.answerPings()
			} else {
				each(ctx, time.Minute)
			}
			_ = c.Close()
		}
	})
}

// answerPings reads until the connection ends.
func (c *rawHTTP2) answerPings() {
	for {
		f, err := c.ReadFrame()
		if err != nil {
			return
		}
		if ping, ok := f.(*http2.PingFrame); ok && !ping.IsAck() {
			if c.WritePing(true, ping.Data) != nil {
				return
			}
		}
	}
}

// unreadAnswers are those of many requests, one after the other, over HTTP/1.
func unreadAnswers(ctx context.Context, m *mallory) {
	side(50, func(i int) {
		for each(ctx, 100*time.Millisecond) {
			c := m.connect(ctx, i, false)
			if c == nil {
				continue
			}
			_, err := io.WriteString(c, strings.Repeat("GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: localhost\r\n\r\n", 50))
			if err == nil {
				each(ctx, time.Minute)
			}
			_ = c.Close()
		}
	})
}

// manyConnections are as many as can be had, with nothing sent on them.
func manyConnections(ctx context.Context, m *mallory) {
	side(20, func(i int) {
		var open []net.Conn
		for each(ctx, 50*time.Millisecond) {
			c, err := m.dialer().DialContext(ctx, "tcp", m.api.replica(i).address)
			if err == nil {
				open = append(open, c)
			}
			if len(open) > 150 {
				_ = open[0].Close()
				open = open[1:]
			}
		}
		for _, c := range open {
			_ = c.Close()
		}
	})
}

// rapidResets are requests that are reset at once (CVE-2023-44487).
func rapidResets(ctx context.Context, m *mallory) {
	side(4, func(i int) {
		for each(ctx, 100*time.Millisecond) {
			c := m.http2(ctx, i, 1<<16)
			if c == nil {
				continue
			}
			go c.answerPings()
			for each(ctx, 20*time.Millisecond) {
				var err error
				for range 5 {
					var stream uint32
					if stream, err = c.get("/books?limit=100"); err == nil {
						err = c.WriteRSTStream(stream, http2.ErrCodeCancel)
					}
					if err != nil {
						break
					}
				}
				if err != nil {
					break
				}
			}
			_ = c.Close()
		}
	})
}

// hangUps are requests whose client goes before there is an answer.
func hangUps(ctx context.Context, m *mallory) {
	side(8, func(i int) {
		c := m.client(ctx, i)
		for n := 0; each(ctx, 20*time.Millisecond); n++ {
			hungUp, hangUp := context.WithTimeout(ctx, time.Duration(n%10)*time.Millisecond)
			switch n % 4 {
			case 0:
				m.request(hungUp, c, i, http.MethodGet, "/readyz", "", nil)
			case 1:
				m.request(hungUp, c, i, http.MethodGet, "/books?limit=100", "", nil)
			case 2:
				m.request(hungUp, c, i, http.MethodPost, "/users", "application/json", strings.NewReader(account(rand.Text()[:8])))
			case 3:
				m.request(hungUp, c, i, http.MethodPost, "/token", form, credentials("hungup", "a guess that is long enough"))
			}
			hangUp()
		}
	})
}

// refusals are requests that are answered 4xx, and fill the log.
func refusals(ctx context.Context, m *mallory) {
	long := "/books/" + strings.Repeat("9", 20_000)
	side(4, func(i int) {
		c := m.client(ctx, i)
		for n := 0; each(ctx, 5*time.Millisecond); n++ {
			switch n % 6 {
			case 0:
				m.request(ctx, c, i, http.MethodDelete, long, "", nil, "Authorization", "Bearer nonsense")
			case 1:
				m.request(ctx, c, i, http.MethodGet, "/me", "", nil)
			case 2:
				m.request(ctx, c, i, http.MethodGet, "/"+rand.Text(), "", nil)
			case 3:
				m.request(ctx, c, i, "M"+rand.Text(), "/books", "", nil)
			case 4:
				m.request(ctx, c, i, http.MethodPost, "/token", form, strings.NewReader("username="+rand.Text()))
			case 5:
				m.request(ctx, c, i, http.MethodPost, "/users", "application/json", strings.NewReader(strings.Repeat("[", 20_000)))
			}
		}
	})
}

// hugeHeaders are headers of a megabyte, in one piece or in many.
func hugeHeaders(ctx context.Context, m *mallory) {
	side(2, func(i int) {
		for each(ctx, 300*time.Millisecond) {
			if i%2 == 0 {
				if c := m.http2(ctx, i, 1<<16); c != nil {
					_, _ = c.get("/books", "x-huge", strings.Repeat("a", 1<<20))
					_ = c.SetReadDeadline(time.Now().Add(5 * time.Second))
					c.answerPings()
					_ = c.Close()
				}
				continue
			}
			if c := m.connect(ctx, i, false); c != nil {
				_, _ = io.WriteString(c, "GET /books HTTP/1.1\r\nHost: localhost\r\nX-Huge: "+strings.Repeat("a", 1<<20))
				_ = c.Close()
			}
		}
	})
}

// hugeBodies are bodies without an end.
func hugeBodies(ctx context.Context, m *mallory) {
	side(4, func(i int) {
		c := m.client(ctx, i)
		for n := 0; each(ctx, 200*time.Millisecond); n++ {
			body := io.LimitReader(endless('a'), 1<<20)
			switch n % 3 {
			case 0:
				m.request(ctx, c, i, http.MethodPost, "/token", form, body)
			case 1:
				m.request(ctx, c, i, http.MethodPost, "/users", "application/json", body)
			case 2:
				m.request(ctx, c, i, http.MethodGet, "/books", "application/json", body)
			}
		}
	})
}

type endless byte

func (e endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(e)
	}
	return len(p), nil
}

func account(name string) string {
	return fmt.Sprintf(`{"username":%q,"password":%q}`, "m"+strings.ToLower(name), honestPassword)
}

func credentials(name, password string) io.Reader {
	return strings.NewReader(url.Values{"username": {name}, "password": {password}}.Encode())
}

// loginFlood has fifty logins in flight, to five accounts that are there and others
// that are not.
func loginFlood(ctx context.Context, m *mallory) {
	for i := range 5 {
		m.request(ctx, m.client(ctx, i), i, http.MethodPost, "/users", "application/json", strings.NewReader(account(fmt.Sprint("flood", i))))
	}
	side(50, func(i int) {
		c := m.client(ctx, i)
		for each(ctx, 10*time.Millisecond) {
			m.request(ctx, c, i, http.MethodPost, "/token", form, credentials(fmt.Sprint("mflood", i%7), honestPassword))
		}
	})
}

// signUpFlood makes accounts, and asks for names that are taken.
func signUpFlood(ctx context.Context, m *mallory) {
	side(20, func(i int) {
		c := m.client(ctx, i)
		for n := 0; each(ctx, 20*time.Millisecond); n++ {
			name := rand.Text()[:10]
			if n%2 == 0 {
				name = "flood0"
			}
			m.request(ctx, c, i, http.MethodPost, "/users", "application/json", strings.NewReader(account(name)))
		}
	})
}

// ghosts guess at accounts that are not there, and at sign-ups, each from another
// address: a row for each of them.
func ghosts(ctx context.Context, m *mallory) {
	var host atomic.Uint32
	side(2, func(i int) {
		for each(ctx, 50*time.Millisecond) {
			n := int(host.Add(1))
			c := m.api.client(dialer(100+n/250%100, n%250+1), i%2 == 0)
			hungUp, hangUp := context.WithTimeout(ctx, 50*time.Millisecond) // gone before it is hashed
			if n%2 == 0 {
				m.request(hungUp, c, i, http.MethodPost, "/token", form, credentials("ghost"+rand.Text()[:8], honestPassword))
			} else {
				m.request(hungUp, c, i, http.MethodPost, "/users", "application/json", strings.NewReader(account("flood0")))
			}
			hangUp()
			c.CloseIdleConnections()
		}
	})
}

// wrongTokens are refresh tokens and access tokens that are not good.
func wrongTokens(ctx context.Context, m *mallory) {
	side(4, func(i int) {
		c := m.client(ctx, i)
		for n := 0; each(ctx, 10*time.Millisecond); n++ {
			switch n % 3 {
			case 0:
				fields := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {rand.Text() + "." + rand.Text()}}
				m.request(ctx, c, i, http.MethodPost, "/token", form, strings.NewReader(fields.Encode()))
			case 1:
				m.request(ctx, c, i, http.MethodPost, "/revoke", form, strings.NewReader("token="+strings.Repeat("a", 7000)))
			case 2:
				m.request(ctx, c, i, http.MethodGet, "/me", "", nil, "Authorization", "Bearer eyJhbGciOiJub25lIn0."+rand.Text()+".")
			}
		}
	})
}

// greedyUser has an account, and fills what it may fill: books, and sessions.
func greedyUser(ctx context.Context, m *mallory) {
	u := &user{name: "mgreedy", url: "https://" + m.api.replica(m.number).address, client: m.client(ctx, 0)}
	_, _ = u.send(ctx, http.MethodPost, "/users", "application/json", account("greedy"))
	for ctx.Err() == nil && u.logIn(ctx) != nil {
		each(ctx, time.Second)
	}
	var all sync.WaitGroup
	defer all.Wait()
	all.Go(func() {
		for each(ctx, time.Second) {
			_ = u.logIn(ctx)
		}
	})
	for each(ctx, 5*time.Millisecond) {
		_ = u.request(http.MethodPost, "/books", aBook)(ctx)
	}
}
