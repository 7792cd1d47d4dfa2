package code

import (
	"context"
	_ "embed" // the programs
	"encoding/hex"
	"fmt"
	"sync"

	"github.com/rlvr-go/rlvr/verifier/sandbox"
)

var (
	//go:embed python/wire.py
	wireSource string
	//go:embed python/driver.py
	driverSource string
	//go:embed python/oracle.py
	oracleSource string
)

// program is one of the host's own, compiled: it runs for every verdict, and compiling
// takes as long as the rest of a small one.
type program struct {
	source string

	mu       sync.Mutex
	compiled string
}

// compiler writes the code object of a program, as text.
const compiler = `
import marshal, sys
print(marshal.dumps(compile(sys.stdin.read(), "<host>", "exec", dont_inherit=True, optimize=2)).hex())
`

// text is the program for the interpreter of the runner, which compiles it once.
func (p *program) text(ctx context.Context, r Runner) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.compiled != "" {
		return p.compiled, nil
	}
	made, err := r.Run(ctx, sandbox.Program{Language: "python", Source: compiler, Stdin: []byte(wireSource + "\n\n" + p.source)})
	if err != nil {
		return "", err
	}
	object := string(made.Stdout[:max(0, len(made.Stdout)-1)])
	if _, err := hex.DecodeString(object); err != nil || made.Status != sandbox.StatusOK || object == "" {
		return "", fmt.Errorf("code: the interpreter cannot compile the driver (%s): %.200s", made.Status, made.Stderr)
	}
	p.compiled = "import marshal\nexec(marshal.loads(bytes.fromhex('" + object + "')))\n"
	return p.compiled, nil
}
