package sampler

import "github.com/rlvr-go/rlvr/configs/fault"

// Options say how completions are sampled (config section "rollout").
type Options struct {
	// NumGenerations is G, the completions sampled per prompt (TRL
	// num_generations, verl rollout.n). Default 8.
	NumGenerations int `yaml:"num_generations"`
	// Temperature divides the logits; 0 is greedy. Default 1.
	Temperature float64 `yaml:"temperature"`
	// TopK keeps the K most likely tokens; 0 keeps all.
	TopK int `yaml:"top_k"`
	// TopP keeps the smallest set of most likely tokens whose probability reaches
	// it; 1 keeps all.
	TopP float64 `yaml:"top_p"`
	// MinP drops tokens less likely than MinP times the most likely one; 0 keeps all.
	MinP float64 `yaml:"min_p"`
	// MaxCompletionLength is the most tokens a completion may have, its
	// end-of-sequence token included (TRL's word; verl max_response_length).
	MaxCompletionLength int `yaml:"max_completion_length"`
	// Stop are strings that end a completion; they are not part of its text.
	Stop []string `yaml:"stop"`
	// ChunkTokens is the number of decode steps run on the device between two
	// looks of the host. Default 32.
	ChunkTokens int `yaml:"chunk_tokens"`
	// MaxRows is the most completions decoded at once; more wait for a free row.
	// Default 256.
	MaxRows int `yaml:"max_rows"`
	// KeepRoutes keeps the experts that tokens were sent to, in models that have any
	// (verl's rollout routing replay needs them).
	KeepRoutes bool `yaml:"keep_routes"`
}

// DefaultOptions are TRL's defaults where it has the key.
func DefaultOptions() Options {
	return Options{NumGenerations: 8, Temperature: 1, TopP: 1, MaxCompletionLength: 512, ChunkTokens: 32, MaxRows: 256}
}

// Validate reports every option out of range.
func (o *Options) Validate() error {
	var l fault.List
	l.Check(o.NumGenerations >= 1, "num_generations", o.NumGenerations, "at least 1")
	l.Check(o.Temperature >= 0 && o.Temperature <= 100, "temperature", o.Temperature, "0 (greedy) to 100")
	l.Check(o.TopK >= 0, "top_k", o.TopK, "0 (off) or more")
	l.Check(o.TopP > 0 && o.TopP <= 1, "top_p", o.TopP, "above 0, at most 1 (off)")
	l.Check(o.MinP >= 0 && o.MinP < 1, "min_p", o.MinP, "0 (off) or more, below 1")
	l.Check(o.MaxCompletionLength >= 1, "max_completion_length", o.MaxCompletionLength, "at least 1")
	l.Check(o.ChunkTokens >= 1, "chunk_tokens", o.ChunkTokens, "at least 1")
	l.Check(o.MaxRows >= 1, "max_rows", o.MaxRows, "at least 1")
	for _, s := range o.Stop {
		l.Check(s != "", "stop", s, "strings that are not empty")
	}
	return l.Err()
}
