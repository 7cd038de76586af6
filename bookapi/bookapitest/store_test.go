package bookapitest_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi"
	"example.com/bookapi/bookapitest"
	"example.com/bookapi/bookapitest/attack"
	toy "example.com/bookapi/bookapitest/internal/step0-toy"
	"example.com/bookapi/storetest"
)

// ada's row, as every test here stores it.
var ada = bookapi.User{Username: bookapitest.Ada, PasswordHash: "$2a$12$the-hash-of-ada", Role: bookapi.RoleReader}

func withAda(t testing.TB) *bookapitest.Store {
	t.Helper()
	store := new(bookapitest.Store)
	require.NoError(t, store.CreateUser(t.Context(), ada))
	return store
}

func TestStoreKeepsWhatAStorePromises(t *testing.T) {
	storetest.Run(t, func(*testing.T) bookapi.Store { return new(bookapitest.Store) })
}

func TestStoreWrapsEveryError(t *testing.T) {
	store, ctx := withAda(t), t.Context()
	_, err := store.User(ctx, bookapitest.Mallory)
	for what, err := range map[string]error{
		"User": err, "DeleteBook": store.DeleteBook(ctx, 7), "DeleteUser": store.DeleteUser(ctx, bookapitest.Mallory),
	} {
		require.ErrorIs(t, err, bookapi.ErrNotFound, what)
		assert.NotEqual(t, bookapi.ErrNotFound, err, "%s: == finds no wrapped error", what)
		assert.NotEqual(t, bookapi.ErrNotFound, errors.Unwrap(err), "%s: nor does Unwrap", what)
		assert.Contains(t, err.Error(), bookapitest.DatabaseAddress)
	}
	assert.ErrorIs(t, store.CreateUser(ctx, ada), bookapi.ErrExists)

	ctx, cancel := context.WithCancel(ctx)
	cancel()
	assert.ErrorIs(t, store.SetRole(ctx, bookapitest.Ada, bookapi.RoleAdmin), context.Canceled)
	row, err := store.User(t.Context(), bookapitest.Ada)
	require.NoError(t, err)
	assert.Equal(t, bookapi.RoleReader, row.Role, "a call whose context has ended does nothing")
}

func TestStoreRecordsItsCalls(t *testing.T) {
	store := withAda(t)
	ctx, hangUp := context.WithCancel(bookapitest.Trace(t.Context()))
	defer hangUp()
	calls := store.During(func() {
		_, _ = store.User(context.WithoutCancel(ctx), bookapitest.Ada)
		_ = store.SetRole(t.Context(), bookapitest.Mallory, bookapi.RoleAdmin)
		_ = store.CreateUser(ctx, ada)
	})
	assert.Equal(t, []string{"User", "SetRole", "CreateUser"}, calls.Methods())
	assert.Equal(t, `SetRole("mallory", "admin")`, calls.Outside(ctx)[0].String())
	assert.Len(t, calls.Outside(ctx), 1)
	hangUp()
	assert.Equal(t, []string{"User", "SetRole"}, calls.Outside(ctx).Methods(), "a call outlives its caller, too")
	assert.Len(t, calls.Writes(), 2)
	assert.ErrorIs(t, calls.Of("SetRole")[0].Err, bookapi.ErrNotFound)
	assert.NotContains(t, fmt.Sprint(calls.Of("CreateUser")[0]), ada.PasswordHash)
}

func TestStoreAfterChangesARowBetweenTwoCalls(t *testing.T) {
	store := withAda(t)
	store.After("User", 2, func() {
		require.NoError(t, store.SetRole(t.Context(), bookapitest.Ada, bookapi.RoleAdmin))
	})
	for _, want := range []bookapi.Role{bookapi.RoleReader, bookapi.RoleReader, bookapi.RoleAdmin} {
		row, err := store.User(t.Context(), bookapitest.Ada)
		require.NoError(t, err)
		assert.Equal(t, want, row.Role)
	}
}

