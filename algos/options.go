package algos

// Options select an objective and adjust it (config section "algorithm" of a
// stage). Which options there are depends on the preset and its parts;
// [Algorithm.Describe] lists them.
type Options struct {
	// Name is that of a preset.
	Name string `yaml:"name"`
	// Options replace vetted values of the preset.
	Options map[string]any `yaml:"options"`
}

// Validate reports every fault: an unknown preset or option, a value of another
// type or out of range, options that contradict each other.
func (o *Options) Validate() error {
	_, err := Resolve(*o)
	return err
}
