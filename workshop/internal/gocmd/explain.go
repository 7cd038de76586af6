package gocmd

import (
	"fmt"
	"strings"
)

// advice is what to do about what the go command says.
var advice = []struct {
	says []string // one of these stands in it
	do   string
}{
	{[]string{"-mod may only be set to", "-modfile cannot be used"}, "GOFLAGS holds -mod or -modfile, which does not go together with a workspace. " + unset("GOFLAGS")},
	{[]string{"inconsistent vendoring", "disabled by -mod=vendor"}, "GOFLAGS holds -mod=vendor, and the course has no vendor folder. " + unset("GOFLAGS")},
	{[]string{"disabled by GO111MODULE=off", "(from $GOPATH)"}, "GO111MODULE is off, and the course is made of modules. " + unset("GO111MODULE")},
	{[]string{"unknown GOEXPERIMENT"}, "GOEXPERIMENT names what this Go does not know. " + unset("GOEXPERIMENT")},
	{[]string{"-race requires cgo", "-race is not supported"}, "GOFLAGS holds -race, which this machine cannot do. " + unset("GOFLAGS")},
	{[]string{"unsupported GOOS/GOARCH", "exec format error", "not a valid Win32 application"}, "Go builds for another system than this machine's. " + unset("GOOS GOARCH")},
	{[]string{"not one of the workspace modules", "does not contain main module", "go.mod file not found", "go: cannot find main module"}, "The course's go.work is not in use. " + unset("GOWORK") + " And run this in the course's folder."},
	{[]string{"GOPROXY=off", "module lookup disabled", "dial tcp", "no such host", "proxyconnect", "connection refused", "i/o timeout", "TLS handshake", "missing go.sum entry"},
		"A module is not on this machine, and cannot be fetched now. With the network, run: go mod download. Without it, do first what START.txt says, on your instructor's stick."},
	{[]string{"no space left on device"}, "The disk is full. Make room, perhaps with: go clean -cache"},
	{[]string{"permission denied", "read-only file system"}, "Something cannot be written. Look whose the folders GOCACHE and GOMODCACHE are, as told by: go env"},
}

// unset says how to get rid of a variable.
func unset(name string) string {
	return fmt.Sprintf("Take %s out of your terminal's environment, or run: go env -u %[1]s", name)
}

// Explain says what to do about what the go command says, in a sentence or two.
// It is empty if that is not known.
func Explain(said string) string {
	if needed, has, ok := tooOld(said); ok {
		return fmt.Sprintf("This course needs Go %s or newer and this is Go %s: get it from https://go.dev/dl, or from your instructor's stick", needed, has)
	}
	for _, a := range advice {
		for _, part := range a.says {
			if strings.Contains(said, part) {
				return a.do
			}
		}
	}
	return ""
}

// tooOld finds the version that is needed and the one that runs, and reports
// whether the go command says that it is too old.
func tooOld(said string) (needed, has string, ok bool) {
	_, rest, ok := strings.Cut(said, "requires go >= ")
	if !ok {
		return "", "", false
	}
	needed, rest, ok = strings.Cut(rest, " (running go ")
	if !ok {
		return "", "", false
	}
	if end := strings.IndexAny(rest, ";)"); end >= 0 {
		rest = rest[:end]
	}
	return strings.TrimSpace(needed), strings.TrimSpace(rest), true
}
