package token

// Peek returns the claims of a token without its key, as anyone can who finds it
// in a log or a browser. It verifies nothing: the claims may be forged. A text
// that is no token is an error: three parts joined by dots, and the one in the
// middle, the payload, a JSON object in base64url without padding (RFC 7515 §2). The
// error repeats neither the text, which may be a good token all the same, nor a
// part of it.
func Peek(token string) (map[string]any, error) {
	// Exercise 2.2: read a token. You have no key, and need none.
	//
	// Toolbox: the packages strings, encoding/base64 and encoding/json.
	return nil, errTODO("2.2")
}
