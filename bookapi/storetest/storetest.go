// Package storetest checks that a store keeps the promises of bookapi.Store.
// Every implementation runs it.
package storetest

import (
	"testing"
	"time"

	"example.com/bookapi"
)

// Run tests the stores that open returns, each of them new and empty.
func Run(t *testing.T, open func(t *testing.T) bookapi.Store) {
	for name, test := range map[string]func(*testing.T, bookapi.Store){
		"a created book is there":                  createBook,
		"no ID is used twice":                      neverReuseID,
		"books come in pages by ID":                pages,
		"an update keeps the creator":              updateBook,
		"a deleted book is gone":                   deleteBook,
		"any text comes back as it was":            hostileText,
		"a created user is there":                  createUser,
		"a name belongs to one user":               nameTaken,
		"a name is compared exactly":               exactName,
		"a name that is no text is nobody's":       noText,
		"users come in pages by name":              userPages,
		"a disabled user is found by nobody":       disabledUser,
		"a role is set":                            setRole,
		"a hash is replaced if still current":      replaceHash,
		"a created session is there":               createSession,
		"a session needs the current password":     sessionNeedsPassword,
		"a new session removes those that ended":   sessionsThatEnded,
		"a user has a bounded number of sessions":  maxSessions,
		"a token is rotated if still good":         rotateSession,
		"an ended session is gone":                 endSession,
		"a new password ends all sessions":         changePassword,
		"disabling and enabling ends all sessions": setDisabled,
		"attempts are counted to the limit":        countAttempts,
		"a window begins after the last":           nextWindow,
		"an attempt is forgiven":                   forgiveAttempt,
		"attempts are counted under any key":       attemptKeys,
		"a cancelled call does all or nothing":     cancelled,
	} {
		t.Run(name, func(t *testing.T) {
			test(t, open(t))
		})
	}
	RunTogether(t, func(t *testing.T) []bookapi.Store { return []bookapi.Store{open(t)} })
}

// RunTogether tests simultaneous calls. Open returns
// stores over one database, each as a program of its own would have it; together
// they are new and empty, and the calls are spread over them.
func RunTogether(t *testing.T, open func(t *testing.T) []bookapi.Store) {
	for name, test := range map[string]func(*testing.T, replicas){
		"concurrent writers lose nothing":                   concurrentBooks,
		"concurrent sign-ups have one winner":               concurrentSignUp,
		"concurrent rehashes have one winner":               concurrentRehash,
		"concurrent deletions have one winner":              concurrentDelete,
		"concurrent refreshes have one winner":              concurrentRotate,
		"concurrent changes of a password have one winner":  concurrentChange,
		"no session slips through a change of the password": sessionsDuringChange,
		"no session slips through a disabling":              sessionsDuringDisabling,
		"concurrent attempts stay within the limit":         concurrentAttempts,
		"concurrent windows do not get in each other's way": concurrentWindows,
	} {
		t.Run(name, func(t *testing.T) {
			test(t, open(t))
		})
	}
}

// noon is the time in these tests.
var noon = time.Date(2026, time.May, 4, 12, 0, 0, 0, time.UTC)

// atNoon is a clock.
func atNoon() time.Time { return noon }
