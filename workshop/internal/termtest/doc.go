// Package termtest runs programs in a terminal, for the tests of those that draw
// on one. There is none on Windows.
package termtest
