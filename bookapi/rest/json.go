package rest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"
)

// MaxBody is the largest JSON body that is read, in bytes.
const MaxBody = 64 << 10

// ReadJSON reads the one JSON object that is the request's body into v. If it
// cannot, it answers the client and returns false: 415 for another content
// type, charset or coding, 413 for more than MaxBody bytes, 400 for anything that is not exactly
// one object of v's fields and types. A field that v does not have is refused
// rather than dropped (ASVS 5.0 15.3.3), and so is one that is there twice.
func ReadJSON(w http.ResponseWriter, r *http.Request, v any) bool {
	if bad := readJSON(w, r, v); bad != nil {
		WriteProblem(w, bad.status, bad.detail)
		return false
	}
	return true
}

// A bodyError is a body that is not what the endpoint takes.
type bodyError struct {
	status int
	detail string
}

func malformed(format string, args ...any) *bodyError {
	return &bodyError{http.StatusBadRequest, fmt.Sprintf(format, args...)}
}

func readJSON(w http.ResponseWriter, r *http.Request, v any) *bodyError {
	mediaType, parameters, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if charset := parameters["charset"]; err != nil || mediaType != "application/json" || charset != "" && !strings.EqualFold(charset, "utf-8") {
		return &bodyError{http.StatusUnsupportedMediaType, "send the body as Content-Type: application/json, in UTF-8"}
	}
	if coding := r.Header.Get("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		return &bodyError{http.StatusUnsupportedMediaType, "send the body as it is, without Content-Encoding"} // RFC 9110 §15.5.16
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
	switch {
	case errors.As(err, new(*http.MaxBytesError)):
		return &bodyError{http.StatusRequestEntityTooLarge, fmt.Sprintf("the body is larger than %d bytes", MaxBody)}
	case err != nil:
		return malformed("the body did not arrive whole")
	case !utf8.Valid(body):
		// The decoder would replace such bytes: two passwords could become one.
		return malformed("the body is not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return describeJSONError(err)
	}
	if _, err := d.Token(); err != io.EOF {
		return malformed("send one JSON object and nothing after it")
	}
	return checkNames(body)
}

// describeJSONError says what is wrong with a body without naming our Go types.
func describeJSONError(err error) *bodyError {
	var (
		wrongType *json.UnmarshalTypeError
		syntax    *json.SyntaxError
	)
	switch {
	case errors.As(err, &wrongType) && wrongType.Field != "":
		return malformed("%s takes no JSON %s", wrongType.Field, cut(wrongType.Value))
	case errors.As(err, &wrongType):
		return malformed("send a JSON object, not a JSON %s", cut(wrongType.Value))
	case errors.As(err, &syntax):
		return malformed("malformed JSON at byte %d", syntax.Offset)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return malformed("the JSON ends too early")
	}
	if field, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return malformed("there is no field %s here", cut(field))
	}
	return malformed("this JSON is not what belongs here")
}

// cut cuts what a client has written to a length at which an answer can repeat it.
func cut(text string) string {
	const enough = 40 // bytes, for any name of ours
	if len(text) <= enough {
		return text
	}
	return strings.ToValidUTF8(text[:enough], "") + "…"
}

// checkNames refuses what the decoder lets pass in well-formed JSON: null in
// the place of the object, and a name that is there twice. The decoder would
// take the last of two, another program on the way the first (RFC 8259 §4).
func checkNames(body []byte) *bodyError {
	d := json.NewDecoder(bytes.NewReader(body))
	if start, _ := d.Token(); start != json.Delim('{') {
		return malformed("send a JSON object, not a JSON null")
	}
	var seen []string
	for d.More() {
		token, _ := d.Token()
		name, _ := token.(string)
		sameName := func(other string) bool { return strings.EqualFold(name, other) } // as the decoder compares
		if slices.ContainsFunc(seen, sameName) {
			return malformed("%s is there twice", name)
		}
		seen = append(seen, name)
		if err := d.Decode(new(json.RawMessage)); err != nil {
			return describeJSONError(err)
		}
	}
	return nil
}
