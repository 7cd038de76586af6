package token

import (
	"net/http"
	"time"

	"example.com/bookapi/rest"
)

// writeToken hands out a token (RFC 6749 §5.1). No cache may keep the answer.
func writeToken(w http.ResponseWriter, raw string, lifetime time.Duration) {
	w.Header().Set("Cache-Control", "no-store")
	rest.WriteJSON(w, http.StatusOK, struct {
		AccessToken string `json:"access_token"`
		TokenType   string `json:"token_type"`
		ExpiresIn   int64  `json:"expires_in"` // seconds
	}{raw, "Bearer", int64(lifetime / time.Second)})
}

// writeError refuses with a code of RFC 6749 §5.2. A 401 carries a challenge,
// as every 401 must (RFC 9110 §15.5.2).
func writeError(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Cache-Control", "no-store")
	if status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	rest.WriteJSON(w, status, struct {
		Error string `json:"error"`
	}{code})
}
