package main

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"
	"golang.org/x/crypto/bcrypt"

	hashing "example.com/bookapi/step1-hashing"
)

// atOnce is how many requests are in flight, but for logins.
const atOnce = 32

// logins is how many logins a flood has in flight.
const logins = 16

// the requests that are measured.
func (s *server) listBooks() vegeta.Target {
	return s.target(http.MethodGet, "/books?limit=20", "", "")
}
func (s *server) me() vegeta.Target { return s.target(http.MethodGet, "/me", "", "") }
func (s *server) addBook() vegeta.Target {
	return s.target(http.MethodPost, "/books", "application/json", book)
}
func (s *server) logIn() vegeta.Target {
	return s.target(http.MethodPost, "/token", formType, login())
}

func (s *server) target(method, path, contentType, body string) vegeta.Target {
	header := http.Header{"Authorization": {"Bearer " + s.access}}
	if contentType != "" {
		header.Set("Content-Type", contentType)
	}
	return vegeta.Target{Method: method, URL: s.address + path, Header: header, Body: []byte(body)}
}

// attack sends a request again and again: as often as it is answered with so many
// in flight, or perSecond times a second if that is not 0.
func attack(ctx context.Context, target vegeta.Target, inFlight uint64, perSecond int, each time.Duration) (*vegeta.Metrics, error) {
	attacker := vegeta.NewAttacker(vegeta.Workers(inFlight), vegeta.MaxWorkers(inFlight), vegeta.Timeout(time.Minute), vegeta.HTTP2(false))
	defer attacker.Stop()
	m := new(vegeta.Metrics)
	rate := vegeta.Rate{Freq: perSecond, Per: time.Second}
	for result := range attacker.Attack(vegeta.NewStaticTargeter(target), rate, each, "") {
		m.Add(result)
		if ctx.Err() != nil {
			attacker.Stop()
		}
	}
	m.Close()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if m.Success < 1 {
		return nil, fmt.Errorf("%s %s: %.2f %% of the requests failed: %v", target.Method, target.URL, 100*(1-m.Success), m.StatusCodes)
	}
	return m, nil
}

// routes prints how fast the most used routes are.
func routes(ctx context.Context, p *programs, each time.Duration) error {
	s, err := p.start(ctx, p.api)
	if err != nil {
		return err
	}
	defer s.stop()
	fmt.Printf("%-12s %12s %10s %10s   %d in flight, logins %d\n", "route", "requests/s", "median", "p99", atOnce, logins)
	for _, r := range []struct {
		name     string
		target   vegeta.Target
		inFlight uint64
	}{
		{"GET /books", s.listBooks(), atOnce},
		{"GET /me", s.me(), atOnce},
		{"POST /books", s.addBook(), atOnce},
		{"POST /token", s.logIn(), logins},
	} {
		m, err := attack(ctx, r.target, r.inFlight, 0, each)
		if err != nil {
			return err
		}
		fmt.Printf("%-12s %12.1f %10s %10s\n", r.name, m.Throughput, rounded(m.Latencies.P50), rounded(m.Latencies.P99))
		if r.name == "POST /token" {
			most := float64(runtime.NumCPU()) / hashTime().Seconds()
			fmt.Printf("%-12s %12.1f %32s\n", "  hashing", most, fmt.Sprintf("is what all cores can do: %.2f of it", m.Throughput/most))
		}
	}
	fmt.Println()
	return nil
}

// hashTime is how long one password takes on one quiet core: the best of three.
func hashTime() time.Duration {
	var all []time.Duration
	for range 3 {
		start := time.Now()
		_, _ = bcrypt.GenerateFromPassword([]byte(password), hashing.Cost)
		all = append(all, time.Since(start))
	}
	return slices.Min(all)
}

// guard prints what the guard costs: GET /me with it, with it taken out, and as
// chi and jwtauth do it. They take turns, and each figure is the median of five.
func guard(ctx context.Context, p *programs, each time.Duration) error {
	api, err := p.start(ctx, p.api)
	if err != nil {
		return err
	}
	defer api.stop()
	open, err := p.start(ctx, p.noGuard)
	if err != nil {
		return err
	}
	defer open.stop()
	plain, err := p.startPeer(ctx, p.plain)
	if err != nil {
		return err
	}
	defer plain.stop()

	servers := []*server{api, open, plain}
	rates := make([][]float64, len(servers))
	for range 5 {
		for i, s := range servers {
			m, err := attack(ctx, s.me(), atOnce, 0, each/3)
			if err != nil {
				return err
			}
			rates[i] = append(rates[i], m.Throughput)
		}
	}
	guarded, without, jwtauth := median(rates[0]), median(rates[1]), median(rates[2])
	fmt.Printf("%-24s %8s\n", "GET /me", "requests/s")
	fmt.Printf("%-24s %10.0f\n", "with the guard", guarded)
	fmt.Printf("%-24s %10.0f   with it: %.2f of that\n", "with it taken out", without, guarded/without)
	fmt.Printf("%-24s %10.0f   with it: %.2f of that\n\n", "plain chi and jwtauth", jwtauth, guarded/jwtauth)
	return nil
}

func median(all []float64) float64 {
	return slices.Sorted(slices.Values(all))[len(all)/2]
}

// flood prints how reads fare while many log in at once: as many in flight as for
// the other routes, one, and so few that the machine idles between them.
func flood(ctx context.Context, p *programs, each time.Duration) error {
	s, err := p.start(ctx, p.api)
	if err != nil {
		return err
	}
	defer s.stop()
	ways := []struct {
		name      string
		inFlight  uint64
		perSecond int
	}{
		{fmt.Sprintf("%d in flight", atOnce), atOnce, 0},
		{"1 in flight", 1, 0},
		{"200 a second", atOnce, 200},
	}
	read := func() (all []*vegeta.Metrics, err error) {
		for _, way := range ways {
			m, err := attack(ctx, s.listBooks(), way.inFlight, way.perSecond, each)
			if err != nil {
				return nil, err
			}
			all = append(all, m)
		}
		return all, nil
	}
	quiet, err := read()
	if err != nil {
		return err
	}
	flooded := make(chan error, 1)
	var loggedIn *vegeta.Metrics
	go func() {
		var err error
		loggedIn, err = attack(ctx, s.logIn(), logins, 0, time.Duration(len(ways))*each+2*time.Second)
		flooded <- err
	}()
	time.Sleep(time.Second) // until all of them are waiting
	during, err := read()
	if err := <-flooded; err != nil {
		return err
	}
	if err != nil {
		return err
	}
	fmt.Printf("%-12s %32s %37s\n", "GET /books", "quiet: requests/s, median, p99", fmt.Sprintf("while %d log in", logins))
	for i, way := range ways {
		q, d := quiet[i], during[i]
		fmt.Printf("%-12s %10.0f %10s %10s %10.0f %10s %10s   %.1f times the quiet p99\n", way.name,
			q.Throughput, rounded(q.Latencies.P50), rounded(q.Latencies.P99),
			d.Throughput, rounded(d.Latencies.P50), rounded(d.Latencies.P99),
			float64(d.Latencies.P99)/float64(q.Latencies.P99))
	}
	fmt.Printf("%-12s %.1f a second, over all of these\n\n", "logins", loggedIn.Throughput)
	return nil
}

// rounded rounds a duration for a table.
func rounded(d time.Duration) string { return d.Round(10 * time.Microsecond).String() }
