package mapped

import (
	"os"
	"syscall"
)

// Drop lets the system drop the whole pages of bytes begin to end of a
// mapping: they stay in the page cache and are read again if needed. Without it the
// process would grow to the size of a file that it reads once.
func Drop(mapping []byte, begin, end int) {
	page := os.Getpagesize()
	begin = (begin + page - 1) / page * page // a mapping begins at a page
	end = end / page * page
	if begin < end {
		// Advice: what cannot be dropped stays.
		_ = syscall.Madvise(mapping[begin:end], syscall.MADV_DONTNEED)
	}
}
