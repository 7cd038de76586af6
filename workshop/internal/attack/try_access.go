package attack

import (
	"fmt"
	"math/big"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"

	kind "example.com/bookapi/bookapitest/attack"
)

// An object belongs to whoever has made it.
type object struct {
	path, id string
	owner    *person
	answer   kind.Answer
}

// newObject makes an object. It returns nil if that cannot be.
func (r *run) newObject(owner *person) *object {
	if !r.Write || !r.Profile.Write.there() || r.Profile.Object.Path == "" {
		return nil
	}
	return r.made(r.send(r.request(r.Profile.Write, owner)), owner)
}

// made is the object that an answer tells of, nil if it tells of none.
func (r *run) made(a kind.Answer, owner *person) *object {
	if a.Status/100 != 2 {
		return nil
	}
	id := valueIn(a.Body, r.Profile.Object.ID)
	if id == "" {
		id = path.Base(a.Header.Get("Location"))
	}
	if id == "" || id == "." || strings.ContainsAny(id, "/?#") {
		return nil
	}
	o := &object{parameters.ReplaceAllString(r.Profile.Object.Path, url.PathEscape(id)), id, owner, a}
	r.objects = append(r.objects, o)
	return o
}

// look is an object as its owner sees it.
func (r *run) look(o *object) kind.Answer {
	return r.send(r.make1(http.MethodGet, o.path, o.owner))
}

// effect says what has become of an object since before, "" if nothing.
func (r *run) effect(o *object, before kind.Answer) string {
	now := r.look(o)
	switch {
	case now.Status == before.Status && now.Body == before.Body, now.Status == 0, now.Status >= 500:
		return ""
	case now.Status == http.StatusNotFound || now.Status == http.StatusGone:
		return "is gone"
	case now.Status == before.Status:
		return "is changed"
	}
	return ""
}

// make1 is a request without a body.
func (r *run) make1(method, target string, who *person) *http.Request {
	return r.request(Operation{Method: method, Path: target}, who)
}

// change is the request that changes an object, with the body of a new one.
func (r *run) change(method, target string, who *person) *http.Request {
	w := r.Profile.changed()
	w.Method = method
	_, query, _ := strings.Cut(w.Path, "?")
	w.Path = target
	if query != "" && !strings.Contains(target, "?") {
		w.Path += "?" + query
	}
	return r.request(w, who)
}

// clean removes the objects that were made, but for those that a finding shows.
func (r *run) clean(shown []string) string {
	left := 0
	for _, o := range r.objects {
		keep := slices.ContainsFunc(shown, func(line string) bool {
			return strings.Contains(line, o.path+"'") || strings.Contains(line, o.path+"?")
		})
		if !keep && r.Profile.Object.Delete != "" && r.err == nil {
			status := r.send(r.make1(r.Profile.Object.Delete, o.path, o.owner)).Status
			if status/100 == 2 || status == http.StatusNotFound {
				continue
			}
		}
		left++
	}
	if left == 0 {
		return ""
	}
	return fmt.Sprintf("%d of the objects that it made below %s", left, path.Dir(r.Profile.Object.Path))
}

