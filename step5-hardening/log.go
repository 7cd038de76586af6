package hardening

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"example.com/bookapi"
)

// NewLogHandler returns a handler that adds to each line the address and the ID
// of the request that it belongs to, and cuts what is longer than maxLogged: a
// client chooses its path, its method, and what errors quote.
func NewLogHandler(h slog.Handler) slog.Handler { return logHandler{h} }

// maxLogged is how much of one text stands in the log, in bytes.
const maxLogged = 256

type logHandler struct{ slog.Handler }

func (h logHandler) Handle(ctx context.Context, full slog.Record) error {
	line := slog.NewRecord(full.Time, full.Level, cutForLog(full.Message), full.PC)
	full.Attrs(func(a slog.Attr) bool {
		line.AddAttrs(cutAttr(a))
		return true
	})
	if address := AddressFrom(ctx); address.IsValid() {
		line.AddAttrs(slog.String("address", address.String()))
	}
	if id, ok := ctx.Value(requestID{}).(string); ok {
		line.AddAttrs(slog.String("request", id))
	}
	return h.Handler.Handle(ctx, line)
}

func (h logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	cut := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		cut[i] = cutAttr(a)
	}
	return logHandler{h.Handler.WithAttrs(cut)}
}

func (h logHandler) WithGroup(name string) slog.Handler {
	return logHandler{h.Handler.WithGroup(name)}
}

// cutAttr cuts the texts and errors of an attribute, within groups too.
func cutAttr(a slog.Attr) slog.Attr {
	a.Value = a.Value.Resolve()
	switch a.Value.Kind() {
	case slog.KindString:
		a.Value = slog.StringValue(cutForLog(a.Value.String()))
	case slog.KindGroup:
		attrs := slices.Clone(a.Value.Group())
		for i := range attrs {
			attrs[i] = cutAttr(attrs[i])
		}
		a.Value = slog.GroupValue(attrs...)
	case slog.KindAny:
		if err, ok := a.Value.Any().(error); ok {
			a.Value = slog.StringValue(cutForLog(err.Error()))
		}
	}
	return a
}

// cutForLog returns a text as it may stand in a log.
func cutForLog(text string) string {
	if len(text) <= maxLogged {
		return text
	}
	return strings.ToValidUTF8(text[:maxLogged], "") + fmt.Sprintf("… (%d bytes)", len(text))
}

type requestID struct{}

// WithRequestID gives each request an ID, and tells the client in X-Request-Id, so
// that a person who asks for help can name the line in the log. One that the
// client sends does not count: it could be that of another request.
func WithRequestID(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := rand.Text()
		w.Header().Set("X-Request-Id", id)
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), requestID{}, id)))
	})
}

// nameForLog returns a username as it may stand in a log. What cannot be one is
// left out: it may be a password, typed into the wrong field.
func nameForLog(username string) string {
	if bookapi.ValidateUsername(username) != nil {
		return "(not a username)"
	}
	return username
}
