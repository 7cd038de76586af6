// Package diskspace tells how full a disk is, on the systems where that can be asked.
package diskspace

// Of returns how many bytes of a folder's disk this user may still write, and how many
// it has. On other systems than Linux, macOS and Windows neither is known.
func Of(dir string) (free, total uint64, known bool) { return of(dir) }