func noToken(r *run) outcome {
	refused, skipped := 0, 0
	var unclear []string
	try := func(o Operation, target string, who *person, writes bool) *outcome {
		if writes && !r.Write {
			skipped++
			return nil
		}
		request := r.request(o, nil)
		if target != "" && o.Method != http.MethodGet {
			request = r.change(o.Method, target, nil)
		}
		a := r.send(request)
		switch {
		case a.Status/100 == 2:
			honest := kind.Clone(request)
			r.authorize(honest, who.token)
			if s := r.send(honest).Status; s/100 != 2 && o.Method != http.MethodDelete {
				unclear = append(unclear, fmt.Sprintf("%s answers %d without a token, and %d with one", o, a.Status, s))
				return nil
			}
			out := broken(request, "%s needs a login, and answers %d to nobody", o, a.Status).because("open " + o.String())
			return &out
		case a.Status == http.StatusUnauthorized || a.Status == http.StatusForbidden:
			refused++
		default:
			unclear = append(unclear, fmt.Sprintf("%s answers %d", o, a.Status))
		}
		return nil
	}
	operations := append([]Operation{r.Profile.Read, r.Profile.Write}, r.Profile.locked...)
	seen := make(map[string]bool)
	for _, o := range operations {
		bare, _, _ := strings.Cut(o.Path, "?")
		if !o.there() || strings.Contains(o.Path, "{") && parameters.MatchString(strings.ReplaceAll(bare, "{random}", "")) || seen[o.Method+bare] {
			continue
		}
		seen[o.Method+bare] = true
		if out := try(o, "", r.user, o.Method != http.MethodGet); out != nil {
			return *out
		}
	}
	if o := r.Profile.AdminOp; o.there() && r.admin != nil && !seen[o.Method+o.Path] {
		if out := try(o, "", r.admin, o.Method != http.MethodGet); out != nil {
			return *out
		}
	}
	for _, method := range []string{r.Profile.Object.Change, r.Profile.Object.Delete} {
		if method == "" {
			continue
		}
		victim := r.newObject(r.user)
		if victim == nil {
			continue
		}
		before := r.look(victim)
		request := r.change(method, victim.path, nil)
		a := r.send(request)
		effect := r.effect(victim, before) // also of a refusal: the handler may have run all the same
		switch {
		case effect != "":
			if fresh := r.newObject(r.user); fresh != nil {
				request = r.change(method, fresh.path, nil)
			}
			return broken(request, "%s %s needs a login, and is done for nobody: it answers %d, and the object %s", method, r.Profile.Object.Path, a.Status, effect).because("open " + method + " object")
		case a.Status == http.StatusUnauthorized || a.Status == http.StatusForbidden:
			refused++
		default:
			unclear = append(unclear, fmt.Sprintf("%s %s answers %d", method, victim.path, a.Status))
		}
	}
	switch {
	case refused > 0 && len(unclear) == 0:
		return held("%d operations refuse a request without a token%s", refused, map[bool]string{true: "; those that write were not tried", false: ""}[skipped > 0])
	case refused > 0:
		return held("%d operations refuse a request without a token; of others nobody can tell: %s", refused, unclear[0])
	case len(unclear) > 0:
		return unsure("%s without a token", unclear[0])
	}
	return unsure("no operation is known that needs a login%s", map[bool]string{true: ", and may be tried without --yes", false: ""}[skipped > 0])
}

// route matches claims that ask for another method or path: what they reach may be
// open to all.
var route = regexp.MustCompile(`(?i)method|url|uri|path|prefix`)

func (r *run) claimsTo(who kind.Identity) []kind.Claim {
	return slices.DeleteFunc(kind.Claims(who), func(c kind.Claim) bool {
		return route.MatchString(c.Name) || c.Place == kind.AsPeer || c.Place == kind.AsCertificate
	})
}

