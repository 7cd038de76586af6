//go:build !linux

package server

// lowerPriority does nothing: elsewhere a thread's priority is that of the whole
// program, or is not to be had without cgo.
func lowerPriority() {}
