package web_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/internal/course/coursetest"
)

// stepOne is a copy of the real course, of which step 1 alone is used: its tests
// take a few seconds.
func stepOne(t *testing.T) string {
	t.Helper()
	root, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	for _, dir := range []string{"bookapi", "step1-hashing", "solutions/step1-hashing", "workshop/flaws/step1-hashing"} {
		require.NoError(t, os.CopyFS(filepath.Join(root, dir), os.DirFS(filepath.Join("..", "..", "..", dir))))
	}
	coursetest.Write(t, root, "workshop/go.mod", "module example.com/bookapi/workshop\n\ngo 1.26.0\n")
	coursetest.Write(t, root, "go.work", "go 1.26.0\n\nuse (\n\t./bookapi\n\t./step1-hashing\n\t./workshop\n)\n\nreplace example.com/bookapi v0.0.0 => ./bookapi\n")
	sums, err := os.ReadFile(filepath.Join("..", "..", "..", "go.work.sum"))
	require.NoError(t, err)
	coursetest.Write(t, root, "go.work.sum", string(sums))
	return root
}

const password = "step1-hashing/password.go"

// TestALearnerInABrowser takes exercise 1.1 from red to green, and does all else
// that the page is for.
func TestALearnerInABrowser(t *testing.T) {
	t.Parallel()
	b := openBrowser(t)
	root := stepOne(t)
	s := serving(t, root)
	b.enter(s)
	b.visit("http://" + s.host + s.place + "/step/1")
	evaluate[bool](b, `window.sameDocument = true`)
	b.see(`#exercise .state[data-state="todo"]`)
	assert.Contains(t, b.text("#exercise .failure .said"), "Promise broken (1.1)")

	coursetest.Replace(t, root, password, `return "", errTODO("1.1")`, `return plaintext, nil`)
	b.see("#exercise .failure.attack .alarm")
	assert.Equal(t, "ATTACK SUCCEEDED", b.text("#exercise .alarm"))
	b.see(`[data-exercise="1.1"] .state[data-state="red"]`)
	b.show("attack")

	b.press(".help button")
	b.see(`.hints [data-hint="1"]`)
	assert.Equal(t, 1, evaluate[int](b, `document.querySelectorAll(".hints li").length`), "one at a time")
	b.press(".help button")
	b.see(`.hints [data-hint="2"]`)
	assert.Equal(t, 2, evaluate[int](b, `document.querySelectorAll(".hints li").length`))

	b.press("#exercise > .actions button")
	b.see("#spoil")
	assert.Contains(t, b.text("#sheet-text"), "1.1 is not green yet")
	assert.NotContains(t, b.text("#sheet-text"), "GenerateFromPassword", "nothing is given away unasked")
	b.press("#spoil")
	b.see("#sheet-text .diff .added")
	b.press("#sheet-close")

	solution, err := os.ReadFile(filepath.Join(root, "solutions", password))
	require.NoError(t, err)
	coursetest.Write(t, root, password, string(solution))
	b.see("#exercise .won")
	b.see(`[data-exercise="1.1"] .state[data-state="green"]`)
	assert.Contains(t, b.text("#verdict"), "1.1 is green.", "those who do not see it hear it")
	assert.Equal(t, "3 of 4 green", b.text("#count"))
	assert.Zero(t, evaluate[int](b, `document.querySelectorAll(".hints li").length`), "those were for what was red")
	b.show("green")
	b.press("#exercise .happened")
	assert.True(t, evaluate[bool](b, `[...document.querySelectorAll("details[open] > summary")].some((s) => s === document.activeElement && s.textContent === "What just happened")`),
		"the lesson explains what was just done")
	assert.Contains(t, b.text("#exercise .lead-on"), "Next: 1.4")
	evaluate[bool](b, `navigator.clipboard.writeText = (text) => { window.copied = text; return Promise.resolve(); }; true`)
	b.press(`.copyable:has(+ pre.console) .copy`)
	assert.Equal(t, "go run ./bookapi/cmd/bookapi", evaluate[string](b, `window.copied`), "without the $ and without what is printed")
	evaluate[bool](b, `(async () => {
		const { copyButtons } = await import(document.querySelector("script[type=module]").src.replace("main.js", "copy.js"));
		copyButtons().status({ phase: "serving", address: "http://127.0.0.1:34567" });
		[...document.querySelectorAll(".copyable:has(+ pre.console) .copy")][1].click();
		return true;
	})()`)
	assert.Contains(t, evaluate[string](b, `window.copied`), "curl -s http://127.0.0.1:34567/books ", "the address is that of the server that runs")
	b.press("#exercise > .actions button")
	b.see("#sheet-text .words")
	assert.Contains(t, b.text("#sheet-text"), "to the letter")
	b.press("#sheet-close")
	assert.True(t, evaluate[bool](b, `window.sameDocument === true`), "all of it without loading the page again")

	takeTheQuiz(t, b, s)
	readAToken(t, b, s)
	assert.Equal(t, []string{"http://" + s.host + s.place + "/diff/1.1: Failed to load resource: the server responded with a status of 409 (Conflict)"}, b.complaints())
	for _, requested := range b.requests() {
		assert.True(t, strings.HasPrefix(requested, "http://"+s.host+"/"), "the page asks %s", requested)
	}
	assert.Empty(t, evaluate[string](b, `document.cookie + Object.keys(localStorage) + Object.keys(sessionStorage)`), "no script can read the session, and nothing is kept")
}

