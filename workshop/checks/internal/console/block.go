// Package console runs the console blocks of a document and compares what they
// print with what the document says they print.
//
//	```console
//	$ go run ./bookapi/cmd/bookapi
//	bookapi: serving the open Book API on http://127.0.0.1:8080 …
//	```
//
// A line that begins with "$ " is a command. If it ends in a backslash, it goes
// on in the next line, which begins with "> ". Any other line is output, white
// space at its end apart. In output, … stands for anything within a line, and a
// line that is only … for any number of lines.
//
// "go run" of a folder cmd/bookapi is a server, unless a command of the program
// follows, such as "keys new", and so is a program in Python. It runs on until ^C begins a
// line of this block or of a later one, until the next server starts, or until
// the document ends. What it prints after ^C may be left out.
//
// Port 8080 stands for a free one. "$ TOKEN=…" takes the access_token that was
// printed last, "$ REFRESH=…" the refresh_token; other variables are set as in
// any shell.
package console

import (
	"fmt"
	"strings"

	"example.com/bookapi/workshop/internal/markdown"
)

// A Block is one console block of a document.
type Block struct {
	Line    int    // in the document
	Mode    string // the word behind "console", or ""
	entries []entry
}

// An entry is something that is typed, and what is printed then.
type entry struct {
	line    int
	command string // "" for Ctrl-C
	want    []string
}

const anything = "…"

// Blocks returns the console blocks of a document.
func Blocks(doc markdown.Document) ([]Block, error) {
	var blocks []Block
	for _, code := range doc.Blocks {
		words := strings.Fields(code.Info)
		if len(words) == 0 || words[0] != "console" {
			continue
		}
		block := Block{Line: code.Line, Mode: strings.Join(words[1:], " ")}
		if err := block.read(code); err != nil {
			return nil, err
		}
		blocks = append(blocks, block)
	}
	return blocks, nil
}

// Commands returns what the block types, with continued lines joined.
func (b Block) Commands() []string {
	var commands []string
	for _, e := range b.entries {
		if e.command != "" {
			commands = append(commands, e.command)
		}
	}
	return commands
}

func (b *Block) read(code markdown.Code) error {
	continued := false
	for i, line := range strings.Split(strings.TrimSuffix(code.Text, "\n"), "\n") {
		at := code.Line + i
		line = strings.TrimRight(line, " \t\r")
		typed, isCommand := strings.CutPrefix(line, "$ ")
		printed, interrupt := strings.CutPrefix(line, "^C")
		switch {
		case continued:
			typed, isCommand = strings.CutPrefix(line, "> ")
			if !isCommand {
				return fmt.Errorf("line %d: the line before ends in a backslash: begin this one with \"> \"", at)
			}
			b.last().command += "\n" + typed
		case isCommand:
			b.entries = append(b.entries, entry{line: at, command: typed})
		case interrupt:
			b.entries = append(b.entries, entry{line: at})
			if printed != "" {
				b.last().want = []string{printed}
			}
		case len(b.entries) == 0:
			return fmt.Errorf("line %d: a console block begins with a command: \"$ ...\"", at)
		default:
			b.last().want = append(b.last().want, line)
		}
		continued = isCommand && strings.HasSuffix(line, `\`)
	}
	if continued {
		return fmt.Errorf("line %d: the last command goes on, but the block ends", b.last().line)
	}
	return nil
}

func (b *Block) last() *entry { return &b.entries[len(b.entries)-1] }