func claimed(r *run) outcome {
	victim := r.user
	if r.other != nil {
		victim = r.other
	}
	all := r.claimsTo(kind.Identity{Username: victim.Username, Password: victim.Password})
	if number := r.number(victim); number != "" {
		all = append(all, slices.DeleteFunc(r.claimsTo(kind.Identity{Username: number}), func(c kind.Claim) bool { return c.Value != number })...)
	}
	all = slices.DeleteFunc(all, func(c kind.Claim) bool { return c.Place == kind.InHeader && c.Name == "Authorization" })
	o := r.oracle.operation
	bare := r.request(o, nil)
	if bare.Header.Get("Content-Type") == "" && o.Method != http.MethodGet {
		bare = r.make(o.Method, o.Path, "json", "{}")
	}
	found, err := kind.Believed(bare, all, func(q *http.Request) string {
		a := r.send(q)
		return treated(a, r.oracle.believed(a), "let in")
	})
	if err != nil {
		return unsure("%v", err)
	}
	if found != nil {
		return broken(kind.Stuff(bare, found.Claims), "mallory sends no token, but %s, and is let in", found)
	}
	if read := r.Profile.Read; read.there() && read.Method == http.MethodGet && victim != r.user && r.aboutOneself(victim) {
		bare := r.request(read, r.user)
		found, _ := kind.Believed(bare, all, func(q *http.Request) string {
			a := r.send(q)
			switch {
			case a.Status/100 != 2:
				return ""
			case strings.Contains(a.Body, `"`+victim.Username+`"`) && !strings.Contains(a.Body, `"`+r.user.Username+`"`):
				return "as " + victim.Username
			}
			return "as " + r.user.Username
		})
		if found != nil {
			return broken(kind.Stuff(bare, found.Claims), "mallory sends a token of her own and %s, and is answered %s", found, found.Got).asUser(r.user)
		}
	}
	tried := len(all)
	if admin := r.Profile.AdminOp; admin.there() && admin.Method == http.MethodGet && r.refuses(admin) {
		bare := r.request(admin, r.user)
		as := kind.Identity{Username: "admin"}
		if r.admin != nil {
			as.Username = r.admin.Username
		}
		found, _ := kind.Believed(bare, r.claimsTo(as), func(q *http.Request) string {
			a := r.send(q)
			return treated(a, a.Status/100 == 2, "let in")
		})
		if found != nil {
			return broken(kind.Stuff(bare, found.Claims), "mallory sends a token of her own and %s, and %s is open to her", found, admin).asUser(r.user)
		}
		tried *= 2
	}
	return held("%d claims make no difference", tried)
}

// aboutOneself reports whether what is read tells of its reader, and not of another: a
// list of users may be asked for one of them.
func (r *run) aboutOneself(another *person) bool {
	text := r.send(r.request(r.Profile.Read, r.user)).Body
	return strings.Contains(text, `"`+r.user.Username+`"`) && !strings.Contains(text, `"`+another.Username+`"`)
}

// treated is how a request with claims is treated: as it is said if they are believed.
// One with more headers than a server reads tells nothing, "", and is tried in parts.
func treated(a kind.Answer, believed bool, said string) string {
	switch {
	case believed:
		return said
	case slices.Contains([]int{0, http.StatusRequestEntityTooLarge, http.StatusRequestURITooLong, http.StatusRequestHeaderFieldsTooLarge}, a.Status):
		return ""
	}
	return "refused"
}

// refuses reports whether the API knows the user, and does not allow an operation.
func (r *run) refuses(o Operation) bool {
	s := r.send(r.request(o, r.user)).Status
	return s == http.StatusForbidden || s == http.StatusNotFound && r.admin != nil
}

func statuses(r *run) outcome {
	request, none := r.knock(nil)
	switch {
	case none.Status == http.StatusForbidden:
		return broken(request, "nothing, but a client without a token is told 403, and does not learn that it should log in")
	case none.Status != http.StatusUnauthorized:
		return unsure("%s answers %d without a token, which may be meant", r.oracle.operation, none.Status)
	case none.Header.Get("WWW-Authenticate") == "":
		return broken(request, "nothing, but the 401 has no WWW-Authenticate, which says how to log in")
	}
	request, bad := r.knock(func(q *http.Request) { r.authorize(q, "no.such.token") })
	if bad.Status == http.StatusForbidden {
		return broken(request, "nothing, but a client whose token has ended is told 403, and does not log in again")
	}
	if admin := r.Profile.AdminOp; admin.there() && (admin.Method == http.MethodGet || r.Write) {
		request := r.request(admin, r.user)
		if r.send(request).Status == http.StatusUnauthorized {
			if r.admin == nil {
				return unsure("%s answers 401 to a user, who may be no administrator", admin)
			}
			return broken(request, "nothing, but a user without the role is told 401, and logs in again for nothing").asUser(r.user)
		}
	}
	if r.other != nil && r.Profile.Object.Change != "" {
		if victim := r.newObject(r.other); victim != nil {
			request := r.change(r.Profile.Object.Change, victim.path, r.user)
			if r.send(request).Status == http.StatusUnauthorized {
				return broken(request, "nothing, but a user who may not is told 401, and logs in again for nothing").asUser(r.user)
			}
		}
	}
	if bad.Status != http.StatusUnauthorized {
		return unsure("401 without a token, and %d with a text that is no token", bad.Status)
	}
	return held("401 with WWW-Authenticate for strangers")
}

