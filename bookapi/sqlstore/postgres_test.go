package sqlstore_test

import (
	"testing"

	"example.com/bookapi"
	"example.com/bookapi/sqlstore/pgtest"
	"example.com/bookapi/storetest"
)

func TestStoreOnPostgres(t *testing.T) {
	pgtest.Server(t)
	storetest.Run(t, func(t *testing.T) bookapi.Store { return open(t, pgtest.Open(t)) })
}
