package attack

import (
	"cmp"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// documents are where APIs keep their OpenAPI document.
var documents = []string{"/openapi.json", "/docs/openapi.json", "/docs/json", "/documentation/json", "/swagger.json", "/v3/api-docs", "/api/openapi.json"}

// document is an OpenAPI document (OpenAPI 3), as far as it says how to log in and
// what needs a login. Whatever it does not have is empty.
type document struct {
	Info       struct{ Title string }
	Servers    []struct{ URL string }
	Paths      map[string]map[string]json.RawMessage
	Security   []map[string]json.RawMessage
	Components struct {
		SecuritySchemes map[string]securityScheme
	}
	whole any
	at    *url.URL
}

type securityScheme struct {
	Type, Scheme string
	Flows        struct {
		Password struct{ TokenURL string }
	}
}

type operation struct {
	method, path         string
	Tags                 []string
	Summary, Description string
	Security             *[]map[string]json.RawMessage
	Parameters           []json.RawMessage
	RequestBody          json.RawMessage
}

// parseDocument reads an OpenAPI document that was found at an address. It reports
// false for what is none.
func parseDocument(text []byte, at *url.URL) (*document, bool) {
	d := &document{at: at}
	if json.Unmarshal(text, d) != nil || len(d.Paths) == 0 || json.Unmarshal(text, &d.whole) != nil {
		return nil, false
	}
	return d, true
}

var methods = []string{"get", "post", "put", "patch", "delete"}

// operations are those of the document, in the order of their paths.
func (d *document) operations() (all []operation) {
	for _, path := range slices.Sorted(maps.Keys(d.Paths)) {
		for _, method := range methods {
			text, ok := d.Paths[path][method]
			if !ok || !strings.HasPrefix(path, "/") {
				continue
			}
			o := operation{method: strings.ToUpper(method), path: path}
			if json.Unmarshal(text, &o) != nil {
				continue
			}
			var shared []json.RawMessage
			_ = json.Unmarshal(d.Paths[path]["parameters"], &shared) // most paths have none
			o.Parameters = append(shared, o.Parameters...)
			all = append(all, o)
		}
	}
	return all
}

// isLocked reports whether an operation needs a login, by the document.
func (d *document) isLocked(o operation) bool {
	security := d.Security
	if o.Security != nil {
		security = *o.Security
	}
	return len(security) > 0 && !slices.ContainsFunc(security, func(s map[string]json.RawMessage) bool { return len(s) == 0 })
}

// schema is a part of a JSON Schema.
type schema map[string]any

// resolve follows a reference within the document, and only there.
func (d *document) resolve(value any) schema {
	s, _ := value.(map[string]any)
	for range 8 {
		ref, ok := s["$ref"].(string)
		if !ok {
			return s
		}
		var found = d.whole
		for part := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
			object, _ := found.(map[string]any)
			found = object[strings.NewReplacer("~1", "/", "~0", "~").Replace(part)]
		}
		s, _ = found.(map[string]any)
	}
	return s
}

// body is the schema of an operation's body, and how it is sent.
func (d *document) body(o operation) (s schema, send string) {
	var body any
	_ = json.Unmarshal(o.RequestBody, &body) // most have none
	content, _ := d.resolve(body)["content"].(map[string]any)
	for kind, send := range map[string]string{"application/x-www-form-urlencoded": "form", "application/json": "json"} {
		if of, ok := content[kind].(map[string]any); ok {
			return d.resolve(of["schema"]), send
		}
	}
	return nil, ""
}

// properties are those of a schema, those of allOf and anyOf too.
func (d *document) properties(s schema, depth int) map[string]schema {
	all := make(map[string]schema)
	if depth > 6 {
		return all
	}
	for _, key := range []string{"allOf", "anyOf", "oneOf"} {
		parts, _ := s[key].([]any)
		for _, part := range parts {
			maps.Copy(all, d.properties(d.resolve(part), depth+1))
			if key != "allOf" {
				break
			}
		}
	}
	properties, _ := s["properties"].(map[string]any)
	for name, p := range properties {
		all[name] = d.resolve(p)
	}
	return all
}

