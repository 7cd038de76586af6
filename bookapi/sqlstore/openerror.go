package sqlstore

import "fmt"

// openError says to a person why a database cannot be used, and what to do next.
// It keeps its cause for errors.Is.
type openError struct {
	sentence string
	cause    error
}

func cannotUse(name, reason, move string, cause error) error {
	return &openError{fmt.Sprintf("cannot use the database %s: %s; %s", name, reason, move), cause}
}

func (e *openError) Error() string { return e.sentence }
func (e *openError) Unwrap() error { return e.cause }
