package attack

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"example.com/bookapi/bookapitest/forge"
)

// privileges are names of fields that say what an account may do.
var privileges = regexp.MustCompile(`(?i)^(is_?)?(admin|administrator|superuser|super_user|staff|root|owner|moderator|verified|email_verified|approved)$|^(user_?)?(roles?|type|level)$|^(scopes?|permissions?|privileges|groups?|access_?level|account_?type)$`)

// raises are fields that would make an administrator of whoever may set them: each at
// once, as a client sends them that does not know their names.
var raises = []map[string]any{
	{"role": "admin"},
	{"is_admin": true, "isAdmin": true, "admin": true, "is_superuser": true, "superuser": true, "is_staff": true, "staff": true, "verified": true, "is_verified": true},
	{"roles": []string{"admin"}, "scopes": []string{"admin"}, "permissions": []string{"admin"}, "groups": []string{"admin"}},
	{"roles": "admin", "scope": "admin", "scopes": "admin", "group": "admin", "permissions": "admin", "type": "admin", "user_type": "admin"},
	{"is_admin": 1, "isAdmin": 1, "admin": 1, "is_superuser": 1, "superuser": 1, "is_staff": 1, "staff": 1},
}

// account is what the API tells somebody about an account, by the name of the field.
func (r *run) account(p *person) map[string]any {
	all := make(map[string]any)
	if o := r.Profile.Read; p == nil || !o.there() || o.Method != http.MethodGet {
		return all
	}
	var body map[string]any
	if json.Unmarshal([]byte(r.send(r.request(r.Profile.Read, p)).Body), &body) != nil {
		return all
	}
	for name, value := range body {
		if inner, ok := value.(map[string]any); ok && (name == "user" || name == "data" || name == "account") {
			maps.Copy(all, inner)
		} else {
			all[name] = value
		}
	}
	maps.DeleteFunc(all, func(name string, _ any) bool { return !privileges.MatchString(name) })
	return all
}

// raisesFor are the fields that the accounts of this API have, with an
// administrator's values, and then those that others have.
func (r *run) raisesFor() []map[string]any {
	var all []map[string]any
	mine, theirs := r.account(r.user), r.account(r.admin)
	for _, name := range slices.Sorted(maps.Keys(mine)) {
		value := theirs[name]
		switch mine[name].(type) {
		case bool:
			value = true
		case string:
			if value == nil {
				value = "admin"
			}
		case []any:
			if value == nil {
				value = []string{"admin"}
			}
		case float64:
			if value == nil {
				value = 1
			}
		}
		if value != nil && encode(value) != encode(mine[name]) && encode(value) != encode(raises[0][name]) {
			all = append(all, map[string]any{name: value})
		}
	}
	return append(all[:min(len(all), 4)], raises...)
}

// raised says which field of an account has a value that was sent for it, and that an
// ordinary account has not: an administrator's, or one that is plainly that.
func (r *run) raised(p *person, sent map[string]any) string {
	now, honest, admin := r.account(p), r.account(r.user), r.account(r.admin)
	for _, name := range slices.Sorted(maps.Keys(now)) {
		value := encode(now[name])
		wished, ok := sent[name]
		if !ok || value != encode(wished) || value == encode(honest[name]) {
			continue
		}
		_, known := honest[name]
		if r.admin != nil && value == encode(admin[name]) || r.admin == nil && known {
			return fmt.Sprintf("the account has %s=%s, as no ordinary one has", name, value)
		}
	}
	return ""
}

