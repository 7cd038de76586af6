// Package loglimit bounds what clients can make a log grow by: the length of each
// line, and how many lines of one kind there are from one address.
package loglimit

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
)

// The bounds.
const (
	Window = time.Minute
	Lines  = 10 // of a kind from an address in a Window; the others are counted

	maxValue      = 256     // bytes of a value
	maxErrorValue = 8 << 10 // in a line of an error of ours, which may have a stack
	maxKinds      = 4096    // that are told apart
	maxNames      = 8       // of users and paths in the line that sums up
)

// Handler passes lines on to another handler: whole at first, and then, at the end
// of the Window, as one line that says how many more there were, from when on, and
// of which users and paths.
//
// The kind of a line is its level and its message. Its address is the attribute
// "address"; of an IPv6 address the first 64 bits. Lines below WARN, which are no
// refusals, are told apart by the attribute "user" too.
//
// A line with an error that the client has caused by hanging up is left out.
type Handler struct {
	next  slog.Handler
	kinds *kinds
}

// New returns a Handler that passes on to next.
func New(next slog.Handler) Handler {
	return Handler{next, &kinds{all: make(map[kind]*repeats)}}
}

type kinds struct {
	mu  sync.Mutex
	all map[kind]*repeats
}

type kind struct {
	level                  slog.Level
	message, address, user string
}

// repeats are the lines of a kind in its Window.
type repeats struct {
	lines, more  int
	first        time.Time // of those that were not passed on
	users, paths []string
	timer        *time.Timer
	next         slog.Handler
}

// Enabled implements slog.Handler.
func (h Handler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.next.Enabled(ctx, level)
}

// WithAttrs implements slog.Handler.
func (h Handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return Handler{h.next.WithAttrs(attrs), h.kinds}
}

// WithGroup implements slog.Handler.
func (h Handler) WithGroup(name string) slog.Handler {
	return Handler{h.next.WithGroup(name), h.kinds}
}

// Handle implements slog.Handler.
func (h Handler) Handle(ctx context.Context, line slog.Record) error {
	most := maxValue
	if line.Level >= slog.LevelError {
		most = maxErrorValue
	}
	short := slog.NewRecord(line.Time, line.Level, cut(line.Message, most), line.PC)
	k := kind{level: line.Level, message: short.Message}
	var user, path string
	hungUp := false
	line.Attrs(func(a slog.Attr) bool {
		err, isError := a.Value.Resolve().Any().(error)
		hungUp = hungUp || isError && ctx.Err() == context.Canceled && errors.Is(err, context.Canceled)
		a = cutAttr(a, most)
		switch a.Key {
		case "address":
			k.address = network(a.Value.String())
		case "user":
			user = a.Value.String()
		case "path":
			path = a.Value.String()
		}
		short.AddAttrs(a)
		return true
	})
	if line.Level < slog.LevelWarn {
		k.user = user
	}
	if hungUp || !h.kinds.pass(h.next, k, line.Time, user, path) {
		return nil
	}
	return h.next.Handle(ctx, short)
}

// Flush passes on what there is to sum up, before its Window ends: the program does.
func (h Handler) Flush() {
	h.kinds.mu.Lock()
	all := make([]kind, 0, len(h.kinds.all))
	for k := range h.kinds.all {
		all = append(all, k)
	}
	h.kinds.mu.Unlock()
	for _, k := range all {
		h.kinds.sumUp(k)
	}
}

// pass reports whether a line is passed on whole, and counts it.
func (s *kinds) pass(next slog.Handler, k kind, now time.Time, user, path string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.all[k]
	if r == nil && len(s.all) >= maxKinds {
		k.address, k.user = "(others)", ""
		r = s.all[k]
	}
	if r == nil {
		r = &repeats{next: next}
		r.timer = time.AfterFunc(Window, func() { s.sumUp(k) })
		s.all[k] = r
	}
	if r.lines++; r.lines <= Lines {
		return true
	}
	if r.more++; r.more == 1 {
		r.first = now
	}
	r.users, r.paths = note(r.users, user), note(r.paths, path)
	return false
}

// note adds a name to those that there are, if it is another, and there are few.
func note(names []string, name string) []string {
	if name == "" || len(names) > maxNames || slices.Contains(names, name) {
		return names
	}
	if len(names) == maxNames {
		name = "…"
	}
	return append(names, name)
}

// sumUp ends the Window of a kind.
func (s *kinds) sumUp(k kind) {
	s.mu.Lock()
	r := s.all[k]
	delete(s.all, k)
	s.mu.Unlock()
	if r == nil {
		return
	}
	r.timer.Stop()
	if r.more == 0 {
		return
	}
	line := slog.NewRecord(time.Now(), k.level, k.message, 0)
	line.AddAttrs(slog.Int("more", r.more), slog.Time("since", r.first))
	for _, a := range []slog.Attr{
		slog.String("users", strings.Join(r.users, " ")),
		slog.String("paths", strings.Join(r.paths, " ")),
		slog.String("address", k.address),
	} {
		if a.Value.String() != "" {
			line.AddAttrs(a)
		}
	}
	_ = r.next.Handle(context.Background(), line)
}

// network returns the part of an address that its owner cannot choose anew for each
// request.
func network(address string) string {
	if ip, err := netip.ParseAddr(address); err == nil && ip.Is6() {
		prefix, _ := ip.WithZone("").Prefix(64)
		return prefix.String()
	}
	return address
}

// cutAttr returns an attribute whose texts have at most so many bytes.
func cutAttr(a slog.Attr, most int) slog.Attr {
	value := a.Value.Resolve()
	switch value.Kind() {
	case slog.KindString:
		value = slog.StringValue(cut(value.String(), most))
	case slog.KindGroup:
		attrs := slices.Clone(value.Group())
		for i := range attrs {
			attrs[i] = cutAttr(attrs[i], most)
		}
		value = slog.GroupValue(attrs...)
	case slog.KindAny:
		if text := fmt.Sprint(value.Any()); len(text) > most {
			value = slog.StringValue(cut(text, most))
		}
	default: // of a fixed size
	}
	return slog.Attr{Key: cut(a.Key, most), Value: value}
}

func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + fmt.Sprintf("… (%d bytes)", len(text))
}
