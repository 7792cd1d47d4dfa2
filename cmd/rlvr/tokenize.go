package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rlvr-go/rlvr/checkpoints"
	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/tokenize"
)

// tokenizeOptions are the flags of rlvr tokenize.
type tokenizeOptions struct {
	model       string
	json, plain bool
}

func newTokenizeCommand() *cobra.Command {
	o := &tokenizeOptions{}
	c := &cobra.Command{
		Use:   "tokenize --model DIR",
		Short: "text or chats to token ids and back",
		Long: `Read lines from standard input and write their token ids with a model's tokenizer: of a
folder in Hugging Face layout (tokenizer.json is enough) or a GGUF file.

Without --json a line is a text, and ids and their tokens are written for people. With it,
a line is a JSON object, and so is each answer, in the same order:

  {"text": "..."}                    {"ids": [...]}
  {"ids": [...]}                     {"text": "..."}
  {"messages": [...], ...}           {"text": "...", "ids": [...]}

A text is encoded as the reference library does by default: special tokens in it become
their ids, and the tokenizer's template adds its own ("add_special_tokens": false: not).
Characters that the vocabulary lacks are left out, as there, and an "error" beside the ids
names the first. With --plain, or "plain": true, a special token's text is text, as in a row
of data, and a character that the vocabulary lacks ends the command. Ids are decoded with special tokens, unless "skip_special_tokens" is true. A chat takes "tools",
"add_generation_prompt" and variables of the template such as "enable_thinking".`,
		Example: `  echo 'Hello, world' | rlvr tokenize --model Qwen3-0.6B
  echo '{"ids": [9707, 11, 1879]}' | rlvr tokenize --model Qwen3-0.6B --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runTokenize(cmd.Context(), o, cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	f := c.Flags()
	f.StringVar(&o.model, "model", "", "a model folder in Hugging Face layout, or a GGUF file")
	f.BoolVar(&o.json, "json", false, "read and print a JSON object a line")
	f.BoolVar(&o.plain, "plain", false, "special tokens in a text are text, and none are added")
	return c
}

func runTokenize(ctx context.Context, o *tokenizeOptions, in io.Reader, out, errOut io.Writer) error {
	if o.model == "" {
		return userError(errors.New("tokenize: --model is missing: a model folder or a GGUF file"))
	}
	files, err := tokenizerFiles(ctx, o.model, errOut)
	if err != nil {
		return userError(err)
	}
	tok, err := tokenize.Load(files)
	if err != nil {
		return userError(fmt.Errorf("%s: %w", o.model, err))
	}
	lines, buffered := bufio.NewReader(in), bufio.NewWriter(out)
	for n := 1; ; n++ {
		line, err := lines.ReadString('\n')
		if errors.Is(err, io.EOF) && line == "" {
			return buffered.Flush()
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return errors.Join(buffered.Flush(), err)
		}
		line = strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
		if o.json {
			err = answerLine(buffered, tok, line, o.plain)
		} else {
			err = showLine(buffered, errOut, tok, line, o.plain)
		}
		if err != nil {
			return errors.Join(buffered.Flush(), userError(fmt.Errorf("line %d: %w", n, err)))
		}
		if lines.Buffered() == 0 { // someone may wait for the answer
			if err := buffered.Flush(); err != nil {
				return err
			}
		}
	}
}

// tokenizerFiles reads the small files that a model's tokenizer is made from. The
// model need not be whole: where there is a tokenizer.json, its folder is enough.
func tokenizerFiles(ctx context.Context, path string, notes io.Writer) (map[string][]byte, error) {
	path, err := findModel(ctx, path, notes)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(path, "tokenizer.json")); err != nil {
		m, err := checkpoints.OpenModel(path)
		if err != nil {
			return nil, err
		}
		return m.Files, m.Close()
	}
	files := make(map[string][]byte)
	for _, name := range []string{
		"tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "chat_template.jinja",
		"generation_config.json", "config.json",
	} {
		raw, err := os.ReadFile(filepath.Join(path, name))
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return nil, fmt.Errorf("tokenize: %w", err)
		default:
			files[name] = raw
		}
	}
	return files, nil
}

// encodeText gives the ids of a text, plain or as the reference library does.
func encodeText(tok tokenize.Tokenizer, text string, plain, addSpecial bool) ([]int32, error) {
	if plain {
		return tok.Encode(text)
	}
	return tok.EncodeSpecial(text, addSpecial)
}

// showLine writes ids and tokens of a text for people, and on notes which character
// the vocabulary lacks.
func showLine(out, notes io.Writer, tok tokenize.Tokenizer, text string, plain bool) error {
	ids, err := encodeText(tok, text, plain, true)
	if ids == nil {
		return err
	}
	if err != nil {
		fmt.Fprintln(notes, err)
	}
	tokens := make([]string, len(ids))
	for i := range ids {
		tokens[i] = fmt.Sprintf("%q", tok.Decode(ids[i:i+1], false))
	}
	_, err = fmt.Fprintf(out, "%d ids: %s\n%s\n", len(ids), strings.Trim(fmt.Sprint(ids), "[]"), strings.Join(tokens, " "))
	return err
}

// tokenizeRequest is a line of input.
type tokenizeRequest struct {
	Text                *string           `json:"text"`
	IDs                 []int32           `json:"ids"`
	Messages            []json.RawMessage `json:"messages"`
	Tools               json.RawMessage   `json:"tools"`
	AddGenerationPrompt bool              `json:"add_generation_prompt"`
	AddSpecialTokens    *bool             `json:"add_special_tokens"`
	SkipSpecialTokens   bool              `json:"skip_special_tokens"`
	Plain               bool              `json:"plain"`
}

// tokenizeAnswer is a line of output.
type tokenizeAnswer struct {
	Text *string  `json:"text,omitempty"`
	IDs  *[]int32 `json:"ids,omitempty"`
	// Error names a character that the vocabulary lacks and the reference library
	// leaves out without a word, as the ids do.
	Error string `json:"error,omitempty"`
}

// answerLine answers a line of JSON.
func answerLine(out io.Writer, tok tokenize.Tokenizer, line string, plain bool) error {
	var q tokenizeRequest
	if err := json.Unmarshal([]byte(line), &q); err != nil {
		return err
	}
	var a tokenizeAnswer
	switch {
	case q.Text != nil && q.IDs == nil && q.Messages == nil:
		ids, err := encodeText(tok, *q.Text, plain || q.Plain, q.AddSpecialTokens == nil || *q.AddSpecialTokens)
		if ids == nil {
			return err
		}
		a.IDs = &ids
		if err != nil {
			a.Error = err.Error()
		}
	case q.IDs != nil && q.Text == nil && q.Messages == nil:
		text := tok.Decode(q.IDs, q.SkipSpecialTokens)
		a.Text = &text
	case q.Messages != nil && q.Text == nil && q.IDs == nil:
		chat, err := chatOf(&q, line)
		if err != nil {
			return err
		}
		text, err := tok.RenderChat(chat)
		if err != nil {
			return err
		}
		ids, err := tok.EncodeChat(chat)
		if err != nil {
			return err
		}
		a.Text, a.IDs = &text, &ids
	default:
		return errors.New("found none or several of text, ids and messages, allowed: one of them")
	}
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	return enc.Encode(&a)
}

// chatOf is the chat of a line; what is no field of its own is a variable of the
// template.
func chatOf(q *tokenizeRequest, line string) (*tokenize.Chat, error) {
	c := &tokenize.Chat{Tools: q.Tools, AddGenerationPrompt: q.AddGenerationPrompt}
	if string(c.Tools) == "null" {
		c.Tools = nil
	}
	for i, raw := range q.Messages {
		var m struct {
			Role    data.Role
			Content json.RawMessage
		}
		if err := json.Unmarshal(raw, &m); err != nil {
			return nil, fmt.Errorf("messages[%d]: %w", i, err)
		}
		message := data.Message{Role: m.Role, Raw: raw}
		if len(m.Content) > 0 && m.Content[0] == '"' {
			if err := json.Unmarshal(m.Content, &message.Content); err != nil {
				return nil, fmt.Errorf("messages[%d].content: %w", i, err)
			}
		}
		c.Messages = append(c.Messages, message)
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal([]byte(line), &fields); err != nil {
		return nil, err
	}
	c.Kwargs = make(map[string]any)
	for name, value := range fields {
		switch name {
		case "messages", "tools", "add_generation_prompt":
		default:
			c.Kwargs[name] = value
		}
	}
	return c, nil
}