func administration(r *run) outcome {
	o := r.Profile.AdminOp
	if read := r.Profile.Read; read.there() && read.Method == http.MethodGet && r.other != nil && r.oracle != nil {
		request := r.request(read, r.user)
		if a := r.send(request); a.Status == http.StatusOK && strings.Contains(a.Body, `"`+r.other.Username+`"`) && r.send(r.request(read, nil)).Status/100 == 4 {
			return broken(request, "%s, which is about oneself, shows the account of %s", read, r.other.Username).asUser(r.user)
		}
	}
	if !o.there() {
		return unsure("no operation for administrators is known: name one as [admin_operation]")
	}
	if o.Method != http.MethodGet && !r.Write {
		return unsure("%s writes, and was not allowed to: --yes", o)
	}
	none, request := r.send(r.request(o, nil)).Status, r.request(o, r.user)
	if none/100 == 2 {
		return unsure("%s is open to all, which may be meant", o)
	}
	user := r.send(request).Status
	switch {
	case user/100 == 2 && none/100 == 4:
		return broken(request, "%s is for administrators, and answers %d to an ordinary user", o, user).asUser(r.user).because("administration " + o.String())
	case r.admin != nil:
		if s := r.send(r.request(o, r.admin)).Status; s/100 != 2 {
			return unsure("%s answers %d to the administrator", o, s)
		}
		return held("%d for a user, and done for the administrator", user)
	case user == http.StatusForbidden && none != user:
		return held("403 for a user")
	}
	return unsure("%s answers %d to a user; name an administrator as [admin] to know more", o, user)
}

// othersReady makes an object of somebody else's, if the user is refused a change
// by something: a guard for strangers at least.
func (r *run) othersReady() (victim *object, why string) {
	if r.other == nil {
		return nil, "it takes a second user: name one as [other]"
	}
	if victim = r.newObject(r.other); victim == nil {
		return nil, "no object could be made: look at [write] and [object] of the profile"
	}
	method := r.Profile.Object.Change
	if method == "" {
		method = r.Profile.Object.Delete
	}
	if method == "" {
		return nil, "no operation is known that changes or removes an object"
	}
	if s := r.send(r.change(method, victim.path, nil)).Status; s != http.StatusUnauthorized && s != http.StatusForbidden {
		return nil, fmt.Sprintf("%s %s answers %d to nobody", method, r.Profile.Object.Path, s)
	}
	if own := r.newObject(r.user); own == nil || r.send(r.change(method, own.path, r.user)).Status/100 != 2 {
		return nil, fmt.Sprintf("%s %s refuses the owner, too", method, r.Profile.Object.Path)
	}
	return victim, ""
}

func othersObject(r *run) outcome {
	victim, why := r.othersReady()
	if victim == nil {
		return unsure("%s", why)
	}
	for _, o := range r.changes() {
		before := r.look(victim)
		request := r.on(o, victim, r.user)
		sent := randomIn(request)
		a := r.send(request)
		effect := r.effect(victim, before) // also of a refusal: the handler may have run all the same
		if effect == "" || !r.mayBeTold(o, victim, sent) {
			continue
		}
		show := request
		if fresh := r.newObject(r.other); fresh != nil {
			show = r.on(o, fresh, r.user)
		}
		return broken(show, "mallory sends %s for what %s has made, is answered %d, and it %s", r.called(o), r.other.Username, a.Status, effect).asUser(r.user).because(r.openObject(r.called(o)))
	}
	return held("a user is refused at what another has made")
}

