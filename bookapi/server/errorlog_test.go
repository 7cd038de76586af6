package server

import (
	"bytes"
	"fmt"
	"log"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestAFloodOfComplaintsIsAFewLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		complain := log.New(&errorLog{logger: slog.New(slog.NewTextHandler(&out, nil)), now: time.Now}, "", 0)
		for i := range 1000 {
			complain.Printf("handshake %d\nlevel=ERROR forged", i)
		}
		assert.Equal(t, errorLogLines, strings.Count(out.String(), "\n"), "a line each, and no more of them")

		time.Sleep(errorLogWindow)
		out.Reset()
		complain.Print("handshake again")
		assert.Contains(t, out.String(), fmt.Sprintf("lines=%d", 1000-errorLogLines))
		assert.Contains(t, out.String(), "handshake again")

		time.Sleep(errorLogWindow)
		out.Reset()
		complain.Print("later")
		assert.Equal(t, 1, strings.Count(out.String(), "\n"), "nothing was left out")
	})
}
