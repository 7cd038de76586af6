package web_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/internal/course/coursetest"
)

// A browser is one with one page, and what it has to say about it.
type browser struct {
	t   *testing.T
	ctx context.Context

	mu        sync.Mutex
	complain  []string
	requested []string
}

// openBrowser starts Chromium, or Chrome, and skips the test where there is
// none; in CI there must be one. If the test fails, a picture of the page is kept.
func openBrowser(t *testing.T) *browser {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.WindowSize(1280, 900),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-quic", true),
		chromedp.Flag("host-resolver-rules", "MAP mallory.example 127.0.0.1"))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // root cannot have one
	}
	ctx, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	ctx, stop = chromedp.NewContext(ctx)
	t.Cleanup(stop)
	err := chromedp.Do(ctx)
	if errors.Is(err, exec.ErrNotFound) {
		coursetest.Lacks(t, "Chromium to look at the page with")
	}
	require.NoError(t, err, "start Chromium")

	b := &browser{t: t}
	require.NoError(t, chromedp.Listen(ctx, b.listen))
	_, err = chromedp.Call(ctx, network.Enable, network.EnableParams{})
	require.NoError(t, err)
	t.Cleanup(func() {
		if t.Failed() {
			picture(ctx, t, os.TempDir(), "failed")
		}
	})
	b.ctx, stop = context.WithTimeout(ctx, 3*time.Minute) // for a machine that is busy
	t.Cleanup(stop)
	return b
}

// do takes a step, or ends the test.
func (b *browser) do(what string, step chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	require.NoError(b.t, chromedp.Do(b.ctx, step), "%s; the browser says %q", what, b.complaints())
}

func (b *browser) visit(address string) {
	b.t.Helper()
	b.do("visit "+address, chromedp.Navigate(address))
}

// enter opens the site with its key, as whoever started it does.
func (b *browser) enter(s *site) {
	b.t.Helper()
	b.visit(s.server.Address())
	b.see("main.map")
}

// press waits for a button, if need be, and presses it.
func (b *browser) press(button string) {
	b.t.Helper()
	b.do("press "+button, chromedp.Click(chromedp.CSS(button)))
}

func (b *browser) see(element string) {
	b.t.Helper()
	b.do("see "+element, chromedp.WaitVisible(chromedp.CSS(element)))
}

func (b *browser) text(element string) string {
	b.t.Helper()
	text, err := chromedp.Run(b.ctx, chromedp.TextContent(chromedp.CSS(element)))
	require.NoError(b.t, err, element)
	return text
}

// evaluate evaluates a script through the debugger, which no policy holds back.
func evaluate[T any](b *browser, script string) T {
	b.t.Helper()
	value, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	require.NoError(b.t, err)
	return value
}

// look sets the colours that the person prefers, and the size of the window.
func (b *browser) look(scheme string, width, height int64) {
	b.t.Helper()
	b.do("size", chromedp.EmulateViewport(width, height))
	_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}})
	require.NoError(b.t, err)
}

// listen takes up what the browser tells.
func (b *browser) listen(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		b.requested = append(b.requested, e.Request.URL)
	case *runtime.EventExceptionThrown:
		b.complain = append(b.complain, e.ExceptionDetails.Text)
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning {
			b.complain = append(b.complain, e.Entry.URL+": "+e.Entry.Text)
		}
	}
}

// complaints returns what is wrong with the pages: errors, warnings, and what
// the Content-Security-Policy forbids.
func (b *browser) complaints() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]string(nil), b.complain...)
}

func (b *browser) requests() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]string(nil), b.requested...)
}

// show keeps a picture of the page where BOOKAPI_TEST_PICTURES says, if it does.
func (b *browser) show(name string) {
	b.t.Helper()
	if dir := os.Getenv("BOOKAPI_TEST_PICTURES"); dir != "" {
		picture(b.ctx, b.t, dir, name)
	}
}

func picture(ctx context.Context, t *testing.T, dir, name string) {
	t.Helper()
	ctx, stop := context.WithTimeout(ctx, 10*time.Second)
	defer stop()
	shot, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	file := filepath.Join(dir, strings.ReplaceAll(t.Name(), "/", "-")+"-"+name+".png")
	if err == nil {
		err = os.WriteFile(file, shot, 0o600)
	}
	if err != nil {
		t.Log("no picture of the page: ", err)
		return
	}
	t.Log("the page as it was: ", file)
}

// axe is the accessibility checker axe-core, whose file the environment names.
func axe(t *testing.T) string {
	t.Helper()
	file := os.Getenv("BOOKAPI_TEST_AXE")
	if file == "" {
		coursetest.Lacks(t, "axe-core to check the pages with: set BOOKAPI_TEST_AXE to its axe.min.js, which .ci/axe fetches")
	}
	script, err := os.ReadFile(file)
	require.NoError(t, err)
	return string(script)
}

// check has axe-core look at the page, in light and dark, and looks itself
// whether it fits from a projector to a phone.
func (b *browser) check(axe, what string) {
	b.t.Helper()
	type violation struct {
		ID, Impact, Help string
		Nodes            []struct {
			HTML           string
			FailureSummary string
		}
	}
	for _, scheme := range []string{"light", "dark"} {
		b.look(scheme, 1280, 900)
		found := evaluate[string](b, axe+`
			; axe.run(document, {resultTypes: ["violations"], preload: false}).then((r) => JSON.stringify(r.violations))`)
		var violations []violation
		require.NoError(b.t, json.Unmarshal([]byte(found), &violations))
		for _, v := range violations {
			text, err := json.MarshalIndent(v, "", "  ")
			require.NoError(b.t, err)
			if v.Impact == "serious" || v.Impact == "critical" {
				assert.Fail(b.t, "axe finds in "+what+", "+scheme, string(text))
			} else {
				b.t.Logf("axe says of %s, %s: %s", what, scheme, text)
			}
		}
		b.show(what + "-" + scheme)
	}
	for _, width := range []int64{1920, 1000, 768, 360} {
		b.look("light", width, 740)
		assert.LessOrEqual(b.t, evaluate[int64](b, `document.documentElement.scrollWidth`), width, "%s does not fit", what)
	}
	b.show(what + "-phone")
	b.look("light", 1280, 900)
}

// waitForText waits until the page is one that says this.
func waitForText(text string) chromedp.Action[chromedp.Void] {
	return chromedp.WaitVisible(`//body[contains(., "` + text + `")]`)
}
