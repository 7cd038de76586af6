package authz_test

import (
	"net/http"
	"net/url"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi"
	"example.com/bookapi/bookapitest"
	"example.com/bookapi/bookapitest/attack"
	protect "example.com/bookapi/step3-protect"
	authz "example.com/bookapi/step4-authz"
)

// roleGuard is the guard for a role, without the one of step 3 in front.
func roleGuard(check *bookapitest.Check, role bookapi.Role) guarded {
	check.Helper()
	h := new(recorder)
	return guarded{wrap(check, "4.1", "RequireRole", authz.RequireRole(role), h), h}
}

// adminGuard is the guard for administrators, behind RequireUser.
func adminGuard(check *bookapitest.Check, users bookapi.UserStore) guarded {
	check.Helper()
	g := roleGuard(check, bookapi.RoleAdmin)
	return guarded{protect.RequireUser(verifier, users)(g), g.behind}
}

func getUsers() *http.Request { return bookapitest.Request("GET", "/users") }

// gracePasses makes sure that the administrator passes.
func gracePasses(check *bookapitest.Check, g guarded) {
	check.Helper()
	g.passes(check.Needs("4.1"), "grace, who is an administrator,", as(check, grace, getUsers()))
}

// The guard of step 3 has found out who is calling, and says so in the context.
func TestRequireRoleLetsTheRoleIn(t *testing.T) {
	bookapitest.Exercise(t, "4.1", func(check *bookapitest.Check) {
		for _, user := range []bookapi.User{
			{Username: grace, Role: bookapi.RoleAdmin, PasswordHash: hashOf(grace), TokensValidAfter: noon},
			{Username: ada, Role: bookapi.RoleReader, PasswordHash: hashOf(ada), TokensValidAfter: noon},
		} {
			g := roleGuard(check, user.Role)
			r := getUsers().WithContext(bookapi.WithUser(check.Context(), user))
			seen := g.passes(check, user.Username+", who has the role that is asked for ("+string(user.Role)+"),", r)
			require.Equal(check.Promise("the handler still finds %s with bookapi.UserFrom, as the guard in front has "+
				"put the row there", user.Username), user, seen)
		}
	})
}

func TestRequireRolePassesTheRequestOn(t *testing.T) {
	bookapitest.Exercise(t, "4.1", func(check *bookapitest.Check) {
		store := newStore(check)
		gracePasses(check, adminGuard(check, store))
		const body = `{"role":"admin"}`
		r := knownAs(grace, bookapi.RoleAdmin, bookapitest.JSON("PUT", "/users/ada/role?page=2", body))
		passesOn(check, store, r, body, authz.RequireRole(bookapi.RoleAdmin))
	})
}

// Kinds: one-answer, first-line
func TestRequireRoleRefusesOthers(t *testing.T) {
	bookapitest.Exercise(t, "4.1", func(check *bookapitest.Check) {
		g := adminGuard(check, newStore(check))
		gracePasses(check, g)
		g.refused(check, "mallory, who is a reader,", as(check, mallory, getUsers()), http.StatusForbidden)
	})
}

// Kinds: one-answer, first-line
func TestRequireRoleRefusesStrangers(t *testing.T) {
	bookapitest.Exercise(t, "4.1", func(check *bookapitest.Check) {
		store := newStore(check)
		gracePasses(check, adminGuard(check, store))

		// A route whose first guard was forgotten: nobody has said who is calling.
		for _, role := range []bookapi.Role{bookapi.RoleAdmin, bookapi.RoleReader, ""} {
			g := roleGuard(check, role)
			g.refused(check, "a request without a user", getUsers(), http.StatusUnauthorized)
			g.refused(check, "a request without a user, in front of which nobody has looked at the token,",
				as(check, grace, getUsers()), http.StatusUnauthorized)
		}
		adminGuard(check, store).refused(check, "a request without a token", getUsers(), http.StatusUnauthorized)
	})
}

// Kinds: cost, one-answer
func TestRequireRoleRefusesWithoutReadingTheBody(t *testing.T) {
	bookapitest.Exercise(t, "4.1", func(check *bookapitest.Check) {
		g, alone := adminGuard(check, newStore(check)), roleGuard(check, bookapi.RoleAdmin)
		gracePasses(check, g)
		r := bookapitest.JSON("PUT", "/users/ada/role", `{"role":"admin"}`)
		check.LeavesBody(g, "mallory, who is a reader,", as(check, mallory, attack.Clone(r)))
		check.LeavesBody(alone, "mallory, of whom nobody has said who she is,", r)
	})
}

