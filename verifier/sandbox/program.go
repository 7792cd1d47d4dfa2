package sandbox

import "time"

// Program is something to run.
type Program struct {
	// Language names an entry of the table of languages: "python".
	Language string
	// Source is the text of the program.
	Source string
	// Stdin is what it can read.
	Stdin []byte
	// Limits override the pool's where they are not zero.
	Limits Limits
}

// Limits are times that a program may take.
type Limits struct {
	// CPUSeconds is processor time, over all threads; 0 is the pool's.
	CPUSeconds float64
	// WallSeconds is elapsed time; 0 is the pool's.
	WallSeconds float64
}

// Status is how a program ended.
type Status string

// The ways to end. Only StatusOK is an ordinary end, and it says nothing about
// whether the program did its work: any program can exit with status 0 early.
const (
	// StatusOK: exit status 0.
	StatusOK Status = "ok"
	// StatusExit: another exit status, which an uncaught exception also gives.
	StatusExit Status = "exit"
	// StatusCompile: the source is not a program of its language.
	StatusCompile Status = "compile"
	// StatusTimeout: it used up its processor time or wall time.
	StatusTimeout Status = "timeout"
	// StatusMemory: it ended because it wanted more memory than it may have.
	StatusMemory Status = "memory"
	// StatusOutput: it wrote more than it may.
	StatusOutput Status = "output"
	// StatusKilled: a signal ended it, its own or that of a forbidden system call.
	StatusKilled Status = "killed"
)

// Result is what came of a program.
type Result struct {
	// Status is how it ended.
	Status Status
	// ExitCode is its exit status, or minus the number of the signal that ended it.
	ExitCode int
	// Stdout and Stderr are what it wrote, up to the limit; any bytes.
	Stdout, Stderr []byte
	// CPU is the processor time that it used, Wall the time that passed. CPU is 0
	// where the sandbox had to be killed with it.
	CPU, Wall time.Duration
}