// openObject is the cause of a change of an object by somebody who may not: that
// nobody is asked at all, if that was found before.
func (r *run) openObject(method string) string {
	if nobody := "open " + method + " object"; r.causes[nobody] != "" {
		return nobody
	}
	return "others " + method
}

func othersObjectClaimed(r *run) outcome {
	victim, why := r.othersReady()
	if victim == nil {
		return unsure("%s", why)
	}
	method := r.Profile.Object.Change
	if method == "" {
		return unsure("no operation is known that changes an object")
	}
	if r.send(r.change(method, victim.path, r.user)).Status/100 == 2 {
		return unsure("the object is open without any of that")
	}
	own := r.newObject(r.user)
	if own == nil {
		return unsure("no object could be made")
	}
	name := path.Base(parameters.FindString(r.Profile.Object.Path))
	var all []kind.Claim
	for _, who := range []string{r.other.Username, r.user.Username} {
		all = append(all, slices.DeleteFunc(kind.Claims(kind.Identity{Username: who, Path: own.path}), func(c kind.Claim) bool {
			return c.Place == kind.AsPeer || c.Place == kind.AsCertificate || strings.Contains(strings.ToLower(c.Name), "method")
		})...)
	}
	for _, field := range []string{strings.Trim(name, "{}"), "id", "book_id", "object_id"} {
		for _, place := range []kind.Place{kind.InQuery, kind.InJSON, kind.InForm} {
			all = append(all, kind.Claim{Place: place, Name: field, Value: own.id})
		}
	}
	bare := r.change(method, victim.path, r.user)
	found, err := kind.Believed(bare, all, func(q *http.Request) string {
		a := r.send(q)
		return treated(a, a.Status/100 == 2, "changed")
	})
	if err != nil {
		return unsure("%v", err)
	}
	if found != nil {
		return broken(kind.Stuff(bare, found.Claims), "mallory adds %s, and may change what %s has made", found, r.other.Username).asUser(r.user)
	}
	number, ok := new(big.Int).SetString(victim.id, 10)
	if ok {
		spelled := []string{"0" + victim.id, "%2b" + victim.id, "+" + victim.id, victim.id + "%20", "%20" + victim.id, victim.id + ".0", victim.id + "e0",
			fmt.Sprintf("0x%x", number), fmt.Sprintf("0%o", number), fmt.Sprintf("0o%o", number), victim.id + "%00"}
		for _, bits := range []uint{32, 64} {
			spelled = append(spelled, new(big.Int).Add(number, new(big.Int).Lsh(big.NewInt(1), bits)).String())
		}
		// What one part of the API takes for mallory's own number, and another for the victim's.
		if o, isNumber := new(big.Int).SetString(own.id, 10); isNumber {
			spelled = append(spelled, new(big.Int).Add(number, new(big.Int).Lsh(o, 32)).String())
		}
		before := r.look(victim)
		for _, id := range spelled {
			target := strings.TrimSuffix(victim.path, victim.id) + id
			request := r.change(method, target, r.user)
			if r.send(request).Status/100 == 2 && r.effect(victim, before) != "" {
				return broken(request, "mallory writes the number %s as %s, and may change what %s has made", victim.id, id, r.other.Username).asUser(r.user)
			}
		}
	}
	return held("%d claims make no difference", len(all))
}

