//go:build !race

package bookapitest

const slowdown = 1
