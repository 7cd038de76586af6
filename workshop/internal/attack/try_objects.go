package attack

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"

	kind "example.com/bookapi/bookapitest/attack"
)

// changes are the operations that change or remove an object: those of the profile,
// and all that the document names at the object's own path.
func (r *run) changes() (all []Operation) {
	o := r.Profile.Object
	add := func(one Operation) {
		bare, _, _ := strings.Cut(one.Path, "?")
		if one.Method != "" && !slices.ContainsFunc(all, func(other Operation) bool {
			path, _, _ := strings.Cut(other.Path, "?")
			return other.Method == one.Method && parameters.ReplaceAllString(path, "") == parameters.ReplaceAllString(bare, "")
		}) {
			all = append(all, one)
		}
	}
	for _, method := range []string{o.Change, o.Delete} {
		as := r.Profile.changed()
		_, query, there := strings.Cut(as.Path, "?")
		as.Method, as.Path = method, o.Path
		if there {
			as.Path += "?" + query
		}
		add(as)
	}
	for _, one := range append(o.Also, r.Profile.changes...) {
		add(one)
	}
	slices.SortStableFunc(all, func(a, b Operation) int {
		return strings.Compare(map[bool]string{true: "last"}[a.Method == http.MethodDelete], map[bool]string{true: "last"}[b.Method == http.MethodDelete])
	})
	return all
}

// on is an operation on an object.
func (r *run) on(o Operation, at *object, who *person) *http.Request {
	path, query, there := strings.Cut(o.Path, "?")
	rest := parameters.Split(path, 2)
	o.Path = at.path + rest[len(rest)-1]
	if there {
		o.Path += "?" + query
	}
	return r.request(o, who)
}

// called is what an operation on an object is called.
func (r *run) called(o Operation) string {
	bare, _, _ := strings.Cut(o.Path, "?")
	if parameters.ReplaceAllString(bare, "") == parameters.ReplaceAllString(r.Profile.Object.Path, "") {
		return o.Method
	}
	return o.Method + " " + bare
}

var randoms = regexp.MustCompile(`book-[a-z2-7]{10}`)

// randomIn is the text that a request has for {random}, "" if there is none.
func randomIn(request *http.Request) string {
	body, _ := io.ReadAll(kind.Clone(request).Body) // it is in memory
	return randoms.FindString(request.URL.RawQuery + string(body))
}

// mayBeTold reports whether a change of somebody else's object is one that only its
// owner can make. To add something to it, a comment or a vote, may be open to all: by
// POST it has to replace what is there, unless the profile names it.
func (r *run) mayBeTold(o Operation, victim *object, sent string) bool {
	if o.Method != http.MethodPost || slices.Contains(r.Profile.Object.Also, o) {
		return true
	}
	now := randoms.FindAllString(r.look(victim).Body, -1)
	return sent != "" && slices.Contains(now, sent) && !slices.Contains(now, randoms.FindString(victim.answer.Body))
}

// item is one object in a list.
type item struct{ id, creator string }

// list is what a list shows to somebody. It reports false if it is none.
func (r *run) list(target string, who *person) (items []item, ok bool) {
	a := r.send(r.make1(http.MethodGet, target, who))
	var body any
	if a.Status != http.StatusOK || json.Unmarshal([]byte(a.Body), &body) != nil {
		return nil, false
	}
	elements, ok := elementsOf(body)
	for _, element := range elements {
		text := encode(element)
		items = append(items, item{valueIn(text, lastOf(r.Profile.Object.ID)), valueIn(text, lastOf(r.Profile.Object.Creator))})
	}
	return items, ok
}

// elementsOf are those of a list, which may have something around it. It reports false
// if there is none.
func elementsOf(body any) (elements []any, ok bool) {
	if object, is := body.(map[string]any); is {
		for _, name := range []string{"items", "data", "results", "books", "objects", "content"} {
			if elements, ok = object[name].([]any); ok {
				return elements, true
			}
		}
		lists := slices.DeleteFunc(slices.Collect(maps.Values(object)), func(value any) bool { _, is := value.([]any); return !is })
		if _, one := object["id"]; len(lists) == 1 && !one { // by whatever name
			return lists[0].([]any), true
		}
	}
	elements, ok = body.([]any)
	return elements, ok
}

// lastOf is the last part of a path in a JSON text.
func lastOf(path string) string { return path[strings.LastIndexByte(path, '.')+1:] }

func shows(items []item, one *object) bool {
	return slices.ContainsFunc(items, func(i item) bool { return i.id == one.id })
}

// theirOwn reports whether a list has all objects of one user, and nobody else's.
func (r *run) theirOwn(items []item, who *person, own []*object) bool {
	for _, o := range own {
		if !shows(items, o) {
			return false
		}
	}
	creator := items[slices.IndexFunc(items, func(i item) bool { return i.id == own[0].id })].creator
	return !slices.ContainsFunc(items, func(i item) bool {
		if creator != "" {
			return i.creator != creator
		}
		return !slices.ContainsFunc(r.objects, func(o *object) bool { return o.id == i.id && o.owner == who })
	})
}

