//go:build race

package bookapitest

// slowdown is about how much longer code takes under the race detector.
const slowdown = 6
