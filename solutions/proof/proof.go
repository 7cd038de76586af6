// Package proof holds the tests and benchmarks of the finished product: the
// programs as they are started, clients that others have written, and what a
// request costs. It is no lesson material, and no step is derived from it.
package proof
