package tokenize

import (
	"encoding/json"

	"github.com/rlvr-go/rlvr/data"
)

// Tokenizer turns text into ids and back. Its methods may be called from several
// goroutines, and what they return must not be modified.
type Tokenizer interface {
	// Encode gives the ids of untrusted text: a special token's text in it is plain
	// text, and nothing is put before or after it. Text that the vocabulary cannot
	// express is an error that names the character and its byte position; nothing
	// is dropped.
	Encode(text string) ([]int32, error)
	// EncodePrompt is Encode with what the tokenizer's post-processor puts before a
	// text, a beginning-of-sequence token for some families.
	EncodePrompt(text string) ([]int32, error)
	// EncodeSpecial is the reference library's encode: special tokens in text become
	// their ids and the post-processor adds its tokens where addSpecial is set. It is
	// for trusted text only. Of text that the vocabulary cannot express the reference
	// leaves out the unknown characters: the ids are then returned beside an error that
	// wraps ErrUnknown.
	EncodeSpecial(text string, addSpecial bool) ([]int32, error)
	// EncodeChat renders a chat and gives its ids. The template's special tokens
	// become ids; what messages and tools spell stays plain text, so that a row of
	// data cannot end a turn or begin another.
	EncodeChat(c *Chat) ([]int32, error)
	// HasChatTemplate reports whether the model is one to chat with.
	HasChatTemplate() bool
	// RenderChat is the text of a chat, byte for byte as transformers'
	// apply_chat_template. It is an error if there is no template for such a chat.
	RenderChat(c *Chat) (string, error)
	// Decode gives the text of ids, special tokens as their text or, with
	// skipSpecial, left out. Bytes that are no UTF-8 become U+FFFD as in the
	// reference library; an id outside the vocabulary decodes to nothing.
	Decode(ids []int32, skipSpecial bool) string
	// EOS are the ids that end a completion, none where no file names any; the first
	// is what a demonstration ends with.
	EOS() []int32
	// PadID fills rows up. It may be one of EOS, so that padding is found by
	// lengths and never by id.
	PadID() int32
	// VocabSize is one more than the largest id, special tokens included.
	VocabSize() int
	// Files are the files of a Hugging Face folder that it was made from, by name:
	// tokenizer.json, tokenizer_config.json and, where there is one,
	// chat_template.jinja.
	Files() map[string][]byte
}

// Chat is a conversation for a template.
type Chat struct {
	Messages []data.Message
	// Tools is a JSON array of function schemas; nil: none.
	Tools json.RawMessage
	// AddGenerationPrompt opens the turn that the policy is to write.
	AddGenerationPrompt bool
	// Kwargs are further variables of the template, such as enable_thinking
	// (chat_template_kwargs in TRL and vLLM).
	Kwargs map[string]any
}
