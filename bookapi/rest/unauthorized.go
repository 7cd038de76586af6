package rest

import "net/http"

// Challenge is what every 401 carries as WWW-Authenticate (RFC 9110 §15.5.2): it
// names the scheme that a client logs in with.
const Challenge = `Bearer realm="bookapi"`

// WriteUnauthorized answers 401 to a request without a token. The challenge is
// bare, so that a client learns which scheme to use (RFC 6750 §3.1).
func WriteUnauthorized(w http.ResponseWriter) {
	w.Header().Set("WWW-Authenticate", Challenge)
	WriteProblem(w, http.StatusUnauthorized, "log in at POST /token and send the token as Authorization: Bearer")
}

// WriteInvalidToken answers 401 to a request whose token is not good. Which of
// its faults it was is not for the answer (RFC 6750 §3.1).
func WriteInvalidToken(w http.ResponseWriter) {
	w.Header().Set("WWW-Authenticate", Challenge+`, error="invalid_token"`)
	WriteProblem(w, http.StatusUnauthorized, "the token is not valid, or no longer: log in again")
}
