package tokenize

import (
	"fmt"

	"github.com/rlvr-go/rlvr/data"
)

// EncodeChat implements Tokenizer.
func (b *bpe) EncodeChat(c *Chat) ([]int32, error) {
	text, err := b.RenderChat(c)
	if err != nil {
		return nil, err
	}
	return b.Encode(text)
}

// RenderChat implements Tokenizer: without a template a chat can only be one message
// of the user, which is the prompt as it is.
func (b *bpe) RenderChat(c *Chat) (string, error) {
	if len(c.Messages) != 1 || c.Messages[0].Role != data.RoleUser || c.Tools != nil {
		return "", fmt.Errorf("tokenize: a character tokenizer has no chat template: want one message of role %q and no tools, found %d messages",
			data.RoleUser, len(c.Messages))
	}
	return c.Messages[0].Content, nil
}
