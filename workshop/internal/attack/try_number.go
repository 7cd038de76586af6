package attack

import (
	"cmp"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"example.com/bookapi/bookapitest/forge"
)

// number is what an API calls an account beside its name: what is told to its owner as
// its id, or what a token has for its subject. It is "" if there is none.
func (r *run) number(p *person) string {
	if o := r.Profile.Read; p.number == nil && o.there() && o.Method == http.MethodGet {
		text, found := r.send(r.request(o, p)).Body, ""
		for _, around := range []string{"", "data.", "user.", "account.", "data.user."} {
			for _, name := range []string{"id", "user_id", "userId", "uid", "uuid"} {
				found = cmp.Or(found, valueIn(text, around+name))
			}
		}
		if t, err := forge.Open(p.token); err == nil && found == "" {
			switch sub := t.Claim("sub").(type) {
			case string:
				found = sub
			case json.Number:
				found = sub.String()
			}
		}
		p.number = &found
	}
	if p.number == nil || *p.number == p.Username {
		return ""
	}
	return *p.number
}

// known are the name of an account, and its number if it has one.
func (r *run) known(p *person) []string {
	if n := r.number(p); n != "" {
		return []string{p.Username, n}
	}
	return []string{p.Username}
}

var (
	namesOfUsers   = regexp.MustCompile(`(?i)^\{(user|user_?name|name|login)\}$`)
	numbersOfUsers = regexp.MustCompile(`(?i)^\{(user_?id|uid|account_?id)\}$`)
	users          = regexp.MustCompile(`(?i)^(users?|accounts?|members?|customers?|people)$`)
)

// filled is a path with somebody's name and number, and the number of an object of theirs,
// where it has parameters for them.
func (r *run) filled(path string, whose *person) string {
	bare, query, there := strings.Cut(path, "?")
	parts := strings.Split(bare, "/")
	for i, part := range parts {
		switch {
		case !parameters.MatchString(part) || part == "{random}":
		case namesOfUsers.MatchString(part):
			parts[i] = url.PathEscape(whose.Username)
		case numbersOfUsers.MatchString(part) || i > 0 && users.MatchString(parts[i-1]):
			parts[i] = url.PathEscape(cmp.Or(r.number(whose), whose.Username))
		default:
			if o := r.newObject(whose); o != nil {
				parts[i] = url.PathEscape(o.id)
			}
		}
	}
	bare = strings.Join(parts, "/")
	if there {
		bare += "?" + query
	}
	return bare
}

// secretFields are names of what an account has for its password. A salt or a hash alone
// may be of something else.
var secretFields = regexp.MustCompile(`(?i)^((hashed|encrypted)_?)?(password|passwd|pwd)(_?(hash|hashed|digest|salt|key))?$`)

// secretValue is how such a value looks, in hex, base64 or with parts: "***" is none, and
// neither is a word.
var secretValue = regexp.MustCompile(`^[A-Za-z0-9+/=_.:$,-]{24,}$`)

// secretMembers are the values of such members of a JSON text, wherever they stand, by
// their names.
func secretMembers(text string) map[string]string {
	found := make(map[string]string)
	var body any
	if json.Unmarshal([]byte(text), &body) != nil {
		return found
	}
	var in func(value any, under string)
	in = func(value any, under string) {
		switch value := value.(type) {
		case map[string]any:
			for name, inner := range value {
				if secretFields.MatchString(name) {
					in(inner, name)
				} else if _, leaf := inner.(string); !leaf || under != "" {
					in(inner, under)
				}
			}
		case []any:
			for _, inner := range value {
				in(inner, under)
			}
		case string:
			if under != "" && secretValue.MatchString(value) && !randoms.MatchString(value) && strings.ContainsAny(value, "0123456789") {
				found[under] += value
			}
		}
	}
	in(body, "")
	return found
}

// secretMember is a member that holds something of a password: it is there in the answers
// to two people, and another one for each. What is the same for all says nothing.
func secretMember(one, another string) string {
	theirs := secretMembers(another)
	names := make([]string, 0, len(theirs))
	for name, value := range secretMembers(one) {
		if theirs[name] != "" && theirs[name] != value {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return strings.Join(names, " and ")
}
