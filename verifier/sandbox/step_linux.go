//go:build amd64 || arm64

package sandbox

// A step is a system call by which a process gives something up. The steps of a
// sandbox are made here, in one place, and carried out by whoever becomes the
// program: a child of the fork server or of the launcher. Each is a handful of raw
// calls, so that nothing else runs between the first and the last.
type step struct {
	// Name says what the call is for, in error messages.
	Name string `json:"name"`
	// Number is that of the system call.
	Number uintptr `json:"number"`
	// Args are its arguments.
	Args []argument `json:"args"`
}

// argument is a value, the result of the step before, or memory.
type argument struct {
	// Value is the argument where the others are not set.
	Value uint64 `json:"value,omitempty"`
	// Last takes the result of the step before.
	Last bool `json:"last,omitempty"`
	// Memory passes the address of these bytes.
	Memory []byte `json:"memory,omitempty"`
	// Inner is more memory, whose address is written into Memory at InnerAt.
	Inner   []byte `json:"inner,omitempty"`
	InnerAt int    `json:"inner_at,omitempty"`
	// PIDAt are the places in Inner that get the process's own id, 32 bits each.
	PIDAt []int `json:"pid_at,omitempty"`
}

// call is a step with plain numbers as arguments.
func call(name string, number uintptr, values ...uint64) step {
	s := step{Name: name, Number: number}
	for _, v := range values {
		s.Args = append(s.Args, argument{Value: v})
	}
	return s
}