func creator(r *run) outcome {
	if r.Profile.Object.Creator == "" || !r.Profile.Write.there() {
		return unsure("it is not known where an object says who has made it: name it in [object]")
	}
	who := "grace"
	if r.other != nil {
		who = r.other.Username
	}
	made := func(q *http.Request) string {
		a := r.send(q)
		if a.Status/100 != 2 {
			return ""
		}
		if id := valueIn(a.Body, r.Profile.Object.ID); id != "" && r.Profile.Object.Path != "" {
			r.objects = append(r.objects, &object{parameters.ReplaceAllString(r.Profile.Object.Path, url.PathEscape(id)), id, r.user, a})
		}
		if by := valueIn(a.Body, r.Profile.Object.Creator); by != "" {
			return by
		}
		return "nobody"
	}
	bare := r.request(r.Profile.Write, r.user)
	switch by := made(kind.Clone(bare)); by {
	case "":
		return unsure("%s is refused", r.Profile.Write)
	case "nobody":
		return unsure("the answer to %s does not say who has made it", r.Profile.Write)
	}
	if out, ok := r.createdFor(); ok {
		return out
	}
	all := r.claimsTo(kind.Identity{Username: who})
	for _, place := range []kind.Place{kind.InJSON, kind.InForm, kind.InQuery} {
		all = append(all, kind.Claim{Place: place, Name: lastOf(r.Profile.Object.Creator), Value: who})
	}
	found, err := kind.Believed(bare, all, made)
	if err != nil {
		return unsure("%v", err)
	}
	if found != nil {
		return broken(kind.Stuff(bare, found.Claims), "mallory adds %s, and what she makes is recorded as made by %s", found, found.Got).asUser(r.user)
	}
	return held("the creator is who sends the token (%d claims tried)", len(all))
}

func takeover(r *run) outcome {
	victim := r.signUp(r.newName(), newPassword())
	if victim == nil {
		return unsure("no account can be made")
	}
	f := r.Profile.SignUp
	for _, name := range []string{victim.Username, strings.ToUpper(victim.Username), victim.Username + " ", " " + victim.Username} {
		password := newPassword()
		request := r.fields(f, map[string]string{f.Username: name, f.Password: password})
		a := r.send(request)
		if name != victim.Username && a.Status/100 == 2 {
			r.accounts = append(r.accounts, name)
		}
		again := &person{Account: Account{victim.Username, password}}
		if r.logIn(again) {
			return broken(request, "mallory signs up as %q with a password of her own, and logs in as %s with it", name, victim.Username)
		}
	}
	if !r.logIn(victim) {
		f := r.fields(f, map[string]string{f.Username: victim.Username, f.Password: newPassword()})
		return broken(f, "mallory signs up as %s, and the owner of that account cannot log in any more", victim.Username)
	}
	return held("a taken name is refused, in other spellings too")
}

