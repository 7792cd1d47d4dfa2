package data

// Batch is the host side of one optimizer step: its micro-batches and the counts
// that their losses are divided by.
type Batch struct {
	Micro  []MicroBatch
	Counts Counts
}

// Counts are global to an optimizer step, whatever its micro-batches.
type Counts struct {
	// Tokens is the number of trained tokens, Sequences the number of responses
	// that have one.
	Tokens, Sequences int
}

// MicroBatch is what one forward and backward pass reads. The policy runs over R
// packed rows of S tokens; the loss sees N responses of at most T tokens, gathered
// from them. Slices are row-major.
type MicroBatch struct {
	R, S, N, T int
	// Tokens, Positions and Segments are [R, S]. A token attends to earlier tokens
	// of its own segment and of the segment that Prefixes names (a shared prompt;
	// its own segment where there is none). Padding has segment -1.
	Tokens, Positions, Segments, Prefixes []int32
	// Gather is [N, T]: the flat index r*S+s of the token whose output predicts
	// response token t. Padding points at 0.
	Gather []int32
	// Targets are the response tokens, [N, T].
	Targets []int32
	// Mask is 1 for trained tokens, else 0, [N, T].
	Mask []float32
	// Arrays are the named inputs of the loss, each [N, T].
	Arrays map[string][]float32
	// Responses is the number of lines of N in use, the first ones.
	Responses int
	// NumTokens is the number of tokens in R x S that are not padding.
	NumTokens int
}
