package hardening

import (
	"context"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"example.com/bookapi"
	token "example.com/bookapi/step2-token"
)

// App is the complete Book API, but for its store.
type App struct {
	Config    Config
	Keys      Keys
	Transport Transport
	Log       *slog.Logger
	Now       func() time.Time
	Docs      func(chi.Routes) http.Handler // serves /docs and /openapi.json, or nil
}

// New returns the API that the environment configures, for a program that speaks
// TLS or not, on an address that only this machine can reach or not. The error
// has a line for each mistake that there is.
func New(getenv func(string) string, tls, loopback bool) (*App, error) {
	config, configErr := LoadConfig(getenv)
	keys, keysErr := ParseKeys(Secret(getenv("BOOKAPI_KEYS")))
	var transport Transport
	var transportErr error
	switch {
	case configErr == nil:
		transport, transportErr = NewTransport(config, tls, loopback)
	case getenv("BOOKAPI_TRUSTED_PROXIES") == "": // what there is of it is enough to judge
		_, transportErr = NewTransport(Config{Production: getenv("BOOKAPI_ENV") == "production"}, tls, loopback)
	}
	if err := eachOnce(configErr, keysErr, transportErr); err != nil {
		return nil, err
	}
	return &App{
		Config:    config,
		Keys:      keys,
		Transport: transport,
		Log:       slog.New(NewLogHandler(newHandler(config.Production))),
		Now:       time.Now,
	}, nil
}

// newHandler writes JSON for programs in production, and text for people.
func newHandler(production bool) slog.Handler {
	if production {
		return slog.NewJSONHandler(os.Stderr, nil)
	}
	return slog.NewTextHandler(os.Stderr, nil)
}

// Notice says what whoever starts the server wants to know.
func (a *App) Notice() string {
	var verify []string
	for _, key := range a.Keys.Verifying(a.Now()) {
		if key.ID != a.Keys[0].ID {
			verify = append(verify, key.ID)
		}
	}
	notice := a.Transport.String() + "; key " + a.Keys[0].ID + " signs"
	if len(verify) > 0 {
		notice += ", and tokens of " + strings.Join(verify, ", ") + " are still good"
	}
	return notice
}

// api is an App over a store.
type api struct {
	*App
	store     bookapi.Store
	audit     Audit // of logins that are counted and bounded
	hashers   Hashers
	strangers Hashers // where sign-ups wait for one another
	sessions  Sessions
}

// Handler returns the API over a store. All state is in the store: any number of
// programs over one database are one API.
func (a *App) Handler(store bookapi.Store) http.Handler {
	api := &api{
		App:       a,
		store:     store,
		hashers:   NewHashers(),
		strangers: make(Hashers, 1),
		sessions:  Sessions{Store: store, Users: store, Now: a.Now},
	}
	passwords := token.Passwords(store)
	if a.Config.Argon2id {
		passwords = Argon2idPasswords(store)
	}
	throttle := Throttle{Next: api.bounded(passwords), Attempts: store, Now: a.Now}
	api.audit = Audit{Log: a.Log, Next: throttle.Authenticate}
	return api.router()
}

// bounded returns an Authenticator that waits for room before it asks next.
func (a *api) bounded(next token.Authenticator) token.Authenticator {
	return func(ctx context.Context, username, password string) (user bookapi.User, err error) {
		if full := a.hash(ctx, func() { user, err = next(ctx, username, password) }); full != nil {
			return bookapi.User{}, full
		}
		return user, err
	}
}

// signUp is the sign-up of step 2, when there is room to hash the password.
func (a *api) signUp() http.Handler {
	signUp := token.SignUp(a.store)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := a.hashForStranger(r.Context(), func() { signUp.ServeHTTP(w, r) }); err != nil {
			a.writeError(w, r, err)
		}
	})
}