// isAdmin reports whether somebody may do what is for administrators, or is told to be one.
func (r *run) isAdmin(p *person) string {
	if o := r.Profile.AdminOp; o.there() && o.Method == http.MethodGet && r.send(r.request(o, p)).Status/100 == 2 && r.send(r.request(o, r.user)).Status/100 != 2 {
		return fmt.Sprintf("%s is open to the new account", o)
	}
	if method := r.Profile.Object.Change; method != "" && p != r.user && r.other != nil {
		if victim := r.newObject(r.other); victim != nil && r.send(r.change(method, victim.path, r.user)).Status/100 == 4 && r.send(r.change(method, victim.path, p)).Status/100 == 2 {
			return "the new account may change what " + r.other.Username + " has made"
		}
	}
	if t, err := forge.Open(p.token); err == nil && fmt.Sprint(t.Claim("role")) == "admin" {
		return "the token says that the role is admin"
	}
	about := func(p *person) string {
		if o := r.Profile.Read; p != nil && o.there() && o.Method == http.MethodGet {
			return r.send(r.request(o, p)).Body
		}
		return ""
	}
	for _, text := range [][3]string{{about(p), about(r.user), about(r.admin)}, {p.signUp.Body, r.user.signUp.Body, ""}} {
		m := administrators.FindStringSubmatch(text[0])
		if m == nil {
			continue
		}
		field := `"` + m[1] + `"` // one that no honest account has may be an echo of what was sent
		if p == r.user || strings.Contains(text[1], field) || strings.Contains(text[2], m[0]) {
			return "the API says of the account " + m[0]
		}
	}
	return ""
}

// administrators matches what only an administrator's account says.
var administrators = regexp.MustCompile(`(?i)"(role|is_?admin|admin|is_superuser|superuser)" ?: ?(?:"admin"|true)`)

func chosenRole(r *run) outcome {
	if r.user.signUp.Status/100 == 2 {
		if got := r.isAdmin(r.user); got != "" {
			return broken(r.loginAs(r.user.Username, r.user.Password), "an ordinary sign-up makes an administrator: %s", got)
		}
	}
	type try struct {
		name string
		more map[string]any
	}
	var tries []try
	for _, more := range r.raisesFor() {
		tries = append(tries, try{r.newName(), more})
	}
	for _, name := range []string{"admin", "root", "admin-" + r.tag, "svc-" + r.tag} {
		tries = append(tries, try{name, nil})
	}
	if r.thrifty {
		tries = tries[:4]
	}
	accounts := 0
	if r.passwords == nil {
		r.passwords = make(map[string]string)
	}
	for _, try := range tries {
		if r.passwords[try.name] == "" {
			r.passwords[try.name] = newPassword()
		}
		p := r.signUpWith(try.name, r.passwords[try.name], try.more)
		if p == nil {
			continue
		}
		accounts++
		got := r.isAdmin(p)
		if got == "" {
			got = r.raised(p, try.more)
		}
		if got != "" {
			f := r.Profile.SignUp
			name := r.newName()
			if try.more == nil {
				name = try.name
			}
			return broken(r.fieldsTyped(f, map[string]string{f.Username: name, f.Password: newPassword()}, try.more), "mallory signs up with %s, and %s", describe(try.name, try.more), got)
		}
	}
	for _, p := range []*person{r.user} {
		for _, more := range []string{"role", "scope"} {
			f := r.Profile.Login.Form
			request := r.fields(f, map[string]string{f.Username: p.Username, f.Password: p.Password, more: "admin"})
			a := r.send(request)
			if t, err := forge.Open(r.tokenIn(a, r.Profile.Login.Answer)); err == nil && fmt.Sprint(t.Claim(more)) == "admin" {
				return broken(request, "mallory logs in with %s=admin, and the token says so", more)
			}
		}
	}
	if r.Profile.SignUp.Path == "" {
		return unsure("no sign-up is known")
	}
	if accounts == 0 {
		return held("a sign-up with a role in it is refused")
	}
	return held("%d sign-ups with a role in the form or the name made no administrator%s", accounts, r.fewer())
}

func describe(name string, more map[string]any) string {
	if more == nil {
		return "the name " + name
	}
	said := make([]string, 0, len(more))
	for field, value := range more {
		said = append(said, field+"="+textOf(value))
	}
	slices.Sort(said)
	return strings.Join(said, ", ")
}

