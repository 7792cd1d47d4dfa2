//go:build !linux || !(amd64 || arm64)

package sandbox

import "context"

// Pool runs programs; not on this operating system.
type Pool struct{}

// Open returns [ErrUnsupported].
func Open(Options) (*Pool, error) { return nil, ErrUnsupported }

// Run returns [ErrUnsupported].
func (*Pool) Run(context.Context, Program) (Result, error) { return Result{}, ErrUnsupported }

// Tier is none.
func (*Pool) Tier() Tier { return Tier{} }

// Interpreter is none.
func (*Pool) Interpreter() string { return "" }

// Close does nothing.
func (*Pool) Close() error { return nil }

// Main does nothing.
func Main() {}
