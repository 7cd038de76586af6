package protect

import (
	"errors"
	"net/http"

	"example.com/bookapi/rest"
)

// refuse answers 401. A request without a token gets the bare challenge, so
// that a client learns which scheme to use; any other reason is an
// invalid_token, and which one it was is none of the caller's business
// (RFC 6750 §3, §3.1).
func refuse(w http.ResponseWriter, reason error) {
	if errors.Is(reason, ErrNoToken) {
		w.Header().Set("WWW-Authenticate", `Bearer realm="bookapi"`)
		rest.WriteProblem(w, http.StatusUnauthorized, "log in at POST /token and send the token as Authorization: Bearer")
		return
	}
	w.Header().Set("WWW-Authenticate", `Bearer realm="bookapi", error="invalid_token"`)
	rest.WriteProblem(w, http.StatusUnauthorized, "the token is not valid, or no longer: log in again")
}
