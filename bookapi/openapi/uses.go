package openapi

import "strings"

// uses are the things that operations refer to: components, by the text of a
// $ref, and tags, by their name.
type uses map[string]bool

// add takes up what a tree refers to, and what that refers to in turn.
func (u uses) add(tree any, components object) {
	switch tree := tree.(type) {
	case object:
		for _, m := range tree {
			u.addMember(m, components)
		}
	case []any:
		for _, value := range tree {
			u.add(value, components)
		}
	}
}

func (u uses) addMember(m member, components object) {
	switch value := m.value.(type) {
	case string:
		if m.name == "$ref" && !u[value] {
			u[value] = true
			kind, name, _ := strings.Cut(strings.TrimPrefix(value, reference("")), "/")
			u.add(components.object(kind).object(name), components)
		}
		return
	case []any:
		for _, entry := range value {
			if name, ok := entry.(string); ok && m.name == "tags" {
				u[name] = true
			}
			if requirement, ok := entry.(object); ok && m.name == "security" {
				for _, scheme := range requirement {
					u[reference("securitySchemes", scheme.name)] = true
				}
			}
		}
	}
	u.add(m.value, components)
}

// reference returns the text of a $ref to a component.
func reference(path ...string) string { return "#/components/" + strings.Join(path, "/") }

// components returns those that are used.
func (u uses) components(all object) object {
	kept := object{}
	for _, kind := range all {
		used := object{}
		for _, c := range kind.value.(object) {
			if u[reference(kind.name, c.name)] {
				used = append(used, c)
			}
		}
		if len(used) > 0 {
			kept = append(kept, member{kind.name, used})
		}
	}
	return kept
}

// tags returns those that are used.
func (u uses) tags(all []any) []any {
	kept := []any{}
	for _, tag := range all {
		if name, _ := tag.(object).get("name").(string); u[name] {
			kept = append(kept, tag)
		}
	}
	return kept
}
