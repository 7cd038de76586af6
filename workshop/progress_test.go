package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestProgressOnATerminalIsOneLine(t *testing.T) {
	var out bytes.Buffer
	p := &progress{to: &out, terminal: true, begun: time.Now()}
	stop := p.start(func() int { return 3 })
	opening := out.String()
	_, _ = p.Write([]byte("go: downloading example.com/" + strings.Repeat("long/", 30) + " v1.0.0\nerrors\nunicode/utf8\n# example.com/m\nm.go:1:2: a fault\n"))
	p.tell()
	assert.Contains(t, out.String(), "\r  2 packages compiled, 0 s")
	p.mu.Lock()
	p.total = 3
	p.mu.Unlock()
	_, _ = p.Write([]byte("exam"))
	_, _ = p.Write([]byte("ple.com/m\n"))
	p.tell()
	assert.Contains(t, out.String(), "\r  3 of 3 packages compiled, 0 s")
	stop()

	told := strings.TrimPrefix(out.String(), opening)
	assert.NotContains(t, told, "\n")
	lines := strings.Split(told, "\r")
	for _, line := range lines {
		assert.LessOrEqual(t, len(line), width)
	}
	assert.Empty(t, strings.TrimSpace(lines[len(lines)-1]+lines[len(lines)-2]), "and the last thing is that it goes")
	assert.Equal(t, "# example.com/m\nm.go:1:2: a fault\n", p.said.String())
}

func TestProgressElsewhereIsWholeLines(t *testing.T) {
	var out bytes.Buffer
	p := &progress{to: &out, begun: time.Now()}
	stop := p.start(func() int { return 0 })
	_, _ = p.Write([]byte("go: downloading example.com/m v1.0.0\n"))
	p.tell()
	stop()
	assert.True(t, strings.HasSuffix(out.String(), "\n  0 packages compiled, 0 s, downloading example.com/m v1.0.0\n"), out.String())
	assert.NotContains(t, out.String(), "\r")
}
