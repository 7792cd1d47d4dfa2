package sampler

// Stopper decides on the host, between chunks, whether a completion has ended by
// its text: it knows the tokenizer, the sampler does not. Tiles that run side by
// side call it at the same time.
type Stopper interface {
	// Stop looks at all tokens of a completion so far, of which those from index
	// seen on are new, and returns the number of tokens to keep and true if it
	// ended.
	Stop(tokens []int32, seen int) (keep int, stop bool)
}
