package sqlstore

import (
	"fmt"
	"sync"
	"time"

	"example.com/bookapi"
)

// What books leave free on the disk of an SQLite file: enough for logins, for an
// administrator who shuts an account and deletes its books, and for the log that
// SQLite writes first. Of a small disk it is less.
const (
	reserve       = 64 << 20 // bytes
	reservedShare = 8        // and no more than one part in so many
	lookEvery     = 250 * time.Millisecond
)

// A disk is where an SQLite file grows. PostgreSQL's is nil, and is not looked at.
type disk struct {
	dir   string
	space func(dir string) (free, total uint64, known bool) // bytes

	mu       sync.Mutex
	lookedAt time.Time
	full     bool
}

// checkRoom returns an error that is bookapi.ErrUnavailable if what is left of the disk
// is not for books. What names the call.
func (d *disk) checkRoom(what string) error {
	if d == nil {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if now := time.Now(); now.Sub(d.lookedAt) >= lookEvery {
		free, total, known := d.space(d.dir)
		d.lookedAt, d.full = now, known && free < min(reserve, total/reservedShare)
	}
	if d.full {
		return fmt.Errorf("sqlstore: %s: the disk is nearly full, and the rest of it is not for books: %w", what, bookapi.ErrUnavailable)
	}
	return nil
}
