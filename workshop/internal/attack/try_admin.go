package attack

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"

	kind "example.com/bookapi/bookapitest/attack"
)

// administratorsOnly says whether a document says of an operation that it is for
// administrators: by its path, tag or scope, or in words. "Admin" somewhere in a
// sentence says nothing: to list the administrators may be open to all.
func (d *document) administratorsOnly(o operation) bool {
	if regexp.MustCompile(`(?i)(^|/)(admin|administration|administrators?)(/|$)`).MatchString(o.path) {
		return true
	}
	for _, tag := range o.Tags {
		if regexp.MustCompile(`(?i)^(admins?|administration|administrators?)$`).MatchString(tag) {
			return true
		}
	}
	if o.Security != nil {
		for _, scheme := range *o.Security {
			for _, text := range scheme {
				var scopes []string
				if json.Unmarshal(text, &scopes) == nil && slices.ContainsFunc(scopes, regexp.MustCompile(`(?i)(^|[:._-])admin`).MatchString) {
					return true
				}
			}
		}
	}
	return regexp.MustCompile(`(?i)\b(administrators?|admins?)[ -]only\b|\bonly (for )?(an )?(administrators?|admins?)\b|\bfor administrators\b|\brequires? (an? |the )?admin`).MatchString(o.Summary + "\n" + o.Description)
}

// documented tries what the document or the profile says is for administrators.
func documented(r *run) outcome {
	named := len(r.Profile.AdminOps)
	refused, skipped := 0, 0
	unclear := ""
	for i, o := range append(slices.Clone(r.Profile.AdminOps), r.Profile.admins...) {
		if i >= named && o.Method != http.MethodGet || !r.Write && o.Method != http.MethodGet {
			skipped++ // nobody but whoever writes the profile knows what it does
			continue
		}
		locked := i < named || slices.Contains(r.Profile.locked, o)
		whose := r.other
		if parameters.MatchString(o.Path) && o.Method != http.MethodGet { // it may lock an account, or remove it
			whose = cmp.Or(r.signUp(r.newName(), newPassword()), r.other)
		}
		if whose != nil {
			o.Path = r.filled(o.Path, whose)
		}
		if bare, _, _ := strings.Cut(o.Path, "?"); parameters.MatchString(strings.ReplaceAll(bare, "{random}", "")) {
			skipped++
			continue
		}
		request := r.request(o, r.user)
		none, a := r.send(r.request(o, nil)).Status, r.send(request)
		switch {
		case none/100 == 2 && locked:
			return broken(r.request(o, nil), "%s is for administrators, and answers %d to nobody", o, none).because("open " + o.String())
		case none/100 == 2:
			unclear = fmt.Sprintf("%s is open to all, which may be meant", o)
		case a.Status == http.StatusForbidden || a.Status == http.StatusNotFound || a.Status == http.StatusUnauthorized:
			refused++
		case a.Status/100 == 2 && (none == http.StatusUnauthorized || none == http.StatusForbidden):
			if o.Method == http.MethodGet && !r.asToAnAdministrator(o, a) {
				unclear = fmt.Sprintf("%s answers %d to a user, and otherwise than to an administrator", o, a.Status)
				continue
			}
			return broken(request, "%s is for administrators, and answers %d to an ordinary user", o, a.Status).asUser(r.user).because("administration " + o.String())
		default:
			unclear = fmt.Sprintf("%s answers %d to a user", o, a.Status)
		}
	}
	switch {
	case refused > 0:
		return held("a user is refused (operations tried: %d)%s", refused, map[bool]string{true: "; those that write were not tried", false: ""}[skipped > 0])
	case unclear != "":
		return unsure("%s", unclear)
	case skipped > 0:
		return unsure("all operations for administrators write: name those that may be tried as [[admin_operations]]")
	}
	return unsure("the document names none: name them as [[admin_operations]]")
}

// asToAnAdministrator reports whether an answer to a user is that to an administrator:
// it may be empty, or about the user alone.
func (r *run) asToAnAdministrator(o Operation, a kind.Answer) bool {
	if strings.Trim(a.Body, "[]{} \n") == "" || strings.TrimSpace(a.Body) == "null" {
		return false
	}
	if r.admin == nil {
		return r.other != nil && strings.Contains(a.Body, `"`+r.other.Username+`"`) || !strings.Contains(a.Body, `"`+r.user.Username+`"`)
	}
	one, two := r.send(r.request(o, r.admin)), r.send(r.request(o, r.admin))
	return one.Status == a.Status && (inOrder(one.Body) == inOrder(a.Body) || inOrder(one.Body) != inOrder(two.Body) && members(one.Body) == members(a.Body))
}

// inOrder is a JSON text with the elements of a list in one order: a store may have none.
func inOrder(text string) string {
	var body any
	_ = json.Unmarshal([]byte(text), &body) // what is none stays as it is
	elements, ok := elementsOf(body)
	if !ok {
		return text
	}
	all := make([]string, 0, len(elements))
	for _, element := range elements {
		all = append(all, encode(element))
	}
	slices.Sort(all)
	return strings.Join(all, "\n")
}

// members are the names of those of a JSON object.
func members(text string) string {
	var object map[string]any
	_ = json.Unmarshal([]byte(text), &object) // what is none has none
	return strings.Join(slices.Sorted(maps.Keys(object)), " ")
}