func takeTheQuiz(t *testing.T, b *browser, s *site) {
	t.Helper()
	b.visit("http://" + s.host + s.place + "/step/1/quiz")
	for n := 1; n <= 5; n++ {
		question := fmt.Sprintf(`[data-question="%d"] `, n)
		b.press(question + `input[value="1"]`)
		b.press(question + "button")
		b.see(question + ".explained .right")
	}
	assert.NotContains(t, b.text("#quiz"), "null", "an answer that was right has one explanation")
	b.see("#score h2")
	assert.Regexp(t, `^[0-4] of 5 right$`, b.text("#score h2"))
	assert.NotContains(t, b.text("#score"), "next lesson", "this copy has no other step")
	assert.Equal(t, 5, evaluate[int](b, `document.querySelectorAll("label.right").length`))
}

func readAToken(t *testing.T, b *browser, s *site) {
	t.Helper()
	b.visit("http://" + s.host + s.place + "/token")
	b.press("#example")
	b.see("#token-payload")
	before := len(b.requests())
	paste := func(token string) {
		evaluate[bool](b, fmt.Sprintf(`(() => { const raw = document.getElementById("raw"); raw.value = %q; return raw.dispatchEvent(new Event("input")); })()`, token))
	}
	// {"alg":"none"} . {"sub":"<img src=x onerror=alert(1)>","exp":0,"name":"Jörg"}
	paste("Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiI8aW1nIHNyYz14IG9uZXJyb3I9YWxlcnQoMSk-IiwiZXhwIjowLCJuYW1lIjoiSsO2cmcifQ.")
	assert.Contains(t, b.text("#token-header"), "anybody can have written it")
	payload := b.text("#token-payload")
	assert.Contains(t, payload, `"<img src=x onerror=alert(1)>"`, "ATTACK SUCCEEDED: a token became markup")
	assert.Contains(t, payload, `"Jörg"`)
	assert.Regexp(t, `ended \d+ years ago: Thursday,? 1 January 1970`, payload)
	assert.Contains(t, b.text("#token-signature"), "There is none.")
	for wrong, says := range map[string]string{
		"abc":                       "three parts with dots between them, and this has 1",
		"a.b.c":                     "The first part is no header",
		"e30.!.c":                   "The second part is no payload",
		"e30.W10.":                  "The second part is no payload: it is no JSON object.",
		strings.Repeat("a", 70_000): "longer than any token",
		"a.b.c.d.e":                 "encrypted (JWE)",
	} {
		paste(wrong)
		assert.Contains(t, b.text("#decoded"), says)
	}
	assert.Len(t, b.requests(), before, "what is pasted stays in the page")
}

// TestMalloryInABrowser has the learner's own browser look at a page of mallory's
// while the companion is open in it.
func TestMalloryInABrowser(t *testing.T) {
	t.Parallel()
	b := openBrowser(t)
	s := serving(t, tiny(t))
	b.enter(s)
	site := "http://" + s.host + s.place
	mallory := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if cookie, err := r.Cookie("workshop"); err == nil {
			t.Errorf("ATTACK SUCCEEDED: mallory's server got the cookie %s", cookie)
		}
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintln(w, "<!doctype html><title>mallory</title><p id=mallory>A nice page")
	}))
	t.Cleanup(mallory.Close)
	for _, from := range []string{mallory.URL, strings.Replace(mallory.URL, "127.0.0.1", "localhost", 1), strings.Replace(mallory.URL, "127.0.0.1", "mallory.example", 1)} {
		b.visit(from)
		b.see("#mallory")
		got := evaluate[[]string](b, fmt.Sprintf(`(async (site, token) => {
			const attempt = (what, make) => new Promise((done) => make(() => done(what), () => done("")));
			const load = (tag, attribute, path) => attempt(tag + " " + path, (yes, no) => {
				const e = document.createElement(tag);
				e.onload = yes; e.onerror = no; e[attribute] = site + path;
				document.body.append(e);
			});
			const read = (path, options) => attempt("fetch " + path, (yes, no) => fetch(site + path, {credentials: "include", ...options}).then(yes, no));
			return (await Promise.all([
				read("/"), read("/events"), read("/diff/1.1?spoil=yes"), read("/hint/1.1/1"),
				read("/server/2/start", {method: "POST", headers: {"X-Workshop-Token": token}}),
				load("img", "src", "/assets/icon.svg"), load("script", "src", "/assets/dom.js"),
				attempt("stream", (yes, no) => { const s = new EventSource(site + "/events", {withCredentials: true}); s.onopen = yes; s.onerror = no; }),
			])).filter(Boolean);
		})(%q, %q)`, site, s.token))
		assert.Empty(t, got, "ATTACK SUCCEEDED: from %s mallory got", from)

		evaluate[bool](b, fmt.Sprintf(`(() => { const f = document.createElement("form"); f.method = "POST"; f.action = %q; document.body.append(f); f.submit(); return true; })()`, site+"/server/2/start"))
		b.do("see the answer", waitForText("workshop"))
	}
	until(s, s.follow(), "server", func(v server) bool {
		assert.Equal(t, "stopped", v.Phase, "ATTACK SUCCEEDED: mallory ran the learner's code")
		return true
	})

	_, port, _ := strings.Cut(s.host, ":")
	b.visit("http://mallory.example:" + port + s.place + "/")
	assert.Contains(t, b.text("body"), "to no other name", "ATTACK SUCCEEDED: mallory's own name leads here")
}

