package attack_test

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/checks/internal/repository"
	"example.com/bookapi/workshop/internal/attack"
	"example.com/bookapi/workshop/internal/course/coursetest"
)

// mistakes are those that are planted in a server: by its name for the mistake, the
// attacks that see it.
type mistakes map[string][]string

var fastapi = mistakes{
	"tutorial-secret":     {"expiry", "secret"},
	"ten-years":           {"lifetime"},
	"no-exp":              {"lifetime"},
	"hash-in-payload":     {"payload"},
	"not-verified":        {"algorithm", "header-keys", "signature"},
	"alg-none":            {"algorithm"},
	"any-scheme":          {"scheme"},
	"token-in-query":      {"token-places"},
	"trusts-gateway":      {"claims"},
	"role-in-header":      {"claims"},
	"no-challenge":        {"status"},
	"admin-for-all":       {"admin"},
	"no-owner":            {"object"},
	"delete-unguarded":    {"no-token", "object"},
	"creator-from-query":  {"creator"},
	"role-from-body":      {"role"},
	"sign-up-overwrites":  {"takeover"},
	"cut-at-72-bytes":     {"near-password"},
	"case-of-password":    {"near-password"},
	"says-unknown-user":   {"names"},
	"no-decoy":            {"names-time"},
	"odd-passwords-crash": {"names"},
	"no-limit":            {"guessing"},
	"limit-by-header":     {"guessing"},
	"cacheable":           {"no-store"},
	"cors-for-all":        {"cors"},
	"debug-route":         {"debug"},
	"traceback":           {"traces"},
	"change-takes-all":    {"role-change"},
	"creator-in-change":   {"owner"},
	"query-of-a-login":    {"login-injection"},
	"query-of-a-search":   {"injection"},
	"query-of-an-order":   {"injection"},
	"report-for-all":      {"admin-document"},
}

var fastify = mistakes{
	"tutorial-secret":        {"expiry", "secret"},
	"a-year":                 {"lifetime"},
	"no-exp":                 {"lifetime"},
	"password-in-payload":    {"payload"},
	"hash-in-answer":         {"payload"},
	"decode-only":            {"algorithm", "header-keys", "signature"},
	"token-in-query":         {"token-places"},
	"token-in-cookie":        {"token-places"},
	"token-cookie":           {"cookie"},
	"identity-header":        {"claims"},
	"get-unguarded":          {"no-token"},
	"no-challenge":           {"status"},
	"admin-for-all":          {"admin"},
	"no-owner":               {"object"},
	"owner-from-body":        {"object-claims"},
	"creator-from-body":      {"creator"},
	"mass-assignment":        {"role"},
	"patch-unguarded":        {"spellings"},
	"method-override":        {"override"},
	"says-unknown-user":      {"names"},
	"no-decoy":               {"names-time"},
	"trims-password":         {"near-password"},
	"no-limit":               {"guessing"},
	"limit-after-check":      {"guessing"},
	"cacheable":              {"no-store"},
	"refresh-reuse":          {"refresh-race", "refresh-reuse"},
	"reuse-keeps-session":    {"refresh-reuse"},
	"refresh-race":           {"refresh-race"},
	"logout-ends-nothing":    {"logout"},
	"change-ends-nothing":    {"password-change"},
	"change-without-current": {"password-change"},
	"cors-for-all":           {"cors"},
	"debug-route":            {"debug"},
	"stack-in-answer":        {"traces"},
	"change-takes-all":       {"role-change"},
	"operators-in-login":     {"login-injection"},
	"update-takes-all":       {"owner"},
}

var jwtauth = mistakes{
	"tutorial-secret":     {"expiry", "secret"},
	"exp-in-milliseconds": {"lifetime"},
	"no-exp":              {"lifetime"},
	"hash-in-answer":      {"payload"},
	"verifier-alone":      {"no-token"},
	"default-verifier":    {"token-places"},
	"token-from-query":    {"token-places"},
	"impersonation":       {"claims"},
	"role-in-cookie":      {"claims"},
	"no-challenge":        {"status"},
	"401-for-403":         {"status"},
	"admin-for-all":       {"admin"},
	"no-owner":            {"object"},
	"owner-by-prefix":     {"object"},
	"creator-from-body":   {"creator"},
	"role-from-body":      {"role"},
	"admin-by-name":       {"role"},
	"old-api":             {"spellings"},
	"query-login":         {"login-query"},
	"case-of-password":    {"near-password"},
	"no-decoy":            {"names-time"},
	"no-limit":            {"guessing"},
	"cacheable":           {"no-store"},
	"profiler":            {"debug"},
	"expvar":              {"debug"},
	"sources":             {"debug"},
	"error-in-answer":     {"traces"},
	"creator-in-change":   {"owner"},
	"private-read":        {"object-read"},
}

