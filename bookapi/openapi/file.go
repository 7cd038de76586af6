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
	"sync"
	"time"

	"example.com/bookapi/rest"
)

// fileHandler serves a file. A file whose name ends in .gz is sent as it is to
// clients that accept gzip, and decompressed to others.
func fileHandler(files fs.FS, name, contentType string) http.Handler {
	stored := contentHandler(contentType, func() ([]byte, error) { return fs.ReadFile(files, name) })
	if !strings.HasSuffix(name, ".gz") {
		return stored
	}
	plain := contentHandler(contentType, func() ([]byte, error) { return decompress(files, name) })
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Vary", "Accept-Encoding")
		if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			plain.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Encoding", "gzip")
		stored.ServeHTTP(w, r)
	})
}

func decompress(files fs.FS, name string) ([]byte, error) {
	file, err := files.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	r, err := gzip.NewReader(file)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// contentHandler serves what load returns. It calls load once, at the first
// request: all answers share the bytes, so that one which its client does not
// read holds no copy of them.
func contentHandler(contentType string, load func() ([]byte, error)) http.Handler {
	type content struct {
		bytes []byte
		etag  string
	}
	loaded := sync.OnceValues(func() (content, error) {
		text, err := load()
		return content{text, fmt.Sprintf(`"%x"`, sha256.Sum256(text))}, err
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := loaded()
		if err != nil {
			w.Header().Del("Content-Encoding")
			rest.WriteError(w, r, err)
			return
		}
		w.Header().Set("ETag", c.etag)
		w.Header().Set("Content-Type", contentType)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(c.bytes))
	})
}
