package authz

import (
	"log/slog"
	"net/http"

	"example.com/bookapi"
	"example.com/bookapi/rest"
)

// unauthorized answers 401: we do not know who is calling.
func unauthorized(w http.ResponseWriter) { rest.WriteUnauthorized(w) }

// forbid answers 403: we know who is calling, and they may not. Who tried what
// goes to the log (ASVS 5.0 16.3.2); why they may not is not for the answer.
func forbid(w http.ResponseWriter, r *http.Request) {
	user, _ := bookapi.UserFrom(r.Context())
	slog.WarnContext(r.Context(), "forbidden", "user", user.Username, "method", r.Method, "path", r.URL.Path)
	rest.WriteProblem(w, http.StatusForbidden, "you may not do this")
}
