package token

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Peek returns the claims of a token without its key, as whoever finds it in a
// log or a browser can. It verifies nothing: what it returns is hearsay.
func Peek(token string) (map[string]any, error) {
	// Exercise 2.2: read somebody's token. You have no key, and need none.
	//
	// A token is three texts joined by dots: header, payload, signature. The
	// payload is JSON in base64url without padding: base64.RawURLEncoding. What
	// is not built like that is an error.
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, errors.New("token: not three parts joined by dots")
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return nil, fmt.Errorf("token: payload: %w", err)
	}
	var claims map[string]any
	if err := json.Unmarshal(payload, &claims); err != nil {
		return nil, fmt.Errorf("token: payload: %w", err)
	}
	return claims, nil
}