// example is a value that a schema allows.
func (d *document) example(s schema, depth int) any {
	for _, key := range []string{"example", "const", "default"} {
		if v, ok := s[key]; ok && v != nil {
			return v
		}
	}
	for _, key := range []string{"examples", "enum"} {
		if list, ok := s[key].([]any); ok && len(list) > 0 {
			return list[0]
		}
	}
	for _, key := range []string{"anyOf", "oneOf"} {
		if list, ok := s[key].([]any); ok && len(list) > 0 {
			return d.example(d.resolve(list[0]), depth+1)
		}
	}
	kind, _ := s["type"].(string)
	if list, ok := s["type"].([]any); ok && len(list) > 0 {
		kind, _ = list[0].(string)
	}
	switch kind {
	case "integer", "number":
		if least, ok := s["minimum"].(float64); ok {
			return least
		}
		return 1
	case "boolean":
		return true
	case "array":
		return []any{}
	case "string":
		return "{random}"
	}
	object := make(map[string]any)
	if depth > 6 {
		return object
	}
	properties := d.properties(s, 0)
	for _, name := range d.required(s) {
		object[name] = d.example(properties[name], depth+1)
	}
	return object
}

func (d *document) required(s schema) (names []string) {
	for _, part := range list(s["allOf"]) {
		names = append(names, d.required(d.resolve(part))...)
	}
	for _, name := range list(s["required"]) {
		if text, ok := name.(string); ok {
			names = append(names, text)
		}
	}
	return names
}

func list(value any) []any {
	l, _ := value.([]any)
	return l
}

// request is an operation with an example of what it needs.
func (d *document) request(o operation) Operation {
	request := Operation{Method: o.method, Path: o.path}
	query := url.Values{}
	for _, text := range o.Parameters {
		var value any
		_ = json.Unmarshal(text, &value) // it was read once already
		p := d.resolve(value)
		name, _ := p["name"].(string)
		if p["in"] == "query" && p["required"] == true {
			query.Set(name, textOf(d.example(d.resolve(p["schema"]), 0)))
		}
	}
	if len(query) > 0 {
		request.Path += "?" + strings.NewReplacer("%7B", "{", "%7D", "}").Replace(query.Encode())
	}
	if s, send := d.body(o); send != "" {
		example := d.example(s, 0)
		if send == "json" {
			text, _ := json.Marshal(example) // it came from JSON
			request.JSON = string(text)
		} else if fields, ok := example.(map[string]any); ok {
			form := url.Values{}
			for name, v := range fields {
				form.Set(name, textOf(v))
			}
			request.Form = strings.NewReplacer("%7B", "{", "%7D", "}").Replace(form.Encode())
		}
	}
	return request
}

func textOf(value any) string {
	if text, ok := value.(string); ok {
		return text
	}
	text, _ := json.Marshal(value) // it came from JSON
	return string(text)
}

var (
	nameFields     = regexp.MustCompile(`(?i)^(user_?name|e?mail|login|user|name)$`)
	passwordFields = regexp.MustCompile(`(?i)^(password|passwd|pass|pwd)$`)
	parameters     = regexp.MustCompile(`\{[^/{}]+\}`)
)

// credentials are the fields of a body that take a name and a password.
func (d *document) credentials(o operation) (f Form, ok bool) {
	s, send := d.body(o)
	f = Form{Method: o.method, Path: o.path, Send: send, Also: make(map[string]string)}
	properties := d.properties(s, 0)
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		switch {
		case passwordFields.MatchString(name):
			f.Password = name
		case nameFields.MatchString(name) && (f.Username == "" || strings.Contains(strings.ToLower(name), "user")):
			f.Username = name
		}
	}
	for _, name := range d.required(s) {
		if name != f.Username && name != f.Password {
			f.Also[name] = textOf(d.example(properties[name], 0))
		}
	}
	return f, f.Username != "" && f.Password != ""
}

