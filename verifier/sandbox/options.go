package sandbox

import "github.com/rlvr-go/rlvr/configs/fault"

// Options say which interpreter runs programs, and within which limits. The zero
// value is not usable: start from [DefaultOptions].
type Options struct {
	// Python is the interpreter, by name or path. Default "python3".
	Python string `yaml:"python"`
	// Workers is how many programs run at the same time; 0 is one for each core.
	Workers int `yaml:"workers"`
	// CPUSeconds is the processor time that a program may use, over all its threads.
	// Default 5.
	CPUSeconds float64 `yaml:"cpu_seconds"`
	// WallSeconds is the time that may pass while a program runs. Default 10.
	WallSeconds float64 `yaml:"wall_seconds"`
	// MemoryMB is the address space of a program in MiB, its interpreter included.
	// Default 512.
	MemoryMB int `yaml:"memory_mb"`
	// OutputKB is what a program may write to each of stdout and stderr, in KiB.
	// Default 1024.
	OutputKB int `yaml:"output_kb"`
	// FilesMB is the size of the private /tmp of a program in MiB. Default 16.
	FilesMB int `yaml:"files_mb"`
	// Unsafe runs programs without isolation. Nothing but the user's own word sets it.
	Unsafe bool `yaml:"unsafe"`
}

// DefaultOptions suit solutions of programming problems.
func DefaultOptions() Options {
	return Options{Python: "python3", CPUSeconds: 5, WallSeconds: 10, MemoryMB: 512, OutputKB: 1024, FilesMB: 16}
}

// The ranges of the options.
const (
	maxWorkers  = 1024
	maxSeconds  = 3600
	minMemoryMB = 64 // an interpreter with its modules needs about 40
	maxMemoryMB = 1 << 20
	maxOutputKB = 1 << 20
	maxFilesMB  = 1 << 16
)

// Validate reports every option out of range.
func (o *Options) Validate() error {
	var l fault.List
	l.Check(o.Python != "", "python", o.Python, "the name or path of a Python interpreter")
	l.Check(o.Workers >= 0 && o.Workers <= maxWorkers, "workers", o.Workers, "0 (one for each core) to %d", maxWorkers)
	l.Check(o.CPUSeconds > 0 && o.CPUSeconds <= maxSeconds, "cpu_seconds", o.CPUSeconds, "above 0, up to %d", maxSeconds)
	l.Check(o.WallSeconds > 0 && o.WallSeconds <= maxSeconds, "wall_seconds", o.WallSeconds, "above 0, up to %d", maxSeconds)
	l.Check(o.MemoryMB >= minMemoryMB && o.MemoryMB <= maxMemoryMB, "memory_mb", o.MemoryMB, "%d to %d", minMemoryMB, maxMemoryMB)
	l.Check(o.OutputKB >= 1 && o.OutputKB <= maxOutputKB, "output_kb", o.OutputKB, "1 to %d", maxOutputKB)
	l.Check(o.FilesMB >= 1 && o.FilesMB <= maxFilesMB, "files_mb", o.FilesMB, "1 to %d", maxFilesMB)
	return l.Err()
}
