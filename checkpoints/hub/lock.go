package hub

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"
)

// errNoLocks says that there is nothing to lock with.
var errNoLocks = errors.New("no file locks here")

const (
	lockPoll   = 50 * time.Millisecond
	lockNotice = 5 * time.Second // after which the log hears of waiting
)

// lock waits until no other process downloads what the file at path stands for. The
// error is errNoLocks where that cannot be known. The file stays, since removing it
// would part those who wait for it.
func lock(ctx context.Context, path string, log *slog.Logger) (unlock func(), err error) {
	if err := os.MkdirAll(filepath.Dir(path), folderMode); err != nil {
		return nil, err
	}
	const groupWrites = 0o664 // as huggingface_hub: all of a group can wait for it
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, groupWrites)
	if err != nil {
		return nil, err
	}
	for start, told := time.Now(), false; ; {
		ours, err := tryLock(f)
		if err != nil {
			return nil, errors.Join(err, f.Close())
		}
		if ours {
			return func() { f.Close() }, nil
		}
		if !told && time.Since(start) > lockNotice {
			log.Info("hub: waiting for another process that downloads the same file", "lock", path)
			told = true
		}
		select {
		case <-time.After(lockPoll):
		case <-ctx.Done():
			return nil, errors.Join(fmt.Errorf("waiting for %s: %w", path, context.Cause(ctx)), f.Close())
		}
	}
}
