package attack_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"example.com/bookapi/workshop/checks/internal/gallery"
	"example.com/bookapi/workshop/checks/internal/repository"
	"example.com/bookapi/workshop/internal/attack"
	"example.com/bookapi/workshop/internal/flaw"
)

var update = flag.Bool("update-outside", false, "write down which of the flaws that are attacked are seen from outside")

// program is the server in which a flaw can be seen: the finished one, or that of step
// 3 for its routes, which step 4 replaces.
func program(p *flaw.Patch) string {
	if slices.ContainsFunc(p.Paths(), func(file string) bool { return file == "step3-protect/routes.go" }) {
		return "step3-protect"
	}
	return "step5-hardening"
}

// flawed builds the servers with all patches in them, and returns a function that
// starts one with a patch awake.
func flawed(t *testing.T, patches []*flaw.Patch) func(p *flaw.Patch) (address string, secret []byte, stop func()) {
	t.Helper()
	c := cheap(t)
	files, wake := make(map[string]string), make(map[*flaw.Patch]string)
	for _, step := range []string{"step3-protect", "step5-hardening"} {
		var those []*flaw.Patch
		for _, p := range patches {
			inProgram := slices.ContainsFunc(p.Paths(), func(file string) bool { return strings.Contains(file, "/cmd/") || !strings.HasSuffix(file, ".go") })
			if program(p) == step && !inProgram {
				those = append(those, p)
			}
		}
		if those == nil {
			continue
		}
		files[step] = filepath.Join(t.TempDir(), step+".exe")
		awake, err := flaw.BuildProgram(t.Context(), c, those, "./"+step+"/cmd/bookapi", files[step])
		require.NoError(t, err)
		for p, variable := range awake {
			wake[p] = variable
		}
	}
	return func(p *flaw.Patch) (string, []byte, func()) {
		if wake[p] == "" { // it takes a build of its own
			return "", nil, func() {}
		}
		address, secret, stop := serve(t, files[program(p)], wake[p])
		if program(p) == "step3-protect" {
			secret = nil
		}
		return address, secret, stop
	}
}

// taught leaves out what the server of a patch has not learnt yet.
func taught(p *flaw.Patch, broken []string) []string {
	return slices.DeleteFunc(broken, func(id string) bool { return untaught[program(p)][id] != "" })
}

// about are the attacks that are about a step. All flaws with all attacks would take
// hours.
var about = map[string][]string{
	"step1-hashing":   {"payload", "role", "role-change", "takeover", "near-password", "names", "names-time"},
	"step2-token":     {"secret", "lifetime", "payload", "no-store", "cookie", "cors", "login-query", "login-claims", "role", "near-password", "names", "names-time", "traces", "signature", "injection", "login-injection"},
	"step3-protect":   {"no-token", "scheme", "scheme-case", "garbage", "signature", "algorithm", "header-keys", "expiry", "token-places", "two-credentials", "claims", "status", "creator", "owner", "spellings", "override", "debug"},
	"step4-authz":     {"no-token", "claims", "status", "admin", "admin-document", "object", "object-read", "object-claims", "owner", "role", "role-change", "spellings", "override", "debug", "traces"},
	"step5-hardening": {"no-token", "expiry", "refresh-reuse", "refresh-race", "logout", "password-change", "guessing", "names-time", "traces", "https"},
}

