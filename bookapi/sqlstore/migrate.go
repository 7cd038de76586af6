package sqlstore

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"
)

//go:embed migrations/*.sql
var migrations embed.FS

// errSchemaNewer is a schema that only a later version of this program knows.
var errSchemaNewer = errors.New("sqlstore: the schema is newer than this program")

// migrateTimeout is how long a new version may work on the tables of an old one.
const migrateTimeout = 5 * time.Minute

// migrate brings the schema up to date with the migrations/*.sql of files, of
// which the n-th by name makes version n. The text of 0003_name.postgres.sql is
// for that dialect only. It is one transaction: a program that starts at the same
// moment waits for its end and then finds nothing to do, and a migration that
// fails leaves the database as it was.
func migrate(ctx context.Context, db *sql.DB, dialect dialect, files fs.FS) error {
	names, err := fs.Glob(files, "migrations/*.sql") // sorted
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, migrateTimeout)
	defer cancel()
	return inTx(ctx, db, migrateTimeout, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, dialect.lockMigrations); err != nil {
			return err
		}
		table := `CREATE TABLE IF NOT EXISTS schema_migrations (version BIGINT NOT NULL PRIMARY KEY)`
		if _, err := tx.ExecContext(ctx, table); err != nil {
			return err
		}
		var version int
		query := `SELECT COALESCE(MAX(version), 0) FROM schema_migrations`
		if err := tx.QueryRowContext(ctx, query).Scan(&version); err != nil {
			return err
		}
		if version > len(names) {
			return fmt.Errorf("%w: version %d, known are %d", errSchemaNewer, version, len(names))
		}
		for i, name := range names[version:] {
			statements, err := fs.ReadFile(files, name)
			if err != nil {
				return err
			}
			_, only, _ := strings.Cut(strings.TrimSuffix(name, ".sql"), ".")
			if only == "" || only == dialect.name {
				if _, err := tx.ExecContext(ctx, string(statements)); err != nil {
					return fmt.Errorf("%s: %w", name, err)
				}
			}
			if _, err := tx.ExecContext(ctx, `INSERT INTO schema_migrations (version) VALUES ($1)`, version+i+1); err != nil {
				return err
			}
		}
		return nil
	})
}
