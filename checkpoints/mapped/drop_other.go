//go:build !linux

package mapped

// Drop does nothing where the standard library has no such advice; the system
// drops clean pages of a mapping by itself when memory is short.
func Drop([]byte, int, int) {}
