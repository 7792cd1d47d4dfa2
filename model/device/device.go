package device

import (
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gomlx/compute"
)

// Names are what [Open] accepts.
var Names = []string{"auto", "go", "xla:cpu", "xla:cuda", "xla:tpu"}

// Device is an open backend. It is safe for concurrent use.
type Device struct {
	// Backend executes graphs.
	Backend compute.Backend
	// Name is one of Names, never "auto".
	Name string
	// Reason says why it was chosen, in a few words.
	Reason string
	// Description names device and plugin, for people.
	Description string
	// RowTile is the number of rows that a decode executable is best cut to, or 0
	// for any: where kernels are chosen by problem size, a fixed tile is what
	// keeps the bits of a row the same in every batch.
	RowTile int
	// Parallel is the number of executions worth running at once.
	Parallel int
	// PassTokens is the number of tokens above which a training pass is better cut
	// in two, or 0 for never: where an execution keeps one core busy, more passes
	// than one are what keeps the others busy. It does not depend on the number of
	// cores, or the bits of a run would.
	PassTokens int

	log      *slog.Logger
	mu       sync.Mutex
	compiles []Compile
	shared   map[string]*Exec
	spent    atomic.Int64 // nanoseconds in executions and waiting for their results
}

// Open opens the backend called name. "auto" takes CUDA where a plugin and a GPU
// are found, else an XLA CPU plugin, else the pure-Go backend.
func Open(name string, log *slog.Logger) (*Device, error) {
	switch name {
	case "", "auto":
		return openAuto(log)
	case "go":
		return openGo("as asked", log)
	case "xla:cpu", "xla:cuda", "xla:tpu":
		return openXLA(strings.TrimPrefix(name, "xla:"), "as asked", log)
	}
	return nil, fmt.Errorf("device: backend %q: allowed are %s", name, strings.Join(Names, ", "))
}

func openAuto(log *slog.Logger) (*Device, error) {
	var missing []string
	for _, plugin := range []string{"cuda", "cpu"} {
		if path, why := FindPlugin(plugin); path == "" {
			missing = append(missing, why)
			continue
		}
		d, err := openXLA(plugin, plugin+" plugin found", log)
		if err == nil {
			return d, nil
		}
		missing = append(missing, "xla:"+plugin+": "+firstLine(err))
	}
	return openGo(strings.Join(missing, "; "), log)
}

// goPassTokens makes two passes of the quickstart's step, one for each of two cores.
const goPassTokens = 512

func openGo(reason string, log *slog.Logger) (*Device, error) {
	b, err := newGoBackend()
	if err != nil {
		return nil, fmt.Errorf("device: pure-Go backend: %w", err)
	}
	return &Device{
		Backend: b, Name: "go", Reason: reason, log: log,
		Description: fmt.Sprintf("pure Go, %s, %d cores", simdName(), runtime.GOMAXPROCS(0)),
		RowTile:     goRowTile, Parallel: runtime.GOMAXPROCS(0), PassTokens: goPassTokens,
	}, nil
}

// Compile is one compiled executable.
type Compile struct {
	Exec    string
	Shapes  string
	Seconds float64
}

// Compiles returns what was compiled so far, oldest first.
func (d *Device) Compiles() []Compile {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.compiles)
}

func (d *Device) compiled(c Compile) {
	d.mu.Lock()
	d.compiles = append(d.compiles, c)
	d.mu.Unlock()
	d.log.Debug("compiled", "exec", c.Exec, "seconds", c.Seconds, "inputs", c.Shapes)
}

// Busy is the time that calls spent in executions and in waiting for their results,
// summed over calls side by side. The rest of a step is host work.
func (d *Device) Busy() time.Duration { return time.Duration(d.spent.Load()) }

func (d *Device) busy(since time.Time) { d.spent.Add(int64(time.Since(since))) }

func firstLine(err error) string {
	s, _, _ := strings.Cut(err.Error(), "\n")
	return s
}
