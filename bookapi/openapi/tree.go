package openapi

import (
	"bytes"
	"encoding/json"
)

// An object is a JSON object whose members keep their order: people read the
// document as well, and a map would sort it by the alphabet.
type object []member

type member struct {
	name  string
	value any // object, []any, or a scalar of encoding/json
}

// get returns the value of the member with that name, or nil.
func (o object) get(name string) any {
	for _, m := range o {
		if m.name == name {
			return m.value
		}
	}
	return nil
}

// object returns the member with that name, or nil if it is no object.
func (o object) object(name string) object {
	value, _ := o.get(name).(object)
	return value
}

// MarshalJSON implements json.Marshaler.
func (o object) MarshalJSON() ([]byte, error) {
	out := bytes.NewBufferString("{")
	for i, m := range o {
		if i > 0 {
			out.WriteByte(',')
		}
		name, err := json.Marshal(m.name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(m.value)
		if err != nil {
			return nil, err
		}
		out.Write(name)
		out.WriteByte(':')
		out.Write(value)
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}

// read returns the next JSON value: an object, a []any, or a scalar.
func read(d *json.Decoder) (any, error) {
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch token {
	case json.Delim('{'):
		o := object{}
		for d.More() {
			name, err := d.Token()
			if err != nil {
				return nil, err
			}
			value, err := read(d)
			if err != nil {
				return nil, err
			}
			o = append(o, member{name.(string), value})
		}
		_, err := d.Token() // the brace that closes it
		return o, err
	case json.Delim('['):
		a := []any{}
		for d.More() {
			value, err := read(d)
			if err != nil {
				return nil, err
			}
			a = append(a, value)
		}
		_, err := d.Token()
		return a, err
	}
	return token, nil
}