// Kinds: routes
func TestRequireRoleAsksForEveryMethod(t *testing.T) {
	bookapitest.Exercise(t, "4.1", func(check *bookapitest.Check) {
		g := adminGuard(check, newStore(check))
		gracePasses(check, g)
		paths := []string{
			"/users", "/", "/token", "/me", "/books", "/books/1", "/users/mallory", "/users/mallory/role", "/mallory",
			"/admin", "/health",
			"/healthz", "/metrics", "/docs", "/public/x.css", "/static/x.css", "/favicon.ico", "/token/../users",
			"/debug/pprof/",
		}
		for _, method := range attack.Methods() {
			for _, path := range paths {
				for _, caller := range []string{mallory, stranger} {
					r := as(check, caller, attack.WithMethod(bookapitest.Request("GET", path), method))
					if answer, seen := g.send(check, r); len(seen) > 0 {
						check.Attack("%s sent %s %s, and got past the guard; the answer was %v", name(caller), method,
							path, answer)
					}
				}
			}
			r := as(check, grace, attack.WithMethod(getUsers(), method))
			g.passes(check, "grace, with the method "+method+",", r)
		}
	})
}

// Kinds: claim-places, store-answers
func TestRequireRoleAsksTheRowAndNotTheToken(t *testing.T) {
	bookapitest.Exercise(t, "4.1", func(check *bookapitest.Check) {
		type change = func(*bookapitest.Store) error
		setRole := func(username string, role bookapi.Role) change {
			return func(s *bookapitest.Store) error { return s.SetRole(check.Context(), username, role) }
		}
		for what, c := range bookapitest.Sorted(map[string]struct {
			caller        string
			change        change
			before, after int
		}{
			"grace is demoted": {grace, setRole(grace, bookapi.RoleReader), 204, 403},
			"grace is deleted": {grace, func(s *bookapitest.Store) error {
				return s.DeleteUser(check.Context(), grace)
			}, 204, 401},
			"grace is disabled": {grace, func(s *bookapitest.Store) error {
				return s.SetDisabled(check.Context(), grace, true, atNoon)
			}, 204, 401},
			"the reader ada is promoted": {ada, setRole(ada, bookapi.RoleAdmin), 403, 204},
		}) {
			store := newStore(check)
			g := adminGuard(check, store)
			answer, _ := g.send(check, as(check, c.caller, getUsers()))
			answer.Is(check, c.before, "before %s", what)
			require.NoError(check, c.change(store))
			r := as(check, c.caller, getUsers())
			if c.after != http.StatusNoContent {
				g.refused(check, c.caller+", with the token from before "+what+",", r, c.after)
				continue
			}
			answer, _ = g.send(check, r)
			answer.Is(check, c.after, "%s, and that counts from the next request on (ASVS 8.3.2), whatever the token "+
				"says", what)
		}
	})
}

// Kinds: one-difference
func TestRequireRoleKnowsNoOtherRole(t *testing.T) {
	bookapitest.Exercise(t, "4.1", func(check *bookapitest.Check) {
		store := newStore(check)
		gracePasses(check, adminGuard(check, store))
		for _, asked := range []bookapi.Role{bookapi.RoleAdmin, bookapi.RoleReader} {
			g := roleGuard(check, asked)
			for _, role := range otherRoles(asked) {
				who := "mallory, in whose row somebody wrote the role " + strconv.Quote(string(role)) +
					", at a guard for the role " + string(asked) + ","
				g.refused(check, who, knownAs(mallory, role, getUsers()), http.StatusForbidden)
			}
		}
		for _, asked := range []bookapi.Role{"", "editor", "Admin", "administrator", "admin "} {
			who := "mallory, who is a reader, at a guard for the role " + strconv.Quote(string(asked)) + ","
			roleGuard(check, asked).refused(check, who, knownAs(mallory, bookapi.RoleReader, getUsers()),
				http.StatusForbidden)
			who = "grace, who is an administrator, at a guard for the role " + strconv.Quote(string(asked)) + ","
			roleGuard(check, asked).refused(check, who, knownAs(grace, bookapi.RoleAdmin, getUsers()),
				http.StatusForbidden)
		}
		for _, username := range []string{"admin", "administrator", "root", "superuser", "system", "owner", grace,
			"grace2", "admin-mallory"} {
			r := knownAs(username, bookapi.RoleReader, getUsers())
			roleGuard(check, bookapi.RoleAdmin).refused(check, "mallory, who is a reader under the name "+username+",",
				r, http.StatusForbidden)
		}
	})
}

