package hardening

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
)

// A draft is an answer that somebody has written and that is not sent yet.
type draft struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func newDraft() *draft { return &draft{header: make(http.Header), status: http.StatusOK} }

func (d *draft) Header() http.Header         { return d.header }
func (d *draft) WriteHeader(status int)      { d.status = status }
func (d *draft) Write(p []byte) (int, error) { return d.body.Write(p) }

// send sends the answer. If it hands out an access token, it takes the refresh
// token along.
func (d *draft) send(w http.ResponseWriter, refresh string) {
	body := d.body.Bytes()
	var answer map[string]any
	if d.status == http.StatusOK && json.Unmarshal(body, &answer) == nil {
		answer["refresh_token"] = refresh
		body, _ = json.Marshal(answer) // as it came, and a text
	}
	maps.Copy(w.Header(), d.header)
	w.WriteHeader(d.status)
	_, _ = w.Write(body)
}
