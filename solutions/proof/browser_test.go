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
	. "github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/bookapitest"
)

// browsed is the step whose page a person uses.
const browsed = "step4-authz"

// TestAPersonLogsInOnThePage does in a real browser what the page is for:
// Authorize, name and password, POST /books; log out, and again.
func TestAPersonLogsInOnThePage(t *testing.T) {
	t.Parallel()
	page := openBrowser(t)
	address := start(t, build(t, browsed), filepath.Join(t.TempDir(), "bookapi.db")).address
	signUp(t, address, bookapitest.Ada, bookapitest.AdaPassword)

	page.do("open the page", Navigate(address+"/docs"), WaitVisible(CSS(authorize)))

	page.do("press Authorize", Click(CSS(authorize)))
	page.do("type name and password",
		SendKeys(ID("oauth_username"), bookapitest.Ada),
		SendKeys(ID("oauth_password"), bookapitest.AdaPassword))
	page.do("log in", Click(CSS(".modal-ux button.authorize")), WaitVisible(logout))
	page.do("close the dialog", Click(CSS(closeDialog)), WaitNotPresent(CSS(".modal-ux")))
	kept, err := Run(page.ctx, Evaluate[string](`document.cookie + Object.keys(localStorage) + Object.keys(sessionStorage)`))
	require.NoError(t, err)
	assert.Empty(t, kept, "the token belongs into the memory of the page, and nowhere else")

	page.do("open POST /books", Click(CSS(createBook+" .opblock-summary-control")))
	page.do("try it out", Click(CSS(createBook+" .try-out__btn")))
	page.do("send a book", Click(CSS(createBook+" .execute")), WaitVisible(answered("201")))
	answer, err := Run(page.ctx, TextContent(CSS(createBook+" .live-responses-table")))
	require.NoError(t, err)
	assert.Contains(t, answer, `"created_by": "ada"`)
	assert.Empty(t, page.complaints(), "the browser complains")

	page.do("log out", Click(CSS(authorize)), Click(logout), WaitVisible(ID("oauth_password")))
	page.do("close the dialog", Click(CSS(closeDialog)), WaitNotPresent(CSS(".modal-ux")))
	page.do("send the book again", Click(CSS(createBook+" .execute")), WaitVisible(answered("401")))
	assert.Equal(t, []string{address + "/books: Failed to load resource: the server responded with a status of 401 (Unauthorized)"}, page.complaints())
	for _, requested := range page.requests() {
		assert.True(t, strings.HasPrefix(requested, address+"/") || strings.HasPrefix(requested, "data:"), "the page asks %s", requested)
	}
}

// Where a person finds things on the page.
const (
	authorize   = ".scheme-container button.authorize"
	closeDialog = ".modal-ux button.btn-done"
	logout      = Search(`//*[@class="modal-ux"]//button[text()="Logout"]`)
	createBook  = "#operations-Books-createBook"
)

// answered finds the status that the server has answered.
func answered(status string) Search {
	return Search(`//*[@id="operations-Books-createBook"]//*[contains(@class, "live-responses-table")]` +
		`//td[contains(@class, "response-col_status") and starts-with(normalize-space(), "` + status + `")]`)
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
	options := append(DefaultExecAllocatorOptions[:], WindowSize(1200, 1000),
		Flag("disable-component-update", true), Flag("disable-quic", true))
	if os.Geteuid() == 0 {
		options = append(options, NoSandbox) // root cannot have one
	}
	ctx, stop := NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	ctx, stop = NewContext(ctx)
	t.Cleanup(stop)
	err := Do(ctx)
	if errors.Is(err, exec.ErrNotFound) && os.Getenv("CI") != "true" {
		t.Skip("there is no Chromium here to look at the page with")
	}
	require.NoError(t, err, "start Chromium")

	b := &browser{t: t}
	require.NoError(t, Listen(ctx, b.listen))
	_, err = Call(ctx, network.Enable, network.EnableParams{})
	require.NoError(t, err)
	t.Cleanup(func() { b.keepPicture(ctx) })
	b.ctx, stop = context.WithTimeout(ctx, 2*time.Minute) // for a machine that is busy
	t.Cleanup(stop)
	return b
}

// do takes the steps of a person, in order.
func (b *browser) do(what string, steps ...Action[Void]) {
	b.t.Helper()
	require.NoError(b.t, Do(b.ctx, steps...), "%s; the browser says %q", what, b.complaints())
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

// complaints returns what is wrong with the page: errors, warnings, and what
// the Content-Security-Policy forbids.
func (b *browser) complaints() []string {
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
	picture, err := Run(ctx, CaptureScreenshot())
	file := filepath.Join(os.TempDir(), b.t.Name()+".png")
	if err == nil {
		err = os.WriteFile(file, picture, 0o600)
	}
	if err != nil {
		b.t.Log("no picture of the page: ", err)
		return
	}
	b.t.Log("the page as it was: ", file)
}
