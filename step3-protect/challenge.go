package protect

import (
	"errors"
	"net/http"

	"example.com/bookapi/rest"
)

// refuse answers 401. A request without a token gets the bare challenge; any
// other reason is an invalid_token, and which one it was is not for the answer
// (RFC 6750 §3.1).
func refuse(w http.ResponseWriter, reason error) {
	if errors.Is(reason, ErrNoToken) {
		rest.WriteUnauthorized(w)
		return
	}
	rest.WriteInvalidToken(w)
}
