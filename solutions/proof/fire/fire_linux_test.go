package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/sqlstore/pgtest"
)

// In CI the machine is shared, and what is measured of a short attack is rough.
var patient = patience{30, 5 * time.Second}

// started is the API. Each client has an address of its own, of which only Linux has so
// many on loopback.
func started(t *testing.T, postgres string) *api {
	t.Helper()
	p, err := build(t.Context(), t.TempDir(), "")
	require.NoError(t, err)
	a, err := p.start(t.Context(), postgres)
	require.NoError(t, err)
	t.Cleanup(a.stop)
	return a
}

func endures(t *testing.T, a *api, attacks []attack, times times) {
	t.Helper()
	result, err := a.endure(t.Context(), attacks, times)
	require.NoError(t, err)
	t.Logf("\n%s", result)
	assert.Empty(t, result.missed(patient))
}

func TestHonestClientsAreServedUnderFire(t *testing.T) {
	times := times{quiet: 3 * time.Second, attack: 15 * time.Second}
	t.Run("SQLite", func(t *testing.T) { endures(t, started(t, ""), attacks, times) })
	t.Run("PostgreSQL", func(t *testing.T) { endures(t, started(t, pgtest.Open(t)), attacks, times) })
}

// What one client alone can do.
func TestHonestClientsAreServedDuring(t *testing.T) {
	for _, one := range attacks {
		switch one.name {
		case "slow bodies", "closed windows", "many connections", "hang-ups":
			t.Run(one.name, func(t *testing.T) {
				endures(t, started(t, ""), []attack{one}, times{quiet: 3 * time.Second, attack: 3 * time.Second})
			})
		}
	}
}
