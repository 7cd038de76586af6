package server

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"io/fs"
	"net/url"
	"os"
	"strings"

	"example.com/bookapi/sqlstore"
)

// database is where everything is kept: a file, or the URL of a PostgreSQL.
type database struct {
	source string // may hold a password: not to be printed
	name   string // for people
}

func (d *database) flag(flags *flag.FlagSet) {
	flags.StringVar(&d.source, "db", "bookapi.db", "keep everything in this `file`, unless DATABASE_URL names a PostgreSQL")
}

// choose decides between the file and the environment's DATABASE_URL once the
// flags are parsed.
func (d *database) choose(flags *flag.FlagSet, getenv func(string) string) error {
	d.name = d.source
	raw := getenv("DATABASE_URL")
	if raw == "" {
		return nil
	}
	if isSet(flags, "db") {
		return usageErrorf("-db and DATABASE_URL each name a database; leave one of them out")
	}
	if !strings.HasPrefix(raw, "postgres://") && !strings.HasPrefix(raw, "postgresql://") {
		return usageErrorf("DATABASE_URL is not the URL of a PostgreSQL; write it like postgres://user:password@host/books, or unset it and choose a file with -db")
	}
	d.source, d.name = raw, "PostgreSQL"
	if u, err := url.Parse(raw); err == nil { // otherwise open says no
		d.name += " at " + cmp.Or(u.Host, u.Query().Get("host"), "localhost") + u.Path
	}
	return nil
}

// missing reports that the database is a file that is not there.
func (d database) missing() bool {
	_, err := os.Stat(d.source)
	return d.source == d.name && errors.Is(err, fs.ErrNotExist)
}

// open opens the database. Its error is a sentence.
func (d database) open(ctx context.Context) (*sqlstore.Store, error) {
	return sqlstore.Open(ctx, d.source)
}

// use does something with the database, and closes it.
func (d database) use(ctx context.Context, do func(*sqlstore.Store) error) error {
	store, err := d.open(ctx)
	if err != nil {
		return err
	}
	return errors.Join(do(store), store.Close())
}
