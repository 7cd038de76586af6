// Package app puts the complete Book API together: the routes and guards of the
// steps before, behind the keys, sessions, limits and logs of step 5.
package app

import (
	"errors"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"example.com/bookapi"
	"example.com/bookapi/loglimit"
	token "example.com/bookapi/step2-token"
	hardening "example.com/bookapi/step5-hardening"
)

// App is the complete Book API, but for its store.
type App struct {
	Config    hardening.Config
	Keys      hardening.Keys
	Transport hardening.Transport
	Log       *slog.Logger
	Now       func() time.Time
	Docs      func(chi.Routes) http.Handler // serves /docs and /openapi.json, or nil

	Hashes  int               // how many passwords are hashed at once; at least 1
	RunHash func(hash func()) // runs one of them; nil: as any other call

	FlushLog func() // writes what Log has only counted until now
}

// New returns the API that the environment configures, for a program that speaks
// TLS or not, on an address that only this machine can reach or not. The error
// has a line for each mistake that there is.
func New(getenv func(string) string, tls, loopback bool) (*App, error) {
	config, configErr := hardening.LoadConfig(getenv)
	keys, keysErr := hardening.ParseKeys(hardening.Secret(getenv("BOOKAPI_KEYS")))
	var transport hardening.Transport
	var transportErr error
	switch {
	case configErr == nil:
		transport, transportErr = hardening.NewTransport(config, tls, loopback)
	case getenv("BOOKAPI_TRUSTED_PROXIES") == "": // what there is of it is enough to judge
		_, transportErr = hardening.NewTransport(hardening.Config{Production: getenv("BOOKAPI_ENV") == "production"}, tls, loopback)
	}
	if err := eachOnce(configErr, keysErr, transportErr); err != nil {
		return nil, err
	}
	handler := loglimit.New(newHandler(config.Production))
	return &App{
		Config:    config,
		Keys:      keys,
		Transport: transport,
		Log:       slog.New(hardening.NewLogHandler(handler)),
		Now:       time.Now,
		Hashes:    HashesAtOnce(),
		FlushLog:  handler.Flush,
	}, nil
}

// eachOnce joins mistakes that may be lists of mistakes, and says each of them
// once.
func eachOnce(errs ...error) error {
	all := errors.Join(errs...)
	if all == nil {
		return nil
	}
	said := make(map[string]bool)
	var once []error
	for line := range strings.Lines(all.Error()) {
		if line = strings.TrimSuffix(line, "\n"); !said[line] {
			said[line] = true
			once = append(once, errors.New(line))
		}
	}
	return errors.Join(once...)
}

// newHandler writes JSON for programs in production, and text for people.
func newHandler(production bool) slog.Handler {
	if production {
		return slog.NewJSONHandler(os.Stderr, nil)
	}
	return slog.NewTextHandler(os.Stderr, nil)
}

// Notice says what the person who starts the server wants to know.
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
	passwords token.Authenticator // hashes at once
	audit     hardening.Audit     // of logins
	login     http.Handler        // POST /token with the password grant
	hashers   hardening.Hashers
	hashQueue queue // for the hashers
	signUps   queue // one sign-up at a time is in hashQueue
	sessions  hardening.Sessions
	ready     readiness
}

// Handler returns the API over a store. All state is in the store: any number of
// programs over one database are one API.
func (a *App) Handler(store bookapi.Store) http.Handler {
	api := &api{
		App:       a,
		store:     store,
		passwords: hardening.BcryptPasswords(store),
		hashers:   make(hardening.Hashers, max(1, a.Hashes)),
		sessions:  hardening.Sessions{Store: store, Users: store, Now: a.Now},
	}
	if a.Config.Argon2id {
		api.passwords = hardening.Argon2idPasswords(store)
	}
	api.audit = hardening.Audit{Log: a.Log, Next: api.authenticate}
	api.login = token.Endpoint(api.audit.Authenticate, api.grant)
	return api.router()
}