func spellings(r *run) outcome {
	owner := r.user
	if r.other != nil {
		owner = r.other
	}
	victim := r.newObject(owner)
	if victim == nil {
		return unsure("no object could be made: look at [write] and [object] of the profile")
	}
	for _, method := range []string{r.Profile.Object.Change, r.Profile.Object.Delete} {
		if method == "" {
			continue
		}
		if s := r.send(r.change(method, victim.path, nil)).Status; s/100 == 2 {
			return unsure("%s %s answers %d to nobody, as it is", method, r.Profile.Object.Path, s)
		}
	}
	callers := []*person{nil}
	if owner != r.user && r.Profile.Object.Change != "" && r.send(r.change(r.Profile.Object.Change, victim.path, r.user)).Status/100 != 2 {
		callers = append(callers, r.user)
	}
	before := r.look(victim)
	for _, who := range callers {
		for _, s := range kind.Spellings(victim.path) {
			for _, method := range []string{"PUT", "PATCH", "DELETE", "POST", "delete", "MOVE"} {
				request := r.change(method, s.Path, who)
				if request.URL.Path == "/" || r.send(request).Status/100 != 2 {
					continue
				}
				effect := r.effect(victim, before)
				if effect == "" {
					continue
				}
				as := []*person{}
				caller := "without a token"
				if who != nil {
					as, caller = append(as, who), "with a token of her own"
				}
				if fresh := r.newObject(owner); fresh != nil {
					request = r.change(method, strings.Replace(s.Path, victim.path, fresh.path, 1), who)
				}
				out := broken(request, "mallory sends %s %s, %s, %s: what %s has made %s", method, s.Path, s.Name, caller, owner.Username, effect).asUser(as...)
				if s.Path == victim.path {
					out = out.because(r.openObject(method))
				}
				return out
			}
		}
	}
	bare, _, _ := strings.Cut(r.Profile.Write.Path, "?")
	if s := r.send(r.request(r.Profile.Write, nil)).Status; s/100 != 2 {
		for _, s := range kind.Spellings(bare) {
			for _, method := range []string{"POST", "PUT", "PATCH"} {
				request := r.change(method, s.Path, nil)
				a := r.send(request)
				if id := valueIn(a.Body, r.Profile.Object.ID); a.Status/100 == 2 && id != "" && id != victim.id {
					return broken(request, "mallory sends %s %s, %s, without a token, and makes something", method, s.Path, s.Name)
				}
			}
		}
	}
	for _, o := range []Operation{r.Profile.Read, r.Profile.AdminOp} {
		if !o.there() || o.Method != http.MethodGet || strings.Contains(o.Path, "?") {
			continue
		}
		for _, who := range []*person{nil, r.user} {
			if s := r.send(r.request(o, who)).Status; s/100 == 2 || who != nil && o == r.Profile.Read {
				continue
			}
			for _, s := range kind.Spellings(o.Path) {
				for _, method := range []string{"GET", "POST", "get"} {
					request := r.make1(method, s.Path, who)
					if a := r.send(request); a.Status/100 == 2 && strings.Contains(a.Body, owner.Username) {
						return broken(request, "mallory sends %s %s, %s, and reads what %s is for", method, s.Path, s.Name, o).asUser(who)
					}
				}
			}
		}
	}
	return held("no other spelling and no other method opens anything")
}

func override(r *run) outcome {
	owner := r.user
	if r.other != nil {
		owner = r.other
	}
	victim := r.newObject(owner)
	if victim == nil {
		return unsure("no object could be made: look at [write] and [object] of the profile")
	}
	for _, method := range []string{r.Profile.Object.Change, r.Profile.Object.Delete} {
		for _, who := range []*person{nil, r.user} {
			if method == "" || who == owner {
				continue
			}
			if s := r.send(r.change(method, victim.path, who)).Status; s/100 == 2 {
				return unsure("%s %s answers %d, as it is", method, r.Profile.Object.Path, s)
			}
		}
	}
	before := r.look(victim)
	tried := 0
	for _, who := range []*person{nil, r.user} {
		for _, method := range []string{"GET", "POST", "PUT"} {
			bare := r.change(method, victim.path, who)
			if bare.Header.Get("Content-Type") == "" {
				bare = r.make1(method, victim.path, who)
			}
			for _, c := range kind.Claims(kind.Identity{}) {
				if !strings.Contains(strings.ToLower(c.Name), "method") || !slices.Contains([]string{"DELETE", "PUT", "GET", "OPTIONS"}, c.Value) || c.Name == "Access-Control-Request-Method" {
					continue
				}
				tried++
				request := kind.Stuff(bare, []kind.Claim{c})
				if r.send(request).Status/100 != 2 {
					continue
				}
				if effect := r.effect(victim, before); effect != "" {
					if fresh := r.newObject(owner); fresh != nil {
						request = kind.Stuff(r.change(method, fresh.path, who), []kind.Claim{c})
					}
					return broken(request, "mallory sends %s with %s, and what %s has made %s", method, c, owner.Username, effect).asUser(who)
				}
			}
		}
	}
	return held("a method in a header or a field makes no difference (%d tries)", tried)
}
