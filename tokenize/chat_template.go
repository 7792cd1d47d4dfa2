package tokenize

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/rlvr-go/rlvr/tokenize/jinja"
)

// chatTemplate renders chats as transformers 5.23 does. It may be used from several
// goroutines.
type chatTemplate struct {
	// byName are the templates; "default" is for chats and "tool_use", where there is
	// one, for chats with tools.
	byName map[string]*jinja.Template
	// named are the special tokens that templates may use: bos_token and so on.
	named   map[string]string
	control *controlTokens
	now     func() time.Time
	// probed looks once whether the templates spell control tokens in pieces.
	probed func() error
}

// specialAttributes are the names of special tokens that transformers gives to
// templates.
var specialAttributes = []string{"bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"}

// newChatTemplate reads the templates out of the small files of a Hugging Face folder:
// chat_template.jinja, else chat_template in tokenizer_config.json, a text or a list
// of {name, template}. It is nil where there is none.
func newChatTemplate(files map[string][]byte) (*chatTemplate, error) {
	sources, origin, err := templateSources(files)
	if err != nil || len(sources) == 0 {
		return nil, err
	}
	t := &chatTemplate{byName: map[string]*jinja.Template{}, now: time.Now, control: newControlTokens(nil)}
	t.probed = sync.OnceValue(t.probe)
	for _, s := range sources {
		if t.byName[s.name], err = jinja.Parse(s.text); err != nil {
			if s.name != defaultTemplate {
				origin += " " + s.name
			}
			return nil, fmt.Errorf("%s: %w", origin, err)
		}
	}
	if t.named, err = namedForTemplate(files); err != nil {
		return nil, err
	}
	return t, nil
}

// The names of templates.
const (
	defaultTemplate = "default"
	toolTemplate    = "tool_use"
)

// templateSource is the text of a template.
type templateSource struct{ name, text string }

// templateSources gives the templates and where they are from.
func templateSources(files map[string][]byte) ([]templateSource, string, error) {
	if text, ok := files[templateFile]; ok {
		return []templateSource{{defaultTemplate, string(text)}}, templateFile, nil
	}
	var config struct {
		Template json.RawMessage `json:"chat_template"`
	}
	origin := configFile + ": chat_template"
	if raw, ok := files[configFile]; ok {
		if err := json.Unmarshal(raw, &config); err != nil {
			return nil, "", fmt.Errorf("%s: %w", configFile, err)
		}
	}
	if len(config.Template) == 0 || string(config.Template) == "null" {
		return nil, "", nil
	}
	var text string
	if err := json.Unmarshal(config.Template, &text); err == nil {
		return []templateSource{{defaultTemplate, text}}, origin, nil
	}
	var list []struct{ Name, Template *string }
	if err := json.Unmarshal(config.Template, &list); err != nil {
		return nil, "", fmt.Errorf("%s: neither text nor a list of objects with name and template", origin)
	}
	var out []templateSource
	for i, entry := range list {
		if entry.Name == nil || entry.Template == nil {
			return nil, "", fmt.Errorf("%s[%d]: needs name and template", origin, i)
		}
		out = append(out, templateSource{*entry.Name, *entry.Template})
	}
	return out, origin, nil
}

// namedForTemplate gives the special tokens by name. As in transformers,
// special_tokens_map.json counts only, and then first, where tokenizer_config.json
// has no added_tokens_decoder.
func namedForTemplate(files map[string][]byte) (map[string]string, error) {
	out := map[string]string{}
	read := func(name string) (bool, error) {
		var fields map[string]json.RawMessage
		if raw, ok := files[name]; !ok {
			return false, nil
		} else if err := json.Unmarshal(raw, &fields); err != nil {
			return false, fmt.Errorf("%s: %w", name, err)
		}
		for _, key := range specialAttributes {
			if raw, ok := fields[key]; ok {
				if text, ok := tokenText(raw); ok {
					out[key] = text
				}
			}
		}
		_, decoder := fields["added_tokens_decoder"]
		return decoder, nil
	}
	decoder, err := read(configFile)
	if err == nil && !decoder {
		_, err = read(specialsFile)
	}
	return out, err
}

// choose is the template for a chat.
func (t *chatTemplate) choose(c *Chat) (*jinja.Template, error) {
	if c.Tools != nil && t.byName[toolTemplate] != nil {
		return t.byName[toolTemplate], nil
	}
	if t.byName[defaultTemplate] == nil {
		return nil, errors.New("chat template: there are several and none is called default")
	}
	return t.byName[defaultTemplate], nil
}

// render is the text of a chat, byte for byte as transformers' apply_chat_template.
func (t *chatTemplate) render(c *Chat) (string, error) {
	template, err := t.choose(c)
	if err != nil {
		return "", err
	}
	values, size, err := t.variables(c)
	if err != nil {
		return "", err
	}
	return t.execute(template, values, size, nil)
}

// Limits of the text that rendering makes or looks through, in bytes: so much, and so
// much for each byte of the chat.
const (
	baseBytes    = 32 << 20
	bytesPerByte = 64
)

// execute renders with variables whose text has a size. literal maps what the template
// itself writes, if it is not nil.
func (t *chatTemplate) execute(template *jinja.Template, values map[string]jinja.Value, size int, literal func(string) string) (string, error) {
	text, err := template.Render(values, jinja.Options{Literal: literal, Now: t.now, Bytes: baseBytes + bytesPerByte*size})
	if err != nil {
		return "", fmt.Errorf("chat template: %w", err)
	}
	return text, nil
}

// probe renders harmless chats with codes. A control token that comes out in letters
// is made of pieces, which cannot be told from what data spells.
func (t *chatTemplate) probe() error {
	for _, name := range []string{defaultTemplate, toolTemplate} {
		if t.byName[name] == nil {
			continue
		}
		for _, c := range probes {
			coded, err := t.code(t.byName[name], &c)
			if err != nil {
				continue // refuses such a chat; real ones will say why
			}
			if spelled := coded.spelled(t.control); spelled != "" {
				return fmt.Errorf("chat template: control token %q is put together of pieces; "+
					"it cannot be told from one that data spells, so ids of chats are not implemented for this template", spelled)
			}
		}
	}
	return nil
}
