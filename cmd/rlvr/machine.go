package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"
)

// machine is what a run shares with everything else on it.
type machine struct {
	OS   string `json:"os"`
	Arch string `json:"arch"`
	// Cores are those that this process may use.
	Cores int `json:"cores"`
	// MemoryBytes and FreeBytes are main memory; 0 where the system does not say.
	MemoryBytes int64 `json:"memory_bytes"`
	FreeBytes   int64 `json:"free_bytes"`
}

func thisMachine() machine {
	m := machine{OS: runtime.GOOS, Arch: runtime.GOARCH, Cores: runtime.GOMAXPROCS(0)}
	if text, err := os.ReadFile("/proc/meminfo"); err == nil {
		m.MemoryBytes, m.FreeBytes = memory(string(text))
	}
	return m
}

// memory reads /proc/meminfo, whose lines are "MemTotal:  24123456 kB".
func memory(meminfo string) (total, free int64) {
	for line := range strings.Lines(meminfo) {
		var name string
		var kib int64
		if _, err := fmt.Sscanf(line, "%s %d kB", &name, &kib); err != nil {
			continue
		}
		switch name {
		case "MemTotal:":
			total = kib << 10
		case "MemAvailable:":
			free = kib << 10
		}
	}
	return total, free
}

func (m machine) String() string {
	s := fmt.Sprintf("%s/%s, %d cores", m.OS, m.Arch, m.Cores)
	if m.MemoryBytes > 0 {
		s += fmt.Sprintf(", %.1f GiB memory, %.1f free", gib(m.MemoryBytes), gib(m.FreeBytes))
	}
	return s
}

func gib(bytes int64) float64 { return float64(bytes) / (1 << 30) }
