//go:build !unix || solaris || illumos || aix

package hub

import "os"

// tryLock has nothing to lock with.
func tryLock(*os.File) (bool, error) { return false, errNoLocks }
