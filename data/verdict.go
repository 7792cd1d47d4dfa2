package data

// VerdictKind is the outcome of judging a completion.
type VerdictKind uint8

// The kinds. Undecided and Error mean that nothing was learned about the
// completion; who is to blame decides what happens to the reward.
const (
	Incorrect VerdictKind = iota
	Correct
	Undecided
	Error
)

// String is the word of the JSONL protocol (rlvr verify).
func (k VerdictKind) String() string {
	switch k {
	case Correct:
		return "correct"
	case Incorrect:
		return "incorrect"
	case Undecided:
		return "undecided"
	default:
		return "error"
	}
}

// Blame says whose fault a verdict other than correct is.
type Blame uint8

// Whose fault. A fault of the completion counts as incorrect, or an optimiser
// would learn to break its verifier; faults of the reference answer or of the
// infrastructure are masked out of training and counted.
const (
	BlameNone Blame = iota
	BlameCompletion
	BlameGold
	BlameInfrastructure
)

// String is the word used in logs.
func (b Blame) String() string {
	switch b {
	case BlameNone:
		return "none"
	case BlameCompletion:
		return "completion"
	case BlameGold:
		return "gold"
	default:
		return "infrastructure"
	}
}

// Verdict is what a verifier says of one completion.
type Verdict struct {
	Kind VerdictKind
	// Score is the reward in the verifier's own scale, usually 0 or 1.
	Score float64
	// Items are scores of parts (test cases, list entries), for objectives that
	// use them; nil otherwise.
	Items []float64
	// Class is an error class for class-wise rewards; empty otherwise.
	Class string
	// Extracted is the answer that was judged, for people.
	Extracted string
	// Reason is a short code such as "match", "mismatch", "no_answer", "timeout".
	Reason string
	// Detail says what happened where a code is not enough (a panic's message,
	// an infrastructure error), for people; usually empty.
	Detail string
	Blame  Blame
}

// Masked reports whether the verdict says nothing about the completion, so that
// it must not be trained on: a fault of the gold answer or the infrastructure.
func (v Verdict) Masked() bool {
	return v.Blame == BlameGold || v.Blame == BlameInfrastructure
}
