package sandbox

// Tier is how strongly programs are isolated.
type Tier struct {
	// Name is "A", "B" or "unsafe".
	Name string
	// Strength says in a sentence what the tier gives.
	Strength string
	// Missing are the walls that this machine lacks, each with the reason.
	Missing []string
}
