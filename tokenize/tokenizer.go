package tokenize

import "github.com/rlvr-go/rlvr/data"

// Tokenizer turns text into ids and back. Its methods may be called from several
// goroutines, and what they return must not be modified.
type Tokenizer interface {
	// Encode gives the ids of text, without any special token. Text that the
	// vocabulary cannot express is an error that names the character and its byte
	// position; nothing is dropped.
	Encode(text string) ([]int32, error)
	// Decode gives the text of ids, leaving out special tokens. An id outside the
	// vocabulary becomes U+FFFD.
	Decode(ids []int32) string
	// EOS are the ids that end a completion, at least one.
	EOS() []int32
	// PadID fills rows up; it never occurs in a completion.
	PadID() int32
	// VocabSize is the number of ids, special tokens included.
	VocabSize() int
	// RenderChat turns a chat into the text of a prompt. It is an error if the
	// tokenizer has no template for such a chat.
	RenderChat(messages []data.Message) (string, error)
	// Files are tokenizer.json and tokenizer_config.json by name, as stored in a
	// Hugging Face folder.
	Files() map[string][]byte
}