// Flaws of the gallery are seen from outside, in a server that has them. It is one flaw
// for each attack unless BOOKAPI_GALLERY=seen asks for all that are known to be seen, or
// BOOKAPI_GALLERY=all for all attacks of its step on every flaw. -update-outside writes
// down what was seen.
func TestFlawsAreSeenFromOutside(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("to attack a server takes ten seconds")
	}
	record, which := seen(t), os.Getenv("BOOKAPI_GALLERY")
	var patches []*flaw.Patch
	sampled := make(map[string]bool)
	for _, p := range gallery.Patches(t) {
		by := record[p.ID()]
		if p.Alternative || p.Race || by == "" && which != "all" || sampled[by] && which != "all" && which != "seen" {
			continue
		}
		patches = append(patches, p)
		sampled[by] = true
	}
	start := flawed(t, patches)
	var mu sync.Mutex
	var group errgroup.Group
	group.SetLimit(2 * runtime.GOMAXPROCS(0))
	for _, p := range patches {
		group.Go(func() error {
			address, secret, stop := start(p)
			defer stop()
			var found []string
			if address != "" {
				only := about[p.Step]
				if which != "all" {
					only = strings.Fields(record[p.ID()])
				}
				report, err := attack.Attack(t.Context(), address, attack.Options{Write: true, Profile: profile(t, "course"), Secret: secret, Only: only})
				if err != nil {
					return fmt.Errorf("%s: %w", p.ID(), err)
				}
				found = taught(p, report.IDs(attack.Broken))
				if len(found) == 0 && which != "all" {
					for _, one := range report.Results {
						t.Logf("%s: %s: %s%s", p.ID(), one.ID, one.Why, one.Got)
					}
				}
			}
			mu.Lock()
			defer mu.Unlock()
			t.Logf("%-60s %v", p.ID(), found)
			switch {
			case *update && len(found) == 0:
				delete(record, p.ID())
			case *update:
				record[p.ID()] = strings.Join(found, " ")
			case record[p.ID()] != "":
				assert.NotEmpty(t, found, "%s is seen from outside by %s", p.ID(), record[p.ID()])
			}
			return nil
		})
	}
	require.NoError(t, group.Wait())
	if *update { // and go generate ./workshop makes the table
		require.NoError(t, os.WriteFile(filepath.Join(repository.Root(t), flaw.OutsideFile), []byte(record.Text()), 0o600))
	}
}

// leastSeen is how many flaws of the gallery are seen from outside at least.
const leastSeen = 60

func TestEnoughOfTheGalleryIsSeen(t *testing.T) {
	t.Parallel()
	record := seen(t)
	text, err := os.ReadFile(filepath.Join(repository.Root(t), flaw.OutsideIndexFile))
	require.NoError(t, err)
	assert.Equal(t, flaw.OutsideIndex(gallery.Patches(t), record), string(text), "go generate ./workshop writes it")
	var ids []string
	for _, p := range gallery.Patches(t) {
		ids = append(ids, p.ID())
	}
	for id, by := range record {
		assert.Contains(t, ids, id, "%s has a line for a flaw that is no more", flaw.OutsideFile)
		assert.Subset(t, attack.IDs(), strings.Fields(by), id)
	}
	assert.GreaterOrEqual(t, len(record), leastSeen)
}

// In correct solutions nothing is found, however unusual: in one of each step, or all
// with BOOKAPI_GALLERY=all.
func TestAlternativesHaveNoFinding(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("to attack a server takes ten seconds")
	}
	var patches []*flaw.Patch
	sampled := make(map[string]bool)
	for _, p := range gallery.Patches(t) {
		if p.Alternative && (!sampled[p.Step] || os.Getenv("BOOKAPI_GALLERY") == "all") {
			sampled[p.Step] = true
			patches = append(patches, p)
		}
	}
	start := flawed(t, patches)
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	judged := 0
	var mu sync.Mutex
	for _, p := range patches {
		group.Go(func() error {
			address, secret, stop := start(p)
			defer stop()
			if address == "" {
				return nil
			}
			report, err := attack.Attack(t.Context(), address, attack.Options{Write: true, Profile: profile(t, "course"), Secret: secret})
			if err != nil {
				return fmt.Errorf("%s: %w", p.ID(), err)
			}
			mu.Lock()
			defer mu.Unlock()
			judged++
			if !assert.Empty(t, taught(p, report.IDs(attack.Broken)), "%s is correct", p.ID()) {
				tell(t, report)
			}
			return nil
		})
	}
	require.NoError(t, group.Wait())
	t.Logf("%d of %d alternatives were attacked", judged, len(patches))
}

// seen is which attacks see a flaw, for those that are seen.
func seen(t testing.TB) flaw.FirstLines {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(repository.Root(t), flaw.OutsideFile))
	require.NoError(t, err)
	return flaw.ReadFirstLines(string(text))
}
