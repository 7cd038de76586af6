package openapi

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"strings"
	"time"

	"example.com/bookapi/rest"
)

// file serves a file. One whose name ends in .gz is compressed, and goes out as
// it is to those who read that, which all browsers do.
func file(files fs.FS, name, contentType string) http.Handler {
	text, err := fs.ReadFile(files, name)
	compressed := strings.HasSuffix(name, ".gz")
	etag := fmt.Sprintf(`"%x"`, sha256.Sum256(text))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, err := text, err
		if compressed {
			w.Header().Set("Vary", "Accept-Encoding")
		}
		switch {
		case err != nil:
		case !compressed:
			w.Header().Set("ETag", etag)
		case strings.Contains(r.Header.Get("Accept-Encoding"), "gzip"):
			w.Header().Set("ETag", etag)
			w.Header().Set("Content-Encoding", "gzip")
		default:
			text, err = uncompress(text)
		}
		if err != nil {
			rest.WriteError(w, r, err)
			return
		}
		serve(w, r, text, contentType)
	})
}

func uncompress(text []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

func serve(w http.ResponseWriter, r *http.Request, text []byte, contentType string) {
	w.Header().Set("Content-Type", contentType)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(text))
}
