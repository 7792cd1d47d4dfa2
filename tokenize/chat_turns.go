package tokenize

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/tokenize/jinja"
)

// Turns is a conversation, or one turn of it, to train on: what the policy is given
// and, in turn, what it wrote and what came then.
type Turns struct {
	// Prompt is what the first turn of the policy answers.
	Prompt []int32
	// Segments follow it. They begin and end with one of the policy's, which is a turn
	// of the assistant with the token that ends it.
	Segments []data.Segment
}

// Tokens is the prompt and the segments, in a new slice of length L.
func (t *Turns) Tokens() []int32 {
	out := slices.Clone(t.Prompt)
	for i := range t.Segments {
		out = append(out, t.Segments[i].Tokens...)
	}
	return out
}

// Mask is true where the assistant wrote a token, [L].
func (t *Turns) Mask() []bool {
	out := make([]bool, len(t.Prompt))
	for i := range t.Segments {
		for range t.Segments[i].Tokens {
			out = append(out, t.Segments[i].Author == data.AuthorPolicy)
		}
	}
	return out
}

// TurnsOf gives the ids of a conversation and which of them the assistant wrote: for
// each of its turns the prompt is what EncodeChat gives for the messages before it
// with AddGenerationPrompt, exactly as when the policy is sampled, and the answer
// ends with a token of EOS. Messages after the last turn of the assistant are left
// out, and c.AddGenerationPrompt does not count.
//
// The conversation is one sequence where each prompt and answer, as ids, begin the
// whole. Where the template renders a turn otherwise once the conversation goes on
// (Qwen3 and DeepSeek-R1 drop the reasoning of earlier turns), there is one sequence
// for each turn of the assistant.
//
// A prompt that opens the reasoning with <think> is answered by the reasoning of the
// message, from reasoning_content or from between the tags in its content, even if
// the template would leave that out of the conversation.
func TurnsOf(tok Tokenizer, c *Chat) ([]Turns, error) {
	b, ok := tok.(*bpe)
	if !ok || b.chat == nil {
		return nil, fmt.Errorf("tokenize: %w", errNoTemplate)
	}
	if len(b.eos) == 0 {
		return nil, fmt.Errorf("tokenize: no file names the token that ends a turn (eos_token_id of generation_config.json or eos_token of tokenizer_config.json)")
	}
	var turns []Turns
	last := 0
	for i := range c.Messages {
		if c.Messages[i].Role != data.RoleAssistant {
			continue
		}
		turn, err := b.turn(c, i)
		if err != nil {
			return nil, fmt.Errorf("%w (messages[%d])", err, i)
		}
		turns = append(turns, turn)
		last = i
	}
	if len(turns) == 0 {
		return nil, fmt.Errorf("tokenize: a conversation without a turn of the assistant has nothing to train on")
	}
	if len(turns) == 1 {
		return turns, nil
	}
	whole, err := b.EncodeChat(&Chat{Messages: c.Messages[:last+1], Tools: c.Tools, Kwargs: c.Kwargs})
	if err != nil {
		return nil, err
	}
	if joined, ok := join(whole, turns); ok {
		return []Turns{joined}, nil
	}
	return turns, nil
}

// join makes one sequence of turns that all begin the whole.
func join(whole []int32, turns []Turns) (Turns, bool) {
	out := Turns{Prompt: turns[0].Prompt}
	at := len(out.Prompt)
	for _, t := range turns {
		answer := t.Segments[0].Tokens
		end := len(t.Prompt) + len(answer)
		if end > len(whole) || at > len(t.Prompt) || !slices.Equal(whole[:len(t.Prompt)], t.Prompt) || !slices.Equal(whole[len(t.Prompt):end], answer) {
			return Turns{}, false
		}
		if len(t.Prompt) > at {
			out.Segments = append(out.Segments, data.Segment{Author: data.AuthorEnvironment, Tokens: whole[at:len(t.Prompt)]})
		}
		out.Segments = append(out.Segments, data.Segment{Author: data.AuthorPolicy, Tokens: answer})
		at = end
	}
	return out, true
}

// turn is turn i of a conversation, which is the assistant's: what the policy is
// given there and what it is to answer.
func (b *bpe) turn(c *Chat, i int) (Turns, error) {
	if i == 0 {
		return Turns{}, fmt.Errorf("tokenize: the assistant begins the conversation, so that there is no prompt")
	}
	given := &Chat{Messages: c.Messages[:i], Tools: c.Tools, Kwargs: c.Kwargs, AddGenerationPrompt: true}
	promptText, err := b.chat.renderCoded(given)
	if err != nil {
		return Turns{}, fmt.Errorf("tokenize: %w", err)
	}
	prompt, err := b.encodeCoded(promptText)
	if err != nil {
		return Turns{}, err
	}
	through := &Chat{Messages: c.Messages[:i+1], Tools: c.Tools, Kwargs: c.Kwargs}
	text, err := b.chat.renderCoded(through)
	if err != nil {
		return Turns{}, fmt.Errorf("tokenize: %w", err)
	}
	ids, err := b.encodeCoded(text)
	if err != nil {
		return Turns{}, err
	}
	answer, err := b.answer(c.Messages[i-1:i+1], prompt, ids, promptText, text)
	return Turns{prompt, []data.Segment{{Author: data.AuthorPolicy, Tokens: answer}}}, err
}

