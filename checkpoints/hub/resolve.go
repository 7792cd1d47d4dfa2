package hub

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"
)

// Options are the ways to resolve a name. The zero value is what most callers want.
type Options struct {
	// Progress, if not nil, is called while files are downloaded, about ten times a
	// second: done of total bytes are there, of all files that this call downloads,
	// and file is the one that is coming in. The first call says what an earlier,
	// interrupted download got; done goes back when that turns out to be damaged.
	Progress func(file string, done, total int64)
	// Log gets waiting, retries and what was left undone; nil discards it.
	Log *slog.Logger
	// CacheOnly forbids to download, as HF_HUB_OFFLINE does.
	CacheOnly bool
	// Client makes the requests. nil is one that takes a server for unreachable
	// after ten seconds and heeds HTTP_PROXY, HTTPS_PROXY and NO_PROXY.
	Client *http.Client

	pause time.Duration // before the first retry; tests need not wait
	stall time.Duration // without data, after which a download is broken off
}

// Resolve returns the local folder of the model called s, or the path of the file
// where s names a GGUF file; the package's comment says which names there are. What
// the cache lacks is downloaded: the configuration, the tokenizer, the chat template
// and the safetensors weights, nothing else. An interrupted call, be it by ctx or
// the end of the process, leaves what it got for the next one to go on with, and
// any number of processes may resolve the same name at once.
//
// The error is one line that says what to do.
func Resolve(ctx context.Context, s string, o Options) (string, error) {
	path, err := resolve(ctx, s, o)
	if err != nil {
		return "", fmt.Errorf("hub: %w", err)
	}
	return path, nil
}

func resolve(ctx context.Context, s string, o Options) (string, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	n, err := parse(s)
	if err != nil {
		return "", err
	}
	env, err := readEnvironment()
	if err != nil {
		return "", err
	}
	if env.offline == "" && o.CacheOnly {
		env.offline = "the caller"
	}
	cached := newCache(env.cache, n.repo)
	commit := cached.commit(n.revision)
	lacks, unknown := cached.lacks(commit, n.file)
	if len(lacks)+len(unknown) == 0 {
		return cached.path(commit, n.file), nil
	}
	usable, revision := len(lacks) == 0, n.revision
	if usable { // stay at the commit whose weights are there
		revision = commit
		if env.offline != "" {
			o.Log.Warn("cached model may lack files", "model", n.repo, "files", unknown, "offline", env.offline)
			return cached.path(commit, n.file), nil
		}
	} else if env.offline != "" {
		return "", fmt.Errorf("%s: the cache %s lacks %s, and %s forbids to download: unset it, or give the path of a local folder",
			s, cached.in(), enumerate(lacks), env.offline)
	}
	got, err := download(ctx, n, revision, cached, env, o)
	if err == nil {
		return cached.path(got, n.file), nil
	}
	if usable && ctx.Err() == nil {
		o.Log.Warn("cached model may lack files", "model", n.repo, "files", unknown, "error", err)
		return cached.path(commit, n.file), nil
	}
	return "", fmt.Errorf("%s: %w", s, err)
}

// lacks lists the files without which a commit's model cannot be used, and those of
// which the cache does not know whether the commit has them.
func (c cache) lacks(commit, gguf string) (needed, unknown []string) {
	if commit == "" {
		return []string{"the revision"}, nil
	}
	if gguf != "" {
		if !c.has(commit, gguf) {
			needed = append(needed, gguf)
		}
		return needed, nil
	}
	if !c.has(commit, configFile) {
		needed = append(needed, configFile)
	}
	for _, file := range optionalFiles {
		switch {
		case c.has(commit, file) || c.hasNot(commit, file):
		case file == tokenizerFile:
			needed = append(needed, file)
		default:
			unknown = append(unknown, file)
		}
	}
	if c.has(commit, weightsFile) {
		return needed, unknown
	}
	if !c.has(commit, indexFile) {
		return append(needed, weightsFile), unknown
	}
	shards, err := readIndex(c.path(commit, indexFile))
	if err != nil {
		return append(needed, indexFile), unknown
	}
	for _, file := range shards {
		if !c.has(commit, file) {
			needed = append(needed, file)
		}
	}
	return needed, unknown
}

// download brings the files of a revision into the cache and returns its commit.
func download(ctx context.Context, n name, revision string, cached cache, env environment, o Options) (string, error) {
	hub, err := newClient(n, env, o)
	if err != nil {
		return "", err
	}
	list, err := hub.list(ctx, revision)
	if err != nil {
		return "", err
	}
	files, sharded, err := list.choose(n)
	if err != nil {
		return "", err
	}
	d := &downloader{client: hub, cache: cached, commit: list.commit}
	if sharded { // the rest is known when the index is there
		if err := d.get(ctx, []string{indexFile}); err != nil {
			return "", err
		}
		shards, err := readIndex(cached.path(list.commit, indexFile))
		if err != nil {
			return "", err
		}
		for _, file := range shards {
			if !list.has(file) {
				return "", fmt.Errorf("%s names %.100q, which the repository does not have", indexFile, file)
			}
		}
		files = append(files, shards...)
	}
	d.progress = o.Progress
	if err := d.get(ctx, files); err != nil {
		return "", err
	}
	if n.file == "" {
		for _, file := range optionalFiles {
			if !list.has(file) {
				err = errors.Join(err, cached.setHasNot(list.commit, file))
			}
		}
	}
	if err = errors.Join(err, cached.setCommit(n.revision, list.commit)); err != nil {
		// The model is there all the same; only the next call has to ask again.
		o.Log.Warn("cache is not up to date", "model", n.repo, "error", err)
	}
	return list.commit, nil
}

// enumerate shows at most four names.
func enumerate(names []string) string {
	const most = 4
	if len(names) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names, ", ")
}
