// Command rlvr trains language models by reinforcement learning with verifiable
// rewards. See the README.
package main

import (
	"os"

	"github.com/rlvr-go/rlvr/verifier/sandbox"
)

func main() {
	sandbox.Main() // does not return in a process that is a sandbox
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
