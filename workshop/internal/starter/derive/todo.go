package derive

import (
	"go/ast"
	"strings"
)

const (
	todoImports = `import (
	"net/http"

	"example.com/bookapi"
	"example.com/bookapi/rest"
)

`
	todoRemark = `// This file stands in for what you have not written yet. Once nothing calls it
// any more, delete it.
`
	errTODO = `
// errTODO is the error of an exercise that is not written yet.
func errTODO(exercise string) error { return bookapi.NotWritten(exercise) }
`
	todoHandler = `
// todoHandler answers 501 and names the exercise that is not written yet.
func todoHandler(exercise string) http.Handler { return rest.NotWritten(exercise) }
`
)

// todoSource writes exercise.TodoFile, the one file of a starter that its solution
// does not have: the helpers that the stubs of a package call. It is nil if
// they call none.
func todoSource(name string, bodies map[*ast.FuncDecl]*body) []byte {
	errs, handles := called(bodies)
	imports, helpers := todoImports, errTODO+todoHandler
	switch {
	case !errs && !handles:
		return nil
	case !handles:
		imports, helpers = "import \"example.com/bookapi\"\n\n", errTODO
	case !errs:
		imports, helpers = strings.Replace(imports, "\t\"example.com/bookapi\"\n", "", 1), todoHandler
	}
	return []byte("package " + name + "\n\n" + imports + todoRemark + helpers)
}

// todoOutline declares the same for the type checker, without the packages
// behind it, which the solution need not import.
func todoOutline(name string, bodies map[*ast.FuncDecl]*body) []byte {
	errs, handles := called(bodies)
	src := "package " + name + "\n"
	if handles {
		src += "import \"net/http\"\n"
		src += "func todoHandler(exercise string) http.Handler { panic(exercise) }\n"
	}
	if errs {
		src += "func errTODO(exercise string) error { panic(exercise) }\n"
	}
	return []byte(src)
}

func called(bodies map[*ast.FuncDecl]*body) (errs, handles bool) {
	for _, b := range bodies {
		errs, handles = errs || b.errs, handles || b.handles
	}
	return errs, handles
}
