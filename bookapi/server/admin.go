package server

import (
	"context"
	"errors"
	"flag"
	"fmt"

	"example.com/bookapi"
	"example.com/bookapi/sqlstore"
)

// adminAdd makes the account of an administrator.
func (p Program) adminAdd(ctx context.Context, proc process, args []string) error {
	username, db, err := adminArgs("admin add", args, proc.getenv)
	if err != nil {
		return err
	}
	password, err := readPassword(ctx, proc, username)
	if err != nil {
		return err
	}
	return db.use(ctx, func(store *sqlstore.Store) error {
		err := p.AddAdmin(ctx, store, username, password)
		if errors.Is(err, bookapi.ErrExists) {
			return fmt.Errorf("somebody has the account %s already; if that is who you mean, run: bookapi admin promote %s", username, username)
		}
		if err != nil {
			return describeInvalid(err)
		}
		proc.say("%s has an account now, as an administrator (database %s)", username, db.name)
		return nil
	})
}

// adminPromote makes an administrator of an existing account.
func adminPromote(ctx context.Context, proc process, args []string) error {
	username, db, err := adminArgs("admin promote", args, proc.getenv)
	if err != nil {
		return err
	}
	if db.missing() {
		return fmt.Errorf("there is no database %s, so nobody has an account; look for the right file with -db", db.name)
	}
	return db.use(ctx, func(store *sqlstore.Store) error {
		err := store.SetRole(ctx, username, bookapi.RoleAdmin)
		if errors.Is(err, bookapi.ErrNotFound) {
			return fmt.Errorf("nobody has the account %s; to make it, run: bookapi admin add %s", username, username)
		}
		if err != nil {
			return err
		}
		_, err = store.User(ctx, username)
		if errors.Is(err, bookapi.ErrNotFound) {
			proc.say("%s is an administrator now, but the account is shut: another administrator opens it with PUT /users/%s/disabled (database %s)", username, username, db.name)
			return nil
		}
		if err != nil {
			return err
		}
		proc.say("%s is an administrator now (database %s)", username, db.name)
		return nil
	})
}

// adminArgs reads the arguments of a command that is about one account.
func adminArgs(command string, args []string, getenv func(string) string) (username string, db database, err error) {
	flags := flag.NewFlagSet(command, flag.ContinueOnError)
	db.flag(flags)
	rest, err := parse(flags, args)
	switch {
	case err != nil:
		return "", db, err
	case len(rest) == 0:
		return "", db, usageErrorf("whose account? write: bookapi %s NAME", command)
	case len(rest) > 1:
		// What is too many may be the password: it is not repeated.
		return "", db, usageErrorf("%s takes a name and nothing after it; a password never stands on the command line, "+
			"where others can read it: it is asked for, or read from standard input", command)
	}
	if err := bookapi.ValidateUsername(rest[0]); err != nil {
		return "", db, describeInvalid(err)
	}
	return rest[0], db, db.choose(flags, getenv)
}

// describeInvalid says what is wrong with a name or a password, without the prefix
// for programmers.
func describeInvalid(err error) error {
	if invalid := new(bookapi.InvalidError); errors.As(err, &invalid) {
		return fmt.Errorf("the %s %s", invalid.Field, invalid.Reason)
	}
	return err
}
