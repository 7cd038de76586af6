package bookapitest

import (
	"bytes"
	"fmt"
	"io"
	"log"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
)

// Outlets are the places where a secret can come out: what code printed, logged,
// answered and returned while Capture ran it.
type Outlets struct {
	mu    sync.Mutex
	names []string // in the order in which they were first used
	texts map[string]*bytes.Buffer
}

// Capture runs f and collects what it writes to os.Stdout and os.Stderr, to the
// default loggers of log and slog, and to whatever f adds: an injected logger
// (Logger), an Answer, an error.
//
// These belong to the whole program, so a test that calls Capture is not
// parallel. What f prints is printed after it; what it logs is not.
func Capture(f func(out *Outlets)) *Outlets {
	out := &Outlets{texts: make(map[string]*bytes.Buffer)}
	redirected := []func(){
		out.redirect("the standard output", os.Stdout),
		out.redirect("the standard error output", os.Stderr), // with go test -json the same file
		out.redirectLogs(),
	}
	undo := sync.OnceFunc(func() {
		for _, undo := range slices.Backward(redirected) {
			undo()
		}
	})
	captures.Store(out, undo)
	defer captures.Delete(out)
	defer undo()
	f(out)
	return out
}

// captures are the Outlets of the Captures that run, with what undoes each.
var captures sync.Map

// endCaptures lets the failure of a test be printed that hangs in a Capture.
func endCaptures() {
	captures.Range(func(_, undo any) bool {
		undo.(func())()
		return true
	})
}

// redirect makes a file write to an outlet until the function that it returns is
// called. It exchanges what the *os.File points to, so that a copy of the
// pointer, which a logger may keep, is redirected too.
func (o *Outlets) redirect(name string, file *os.File) (undo func()) {
	reader, writer, err := os.Pipe()
	if err != nil {
		panic(err) // the program may open no more files
	}
	own := *file
	*file = *writer
	text, done := new(bytes.Buffer), make(chan struct{})
	go func() {
		defer close(done)
		_, _ = io.Copy(text, reader)
	}()
	return func() {
		*file = own
		_ = writer.Close()
		<-done
		_ = reader.Close()
		_, _ = file.Write(text.Bytes())
		_, _ = o.to(name).Write(text.Bytes())
	}
}

// redirectLogs does it for the default loggers.
func (o *Outlets) redirectLogs() (undo func()) {
	logger, writer, flags := slog.Default(), log.Writer(), log.Flags()
	slog.SetDefault(o.logger("the log"))
	log.SetOutput(o.to("the log"))
	return func() {
		slog.SetDefault(logger)
		log.SetOutput(writer) // SetDefault took that over too
		log.SetFlags(flags)
	}
}

// Logger returns a logger for code that takes one; it logs every level.
func (o *Outlets) Logger() *slog.Logger { return o.logger("the injected log") }

// logger writes each record as text and as JSON: what the one escapes or encodes
// stands in the other as it is.
func (o *Outlets) logger(name string) *slog.Logger {
	options := &slog.HandlerOptions{Level: slog.LevelDebug - 100}
	return slog.New(slog.NewMultiHandler(slog.NewTextHandler(o.to(name), options), slog.NewJSONHandler(o.to(name), options)))
}

// Error adds an error that was returned: its whole chain, as fmt prints it. Of a
// nil error there is nothing to add.
func (o *Outlets) Error(err error) { o.chain("the returned error", err) }

func (o *Outlets) chain(name string, err error) {
	if err == nil {
		return
	}
	o.Value(name, err)
	switch err := err.(type) { //nolint:errorlint // this is the walk through the wrapped errors
	case interface{ Unwrap() error }:
		o.chain(name, err.Unwrap())
	case interface{ Unwrap() []error }:
		for _, next := range err.Unwrap() {
			o.chain(name, next)
		}
	}
}

// Value adds what can be read elsewhere: a row that was stored, a name of a file.
func (o *Outlets) Value(name string, value any) {
	o.write(name, fmt.Sprintf("%v\n%+v\n%#v\n", value, value, value))
}

// Answer adds an answer: its body and its headers.
func (o *Outlets) Answer(answer Answer) {
	o.write("the body of the answer", answer.Body+"\n")
	for name, values := range Sorted(answer.Header) {
		o.write("the header "+name+" of the answer", strings.Join(values, "\n")+"\n")
	}
}

func (o *Outlets) write(name, text string) { _, _ = io.WriteString(o.to(name), text) }

// to returns a writer to the outlet with this name.
func (o *Outlets) to(name string) io.Writer { return outlet{o, name} }

type outlet struct {
	all  *Outlets
	name string
}

func (o outlet) Write(b []byte) (int, error) {
	o.all.mu.Lock()
	defer o.all.mu.Unlock()
	text, ok := o.all.texts[o.name]
	if !ok {
		text = new(bytes.Buffer)
		o.all.texts[o.name] = text
		o.all.names = append(o.all.names, o.name)
	}
	return text.Write(b)
}

// Text returns all that came out of the outlet with this name: "the log".
func (o *Outlets) Text(name string) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	if text, ok := o.texts[name]; ok {
		return text.String()
	}
	return ""
}

// Find looks for secrets in all outlets, and returns an error that names the
// outlet, the secret and the form of the first that it finds; nil if none came
// out. It completes "mallory reads ...".
func (o *Outlets) Find(secrets ...Secret) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, name := range o.names {
		text := o.texts[name].String()
		for _, secret := range secrets {
			if form := secret.In(text); form != "" {
				return fmt.Errorf("%s in %s, %s%s", secret.Name, name, form, lineWith(text, secret))
			}
		}
	}
	return nil
}

// lineWith returns the line in which the secret stands, if it stands in one.
func lineWith(text string, secret Secret) string {
	for line := range strings.Lines(text) {
		if secret.In(line) != "" {
			const most = 160
			line = strings.TrimSpace(line)
			if len(line) > most {
				line = strings.ToValidUTF8(line[:most], "") + " ..."
			}
			return ": " + line
		}
	}
	return ""
}
