package proof

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	. "example.com/bookapi/bookapitest"
	hardening "example.com/bookapi/step5-hardening"
)

// browsed are the steps whose page a person uses: one that has it beside its
// API, and the one that has it inside, behind headers of its own.
var browsed = []string{"step4-authz", "step5-hardening"}

// Where a person finds things on the page.
const (
	authorize    = ".scheme-container button.authorize"
	dialog       = ".modal-ux"
	dialogLogin  = dialog + " button.authorize"
	dialogLogout = dialog + ` button[aria-label="Remove authorization"]`
	dialogClose  = dialog + " button.btn-done"

	createBook        = "#operations-Books-createBook"
	createBookOpen    = createBook + " .opblock-summary-control"
	createBookTry     = createBook + " .try-out__btn"
	createBookExecute = createBook + " .execute"
	createBookAnswer  = createBook + " .live-responses-table"
)

// TestAPersonLogsInOnThePage does in a real browser what the page is for:
// Authorize, name and password, POST /books; log out, and again.
func TestAPersonLogsInOnThePage(t *testing.T) {
	t.Parallel()
	for _, step := range browsed {
		t.Run(step, func(t *testing.T) {
			page := openBrowser(t)
			env := []string{"BOOKAPI_KEYS=" + hardening.NewKey()}
			address := launch(t, build(t, step), env, "-db", filepath.Join(t.TempDir(), "bookapi.db")).address
			signUp(t, address, Ada, AdaPassword)
			logInOnThePage(t, page, address)
		})
	}
}

func logInOnThePage(t *testing.T, page *browser, address string) {
	t.Helper()
	page.visit(address + "/docs?url=https://mallory.example/openapi.json&configUrl=https://mallory.example/config.json")

	page.press(authorize)
	page.write("#oauth_username", Ada)
	page.write("#oauth_password", AdaPassword)
	page.press(dialogLogin)
	page.see(dialogLogout)
	page.closeDialog()
	assert.Empty(t, page.kept(), "the token belongs into the memory of the page, and nowhere else")

	page.press(createBookOpen)
	page.press(createBookTry)
	page.press(createBookExecute)
	page.seeStatus("201")
	assert.Contains(t, page.text(createBookAnswer), `"created_by": "ada"`)
	assert.Empty(t, page.consoleErrors(), "the browser complains")

	page.press(authorize)
	page.press(dialogLogout)
	page.see(dialogLogin)
	page.closeDialog()
	page.press(createBookExecute)
	page.seeStatus("401")
	assert.Equal(t, []string{address + "/books: Failed to load resource: the server responded with a status of 401 (Unauthorized)"}, page.consoleErrors())

	for _, requested := range page.requests() {
		assert.True(t, strings.HasPrefix(requested, address+"/") || strings.HasPrefix(requested, "data:"), "the page asks %s", requested)
	}
}

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
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.WindowSize(1200, 1000),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-quic", true))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // root cannot have one
	}
	ctx, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	ctx, stop = chromedp.NewContext(ctx)
	t.Cleanup(stop)
	err := chromedp.Do(ctx)
	if errors.Is(err, exec.ErrNotFound) && os.Getenv("BOOKAPI_TEST_ALL") == "" {
		t.Skip("there is no Chromium here to look at the page with")
	}
	require.NoError(t, err, "start Chromium")

	b := &browser{t: t}
	require.NoError(t, chromedp.Listen(ctx, b.listen))
	_, err = chromedp.Call(ctx, network.Enable, network.EnableParams{})
	require.NoError(t, err)
	t.Cleanup(func() { b.keepPicture(ctx) })
	b.ctx, stop = context.WithTimeout(ctx, 2*time.Minute) // for a machine that is busy
	t.Cleanup(stop)
	return b
}

// do takes a step, or ends the test.
func (b *browser) do(what string, step chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	require.NoError(b.t, chromedp.Do(b.ctx, step), "%s; the browser says %q", what, b.consoleErrors())
}

func (b *browser) visit(address string) {
	b.t.Helper()
	b.do("visit "+address, chromedp.Navigate(address))
}

// press waits for a button, if need be, and presses it.
func (b *browser) press(button string) {
	b.t.Helper()
	b.do("press "+button, chromedp.Click(chromedp.CSS(button)))
}

func (b *browser) closeDialog() {
	b.t.Helper()
	b.press(dialogClose)
	b.do("see it close", chromedp.WaitNotPresent(chromedp.CSS(dialog)))
}

func (b *browser) write(field, text string) {
	b.t.Helper()
	b.do("write into "+field, chromedp.SendKeys(chromedp.CSS(field), text))
}

func (b *browser) see(element string) {
	b.t.Helper()
	b.do("see "+element, chromedp.WaitVisible(chromedp.CSS(element)))
}

// seeStatus waits until the server has answered POST /books with the status.
func (b *browser) seeStatus(status string) {
	b.t.Helper()
	b.do("see "+status, chromedp.WaitVisible(`//*[@id="`+createBook[1:]+`"]//*[contains(@class, "live-responses-table")]`+
		`//td[contains(@class, "response-col_status") and starts-with(normalize-space(), "`+status+`")]`))
}

func (b *browser) text(element string) string {
	b.t.Helper()
	text, err := chromedp.Run(b.ctx, chromedp.TextContent(chromedp.CSS(element)))
	require.NoError(b.t, err)
	return text
}

// kept returns what the page has left with the browser.
func (b *browser) kept() string {
	b.t.Helper()
	kept, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](`document.cookie + Object.keys(localStorage) + Object.keys(sessionStorage)`))
	require.NoError(b.t, err)
	return kept
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
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning {
			for _, arg := range e.Args {
				b.complain = append(b.complain, arg.Description+string(arg.Value))
			}
		}
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning {
			b.complain = append(b.complain, e.Entry.URL+": "+e.Entry.Text)
		}
	}
}

// consoleErrors returns what is wrong with the page: errors, warnings, and what
// the Content-Security-Policy forbids.
func (b *browser) consoleErrors() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]string(nil), b.complain...)
}

// requests returns the addresses that the page has asked for.
func (b *browser) requests() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]string(nil), b.requested...)
}

// keepPicture keeps a picture of the page, if the test has failed.
func (b *browser) keepPicture(ctx context.Context) {
	if !b.t.Failed() {
		return
	}
	ctx, stop := context.WithTimeout(ctx, 10*time.Second)
	defer stop()
	picture, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	file := filepath.Join(os.TempDir(), strings.ReplaceAll(b.t.Name(), "/", "-")+".png")
	if err == nil {
		err = os.WriteFile(file, picture, 0o600)
	}
	if err != nil {
		b.t.Log("no picture of the page: ", err)
		return
	}
	b.t.Log("the page as it was: ", file)
}