// tokenPath is the path of the token URL of the password flow. It may be relative
// to the document (OpenAPI 3 "OAuth Flow Object"); another host is not followed.
func (d *document) tokenPath() string {
	for _, name := range slices.Sorted(maps.Keys(d.Components.SecuritySchemes)) {
		written := d.Components.SecuritySchemes[name].Flows.Password.TokenURL
		u, err := url.Parse(written)
		if written == "" || err != nil {
			continue
		}
		at := d.at
		if len(d.Servers) > 0 {
			if server, err := url.Parse(d.Servers[0].URL); err == nil {
				at = at.ResolveReference(server)
				if !strings.HasSuffix(at.Path, "/") {
					at.Path += "/"
				}
			}
		}
		if u = at.ResolveReference(u); u.Host == d.at.Host {
			return u.Path
		}
	}
	return ""
}

// profile is what the document says of an API. The paths are relative to base.
func (d *document) profile(base *url.URL) Profile {
	var p Profile
	below := func(path string) string {
		return cmp.Or(strings.TrimPrefix(path, strings.TrimSuffix(base.Path, "/")), "/")
	}
	if path := d.tokenPath(); path != "" {
		p.Login.Form = Form{Method: http.MethodPost, Path: below(path), Send: "form"}
	}
	all := d.operations()
	for _, o := range all {
		if d.isLocked(o) || o.method != http.MethodPost {
			continue
		}
		f, ok := d.credentials(o)
		isLogin := o.path == p.Login.Path || p.Login.Path == "" && regexp.MustCompile(`(?i)token|login|signin|session`).MatchString(o.path)
		switch {
		case !ok:
		case isLogin:
			p.Login.Form = f
		case p.SignUp.Path == "" && !regexp.MustCompile(`(?i)token|login|reset|refresh`).MatchString(o.path):
			p.SignUp = f
		}
	}
	for _, o := range all {
		if !d.isLocked(o) {
			continue
		}
		request := d.request(o)
		p.locked = append(p.locked, request)
		plain := !strings.Contains(o.path, "{")
		switch {
		case o.method == http.MethodGet && plain && (!p.Read.there() || regexp.MustCompile(`(^|/)(me|whoami|profile)$`).MatchString(o.path)):
			p.Read = request
		case (o.method == http.MethodPut || o.method == http.MethodPatch) && plain && request.JSON != "" && regexp.MustCompile(`(^|/)(me|whoami|profile|account|settings|user)$`).MatchString(o.path):
			p.accounts = append(p.accounts, request)
		case o.method == http.MethodPost && plain && !p.Write.there():
			p.Write = request
		}
	}
	for _, o := range all {
		path, _, _ := strings.Cut(p.Write.Path, "?")
		rest, ok := strings.CutPrefix(o.path, strings.TrimSuffix(path, "/")+"/")
		if !ok || path == "" || !d.isLocked(o) || parameters.ReplaceAllString(rest, "") != "" {
			continue
		}
		p.Object.Path = path + "/{id}"
		if o.method != http.MethodGet {
			p.changes = append(p.changes, d.request(o))
			s, _ := d.body(o)
			p.offered = append(p.offered, slices.Collect(maps.Keys(d.properties(s, 0)))...)
		}
		switch o.method {
		case http.MethodPut, http.MethodPatch:
			p.Object.Change = cmp.Or(p.Object.Change, o.method)
		case http.MethodDelete:
			p.Object.Delete = o.method
		}
	}
	p.queries = make(map[string][]string)
	for _, o := range all {
		if d.administratorsOnly(o) {
			p.admins = append(p.admins, d.request(o))
		}
		for _, text := range o.Parameters {
			var value any
			_ = json.Unmarshal(text, &value) // it was read once already
			q := d.resolve(value)
			if name, _ := q["name"].(string); q["in"] == "query" && o.method == http.MethodGet {
				p.queries[o.path] = append(p.queries[o.path], name)
			}
		}
	}
	for _, o := range all { // what is read of one object
		if rest, ok := strings.CutPrefix(parameters.ReplaceAllString(o.path, "{}"), strings.ReplaceAll(p.Object.Path, "{id}", "{}")+"/"); ok && !strings.Contains(rest, "{") && p.Object.Path != "" && o.method == http.MethodGet {
			p.parts = append(p.parts, d.request(o))
		}
	}
	return p
}