// Kinds: claim-places
func TestRequireRoleBelievesNoClaim(t *testing.T) {
	bookapitest.Exercise(t, "4.1", func(check *bookapitest.Check) {
		store := newStore(check)
		g, alone := adminGuard(check, store), roleGuard(check, bookapi.RoleAdmin)
		gracePasses(check, g)
		claims := claims(check, grace)
		for _, bare := range []func() *http.Request{
			getUsers,
			func() *http.Request { return bookapitest.Request("OPTIONS", "/users") },
			func() *http.Request { return bookapitest.Form("/users", url.Values{"username": {"eve"}}) },
			func() *http.Request { return bookapitest.JSON("PUT", "/users/ada/role", `{"role":"reader"}`) },
		} {
			check.IgnoresClaims(as(check, mallory, bare()), claims, func(r *http.Request) string {
				return g.treat(check, r)
			})
			check.IgnoresClaims(bare(), claims, func(r *http.Request) string { return alone.treat(check, r) })
		}
		check.IgnoresClaims(as(check, grace, getUsers()), attack.Claims(attack.Identity{Username: ada}),
			func(r *http.Request) string {
				return g.treat(check, r)
			})
	})
}

// A roleWorld is a world for bookapitest.Orders.
type roleWorld struct {
	guarded
	store  *bookapitest.Store
	caller string
}

// Kinds: store-answers
func TestRequireRoleRemembersNothing(t *testing.T) {
	bookapitest.Exercise(t, "4.1", func(check *bookapitest.Check) {
		gracePasses(check, adminGuard(check, newStore(check)))
		type step = bookapitest.Step[*roleWorld]
		event := func(what string, request func(*roleWorld) *http.Request) step {
			return step{Name: what, Do: func(w *roleWorld) { attack.Record(w, request(w)) }}
		}
		becomes := func(role bookapi.Role) step {
			return step{Name: "the caller's role became " + string(role), Changes: true, Do: func(w *roleWorld) {
				require.NoError(check, w.store.SetRole(check.Context(), w.caller, role))
			}}
		}
		steps := []step{
			event("a request without a token", func(*roleWorld) *http.Request { return getUsers() }),
			event("a request of grace's, who is an administrator,", func(*roleWorld) *http.Request {
				return as(check, grace, getUsers())
			}),
			event("a request of ada's, who is a reader,", func(*roleWorld) *http.Request {
				return as(check, ada, getUsers())
			}),
			event("another request of the same caller's", func(w *roleWorld) *http.Request {
				return as(check, w.caller, bookapitest.Request("POST", "/users"))
			}),
			becomes(bookapi.RoleAdmin), becomes(bookapi.RoleReader),
		}
		for _, role := range []bookapi.Role{bookapi.RoleReader, bookapi.RoleAdmin} {
			world := func(caller string) *roleWorld {
				store := newStore(check)
				addUser(check, store, caller, role)
				return &roleWorld{adminGuard(check, store), store, caller}
			}
			err := bookapitest.Orders(world, func(w *roleWorld) string {
				return w.entered(check, as(check, w.caller, getUsers()))
			}, steps...)
			if err != nil {
				check.Attack("the guard keeps something from one request for the next, and mallory waits for it: a "+
					"caller who is %s first, %v", role, err)
			}
		}
	})
}

// One guard stands in front of several handlers, and there are several guards.
//
// Kinds: several-callers
func TestRequireRoleKeepsRoutesApart(t *testing.T) {
	bookapitest.Exercise(t, "4.1", func(check *bookapitest.Check) {
		gracePasses(check, adminGuard(check, newStore(check)))
		admins, readers := authz.RequireRole(bookapi.RoleAdmin), authz.RequireRole(bookapi.RoleReader)
		routes := make([]guarded, 3)
		for i, guard := range []func(http.Handler) http.Handler{admins, admins, readers} {
			h := new(recorder)
			routes[i] = guarded{wrap(check, "4.1", "RequireRole", guard, h), h}
		}
		asGrace := func() *http.Request { return knownAs(grace, bookapi.RoleAdmin, getUsers()) }
		asAda := func() *http.Request { return knownAs(ada, bookapi.RoleReader, getUsers()) }
		routes[0].passes(check, "grace, on the first of two routes with one guard,", asGrace())
		routes[1].passes(check, "grace, on the second of two routes with one guard,", asGrace())
		routes[2].passes(check, "ada, on a route for readers,", asAda())
		routes[0].refused(check, "ada, on the route for administrators that was made before one for readers,", asAda(),
			http.StatusForbidden)
	})
}

