// Package proctree ends a command together with all that it has started: the
// go command starts test binaries and programs, which outlive it otherwise.
package proctree
