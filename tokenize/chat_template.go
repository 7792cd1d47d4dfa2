package tokenize

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/ardanlabs/jinja"
)

// chatTemplate renders chats as transformers 5.23 does. It may be used from several
// goroutines.
type chatTemplate struct {
	// byName are the templates; "default" is for chats and "tool_use", where there is
	// one, for chats with tools.
	byName map[string]*compiledTemplate
	// named are the special tokens that templates may use: bos_token and so on.
	named   map[string]string
	control *controlTokens
	now     func() time.Time
	// probed looks once whether the templates spell control tokens in pieces.
	probed func() error
}

// compiledTemplate is one template.
type compiledTemplate struct {
	body  []*stmt
	plain *jinja.Template

	mu sync.Mutex
	// coded is the template with codes for control tokens, by the mark in the codes.
	coded map[rune]*jinja.Template
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
	t := &chatTemplate{byName: map[string]*compiledTemplate{}, now: time.Now, control: newControlTokens(nil)}
	t.probed = sync.OnceValue(t.probe)
	for _, s := range sources {
		if t.byName[s.name], err = compileTemplate(s.text); err != nil {
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

// compileTemplate makes a template ready to render.
func compileTemplate(source string) (*compiledTemplate, error) {
	body, err := parseTemplate(source)
	if err != nil {
		return nil, err
	}
	c := &compiledTemplate{body: body, coded: map[rune]*jinja.Template{}}
	c.plain, err = c.compile(func(s string) string { return s })
	return c, err
}

// compile lowers the template. Its parsing is that of the library, which may panic
// only where lowerer is wrong.
func (c *compiledTemplate) compile(code func(string) string) (out *jinja.Template, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("line 1: compiling panics: %v", p)
		}
	}()
	text, err := lowerTemplate(c.body, code)
	if err != nil {
		return nil, err
	}
	return jinja.Compile(text)
}

// withCodes is the template with codes for control tokens.
func (c *compiledTemplate) withCodes(mark rune, code func(string) string) (*jinja.Template, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.coded[mark] == nil {
		out, err := c.compile(code)
		if err != nil {
			return nil, err
		}
		c.coded[mark] = out
	}
	return c.coded[mark], nil
}

// choose is the template for a chat.
func (t *chatTemplate) choose(c *Chat) (*compiledTemplate, error) {
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
	compiled, err := t.choose(c)
	if err != nil {
		return "", err
	}
	values, size, err := t.variables(c)
	if err != nil {
		return "", err
	}
	return t.execute(compiled.plain, values, size)
}

// execute renders with values; size is that of what they were made of, in bytes.
func (t *chatTemplate) execute(template *jinja.Template, values map[string]jinja.Value, size int) (out string, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("chat template: rendering panics: %v", p)
		}
	}()
	r := &chatRun{operations: maxOperations, bytes: baseBytes + bytesPerByte*size, now: t.now}
	scope := make(map[string]jinja.Value, len(values)+len(operations))
	for name, v := range values {
		scope["v_"+name] = v
	}
	for name, op := range operations {
		scope[name] = r.callable(name, op)
	}
	out, err = template.RenderValues(scope)
	if err != nil {
		return "", fmt.Errorf("chat template: %w", err)
	}
	return out, nil
}

// callable makes an operation a value of the library, with its line in errors.
func (r *chatRun) callable(name string, op operation) jinja.Value {
	return jinja.NewCallable(name, func(args []jinja.Value, _ map[string]jinja.Value) (jinja.Value, error) {
		line := int(args[0].AsInt())
		out, err := op(r, line, args[1:])
		if err == nil {
			return out, nil
		}
		var placed *templateError
		if !errors.As(err, &placed) {
			err = &templateError{line, err}
		}
		return jinja.Undefined(), err
	})
}

// globalValues are the functions that every template may call.
var globalValues = func() map[string]jinja.Value {
	out := map[string]jinja.Value{}
	for name := range globals {
		out[name] = opaque(globalName + name)
	}
	return out
}()

// reserved are the variables that a chat itself sets.
var reserved = []string{"messages", "tools", "documents", "add_generation_prompt"}

// variables are what a template sees of a chat.
func (t *chatTemplate) variables(c *Chat) (map[string]jinja.Value, int, error) {
	if len(c.Messages) == 0 {
		return nil, 0, errors.New("chat template: a chat without messages")
	}
	out := make(map[string]jinja.Value, len(globalValues)+len(t.named)+len(c.Kwargs)+len(reserved))
	for name, v := range globalValues {
		out[name] = v
	}
	for name, text := range t.named {
		out[name] = jinja.NewString(text)
	}
	size := 0
	for name, v := range c.Kwargs {
		if slices.Contains(reserved, name) {
			return nil, 0, fmt.Errorf("chat template: %s is no argument for the template but what the chat sets", name)
		}
		value, err := goValue(v, 0)
		if err != nil {
			return nil, 0, fmt.Errorf("chat template: argument %s: %w", name, err)
		}
		out[name] = value
		if s, ok := v.(string); ok {
			size += len(s)
		}
	}
	messages := make([]jinja.Value, len(c.Messages))
	for i := range c.Messages {
		m := &c.Messages[i]
		size += len(m.Content) + len(m.Raw)
		var err error
		if messages[i], err = messageValue(m); err != nil {
			return nil, 0, fmt.Errorf("chat template: messages[%d]: %w", i, err)
		}
	}
	out["messages"] = jinja.NewList(messages)
	out["tools"] = jinja.None()
	if c.Tools != nil {
		tools, err := jsonValue(c.Tools)
		if err != nil || !tools.IsList() {
			return nil, 0, fmt.Errorf("chat template: tools: %w", errors.Join(err, errors.New("want a JSON array of objects")))
		}
		for i, tool := range tools.AsList().Items {
			if !tool.IsDict() {
				return nil, 0, fmt.Errorf("chat template: tools[%d] is no object", i)
			}
		}
		out["tools"] = tools
		size += len(c.Tools)
	}
	out["documents"] = jinja.None()
	out["add_generation_prompt"] = jinja.NewBool(c.AddGenerationPrompt)
	return out, size, nil
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
