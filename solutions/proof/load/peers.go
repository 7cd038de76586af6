package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"
)

//go:embed fastify fastapi
var peerFiles embed.FS

// peers prints what others make of the same routes, with the same settings of
// durability: plain Go, and Fastify and FastAPI where there is a Node with npm, and a
// Python that has it.
func peers(ctx context.Context, p *programs, each time.Duration) error {
	if err := os.CopyFS(p.dir, peerFiles); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	fmt.Printf("%-26s %12s %12s %12s %10s   %d in flight\n", "requests/s", "GET /books", "GET /me", "POST /books", "its p99", atOnce)
	for _, peer := range []struct {
		name  string
		start func() (*server, error)
	}{
		{"the Book API", func() (*server, error) { return p.start(ctx, p.api) }},
		{"chi, jwtauth, database/sql", func() (*server, error) { return p.startPeer(ctx, p.plain) }},
		{"Fastify, better-sqlite3", func() (*server, error) { return p.startFastify(ctx) }},
		{"FastAPI, sqlite3", func() (*server, error) {
			return p.startPeer(ctx, "/usr/bin/python3", filepath.Join(p.dir, "fastapi", "server.py"))
		}},
	} {
		s, err := peer.start()
		if err != nil {
			if ctx.Err() != nil || peer.name == "the Book API" {
				return err
			}
			fmt.Printf("%-26s not here: %.100s\n", peer.name, err)
			continue
		}
		err = func() error {
			defer s.stop()
			var all []*vegeta.Metrics
			for _, target := range []vegeta.Target{s.listBooks(), s.me(), s.addBook()} {
				m, err := attack(ctx, target, atOnce, 0, each)
				if err != nil {
					return err
				}
				all = append(all, m)
			}
			fmt.Printf("%-26s %12.0f %12.0f %12.0f %10s\n", peer.name,
				all[0].Throughput, all[1].Throughput, all[2].Throughput, rounded(all[2].Latencies.P99))
			return nil
		}()
		if err != nil {
			return err
		}
	}
	fmt.Println()
	return nil
}

// startPeer starts a peer over a database of its own, with some books in it.
func (p *programs) startPeer(ctx context.Context, program string, args ...string) (*server, error) {
	dir, err := os.MkdirTemp(p.dir, "peer")
	if err != nil {
		return nil, err
	}
	args = append(args, filepath.Join(dir, "books.db"), "a secret of thirty-two bytes ....", username)
	s, lines, err := p.run(ctx, program, args...)
	if err != nil {
		return nil, err
	}
	if !lines.Scan() {
		s.stop()
		return nil, errors.New("it printed no token")
	}
	s.access = lines.Text()
	for range 100 {
		if _, err := s.send(ctx, "/books", "application/json", book); err != nil {
			s.stop()
			return nil, err
		}
	}
	return s, nil
}

// startFastify fetches what Fastify needs first. better-sqlite3 is built here, against
// the headers of a Node that has them.
func (p *programs) startFastify(ctx context.Context) (*server, error) {
	dir := filepath.Join(p.dir, "fastify")
	if found := os.Getenv("BOOKAPI_LOAD_FASTIFY"); found != "" { // where npm install has been run
		return p.startPeer(ctx, "node", filepath.Join(found, "server.js"))
	}
	install := exec.CommandContext(ctx, "npm", "install", "--silent", "--no-audit", "--no-fund")
	install.Dir = dir
	install.Env = append(os.Environ(), "npm_config_nodedir=/usr")
	if out, err := install.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("npm install: %w %s", err, out)
	}
	return p.startPeer(ctx, "node", filepath.Join(dir, "server.js"))
}
