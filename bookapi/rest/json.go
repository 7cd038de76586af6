package rest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
)

// MaxBody is the largest JSON body that is read, in bytes.
const MaxBody = 64 << 10

// A badRequest is a body that is not what the endpoint takes.
type badRequest struct {
	status int
	detail string
}

func (e *badRequest) Error() string { return e.detail }

// ReadJSON reads the one JSON object that is the request's body into v. If it
// cannot, it answers the client and returns false: 415 for another content
// type, 413 for more than MaxBody bytes, 400 for anything that is not exactly
// one object of v's fields and types. A field that v does not have is refused
// rather than dropped (ASVS 5.0 15.3.3).
func ReadJSON(w http.ResponseWriter, r *http.Request, v any) bool {
	err := readJSON(w, r, v)
	if err == nil {
		return true
	}
	bad := &badRequest{status: http.StatusBadRequest, detail: "the body could not be read"}
	errors.As(err, &bad)
	WriteProblem(w, bad.status, bad.detail)
	return false
}

func readJSON(w http.ResponseWriter, r *http.Request, v any) error {
	if mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || mediaType != "application/json" {
		return &badRequest{http.StatusUnsupportedMediaType, "send the body as Content-Type: application/json"}
	}
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, MaxBody))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return inClientsWords(err)
	}
	switch err := d.Decode(new(json.RawMessage)); {
	case err == io.EOF:
		return nil
	case err == nil:
		return &badRequest{http.StatusBadRequest, "send one JSON object, not several"}
	default:
		return inClientsWords(err)
	}
}

// inClientsWords says what is wrong with a body without naming our Go types.
func inClientsWords(err error) error {
	var (
		tooLarge  *http.MaxBytesError
		wrongType *json.UnmarshalTypeError
		syntax    *json.SyntaxError
	)
	switch {
	case errors.As(err, &tooLarge):
		return &badRequest{http.StatusRequestEntityTooLarge, fmt.Sprintf("the body is larger than %d bytes", tooLarge.Limit)}
	case errors.As(err, &wrongType) && wrongType.Field != "":
		return &badRequest{http.StatusBadRequest, fmt.Sprintf("%s must not be a JSON %s", wrongType.Field, wrongType.Value)}
	case errors.As(err, &wrongType):
		return &badRequest{http.StatusBadRequest, fmt.Sprintf("send a JSON object, not a JSON %s", wrongType.Value)}
	case errors.As(err, &syntax):
		return &badRequest{http.StatusBadRequest, fmt.Sprintf("malformed JSON at byte %d", syntax.Offset)}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return &badRequest{http.StatusBadRequest, "the JSON ends too early"}
	}
	if field, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return &badRequest{http.StatusBadRequest, "there is no field " + field + " here"}
	}
	return err
}
