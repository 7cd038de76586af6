package server

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi"
	"example.com/bookapi/sqlstore"
)

// Clients that never stop of themselves write until they are refused. Each of
// their requests is answered in full, or was never sent.
func TestTheEndLosesNoAnswer(t *testing.T) {
	for _, clients := range []int{1, 24} {
		t.Run(fmt.Sprintf("%d clients", clients), func(t *testing.T) {
			db := newFile(t)
			r := start(t, openAPI(), patience{drain: 200 * time.Millisecond, grace: 10 * time.Second}, nil, "-addr", "127.0.0.1:0", "-db", db)
			var (
				wg       sync.WaitGroup
				answered sync.Map
				written  atomic.Int64
				enough   = make(chan struct{})
			)
			for client := range clients {
				wg.Go(func() {
					transport := &http.Transport{}
					defer transport.CloseIdleConnections()
					for n := 0; ; n++ {
						title := fmt.Sprintf("Volume %d of client %d", n, client)
						err := write(transport, r.url, title)
						if err != nil {
							op := new(net.OpError)
							assert.Truef(t, errors.As(err, &op) && op.Op == "dial", "client %d lost the answer to its request %d: %v", client, n, err)
							return
						}
						answered.Store(title, true)
						if written.Add(1) == 300 {
							close(enough)
						}
					}
				})
			}
			<-enough
			require.NoError(t, r.end())
			wg.Wait()

			store, err := sqlstore.Open(t.Context(), db)
			require.NoError(t, err)
			defer func() { assert.NoError(t, store.Close()) }()
			for after, more := int64(0), true; more; {
				page, err := store.Books(t.Context(), after, bookapi.MaxPage)
				require.NoError(t, err)
				for _, b := range page {
					answered.Delete(b.Title)
					after = b.ID
				}
				more = len(page) > 0
			}
			answered.Range(func(title, _ any) bool { return assert.Failf(t, "acknowledged, and gone", "%s", title) })
		})
	}
}

// write posts a book and reads the answer to its end.
func write(transport http.RoundTripper, url, title string) error {
	body := fmt.Sprintf(`{"title":%q,"author":"Anonymous"}`, title)
	req, err := http.NewRequest(http.MethodPost, url+"/books", strings.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := transport.RoundTrip(req)
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusCreated {
		return errors.New(res.Status)
	}
	_, err = io.Copy(io.Discard, res.Body)
	return errors.Join(err, res.Body.Close())
}
