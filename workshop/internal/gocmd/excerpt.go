package gocmd

import (
	"bytes"
	"fmt"
)

// Most is how much an Excerpt keeps of either end, in bytes.
const Most = 32 << 10

// Excerpt is a text of which the head and the tail are kept, in whole lines where
// there are any. Its zero value is empty and keeps Most of either.
type Excerpt struct {
	Most    int // of either end, in bytes; 0 means Most
	head    []byte
	tail    []byte
	dropped int // bytes between the two
}

// Write adds to the text. It never fails.
func (e *Excerpt) Write(p []byte) (int, error) {
	e.add(p)
	return len(p), nil
}

// WriteString adds to the text. It never fails.
func (e *Excerpt) WriteString(s string) (int, error) {
	e.add([]byte(s))
	return len(s), nil
}

func (e *Excerpt) add(p []byte) {
	most := e.Most
	if most == 0 {
		most = Most
	}
	if len(e.tail) == 0 {
		n := min(len(p), max(0, most-len(e.head)))
		e.head, p = append(e.head, p[:n]...), p[n:]
	}
	e.tail = append(e.tail, p...)
	if len(e.tail) > 2*most {
		over := len(e.tail) - most
		e.dropped += over
		e.tail = append(e.tail[:0], e.tail[over:]...)
	}
}

// Len is how many bytes are kept.
func (e *Excerpt) Len() int { return len(e.head) + len(e.tail) }

// Reset empties the text.
func (e *Excerpt) Reset() { *e = Excerpt{Most: e.Most} }

// String is the text. Where some of it is left out, a line says how much.
func (e *Excerpt) String() string {
	if e.dropped == 0 {
		return string(e.head) + string(e.tail)
	}
	head, tail, dropped := e.head, e.tail, e.dropped
	if i := bytes.LastIndexByte(head, '\n'); i >= 0 {
		dropped += len(head) - i - 1
		head = head[:i]
	}
	if i := bytes.IndexByte(tail, '\n'); i >= 0 && i < len(tail)-1 {
		dropped += i + 1
		tail = tail[i+1:]
	}
	return fmt.Sprintf("%s\n… %s left out …\n%s", head, Size(dropped), tail)
}

// Size is a number of bytes for people.
func Size(n int) string {
	switch {
	case n >= 10_000_000:
		return fmt.Sprintf("%d MB", n/1_000_000)
	case n >= 10_000:
		return fmt.Sprintf("%d kB", n/1_000)
	}
	return fmt.Sprintf("%d bytes", n)
}
