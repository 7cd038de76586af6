package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// The goals.
const (
	maxMemory = 128 << 20 // resident, of each replica
	maxReturn = 1.2       // times that of a quiet time, a minute after
	maxLogged = 1 << 20   // bytes a minute
	honest    = 4         // users
)

// patience is how long honest requests may take under fire: so many times the p99 of a
// quiet time, or so long.
type patience struct {
	slower    int
	unhurried time.Duration
}

var goals = patience{5, 25 * time.Millisecond}

// maxRows is the bound of each table that attacks fill.
var maxRows = map[string]int{
	"users":    honest + 3*60 + 4*250, // 60 an hour from each address
	"books":    honest*10_000 + 100_000,
	"sessions": 50 * (honest + 10),
	"attempts": 101_000,
}

// times are how long to look.
type times struct{ quiet, attack, after time.Duration }

// A result is what an attack did to an API.
type result struct {
	replicas            int
	attacks             []string
	times               times
	before, during      *figures
	quiet, most, after  usage
	logged              int64
	ours                []string // lines at the level of errors
	rowsBefore, rowsNow map[string]int
}

// endure lets honest clients use the API, attacks it, and looks again afterwards.
func (a *api) endure(ctx context.Context, attacks []attack, times times) (*result, error) {
	users, err := a.signUpHonest(ctx, honest)
	if err != nil {
		return nil, err
	}
	for range 100 { // a shelf to read from
		if err := users[0].request("POST", "/books", aBook)(ctx); err != nil {
			return nil, err
		}
	}
	r := &result{replicas: len(a.replicas), times: times, before: new(figures), during: new(figures)}
	use := func(ctx context.Context, f *figures) {
		side(len(users), func(i int) { users[i].use(ctx, f) })
	}

	quietly, cancel := context.WithTimeout(ctx, times.quiet)
	defer cancel()
	use(quietly, r.before)
	if r.quiet, err = a.usage(); err != nil {
		return nil, err
	}
	if r.rowsBefore, err = a.rows(ctx); err != nil {
		return nil, err
	}
	logged := a.logged()

	underFire, ceaseFire := context.WithTimeout(ctx, times.attack)
	defer ceaseFire()
	var all sync.WaitGroup
	for n, attack := range attacks {
		r.attacks = append(r.attacks, attack.name)
		all.Go(func() { attack.run(underFire, &mallory{a, n}) })
	}
	all.Go(func() { use(underFire, r.during) })
	for each(underFire, time.Second) {
		now, err := a.usage()
		if err != nil {
			return nil, err
		}
		r.most = usage{max(r.most.memory, now.memory), max(r.most.files, now.files)}
	}
	all.Wait()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	r.logged = a.logged() - logged
	if r.rowsNow, err = a.rows(ctx); err != nil {
		return nil, err
	}

	after, cancel := context.WithTimeout(ctx, times.after)
	defer cancel()
	use(after, new(figures))
	if r.after, err = a.usage(); err != nil {
		return nil, err
	}
	for _, replica := range a.replicas {
		r.ours = append(r.ours, replica.log.ours()...)
	}
	return r, ctx.Err()
}

func (a *api) logged() (n int64) {
	for _, r := range a.replicas {
		n += r.log.bytes.Load()
	}
	return n
}

// missed returns the goals that were missed.
func (r *result) missed(goals patience) (all []string) {
	miss := func(format string, args ...any) { all = append(all, fmt.Sprintf(format, args...)) }
	if n := len(r.during.failures); n > 0 {
		miss("%d of %d honest requests failed, such as: %s", n, r.during.sent, r.during.failures[0])
	}
	for _, k := range []kind{reads, writes, logins} {
		quiet, now := r.before.p99(k), r.during.p99(k)
		if now > max(time.Duration(goals.slower)*quiet, goals.unhurried) {
			miss("the p99 of honest %s is %s, and was %s", k, rounded(now), rounded(quiet))
		}
	}
	if r.most.memory > maxMemory {
		miss("%s of memory", mib(r.most.memory))
	}
	if r.times.after >= time.Minute && float64(r.after.memory) > maxReturn*float64(r.quiet.memory) {
		miss("a minute later still %s of memory, of %s when it was quiet", mib(r.after.memory), mib(r.quiet.memory))
	}
	if perMinute := float64(r.logged) / r.times.attack.Minutes(); perMinute > maxLogged {
		miss("%.1f MiB a minute logged", perMinute/(1<<20))
	}
	if len(r.ours) > 0 {
		miss("errors logged, such as: %s", r.ours[0])
	}
	for table, most := range maxRows {
		if r.rowsNow[table] > most {
			miss("%d rows of %s", r.rowsNow[table], table)
		}
	}
	return all
}

// String is the table.
func (r *result) String() string {
	var t strings.Builder
	line := func(name, format string, args ...any) {
		fmt.Fprintf(&t, "%-24s %s\n", name, fmt.Sprintf(format, args...))
	}
	line("replicas", "%d", r.replicas)
	line("attacks at once", "%d: %s", len(r.attacks), strings.Join(r.attacks, ", "))
	line("time", "%s quiet, %s under fire, %s after", r.times.quiet, r.times.attack, r.times.after)
	line("honest success", "%.3f %% of %d (goal 100 %%)", 100*(1-float64(len(r.during.failures))/float64(max(1, r.during.sent))), r.during.sent)
	for _, k := range []kind{reads, writes, logins} {
		quiet, now := r.before.p99(k), r.during.p99(k)
		line("honest p99 of "+string(k), "%s quiet, %s under fire: %.1f times (goal %d, or %s)",
			rounded(quiet), rounded(now), float64(now)/float64(max(1, quiet)), goals.slower, goals.unhurried)
	}
	line("resident memory", "%s quiet, %s at most (goal %s), %s after: %.2f times (goal %.1f)", mib(r.quiet.memory), mib(r.most.memory),
		mib(maxMemory), mib(r.after.memory), float64(r.after.memory)/float64(max(1, r.quiet.memory)), maxReturn)
	line("open files", "%d quiet, %d at most, %d after", r.quiet.files, r.most.files, r.after.files)
	line("logged", "%.1f kB, %.1f kB a minute; %d lines of errors of ours", float64(r.logged)/1e3, float64(r.logged)/1e3/r.times.attack.Minutes(), len(r.ours))
	for _, table := range slices.Sorted(slices.Values([]string{"users", "books", "sessions", "attempts"})) {
		line("rows of "+table, "%d before, %d now (bound %d)", r.rowsBefore[table], r.rowsNow[table], maxRows[table])
	}
	return t.String()
}

func mib(bytes int64) string { return fmt.Sprintf("%.1f MiB", float64(bytes)/(1<<20)) }

func rounded(d time.Duration) string { return d.Round(100 * time.Microsecond).String() }