// answer is what the policy is to say to a prompt, with the token that ends it: the
// second of two messages. ids and text are the conversation through it.
func (b *bpe) answer(two []data.Message, prompt, ids []int32, promptText, text *codedChat) ([]int32, error) {
	if len(ids) >= len(prompt) && slices.Equal(ids[:len(prompt)], prompt) {
		return b.ended(ids[len(prompt):]), nil
	}
	// Where the text goes on but a token would run over the end of the prompt, what
	// follows is encoded by itself: the policy has been given the prompt's tokens.
	at := len(promptText.text)
	if !strings.HasPrefix(text.text, promptText.text) {
		at = goesOn(promptText, text, strings.TrimFunc(two[0].Content, pySpace))
	}
	if at >= 0 {
		if rest := text.slice(at); rest != nil {
			ids, err := b.encodeCoded(rest)
			return b.ended(ids), err
		}
	}
	if before, ok := strings.CutSuffix(promptText.text, thinkOpen); !ok || !strings.HasPrefix(text.text, before) {
		shared := commonPrefix(text.text, promptText.text)
		return nil, fmt.Errorf("tokenize: the template does not write the assistant's turn after its generation prompt: "+
			"the turn goes on with %s, the prompt with %s", excerpt(text.text[shared:]), excerpt(promptText.text[shared:]))
	}
	said, err := spoken(&two[1])
	if err != nil {
		return nil, fmt.Errorf("tokenize: %w", err)
	}
	ids, err = b.Encode(said)
	return append(ids, b.eos[0]), err
}

// goesOn is where text goes on after the end of a prompt that it does not begin with:
// Mistral's templates write the system message into the last turn of the user, if that
// is the last of all. The place is after the last control token of the prompt, of which
// it is the last in text too but for what ends the turn, and both texts are the same
// before it at least as far as what the user said. It is -1 if there is none.
func goesOn(prompt, text *codedChat, said string) int {
	if len(prompt.codes) == 0 {
		return -1
	}
	last := prompt.codes[len(prompt.codes)-1]
	for _, c := range slices.Backward(text.codes) {
		if c.token != last.token {
			continue
		}
		at := c.end + len(prompt.text) - last.end
		if at > len(text.text) {
			return -1
		}
		same := 0
		for same < at && same < len(prompt.text) && text.text[at-1-same] == prompt.text[len(prompt.text)-1-same] {
			same++
		}
		if said == "" || !strings.Contains(text.text[at-same:at], said) {
			return -1
		}
		return at
	}
	return -1
}

// The tags around reasoning, with the line ends that the templates put there.
const (
	thinkOpen  = "<think>\n"
	thinkClose = "\n</think>\n\n"
)

// spoken is what the assistant said after a prompt that opens its reasoning. Without
// reasoning it closes it at once.
func spoken(m *data.Message) (string, error) {
	v, err := messageValue(m)
	if err != nil {
		return "", err
	}
	if calls, _ := v.Get("tool_calls"); calls != nil {
		if list, ok := calls.([]jinja.Value); !ok || len(list) > 0 {
			return "", fmt.Errorf("the template leaves the reasoning of a turn out, and one with tool_calls cannot be written without it")
		}
	}
	if reasoning, _ := v.Get("reasoning_content"); reasoning != nil {
		if text, ok := reasoning.(string); ok {
			return strings.TrimRight(text, "\n") + thinkClose + m.Content, nil
		}
	}
	if rest, ok := strings.CutPrefix(m.Content, thinkOpen); ok {
		return rest, nil
	}
	return thinkClose + m.Content, nil
}

// ended cuts ids after the first that ends a turn, or adds one.
func (b *bpe) ended(ids []int32) []int32 {
	for i, id := range ids {
		if slices.Contains(b.eos, id) {
			return ids[: i+1 : i+1]
		}
	}
	return append(slices.Clip(ids), b.eos[0])
}

// pySpace is Python's str.isspace for a character, which templates strip.
func pySpace(r rune) bool { return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f }

// commonPrefix is the length of what two texts share, in whole characters.
func commonPrefix(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	for n > 0 && n < len(b) && b[n]&0xc0 == 0x80 {
		n--
	}
	return n
}

// excerpt is the beginning of a text for a message.
func excerpt(text string) string {
	const most = 40
	if len(text) > most {
		return fmt.Sprintf("%q...", strings.ToValidUTF8(text[:most], ""))
	}
	return fmt.Sprintf("%q", text)
}
