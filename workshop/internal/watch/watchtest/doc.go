// Package watchtest runs watch in a terminal, for tests. There is none on
// Windows.
package watchtest
