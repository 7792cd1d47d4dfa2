package sandbox

import "errors"

var (
	// ErrUnsupported says that this operating system has no sandbox.
	ErrUnsupported = errors.New("sandbox: only Linux on amd64 and arm64 is supported")
	// ErrUnsafe says that no tier of isolation works here, and why.
	ErrUnsafe = errors.New("sandbox: programs cannot be isolated here")
	// ErrNoInterpreter says that the interpreter was not found or does not start.
	ErrNoInterpreter = errors.New("sandbox: no interpreter")
	// errMain is a mistake in a program of ours.
	errMain = errors.New("sandbox: main or TestMain has to call sandbox.Main first")
	// ErrClosed says that the pool was closed.
	ErrClosed = errors.New("sandbox: closed")
)
