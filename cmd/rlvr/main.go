// Command rlvr trains language models by reinforcement learning with verifiable
// rewards. See the README.
package main

import "os"

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
