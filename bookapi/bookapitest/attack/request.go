package attack

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
)

// Clone returns a copy of a request, with a body of its own. Both can be sent.
func Clone(r *http.Request) *http.Request {
	clone := r.Clone(r.Context())
	setBody(clone, readBody(r))
	clone.ContentLength = r.ContentLength // also when it is a lie
	return clone
}

// readBody returns the body of a request and leaves it there.
func readBody(r *http.Request) []byte {
	if r.Body == nil || r.Body == http.NoBody {
		return nil
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic("attack: a request whose body cannot be read: " + err.Error())
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return body
}

func setBody(r *http.Request, body []byte) {
	r.ContentLength = int64(len(body))
	r.Form, r.PostForm, r.MultipartForm = nil, nil, nil
	if len(body) == 0 {
		r.Body = http.NoBody
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
}

// With returns a copy of a request with one difference.
//
//	attack.With(r, func(r *http.Request) { r.Header.Set("X-User", "grace") })
func With(r *http.Request, difference func(*http.Request)) *http.Request {
	clone := Clone(r)
	difference(clone)
	return clone
}

// WithMethod returns a copy of a request with another method.
func WithMethod(r *http.Request, method string) *http.Request {
	return With(r, func(r *http.Request) { r.Method = method })
}

// WithTarget returns a copy of a request to another path, as it stands in the
// request line, with its query if it has one: "/%62ooks/1?page=2". It returns
// nil if net/http would not let such a request through to a handler.
func WithTarget(r *http.Request, target string) *http.Request {
	u, err := url.ParseRequestURI(target)
	if err != nil {
		return nil
	}
	u.Scheme, u.Host = r.URL.Scheme, r.URL.Host
	return With(r, func(r *http.Request) { r.URL, r.RequestURI = u, target })
}

// WithHeader returns a copy of a request with a header more, or another value of it.
func WithHeader(r *http.Request, name, value string) *http.Request {
	return With(r, func(r *http.Request) { r.Header.Set(name, value) })
}

// withFields returns a copy of a request whose form or JSON object has fields more,
// or other values of them. It returns nil if the body is neither.
func withFields(r *http.Request, fields map[string]string) *http.Request {
	return rewrite(r,
		func(form url.Values) {
			for name, value := range fields {
				form.Set(name, value)
			}
		},
		func(object map[string]json.RawMessage) {
			for name, value := range fields {
				object[name] = jsonValue(value)
			}
		})
}

// jsonValue is a value in JSON: true and numbers as such, all else as a string.
func jsonValue(value string) json.RawMessage {
	var v any
	if json.Unmarshal([]byte(value), &v) == nil {
		return json.RawMessage(value)
	}
	text, err := json.Marshal(value)
	if err != nil {
		panic(err) // no string does that
	}
	return text
}

// ReadsBody reports whether a handler reads the body of a request that it refuses,
// before it answers or after. A caller may send a body that does not end.
func ReadsBody(h http.Handler, r *http.Request) bool {
	body := &unreadBody{}
	r = Clone(r)
	r.Body, r.ContentLength = body, -1
	if r.Header.Get("Content-Type") == "" {
		r.Header.Set("Content-Type", "application/json")
	}
	Record(h, r)
	return body.read.Load()
}

// An unreadBody notices that it is read.
type unreadBody struct{ read atomic.Bool }

func (b *unreadBody) Read([]byte) (int, error) {
	b.read.Store(true)
	return 0, io.ErrUnexpectedEOF
}

func (b *unreadBody) Close() error { return nil }

// rewrite returns a copy of a request with its form or its JSON object changed.
func rewrite(r *http.Request, form func(url.Values), object func(map[string]json.RawMessage)) *http.Request {
	clone := Clone(r)
	body := readBody(clone)
	switch kindOf(r) {
	case InForm:
		values, err := url.ParseQuery(string(body))
		if err != nil {
			return nil
		}
		form(values)
		setBody(clone, []byte(values.Encode()))
	case InJSON:
		members := make(map[string]json.RawMessage)
		if err := json.Unmarshal(body, &members); err != nil {
			return nil
		}
		object(members)
		text, err := json.Marshal(members)
		if err != nil {
			return nil
		}
		setBody(clone, text)
	default:
		return nil
	}
	return clone
}

// kindOf tells whether the body of a request is a form or JSON; "" if neither.
func kindOf(r *http.Request) Place {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case err != nil:
		return ""
	case kind == "application/x-www-form-urlencoded":
		return InForm
	case kind == "application/json" || strings.HasSuffix(kind, "+json"):
		return InJSON
	}
	return ""
}

// fieldsOf names the fields of the form or the JSON object of a request, in any
// letter case, as Go's JSON has none.
func fieldsOf(r *http.Request) (fields []string) {
	rewrite(r,
		func(form url.Values) { fields = slices.Collect(maps.Keys(form)) },
		func(object map[string]json.RawMessage) { fields = slices.Collect(maps.Keys(object)) })
	return fields
}
