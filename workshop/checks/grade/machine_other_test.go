//go:build !linux

package grade_test

import "testing"

// A machine is looked at where submissions are run, which is on Linux.
type machine struct{}

func look(*testing.T, *hall) machine { return machine{} }

func (machine) is(*testing.T, machine) {}

func namespacesWork() bool { return false }
