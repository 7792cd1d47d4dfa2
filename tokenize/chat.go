package tokenize

import (
	"errors"
	"fmt"

	"github.com/rlvr-go/rlvr/data"
)

// errNoTemplate is what a chat meets in a tokenizer without a template.
var errNoTemplate = errors.New("the model has no chat template (chat_template.jinja, or chat_template in tokenizer_config.json), " +
	"which data with messages needs; data with prompt needs none")

// HasChatTemplate implements Tokenizer.
func (b *bpe) HasChatTemplate() bool { return b.chat != nil }

// RenderChat implements Tokenizer. In a character vocabulary, which has no template,
// a chat can only be one message of the user, which is the prompt as it is.
func (b *bpe) RenderChat(c *Chat) (string, error) {
	if b.chat == nil {
		return b.plainChat(c)
	}
	text, err := b.chat.render(c)
	if err != nil {
		return "", fmt.Errorf("tokenize: %w", err)
	}
	return text, nil
}

// EncodeChat implements Tokenizer.
func (b *bpe) EncodeChat(c *Chat) ([]int32, error) {
	if b.chat == nil {
		text, err := b.plainChat(c)
		if err != nil {
			return nil, err
		}
		return b.Encode(text)
	}
	coded, err := b.chat.renderCoded(c)
	if err != nil {
		return nil, fmt.Errorf("tokenize: %w", err)
	}
	return b.encodeCoded(coded)
}

// plainChat is a chat without a template.
func (b *bpe) plainChat(c *Chat) (string, error) {
	if b.named["eos_token"] != eosToken || b.named["pad_token"] != padToken {
		return "", fmt.Errorf("tokenize: %w", errNoTemplate)
	}
	if len(c.Messages) != 1 || c.Messages[0].Role != data.RoleUser || c.Tools != nil {
		return "", fmt.Errorf("tokenize: a character tokenizer has no chat template: want one message of role %q and no tools, found %d messages",
			data.RoleUser, len(c.Messages))
	}
	return c.Messages[0].Content, nil
}

// loadChat reads the chat template out of the files of a tokenizer.
func (b *bpe) loadChat(files map[string][]byte) error {
	chat, err := newChatTemplate(files)
	if err != nil || chat == nil {
		return err
	}
	b.chat = chat
	b.chat.control = newControlTokens(b.added)
	return nil
}