// othersRead looks whether objects that are meant to be private can be read. Only the
// API itself or the profile says that they are: a list that leaves out what others
// have made.
func othersRead(r *run) outcome {
	if r.other == nil {
		return unsure("it takes a second user: name one as [other]")
	}
	var mine, theirs []*object
	for range 3 { // in turn: the end of a page does not look like a rule
		a, b := r.newObject(r.user), r.newObject(r.other)
		if a == nil || b == nil {
			return unsure("no object could be made: look at [write] and [object] of the profile")
		}
		mine, theirs = append(mine, a), append(theirs, b)
	}
	victim, at := theirs[1], r.Profile.Object.List
	if a := r.look(mine[1]); a.Status != http.StatusOK || r.look(victim).Status != http.StatusOK {
		return unsure("%s answers %d to whoever has made it", r.Profile.Object.Path, a.Status)
	}
	if o := r.Profile.AdminOp; o.there() && o.Method == http.MethodGet && r.send(r.request(o, r.user)).Status/100 == 2 {
		return unsure("%s is open to the user, who may be an administrator and see everything", o)
	}
	listed, isList := r.list(at, r.user)
	private := r.Profile.Object.Private
	if isList && !private {
		other, _ := r.list(at, r.other)
		private = r.theirOwn(listed, r.user, mine) && r.theirOwn(other, r.other, theirs)
	}
	switch {
	case !isList && !private:
		return unsure("whether what users make is private: GET %s is no list; say private = true in [object] if it is", at)
	case !private:
		return held("what a user makes is listed to others, too, so it is not private")
	}
	said := "a list leaves out what others have made"
	if r.Profile.Object.Private {
		said = "the profile says that it is private"
	}
	for _, part := range append([]Operation{{Method: http.MethodGet, Path: r.Profile.Object.Path}}, r.Profile.parts...) {
		request := r.on(part, victim, r.user)
		seen, own := r.send(r.on(part, victim, r.other)), r.send(r.on(part, mine[1], r.user))
		if a := r.send(request); a.Status != http.StatusOK || seen.Status != http.StatusOK || a.Body != seen.Body || own.Status != http.StatusOK || own.Body == a.Body {
			continue
		}
		if s := r.send(r.on(part, victim, nil)).Status; s != http.StatusUnauthorized && s != http.StatusForbidden && !r.Profile.Object.Private {
			return unsure("a list leaves out what others have made, and GET %s gives it to everybody, even without a token (%d), which may be meant", part.Path, s)
		}
		return broken(request, "%s, and yet mallory reads what %s has made at %s", said, r.other.Username, victim.path).asUser(r.user)
	}
	if all := func(o *object) bool { return shows(listed, o) }; isList && slices.ContainsFunc(theirs, all) {
		return broken(r.make1(http.MethodGet, at, r.user), "%s, and yet the list shows mallory what %s has made", said, r.other.Username).asUser(r.user)
	}
	who := r.known(r.other)
	if by := valueIn(victim.answer.Body, r.Profile.Object.Creator); by != "" && !slices.Contains(who, by) {
		who = append(who, by)
	}
	made, _, _ := strings.Cut(r.Profile.Write.Path, "?")
	for _, place := range slices.Compact([]string{at, made}) {
		for _, filter := range filters {
			for _, caller := range []*person{nil, r.user} {
				target := place + "?" + filter
				if items, _ := r.list(target, caller); shows(items, theirs[0]) && shows(items, theirs[1]) && shows(items, theirs[2]) {
					return broken(r.make1(http.MethodGet, target, caller), "%s, and yet mallory has what %s has made listed with %s", said, r.other.Username, filter).asUser(caller)
				}
			}
		}
	}
	for _, name := range owners(r.Profile.Object.Creator) {
		for _, value := range who {
			target := at + "?" + name + "=" + value
			if items, _ := r.list(target, r.user); shows(items, theirs[0]) && shows(items, theirs[1]) && shows(items, theirs[2]) {
				return broken(r.make1(http.MethodGet, target, r.user), "%s, and yet mallory has what %s has made listed with %s=%s", said, r.other.Username, name, value).asUser(r.user)
			}
		}
	}
	status := func(target string) int { return r.send(r.make1(http.MethodGet, target, r.user)).Status }
	if status(victim.path) == http.StatusForbidden && status(strings.TrimSuffix(victim.path, victim.id)+"987600007") == http.StatusNotFound {
		return held("a user reads and lists nothing that another has made; that 403 and 404 tell which numbers are taken may be meant")
	}
	return held("a user reads and lists nothing that another has made")
}

// filters are what a client asks for who wants to see more of a list.
var filters = []string{
	"status=draft", "status=private", "status=all", "state=draft", "published=false", "draft=true", "drafts=true", "private=true", "visibility=private",
	"visibility=all", "all=true", "all=1", "show=all", "include=all", "scope=all", "filter=all", "view=all", "deleted=true",
}

// owners are the names of fields that say whose an object is, that of the profile first.
func owners(creator string) []string {
	names := []string{"created_by", "createdBy", "creator", "creator_id", "owner", "owner_id", "ownerId", "user", "user_id", "userId", "username", "author_id"}
	if own := lastOf(creator); own != "" {
		names = slices.Insert(slices.DeleteFunc(names, func(n string) bool { return n == own }), 0, own)
	}
	return names
}
