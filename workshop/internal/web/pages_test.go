package web_test

import (
	"mime"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/internal/course/coursetest"
)

func TestALessonWithItsLinksAndDrawings(t *testing.T) {
	t.Parallel()
	s := newSite(t, tiny(t))
	page := s.get("/step/1").Body.String()
	assert.Contains(t, page, `<img src="`+s.place+`/step/1/drawing/alpha.svg" alt="A drawing">`)
	assert.Contains(t, page, `<a href="`+s.place+`/step/1/source/step1-alpha/alpha.go">`)
	assert.Contains(t, page, `<a href="`+s.place+`/step/2">step 2</a>`)
	assert.Contains(t, page, "<details>\n<summary>More</summary>")
	assert.Contains(t, page, `<h3 id="exercise-1.1" data-exercise="1.1">`)
	assert.Contains(t, s.get("/step/1/source/step1-alpha/alpha.go").Body.String(), "<span>func Double(n int) (int, error) {\n</span>")
	assert.Equal(t, `<svg xmlns="http://www.w3.org/2000/svg"/>`, s.get("/step/1/drawing/alpha.svg").Body.String())
}

func TestTheInstructorsPage(t *testing.T) {
	t.Parallel()
	root := tiny(t)
	s := newSite(t, root)
	assert.Contains(t, s.get("/").Body.String(), `<a href="`+s.place+`/instructors">For instructors</a>`)
	page := s.get("/instructors").Body.String()
	assert.Contains(t, page, "<title>For instructors")
	assert.Contains(t, page, `Begin with <a href="`+s.place+`/step/1">step 1</a>`)
	require.NoError(t, os.Remove(filepath.Join(root, "INSTRUCTORS.md")))
	w := s.get("/instructors")
	assert.Equal(t, http.StatusNotFound, w.Code)
	assert.Contains(t, w.Body.String(), "git checkout -- INSTRUCTORS.md")
}

func TestNobodyReadsWhatIsNoLesson(t *testing.T) {
	t.Parallel()
	root := tiny(t)
	const secret = "BOOKAPI_KEYS=very-secret"
	outside := filepath.Join(t.TempDir(), "outside.go")
	require.NoError(t, os.WriteFile(outside, []byte(secret), 0o600))
	outsideDrawing := filepath.Join(t.TempDir(), "outside.svg")
	require.NoError(t, os.WriteFile(outsideDrawing, []byte(secret), 0o600))
	for _, name := range []string{".env", ".env.go", "step1-alpha/.env", "step1-alpha/key.pem", "bookapi.db", ".workshop/kept/a.go", "step1-alpha/.git/x.go", "secret.svg"} {
		coursetest.Write(t, root, name, secret)
	}
	if runtime.GOOS != "windows" { // where links are for administrators
		require.NoError(t, os.Symlink(outside, filepath.Join(root, "step1-alpha", "link.go")))
		require.NoError(t, os.Symlink(filepath.Dir(outside), filepath.Join(root, "step1-alpha", "linked")))
		require.NoError(t, os.Symlink(outsideDrawing, filepath.Join(root, "step1-alpha", "link.svg")))
	}
	require.NoError(t, os.Mkdir(filepath.Join(root, "step1-alpha", "folder.go"), 0o755))
	s := newSite(t, root)
	for _, file := range []string{
		".env", ".env.go", "step1-alpha/.env", "step1-alpha/key.pem", "bookapi.db", ".workshop/kept/a.go", "step1-alpha/.git/x.go",
		"step1-alpha/link.go", "step1-alpha/linked/outside.go", "step1-alpha/folder.go", "step1-alpha", "", "nowhere.go",
		"..%2f..%2foutside.go", "%2e%2e/%2e%2e/outside.go", "..%5c..%5coutside.go", "step1-alpha%2f..%2f..%2foutside.go", "%2f" + outside[1:], outside[1:], "/" + outside, "C:%5coutside.go",
		"step1-alpha/alpha.go%00.svg", "step1-alpha/../../outside.go", "%252e%252e/outside.go",
	} {
		w := s.get("/step/1/source/" + file)
		if w.Code == http.StatusTemporaryRedirect || w.Code == http.StatusMovedPermanently {
			assert.Regexp(t, "^/", w.Header().Get("Location"))
			continue // to a path without the dots, on this site
		}
		assert.Equal(t, http.StatusNotFound, w.Code, file)
		assert.NotContains(t, w.Body.String(), secret, "ATTACK SUCCEEDED: mallory read %s", file)
	}
	for _, file := range []string{"link.svg", "..%2fsecret.svg", "..%5csecret.svg", "%2e%2e%2fsecret.svg", "alpha.go", "README.md", "nowhere.svg", ".svg", "..%2f..%2foutside.svg"} {
		w := s.get("/step/1/drawing/" + file)
		assert.Equal(t, http.StatusNotFound, w.Code, file)
		assert.NotContains(t, w.Body.String(), secret, "ATTACK SUCCEEDED: mallory read %s", file)
	}
	for _, file := range []string{"..%2fweb.go", "%2e%2e/web.go", "", "nowhere.js", "..%2fpages%2fmap.html"} {
		assert.Contains(t, []int{http.StatusNotFound, http.StatusBadRequest}, s.get("/assets/"+file).Code, file)
	}
}

