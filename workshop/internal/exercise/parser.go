package exercise

import (
	"bytes"
	"os"
	"path/filepath"
	"sync"
)

// A Parser outlines files, and those that have not changed only once. A nil Parser
// outlines them each time. It is safe for concurrent use.
type Parser struct {
	mu     sync.Mutex
	known  map[string]outlined // by the name of the file
	parses int
}

type outlined struct {
	src     []byte
	outline Outline
}

// Source reads the package in a folder. What cannot be read has nothing in it:
// the go command says what is wrong with it.
func (p *Parser) Source(dir string) Source { return p.outlines(dir, IsCode) }

// Tests reads the test files in a folder, as Source does the others.
func (p *Parser) Tests(dir string) Source {
	return p.outlines(dir, func(name string) bool { return !IsCode(name) })
}

func (p *Parser) outlines(dir string, wanted func(name string) bool) Source {
	s := make(Source)
	names, _ := filepath.Glob(filepath.Join(dir, "*.go")) // fails for a bad pattern only
	for _, name := range names {
		if !wanted(name) {
			continue
		}
		if src, err := os.ReadFile(name); err == nil {
			s[filepath.Base(name)] = p.outline(name, src)
		}
	}
	return s
}

// outline goes by the text rather than the time of the file, which two saves in a
// row may share.
func (p *Parser) outline(name string, src []byte) Outline {
	if p == nil {
		return Parse(src)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if known, ok := p.known[name]; ok && bytes.Equal(known.src, src) {
		return known.outline
	}
	o := Parse(src)
	if p.known == nil {
		p.known = make(map[string]outlined)
	}
	p.known[name] = outlined{src, o}
	p.parses++
	return o
}

// Parses is how many files were parsed.
func (p *Parser) Parses() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.parses
}