// In servers of three languages nothing is found that is not there, and every mistake
// that is planted. With BOOKAPI_GALLERY=all each mistake has to stand alone against
// all attacks, which takes minutes; otherwise against those that are known to see it.
func TestServersOfOtherLanguages(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("to attack a server takes ten seconds")
	}
	own, err := filepath.Abs("testdata")
	require.NoError(t, err)
	repository.Root(t)

	t.Run("fastapi", func(t *testing.T) {
		t.Parallel()
		python := "/usr/bin/python3" // that of Debian's packages
		if out, err := exec.CommandContext(t.Context(), python, "-c", "import fastapi, jose, passlib, uvicorn, multipart").CombinedOutput(); err != nil {
			coursetest.Lacks(t, "FastAPI, python-jose and passlib: apt-get install python3-fastapi python3-jose python3-passlib python3-multipart uvicorn\n"+string(out))
		}
		p := profile(t, "guide")
		judge(t, fastapi, p, func(mistake string) (string, func()) {
			return start(t, t.TempDir(), []string{"MISTAKE=" + mistake, "PYTHONDONTWRITEBYTECODE=1"}, python, filepath.Join(own, "fastapi", "main.py"))
		})
	})
	t.Run("fastify", func(t *testing.T) {
		t.Parallel()
		modules := os.Getenv("BOOKAPI_TEST_FASTIFY")
		node, err := exec.LookPath("node")
		if modules == "" || err != nil {
			coursetest.Lacks(t, "Fastify: set BOOKAPI_TEST_FASTIFY to the folder that .ci/fastify has made")
		}
		server, err := os.ReadFile(filepath.Join(own, "fastify", "server.mjs"))
		require.NoError(t, err)
		file := filepath.Join(modules, "server.mjs") // imports are looked for beside it
		require.NoError(t, os.WriteFile(file, server, 0o600))
		judge(t, fastify, profile(t, filepath.Join(own, "fastify", "profile.toml")), func(mistake string) (string, func()) {
			return start(t, t.TempDir(), []string{"MISTAKE=" + mistake}, node, file)
		})
	})
	t.Run("jwtauth", func(t *testing.T) {
		t.Parallel()
		server := build(t, filepath.Join(own, "jwtauth"), ".", "GOWORK=off", "GOFLAGS=-mod=mod")
		p := profile(t, filepath.Join(own, "jwtauth", "profile.toml"))
		serve := func(mistake string) (string, func()) {
			dir := t.TempDir()
			require.NoError(t, os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module example.com/served\n"), 0o600))
			return start(t, dir, []string{"MISTAKE=" + mistake}, server)
		}
		address, stop := serve("private")
		report := attacked(t, address, p, nil, "no-token", "object", "object-read", "owner", "injection")
		stop()
		assert.Equal(t, []string(nil), report.IDs(attack.Broken), "what is private is kept private, and that is no mistake")
		judge(t, jwtauth, p, serve)
	})
}

// judge attacks the sound server, and then one for each mistake.
func judge(t *testing.T, all mistakes, p attack.Profile, serve func(mistake string) (address string, stop func())) {
	t.Helper()
	require.GreaterOrEqual(t, len(all), 15)
	address, stop := serve("")
	report := attacked(t, address, p, nil)
	stop()
	tell(t, report)
	assert.Equal(t, []string(nil), report.IDs(attack.Broken), "the sound server has no finding")
	caught, alarms := 0, 0
	chosen := sample(all)
	for _, mistake := range chosen {
		expected := all[mistake]
		only := expected
		if os.Getenv("BOOKAPI_GALLERY") == "all" {
			only = nil
		}
		address, stop := serve(mistake)
		report := attacked(t, address, p, nil, only...)
		for more := 0; more < 20 && expected[0] == "names-time" && len(report.IDs(attack.Broken)) == 0; more++ {
			report = attacked(t, address, p, nil, only...) // a busy machine could not tell
		}
		stop()
		found := report.IDs(attack.Broken)
		if slices.Contains(found, expected[0]) {
			caught++
		}
		for _, id := range found {
			if !slices.Contains(expected, id) {
				alarms++
			}
		}
		if !assert.Equal(t, expected, found, "the mistake %s", mistake) {
			tell(t, report)
		}
	}
	t.Logf("%d of %d mistakes are found, with %d findings that are none", caught, len(chosen), alarms)
}

// sample is fifteen of the mistakes, of as many kinds as there are; or all of them, if
// BOOKAPI_GALLERY asks for more than a sample of anything.
func sample(all mistakes) (chosen []string) {
	var rest []string
	kinds := make(map[string]bool)
	for _, mistake := range slices.Sorted(maps.Keys(all)) {
		if kind := all[mistake][0]; !kinds[kind] {
			kinds[kind] = true
			chosen = append(chosen, mistake)
		} else {
			rest = append(rest, mistake)
		}
	}
	chosen = append(chosen, rest...)
	if os.Getenv("BOOKAPI_GALLERY") == "" {
		chosen = chosen[:15]
	}
	return chosen
}