func TestTextNeverBecomesMarkup(t *testing.T) {
	t.Parallel()
	root := tiny(t)
	const attack = `<script>alert(1)</script>`
	coursetest.Replace(t, root, "step1-alpha/lesson.toml", `title = "Alpha"`, `title = "`+attack+`"`)
	coursetest.Replace(t, root, "step1-alpha/lesson.toml", `title = "Double a number"`, `title = "`+attack+`"`)
	coursetest.Replace(t, root, "step1-alpha/lesson.toml", `"What is twice one?"`, `"`+attack+`"`)
	coursetest.Replace(t, root, "step1-alpha/lesson.toml", `choices = ["one", `, `choices = ["`+attack+`", `)
	coursetest.Write(t, root, "step1-alpha/README.md", "# "+attack+"\n\n"+attack+"\n")
	coursetest.Write(t, root, "step1-alpha/attack.go", "package alpha // "+attack)
	coursetest.Write(t, root, "workshop/flaws/step1-alpha/attack.patch", "Title: "+attack+"\nExercise: 1.1\nCWE: CWE-79\n\n"+attack+"\n\n"+
		"--- a/step1-alpha/alpha.go\n+++ b/step1-alpha/alpha.go\n@@ -1,1 +1,2 @@\n package alpha\n+// "+attack+"\n")
	s := newSite(t, root)
	for _, path := range []string{"/", "/step/1", "/step/1/quiz", "/step/1/flaws", "/step/1/server", "/step/1/source/step1-alpha/attack.go"} {
		w := s.get(path)
		require.Equal(t, http.StatusOK, w.Code, path)
		assert.NotContains(t, w.Body.String(), attack, "ATTACK SUCCEEDED: a script in %s", path)
		assert.Contains(t, w.Body.String(), "&lt;script&gt;", path)
	}
}

func TestWhatIsWrongInAFlawIsFoldedBelowItsDiff(t *testing.T) {
	t.Parallel()
	root := tiny(t)
	coursetest.Write(t, root, "workshop/flaws/step1-alpha/says-too-much.patch", "Title: It says too much\nExercise: 1.1\nCWE: CWE-209\n\nThe story.\n\n"+
		"--- a/step1-alpha/alpha.go\n+++ b/step1-alpha/alpha.go\n@@ -1,1 +1,2 @@\n package alpha\n+// more\n")
	w := newSite(t, root).get("/step/1/flaws")
	require.Equal(t, http.StatusOK, w.Code)
	change, told, folded := strings.Cut(w.Body.String(), `<details class="told">`)
	require.True(t, folded)
	assert.Contains(t, change, "// more")
	for _, answer := range []string{"It says too much", "CWE-209", "The story."} {
		assert.NotContains(t, change, answer)
		assert.Contains(t, told, answer)
	}
	assert.NotContains(t, w.Body.String(), "says-too-much")
}

func TestNothingIsInjectedIntoAnAnswer(t *testing.T) {
	t.Parallel()
	s := newSite(t, tiny(t))
	for _, path := range []string{"/step/1%0d%0aSet-Cookie:%20a=b", "//%0d%0aSet-Cookie:%20a=b", "/a/..//%0d%0aX:%20y", "//mallory.example/..", "/assets/%0d%0aX:y", "/%5cmallory.example"} {
		w := s.get(path)
		assert.Empty(t, w.Result().Cookies(), path)
		for name, values := range w.Header() {
			for _, value := range values {
				assert.NotContains(t, value, "\n", "%s: %s", path, name)
			}
		}
		if to := w.Header().Get("Location"); to != "" {
			assert.Regexp(t, `^/[^/\\]`, to, "ATTACK SUCCEEDED: %s leads to another site", path)
		}
	}
}

func TestWhatIsMissingIsSaidWithTheNextMove(t *testing.T) {
	t.Parallel()
	root := tiny(t)
	require.NoError(t, os.Remove(filepath.Join(root, "step1-alpha", "README.md")))
	require.NoError(t, os.Remove(filepath.Join(root, "step1-alpha", "alpha.svg")))
	s := newSite(t, root)
	for path, says := range map[string]string{
		"/step/1":                   "step1-alpha/README.md cannot be read. Put it back with: git checkout -- step1-alpha/README.md",
		"/step/1/flaws":             "workshop/flaws/step1-alpha cannot be read. Put them back with: git checkout",
		"/step/1/drawing/alpha.svg": "Put it back with: git checkout -- step1-alpha",
		"/step/1/source/gone.go":    "no such file any more",
		"/step/9":                   "The map has all that there is",
		"/step/9/quiz":              "The map has all that there is",
		"/step/01":                  "The map has all that there is",
		"/nowhere":                  "The map has all that there is",
	} {
		w := s.get(path)
		assert.Equal(t, http.StatusNotFound, w.Code, path)
		assert.Contains(t, w.Body.String(), says, path)
		assert.NotContains(t, w.Body.String(), root, "where the course lies is nobody's business")
	}
	assert.Contains(t, s.get("/step/1/server").Body.String(), "This step has no server of its own.")
	assert.Contains(t, s.get("/step/2/quiz").Body.String(), "This step has no quick check.")
}

// On Windows the registry says of which type a file is, and may be wrong.
func TestAssetsHaveOurOwnTypes(t *testing.T) {
	require.NoError(t, mime.AddExtensionType(".css", "application/x-of-the-registry"))
	s := newSite(t, tiny(t))
	assert.Equal(t, "text/css; charset=utf-8", s.get("/assets/style.css").Header().Get("Content-Type"))
	assert.Equal(t, "text/javascript; charset=utf-8", s.get("/assets/main.js").Header().Get("Content-Type"))
	assert.Equal(t, "image/svg+xml", s.get("/assets/icon.svg").Header().Get("Content-Type"))
}