// fieldsTyped is fields with more of them, of their types where the body is JSON.
func (r *run) fieldsTyped(f Form, values map[string]string, more map[string]any) *http.Request {
	if f.Send != "json" {
		for name, value := range more {
			values[name] = textOf(value)
		}
		return r.fields(f, values)
	}
	body, _ := io.ReadAll(r.fields(f, values).Body) // it is in memory
	o, _ := Operation{JSON: string(body)}.with(more)
	return r.make(f.Method, f.Path, "json", o.JSON)
}

func (r *run) signUpWith(name, password string, more map[string]any) *person {
	f := r.Profile.SignUp
	if more == nil {
		return r.signUp(name, password)
	}
	if f.Path == "" {
		return nil
	}
	p := &person{Account: Account{name, password}}
	if p.signUp = r.send(r.fieldsTyped(f, map[string]string{f.Username: name, f.Password: password}, more)); p.signUp.Status/100 != 2 {
		return nil
	}
	r.accounts = append(r.accounts, name)
	if !r.logIn(p) {
		return nil
	}
	return p
}

// chosenRoleLater is chosenRole at a change of the account.
func chosenRoleLater(r *run) outcome {
	var all []Operation
	for _, o := range append([]Operation{r.Profile.Account}, r.Profile.accounts...) {
		if o.there() {
			all = append(all, o)
		}
	}
	if o := r.Profile.Read; o.there() {
		for _, method := range []string{http.MethodPatch, http.MethodPut, http.MethodPost} {
			if !slices.ContainsFunc(all, func(a Operation) bool { return a.Method == method && a.Path == o.Path }) {
				all = append(all, Operation{Method: method, Path: o.Path, JSON: "{}"})
			}
		}
	}
	if len(all) == 0 {
		return unsure("no operation is known that changes an account: name it in [account]")
	}
	p := r.signUp(r.newName(), newPassword())
	if p == nil {
		return unsure("no account can be made to try it with")
	}
	if got := r.isAdmin(p); got != "" {
		return unsure("a new account has it all: %s", got)
	}
	tried, taken, answered := 0, 0, 0
	found := func(o Operation, more map[string]any) (outcome, bool) {
		got := r.isAdmin(p)
		if got == "" {
			got = r.raised(p, more)
		}
		return broken(r.request(o, p), "mallory changes her account with %s, and %s", describe("", more), got).asUser(p), got != ""
	}
	for _, o := range all {
		whole := make(map[string]any)
		some := r.raisesFor()
		for i := 0; i < len(some); i++ {
			more := some[i]
			changed, ok := o.with(more)
			if !ok {
				break
			}
			a := r.send(r.request(changed, p))
			if a.Status == http.StatusNotFound || a.Status == http.StatusMethodNotAllowed {
				break
			}
			tried, answered = tried+1, a.Status
			if a.Status/100 != 2 { // one field too much, or a text where it wants something else
				some = append(some, single(more)...)
				continue
			}
			taken++
			if out, ok := found(changed, more); ok {
				return out
			}
			for name, value := range more {
				if whole[name] == nil {
					whole[name] = value
				}
			}
		}
		if changed, ok := o.with(whole); ok && len(whole) > 0 { // a role may stand in the token
			if r.send(r.request(changed, p)); r.logIn(p) {
				if out, ok := found(changed, whole); ok {
					return out
				}
			}
		}
	}
	switch {
	case tried == 0:
		return held("no operation changes what an account may do: %s is refused", all[0])
	case taken == 0 && answered != http.StatusForbidden && !r.honestly(all, p):
		return unsure("a change of the account is answered %d whatever is in it: name one that works in [account]", answered)
	}
	return held("%d changes with a role in them made no administrator", tried)
}

// honestly reports whether a change of an account works as it is.
func (r *run) honestly(all []Operation, p *person) bool {
	return slices.ContainsFunc(all, func(o Operation) bool { return r.send(r.request(o, p)).Status/100 == 2 })
}

// single are fields one by one.
func single(some map[string]any) (one []map[string]any) {
	for _, name := range slices.Sorted(maps.Keys(some)) {
		if len(some) > 1 {
			one = append(one, map[string]any{name: some[name]})
		}
	}
	return one
}
