package hardening

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"

	"example.com/bookapi"
)

// NewLogHandler returns a handler that adds to each line from which address the
// request came that it belongs to, and the request's ID.
func NewLogHandler(h slog.Handler) slog.Handler { return logHandler{h} }

type logHandler struct{ slog.Handler }

func (h logHandler) Handle(ctx context.Context, line slog.Record) error {
	if address := AddressFrom(ctx); address.IsValid() {
		line.AddAttrs(slog.String("address", address.String()))
	}
	if id, ok := ctx.Value(requestID{}).(string); ok {
		line.AddAttrs(slog.String("request", id))
	}
	return h.Handler.Handle(ctx, line)
}

func (h logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return logHandler{h.Handler.WithAttrs(attrs)}
}

func (h logHandler) WithGroup(name string) slog.Handler {
	return logHandler{h.Handler.WithGroup(name)}
}

type requestID struct{}

// identify gives each request an ID, and tells the client in X-Request-Id, so
// that a person who asks for help can name the line in the log. One that the
// client sends does not count: it could be that of somebody else's request.
func identify(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := rand.Text()
		w.Header().Set("X-Request-Id", id)
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), requestID{}, id)))
	})
}

// nameForLog returns a username as it may stand in a log. What cannot be one is
// left out, since people type their password into the wrong field.
func nameForLog(username string) string {
	if bookapi.ValidateUsername(username) != nil {
		return "(not a username)"
	}
	return username
}