func TestStoreFaultsAnswerAsTheySay(t *testing.T) {
	methods := map[string]func(*bookapitest.Store, context.Context) (any, error){
		"User":  func(s *bookapitest.Store, ctx context.Context) (any, error) { return s.User(ctx, bookapitest.Ada) },
		"Users": func(s *bookapitest.Store, ctx context.Context) (any, error) { return s.Users(ctx, "", 10) },
		"SetRole": func(s *bookapitest.Store, ctx context.Context) (any, error) {
			return nil, s.SetRole(ctx, bookapitest.Ada, bookapi.RoleAdmin)
		},
		"CountAttempt": func(s *bookapitest.Store, ctx context.Context) (any, error) {
			return s.CountAttempt(ctx, "k", 1, time.Time{}, time.Hour)
		},
		"CreateSession": func(s *bookapitest.Store, ctx context.Context) (any, error) {
			return nil, s.CreateSession(ctx, bookapi.Session{}, "")
		},
	}
	for method, call := range methods {
		names := 0
		for name, fault := range bookapitest.StoreFaults(method) {
			names++
			store := withAda(t)
			store.Inject(fault)
			ctx := fault.Context(t.Context())
			if fault.Panics {
				assert.Panics(t, func() { _, _ = call(store, ctx) }, name)
				assert.True(t, store.Panicked(), name)
				continue
			}
			_, err := call(store, ctx)
			assert.ErrorIs(t, err, fault.Err, name)
			assert.NotEqual(t, fault.Err, err, name)
			if fault.HangsUp {
				assert.ErrorIs(t, ctx.Err(), context.Canceled, name)
			}
		}
		assert.Greater(t, names, 6, method)
	}
}

// A panic in a goroutine of the tested code's own would end all tests.
func TestAStorePanicsWhereATestSeesIt(t *testing.T) {
	for _, fault := range bookapitest.StoreFaults("User") {
		if !fault.Panics {
			continue
		}
		store := withAda(t)
		store.Inject(fault)
		require.ErrorIs(t, toy.AskElsewhere(t.Context(), store), fault.Err)
		assert.False(t, store.Panicked())
		attack.Record(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			_, _ = store.User(t.Context(), bookapitest.Ada)
		}), bookapitest.Request("GET", "/"))
		assert.True(t, store.Panicked())
	}
}

func TestStoreFaultsComeFromTheirCallOn(t *testing.T) {
	var seconds int
	for name, fault := range bookapitest.StoreFaults("User", "User") {
		if fault.Panics {
			continue
		}
		store := withAda(t)
		store.Inject(fault)
		for call := 1; call <= 3; call++ {
			_, err := store.User(t.Context(), bookapitest.Ada)
			assert.Equal(t, call >= fault.Nth, err != nil, "%s, call %d", name, call)
		}
		if fault.Nth == 2 {
			seconds++
			assert.Contains(t, name, "User, from call 2 on,")
		}
	}
	assert.Positive(t, seconds)
}

// login is a flawed toy: it compares errors, and looks at the row first.
func login(ctx context.Context, users bookapi.UserStore, name string) (int, error) {
	row, err := users.User(ctx, name)
	switch {
	case row.Username == name:
		return 200, nil
	case err == bookapi.ErrNotFound:
		return 401, nil
	}
	return 500, err
}

func TestStoreFaultsCatchAFlawedLogin(t *testing.T) {
	caught := make(map[string]int)
	for name, fault := range bookapitest.StoreFaults("User") {
		if fault.Panics {
			continue
		}
		store := withAda(t)
		store.Inject(fault)
		status, _ := login(fault.Context(t.Context()), store, bookapitest.Ada)
		if want := map[bool]int{true: 401, false: 500}[fault.IsNotFound()]; status != want {
			caught[name] = status
		}
	}
	assert.Equal(t, map[string]int{
		"User finds nothing": 500, "User finds nothing, and joins another error to that": 500,
		"User finds nothing, beside the whole row": 200,
		"User fails beside a half-filled row":      200, "User fails beside the whole row": 200,
	}, caught)
}

func ExampleStoreFaults() {
	for name, fault := range bookapitest.StoreFaults("User") {
		store := new(bookapitest.Store)
		store.Inject(fault)
		if fault.Panics {
			continue // the handler's panic is its client's broken connection
		}
		_, err := store.User(fault.Context(context.Background()), bookapitest.Ada)
		if fault.IsNotFound() {
			fmt.Printf("%s: %t\n", name, errors.Is(err, bookapi.ErrNotFound))
		}
	}
	// Output:
	// User finds nothing: true
	// User finds nothing, and joins another error to that: true
	// User finds nothing, beside the whole row: true
}
