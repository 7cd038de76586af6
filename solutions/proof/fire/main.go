// Command fire attacks the finished API with all hostile clients at once, with
// honest ones beside them, and prints what that does to it:
//
//	go run -C solutions/proof ./fire                 # ten minutes on SQLite
//	go run -C solutions/proof ./fire -for 1m
//	go run -C solutions/proof ./fire -only "closed windows"
//	DATABASE_URL=postgres://… go run -C solutions/proof ./fire   # two replicas over PostgreSQL
//
// It exits with 1 if a goal is missed. Each client has an address of its own, which
// the loopback network of Linux has plenty of.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"strings"
	"time"
)

func main() {
	attackFor := flag.Duration("for", 10*time.Minute, "attack for this `time`")
	after := flag.Duration("after", time.Minute, "and look again after this `time`")
	only := flag.String("only", "", "attack in this `way` alone")
	binary := flag.String("program", "", "attack this built `file`, instead of the solutions'")
	flag.Parse()
	log.SetFlags(0)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, *attackFor, *after, *only, *binary)
	stop()
	if err != nil {
		log.Fatal("fire: ", err)
	}
}

func run(ctx context.Context, attackFor, after time.Duration, only, binary string) error {
	chosen, err := choose(only)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "fire")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	p, err := build(ctx, dir, binary)
	if err != nil {
		return err
	}
	api, err := p.start(ctx, os.Getenv("DATABASE_URL"))
	if err != nil {
		return err
	}
	defer api.stop()
	result, err := api.endure(ctx, chosen, times{quiet: max(attackFor/10, 5*time.Second), attack: attackFor, after: after})
	if err != nil {
		return err
	}
	fmt.Print(result)
	if missed := result.missed(goals); len(missed) > 0 {
		return errors.New("goals missed: " + strings.Join(missed, "; "))
	}
	return nil
}

// choose returns the attack with this name, or all.
func choose(only string) ([]attack, error) {
	if only == "" {
		return attacks, nil
	}
	var names []string
	for _, a := range attacks {
		if a.name == only {
			return []attack{a}, nil
		}
		names = append(names, a.name)
	}
	return nil, fmt.Errorf("no attack is called %q; there are: %s", only, strings.Join(names, ", "))
}
