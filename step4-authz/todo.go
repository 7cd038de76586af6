package authz

import (
	"net/http"

	"example.com/bookapi/rest"
)

// This file stands in for what you have not written yet. Once nothing calls it
// any more, delete it.

// todoHandler answers 501 and names the exercise that is not written yet.
func todoHandler(exercise string) http.Handler { return rest.NotWritten(exercise) }
