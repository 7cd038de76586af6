package attack

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// readings are the ways in which a token without a signature may be written.
var readings = []struct {
	name   string
	decode func(string) ([]byte, error)
	encode func([]byte) string
}{
	{"base64", base64.URLEncoding.DecodeString, base64.URLEncoding.EncodeToString},
	{"base64", base64.RawURLEncoding.DecodeString, base64.RawURLEncoding.EncodeToString},
	{"base64", base64.StdEncoding.DecodeString, base64.StdEncoding.EncodeToString},
	{"base64", base64.RawStdEncoding.DecodeString, base64.RawStdEncoding.EncodeToString},
	{"hex", hex.DecodeString, hex.EncodeToString},
	{"plain text", func(s string) ([]byte, error) { return []byte(s), nil }, func(b []byte) string { return string(b) }},
}

// rewritten makes another's token out of one that is no JSON Web Token: what it says is
// read, the name or the number of the account is replaced, and it is written again.
func (r *run) rewritten() outcome {
	const opaque = "the token is no JSON Web Token, so nobody can make another out of it"
	read := r.Profile.Read
	if r.other == nil || !read.there() || read.Method != http.MethodGet {
		return unsure(opaque)
	}
	mine, theirs := r.known(r.user), r.known(r.other)
	for _, way := range readings {
		text, err := way.decode(r.user.token)
		if err != nil {
			continue
		}
		for i := range min(len(mine), len(theirs)) {
			changed := renamed(string(text), mine[i], theirs[i])
			forged := way.encode([]byte(changed))
			if changed == string(text) || forged == r.other.token && len(forged) < 8 {
				continue
			}
			request := r.request(read, nil)
			r.authorize(request, forged)
			if a := r.send(request); a.Status/100 == 2 && strings.Contains(a.Body, `"`+r.other.Username+`"`) && !strings.Contains(a.Body, `"`+r.user.Username+`"`) {
				return broken(request, "the token is %s of %s, without a signature: mallory writes another's into it, and is answered as %s", way.name, cut(strconv.Quote(string(text)), 60), r.other.Username).because("rewritten")
			}
		}
	}
	return unsure(opaque)
}

// renamed is what a token says with another's name or number in it.
func renamed(text, mine, theirs string) string {
	var body map[string]any
	if json.Unmarshal([]byte(text), &body) == nil {
		for name, value := range body {
			switch value := value.(type) {
			case string:
				if value == mine {
					body[name] = theirs
				}
			case float64:
				if n, err := strconv.ParseFloat(theirs, 64); err == nil && strconv.FormatFloat(value, 'f', -1, 64) == mine {
					body[name] = n
				}
			}
		}
		return encode(body)
	}
	parts := strings.FieldsFunc(text, func(c rune) bool { return strings.ContainsRune(":|;,&= ", c) })
	for _, part := range parts {
		if part == mine && len(parts) > 1 || text == mine {
			return strings.Replace(text, part, theirs, 1)
		}
	}
	return text
}

// most is up to which number tokens are looked for that are made of a counter.
const most = 100_000

// counted looks whether tokens are made of what mallory can count or knows.
func (r *run) counted() outcome {
	const opaque = "the token is not signed with HS256, HS384 or HS512, so there is no secret to guess"
	if r.other == nil {
		return unsure(opaque)
	}
	mine, theirs := r.origin(r.user), r.origin(r.other)
	if mine == "" || theirs == "" {
		return unsure(opaque)
	}
	request := r.request(Operation{Method: http.MethodGet, Path: "/"}, nil)
	if r.oracle != nil {
		request = r.request(r.oracle.operation, nil)
	}
	r.authorize(request, r.other.token)
	return withCWE(broken(request, "the token of mallory is made of %s, and that of %s of %s: the next one is guessed at home", mine, r.other.Username, theirs), 340)
}

// origin says what a token is made of, "" if that cannot be told.
func (r *run) origin(p *person) string {
	if n, err := strconv.ParseUint(p.token, 10, 64); err == nil && n < most*10 {
		return "the number " + p.token
	}
	var wanted [][]byte
	for _, way := range readings {
		if b, err := way.decode(p.token); err == nil && slices.Contains([]int{16, 20, 32, 64}, len(b)) {
			wanted = append(wanted, b)
		}
	}
	if len(wanted) == 0 {
		return ""
	}
	made := func(of string) string {
		for name, digest := range digests(of) {
			if slices.ContainsFunc(wanted, func(w []byte) bool { return bytes.Equal(w, digest) }) {
				return "the " + name + " of " + strconv.Quote(of)
			}
		}
		return ""
	}
	for _, known := range r.known(p) {
		if got := made(known); got != "" {
			return got
		}
	}
	for n := range most {
		if got := made(strconv.Itoa(n)); got != "" {
			return got
		}
	}
	return ""
}