// Kinds: several-callers
func TestRequireRoleKeepsRequestsApart(t *testing.T) {
	bookapitest.Exercise(t, "4.1", func(check *bookapitest.Check) {
		gracePasses(check, adminGuard(check, newStore(check)))
		keepsApart(check, 8000, func(pause func()) http.Handler {
			return wrap(check, "4.1", "RequireRole", authz.RequireRole(bookapi.RoleAdmin), echo(pause))
		},
			visit{grace, func() *http.Request { return knownAs(grace, bookapi.RoleAdmin, getUsers()) }, grace},
			visit{"another administrator", func() *http.Request {
				return knownAs("root", bookapi.RoleAdmin, getUsers())
			}, "root"},
			visit{mallory, func() *http.Request { return knownAs(mallory, bookapi.RoleReader, getUsers()) }, nobody},
			visit{"a request without a user", getUsers, nobody},
		)
	})
}

// Kinds: outlets
func TestRequireRoleTellsTheLogWhoWasRefused(t *testing.T) {
	bookapitest.Exercise(t, "4.1", func(check *bookapitest.Check) {
		g := adminGuard(check, newStore(check))
		gracePasses(check, g)
		tellsTheLog(check, 3, func(out *bookapitest.Outlets, path string) {
			for _, method := range []string{"GET", "GET", "PUT"} {
				answer, _ := g.send(check, as(check, mallory, bookapitest.Request(method, path)))
				out.Answer(answer)
			}
			for _, caller := range []string{grace, stranger} {
				answer, _ := g.send(check, as(check, caller, getUsers()))
				out.Answer(answer)
			}
		})
	})
}

// Kinds: cost
func TestRequireRoleKeepsNoListOfCallers(t *testing.T) {
	bookapitest.Exercise(t, "4.1", func(check *bookapitest.Check) {
		gracePasses(check, adminGuard(check, newStore(check)))
		g := roleGuard(check, bookapi.RoleAdmin)
		err := bookapitest.Grows(200, func(n int) {
			g.send(check, knownAs("mallory"+strconv.Itoa(n), bookapi.RoleReader,
				bookapitest.Request("GET", "/users/"+strconv.Itoa(n))))
		})
		if err != nil {
			check.Attack("mallory signs up again and again and is refused each time, and the server keeps something "+
				"of each request: %v", err)
		}
	})
}

// The first administrator is made by a command: bookapi admin add grace.
//
// Kinds: store-answers, outlets
func TestRequireRoleLetsTheFirstAdministratorIn(t *testing.T) {
	bookapitest.Exercise(t, "4.1", func(check *bookapitest.Check) {
		store := new(bookapitest.Store)
		add := func(username, password string) error {
			return authz.AddAdmin(check.Context(), store, username, password)
		}
		needs := check.Needs("1.4")
		out := bookapitest.Capture(func(out *bookapitest.Outlets) {
			require.NoError(needs.Promise("SignUp creates an account; AddAdmin, in step 4, builds on it"),
				add(grace, bookapitest.GracePassword))
			out.Error(add("root", "short"))
		})
		gracePasses(check, adminGuard(check, store))
		row, err := store.User(check.Context(), grace)
		require.NoError(check, err)
		err = out.Find(bookapitest.Password("the password", bookapitest.GracePassword),
			bookapitest.StoredHash("its hash", row.PasswordHash))
		if err != nil {
			check.Attack("an administrator was added, and somebody reads %v", err)
		}
		_, err = store.User(check.Context(), "root")
		require.ErrorIs(needs.Promise("SignUp refuses a password that is too short, for an administrator too"), err,
			bookapi.ErrNotFound)
	})
}

// Kinds: store-answers
func TestRequireRoleGivesTheCommandNoAccountThatIsThere(t *testing.T) {
	bookapitest.Exercise(t, "4.1", func(check *bookapitest.Check) {
		store := newStore(check)
		gracePasses(check, adminGuard(check, store))
		addUser(check, store, "hopper", bookapi.RoleReader)
		err := authz.AddAdmin(check.Context(), store, "hopper", bookapitest.GracePassword)
		adminGuard(check, store).refused(check, `mallory, who had signed up as "hopper" before the command named it,`,
			as(check, "hopper", getUsers()), http.StatusForbidden)
		assert.ErrorIs(check.Needs("1.4").Promise("SignUp says that a name is taken"), err, bookapi.ErrExists)
	})
}

// Kind randomness: does not apply, since RequireRole draws nothing.
