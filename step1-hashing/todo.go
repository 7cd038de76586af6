package hashing

import "example.com/bookapi"

// This file stands in for what you have not written yet. Once nothing calls it
// any more, delete it.

// errTODO is the error of an exercise that is not written yet.
func errTODO(exercise string) error { return bookapi.NotWritten(exercise) }
