package attack

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// rawIn is the text or number at a path in a JSON text as it stands there, nil if
// there is none.
func rawIn(text, path string) any {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var value any
	if decoder.Decode(&value) != nil {
		return nil
	}
	for part := range strings.SplitSeq(path, ".") {
		object, ok := value.(map[string]any)
		if !ok {
			return nil
		}
		value = object[part]
	}
	switch value.(type) {
	case map[string]any, []any:
		return nil
	}
	return value
}

// with is an operation with more members in its JSON body, in its form, or in its
// query. It reports false if it has none of them.
func (o Operation) with(more map[string]any) (Operation, bool) {
	add := func(text string) string {
		for _, name := range slices.Sorted(maps.Keys(more)) {
			text += "&" + url.QueryEscape(name) + "=" + url.QueryEscape(textOf(more[name]))
		}
		return text
	}
	switch {
	case o.JSON != "":
	case o.Form != "":
		o.Form = add(o.Form)
		return o, true
	case strings.Contains(o.Path, "?"):
		o.Path = add(o.Path)
		return o, true
	}
	body := make(map[string]any)
	if json.Unmarshal([]byte(o.JSON), &body) != nil {
		return o, false
	}
	maps.Copy(body, more)
	o.JSON = encode(body)
	return o, true
}

// createdFor makes something with the name or number of another user as its owner, of the
// type that the API itself has for it.
func (r *run) createdFor() (outcome, bool) {
	at := r.Profile.Object.Creator
	victim := r.newObject(r.other)
	if r.other == nil || victim == nil {
		return outcome{}, false
	}
	them := rawIn(victim.answer.Body, at)
	if them == nil {
		return outcome{}, false
	}
	for _, name := range owners(at) {
		o, ok := r.Profile.Write.with(map[string]any{name: them})
		if !ok {
			break
		}
		made := r.made(r.send(r.request(o, r.user)), r.user)
		if made == nil || rawIn(made.answer.Body, at) != them {
			continue
		}
		if seen := r.send(r.make1(http.MethodGet, made.path, r.other)); seen.Status/100 == 2 && rawIn(seen.Body, at) != them {
			continue // the first answer was an echo
		}
		return broken(r.request(o, r.user), "mallory adds %s=%s, and what she makes is recorded as made by %s", name, textOf(them), r.other.Username).asUser(r.user), true
	}
	return outcome{}, false
}

// setOwner looks whether a client sets whose an object is, or which one it is.
func setOwner(r *run) outcome {
	at := r.Profile.Object.Creator
	if r.other == nil || at == "" {
		return unsure("it takes a second user, and where an object says who has made it: name both in a profile")
	}
	mine, victim := r.newObject(r.user), r.newObject(r.other)
	if mine == nil || victim == nil {
		return unsure("no object could be made: look at [write] and [object] of the profile")
	}
	whose := func(o *object) any { return rawIn(r.look(o).Body, at) }
	me, them := whose(mine), whose(victim)
	if me == nil || them == nil || me == them {
		return unsure("an object does not say who has made it where [object] says")
	}
	tried, offered := 0, ""
	for _, o := range r.changes() {
		if _, ok := o.with(nil); !ok || o.Method == http.MethodDelete {
			continue
		}
		own := r.newObject(r.user)
		if own == nil || r.send(r.on(o, own, r.user)).Status/100 != 2 || whose(own) != me {
			continue
		}
		tried++
		given := func(names ...string) (Operation, bool) {
			more := make(map[string]any)
			for _, name := range names {
				more[name] = them
			}
			changed, _ := o.with(more)
			fresh := r.newObject(r.user)
			if fresh == nil {
				return changed, false
			}
			r.send(r.on(changed, fresh, r.user))
			now := r.look(fresh)
			if now.Status/100 != 2 { // hidden from her who has given it away
				now = r.send(r.make1(http.MethodGet, fresh.path, r.other))
			}
			return changed, rawIn(now.Body, at) == them
		}
		all := owners(at)
		changed, ok := given(all[0])
		if !ok {
			if changed, ok = given(all...); ok {
				all = slices.DeleteFunc(all, func(name string) bool { _, one := given(name); return !one })
				if len(all) == 0 {
					continue
				}
				changed, _ = given(all[0])
			}
		}
		switch {
		case !ok:
		case slices.Contains(r.Profile.offered, all[0]) && !strings.Contains(strings.ToLower(all[0]), "creat"):
			offered = all[0] // to give something away may be what the API is for
		default:
			return broken(r.on(changed, own, r.user), "mallory changes what she has made with %s in it, and it belongs to %s", all[0], r.other.Username).asUser(r.user)
		}
	}
	if out, ok := r.overwritten(mine, victim); ok {
		return out
	}
	switch {
	case offered != "":
		return unsure("a change may have %s in it, and the document offers that: it may be meant", offered)
	case tried == 0:
		return unsure("no operation is known that changes an object")
	}
	return held("a change sets neither the owner nor the number")
}

// overwritten looks whether the number of somebody else's object in the body of a
// request counts.
func (r *run) overwritten(mine, victim *object) (outcome, bool) {
	field := lastOf(r.Profile.Object.ID)
	number := rawIn(victim.answer.Body, r.Profile.Object.ID)
	if number == nil {
		return outcome{}, false
	}
	tries := []struct {
		o   Operation
		how string
	}{{r.Profile.Write, "makes something with the number of what %s has made"}}
	for _, o := range r.changes() {
		if o.Method != http.MethodDelete {
			tries = append(tries, struct {
				o   Operation
				how string
			}{o, "changes her own with the number of what %s has made in the body"})
		}
	}
	for i, try := range tries {
		o, ok := try.o.with(map[string]any{field: number})
		if !ok {
			continue
		}
		request := r.request(o, r.user)
		if i > 0 {
			request = r.on(o, mine, r.user)
		}
		before := r.look(victim)
		if a := r.send(request); i == 0 {
			r.made(a, r.user)
		}
		if effect := r.effect(victim, before); effect != "" {
			return withCWE(broken(request, "mallory "+try.how+", and that %s", r.other.Username, effect).asUser(r.user), 639), true
		}
	}
	return outcome{}, false
}