// TestEverybodyCanUseThePages has axe-core look at them.
func TestEverybodyCanUseThePages(t *testing.T) {
	t.Parallel()
	axe := axe(t)
	b := openBrowser(t)
	root := stepOne(t)
	s := serving(t, root)
	site := "http://" + s.host + s.place
	b.enter(s)
	b.see("#next .failure")
	b.check(axe, "map")

	coursetest.Replace(t, root, password, `return "", errTODO("1.1")`, `return plaintext, nil`)
	b.visit(site + "/step/1")
	b.see("#exercise .failure.attack")
	b.press(".help button")
	b.see(`.hints [data-hint="1"]`)
	evaluate[bool](b, `document.querySelectorAll("details").forEach((d) => { d.open = true }); true`)
	b.check(axe, "lesson")
	b.press("#exercise > .actions button")
	b.press("#spoil")
	b.see("#sheet-text .diff")
	b.check(axe, "diff")

	b.visit(site + "/step/1/quiz")
	b.press(`[data-question="1"] input[value="1"]`)
	b.press(`[data-question="1"] button`)
	b.see(`[data-question="1"] .explained .right`)
	b.check(axe, "quiz")

	b.visit(site + "/step/1/flaws")
	evaluate[bool](b, `document.querySelectorAll("details").forEach((d) => { d.open = true }); true`)
	b.check(axe, "flaws")

	b.visit(site + "/token")
	b.press("#example")
	b.see("#token-payload")
	b.check(axe, "token")

	b.visit(site + "/instructors")
	b.check(axe, "instructors")
	b.visit(site + "/step/1/source/" + password)
	b.check(axe, "source")
	b.visit(site + "/nowhere")
	b.check(axe, "nowhere")

	s = serving(t, tiny(t))
	b.enter(s)
	b.visit("http://" + s.host + s.place + "/step/2/server")
	b.press("#start")
	b.see(`#phase[data-phase="serving"]`)
	b.check(axe, "server")
	b.press("#stop")
	b.see(`#phase[data-phase="stopped"]`)
}

// TestEverybodyCanReadTheLessons has axe-core look at those of the real course.
func TestEverybodyCanReadTheLessons(t *testing.T) {
	t.Parallel()
	axe := axe(t)
	b := openBrowser(t)
	s := reading(t, filepath.Join("..", "..", ".."))
	b.enter(s)
	b.check(axe, "map")
	for step := 1; step <= 5; step++ {
		b.visit(fmt.Sprintf("http://%s%s/step/%d", s.host, s.place, step))
		b.see(".lesson h1")
		evaluate[bool](b, `document.querySelectorAll("details").forEach((d) => { d.open = true }); true`)
		b.check(axe, fmt.Sprint("step", step))
	}
}

// TestAFileLeadsIn opens the site as internal/browser does. A browser takes that
// for another site, and keeps back the cookie that it has just got.
func TestAFileLeadsIn(t *testing.T) {
	t.Parallel()
	b := openBrowser(t)
	s := reading(t, tiny(t))
	file := filepath.Join(t.TempDir(), "open.html")
	require.NoError(t, os.WriteFile(file, []byte(`<!doctype html><meta http-equiv=refresh content="0;url=`+s.server.Address()+`">`), 0o600))
	b.visit("file:///" + strings.TrimPrefix(filepath.ToSlash(file), "/"))
	b.see("main.map")
	assert.NotContains(t, evaluate[string](b, "location.href"), s.key, "the key does not stay in the address")
}
