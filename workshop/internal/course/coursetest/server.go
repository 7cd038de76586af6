package coursetest

// Server is a server for step 2 that can be reached: it takes the flag -addr as
// the servers of the course do, and says where it serves.
const Server = `// Command bookapi serves a greeting.
package main

import (
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
)

func main() {
	addr := flag.String("addr", "", "")
	flag.Parse()
	listener, err := net.Listen("tcp", *addr)
	if err != nil {
		panic(err)
	}
	fmt.Printf("\x1b[31mwith a key of %d letters\x1b[0m\n", len(os.Getenv("BOOKAPI_KEYS")))
	fmt.Printf("serving the tiny API on http://%s\n", listener.Addr())
	panic(http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, "hello from", r.URL.Path)
	})))
}
`
