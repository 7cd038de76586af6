package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	honestPassword = "blue teapot on the third shelf"
	aBook          = `{"title":"Kindred","author":"Octavia E. Butler","year":1979}`
)

// A kind of an honest request.
type kind string

const (
	reads  kind = "reads"
	writes kind = "writes"
	logins kind = "logins"
)

// figures are what honest clients saw.
type figures struct {
	mu       sync.Mutex
	times    map[kind][]time.Duration
	sent     int
	failures []string
}

func (f *figures) note(k kind, took time.Duration, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.times == nil {
		f.times = make(map[kind][]time.Duration)
	}
	f.sent++
	f.times[k] = append(f.times[k], took)
	if err != nil {
		f.failures = append(f.failures, err.Error())
	}
}

// p99 returns the time that 99 of 100 requests of a kind do not exceed.
func (f *figures) p99(k kind) time.Duration {
	all := slices.Sorted(slices.Values(f.times[k]))
	if len(all) == 0 {
		return 0
	}
	return all[min(len(all)-1, len(all)*99/100)]
}

// A user is an honest client: over HTTP/1 or HTTP/2, from an address of its own.
type user struct {
	name, url string
	client    *http.Client
	tokens    atomic.Pointer[tokens]
}

type tokens struct {
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
}

// signUpHonest makes the accounts of so many honest users.
func (a *api) signUpHonest(ctx context.Context, n int) ([]*user, error) {
	users := make([]*user, n)
	for i := range users {
		u := &user{name: fmt.Sprint("ada", i), url: "https://" + a.replica(i).address, client: a.client(dialer(1, i+1), i%2 == 0)}
		if _, err := u.send(ctx, http.MethodPost, "/users", "application/json", fmt.Sprintf(`{"username":%q,"password":%q}`, u.name, honestPassword)); err != nil {
			return nil, err
		}
		if err := u.logIn(ctx); err != nil {
			return nil, err
		}
		users[i] = u
	}
	return users, nil
}

// use does what honest people do: about fifty requests a second, of which one in
// ten writes, and a login every other second. It ends with ctx.
func (u *user) use(ctx context.Context, f *figures) {
	do := func(k kind, request func(context.Context) error) {
		begin := time.Now()
		err := request(context.WithoutCancel(ctx)) // in flight at the end: it counts
		f.note(k, time.Since(begin), err)
	}
	var both sync.WaitGroup
	defer both.Wait()
	turn := make(chan struct{}, 1) // of logging in and refreshing
	both.Go(func() {
		for each(ctx, 2*time.Second) {
			turn <- struct{}{}
			do(logins, u.logIn)
			<-turn
		}
	})
	for n := 0; each(ctx, 20*time.Millisecond); n++ {
		switch {
		case n%50 == 49:
			select {
			case turn <- struct{}{}:
				do(writes, u.renew)
				<-turn
			default:
			}
		case n%10 == 0:
			do(writes, u.request(http.MethodPost, "/books", aBook))
		case n%3 == 0:
			do(reads, u.request(http.MethodGet, "/me", ""))
		default:
			do(reads, u.request(http.MethodGet, "/books?limit=20", ""))
		}
	}
}

// each waits, and reports whether ctx still goes on.
func each(ctx context.Context, pause time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(pause):
		return true
	}
}

func (u *user) request(method, path, body string) func(context.Context) error {
	return func(ctx context.Context) error {
		_, err := u.send(ctx, method, path, "application/json", body)
		return err
	}
}

const form = "application/x-www-form-urlencoded"

func (u *user) logIn(ctx context.Context) error {
	return u.take(ctx, url.Values{"username": {u.name}, "password": {honestPassword}})
}

func (u *user) renew(ctx context.Context) error {
	return u.take(ctx, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {u.tokens.Load().Refresh}})
}

// take takes new tokens.
func (u *user) take(ctx context.Context, fields url.Values) error {
	answer, err := u.send(ctx, http.MethodPost, "/token", form, fields.Encode())
	if err != nil {
		return err
	}
	got := new(tokens)
	if err := json.Unmarshal(answer, got); err != nil {
		return err
	}
	u.tokens.Store(got)
	return nil
}

// send returns the body of an answer that is a success.
func (u *user) send(ctx context.Context, method, path, contentType, body string) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, method, u.url+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", contentType)
	if got := u.tokens.Load(); got != nil && contentType != form {
		r.Header.Set("Authorization", "Bearer "+got.Access)
	}
	answer, err := u.client.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode >= 300 {
		err = fmt.Errorf("%s %s answered %s: %s", method, path, answer.Status, bytes.TrimSpace(text))
	}
	return text, err
}
