package attack

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	kind "example.com/bookapi/bookapitest/attack"
)

// curl is a request as lines for a shell. Tokens of people are variables, which the
// lines before get from a login.
func (r *run) curl(request *http.Request, people []*person) (lines []string) {
	request = kind.Clone(request)
	variables := make(map[string]string)
	for i, p := range people {
		name := "TOKEN"
		if i > 0 {
			name = fmt.Sprintf("TOKEN%d", i+1)
		}
		if p == nil || p.token == "" {
			continue
		}
		variables[p.token] = name
		member := r.Profile.Login.Answer[strings.LastIndex(r.Profile.Login.Answer, ".")+1:]
		lines = append(lines, fmt.Sprintf(`%s=$(%s | sed 's/.*"%s" *: *"\([^"]*\)".*/\1/')`, name, r.line(r.loginAs(p.Username, p.Password), nil, "-s"), member))
	}
	return append(lines, r.line(request, variables, "-s -i"))
}

// line is one request as one line.
func (r *run) line(request *http.Request, variables map[string]string, flags string) string {
	var b strings.Builder
	b.WriteString("curl " + flags + " --path-as-is")
	if r.base.Scheme == "https" {
		b.WriteString(" -k")
	}
	body, _ := io.ReadAll(request.Body) // it is in memory
	if request.Method != http.MethodGet || len(body) > 0 {
		b.WriteString(" -X " + quote(request.Method, nil))
	}
	u := *request.URL
	u.Scheme, u.Host = r.base.Scheme, r.base.Host
	address := u.Scheme + "://" + u.Host + strings.TrimSuffix(r.base.EscapedPath(), "/") + u.EscapedPath()
	if u.RawQuery != "" {
		address += "?" + u.RawQuery
	}
	b.WriteString(" " + quote(address, variables))
	if request.Host != "" && request.Host != "example.com" && request.Host != r.base.Host {
		b.WriteString(" -H " + quote("Host: "+request.Host, nil))
	}
	names := make([]string, 0, len(request.Header))
	for name := range request.Header {
		if name != "User-Agent" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		for _, value := range request.Header[name] {
			b.WriteString(" -H " + quote(name+": "+value, variables))
		}
	}
	if len(body) > 0 {
		b.WriteString(" --data-raw " + quote(string(body), variables))
	}
	return b.String()
}

// quote writes a text for a POSIX shell. What the variables stand for becomes a
// variable outside the quotes' reach.
func quote(text string, variables map[string]string) string {
	quoted := "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
	for value, name := range variables {
		quoted = strings.ReplaceAll(quoted, value, `'"$`+name+`"'`)
	}
	return quoted
}
