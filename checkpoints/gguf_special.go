package checkpoints

import (
	"fmt"
	"slices"
	"strings"
)

// specialTokens are the ids that a GGUF file names; -1: none.
type specialTokens struct {
	v                      *vocabulary
	bos, eos, unknown, pad int
	// ends are further ids that end a turn or a message.
	ends []int
}

// specialTokens reads the ids; those of a SentencePiece vocabulary have defaults.
func (v *vocabulary) specialTokens(m *metadata, sentencePiece bool) *specialTokens {
	id := func(name string, def int) int {
		if !sentencePiece {
			def = -1
		}
		key := tokenizerPrefix + name
		x := m.integer(key, def)
		if x < -1 || x >= len(v.tokens) {
			m.fault(key, "%d of %d tokens", x, len(v.tokens))
			return -1
		}
		return x
	}
	s := &specialTokens{v: v, bos: id("bos_token_id", 1), eos: id("eos_token_id", 2), unknown: id("unknown_token_id", 0), pad: id("padding_token_id", -1)}
	for _, name := range []string{"eot_token_id", "eom_token_id"} {
		if x := id(name, -1); x >= 0 && x != s.eos && !slices.Contains(s.ends, x) {
			s.ends = append(s.ends, x)
		}
	}
	return s
}

// ids are the fields of config.json.
func (s *specialTokens) ids() []field {
	var out []field
	for _, f := range []struct {
		name string
		id   int
	}{{"bos_token_id", s.bos}, {"eos_token_id", s.eos}, {"pad_token_id", s.pad}} {
		if f.id >= 0 {
			out = append(out, field{f.name, f.id})
		}
	}
	return out
}

// generation are the fields of generation_config.json: generation ends at any of
// the ids that end something.
func (s *specialTokens) generation() []field {
	out := s.ids()
	for i := range out {
		if out[i].name == "eos_token_id" && len(s.ends) > 0 {
			out[i].value = append([]int{s.eos}, s.ends...)
		}
	}
	return out
}

// config is tokenizer_config.json.
func (s *specialTokens) config(m *metadata) (object, error) {
	c := object{{"tokenizer_class", "PreTrainedTokenizerFast"}}
	for _, f := range []struct {
		name string
		id   int
	}{{"bos_token", s.bos}, {"eos_token", s.eos}, {"unk_token", s.unknown}, {"pad_token", s.pad}} {
		if f.id >= 0 {
			c.add(f.name, s.v.tokens[f.id])
		}
	}
	c.add("clean_up_tokenization_spaces", false)
	templates, err := chatTemplates(m)
	if err != nil {
		return nil, err
	}
	if templates != nil {
		c.add("chat_template", templates)
	}
	return c, nil
}

// chatTemplates is the chat template: a string, or where there are named ones a list
// as transformers reads it, or nil.
func chatTemplates(m *metadata) (any, error) {
	const key = "tokenizer.chat_template"
	plain := m.text(key, "")
	var named []object
	for _, k := range m.file.Keys() {
		if name, ok := strings.CutPrefix(k, key+"."); ok {
			named = append(named, object{{"name", name}, {"template", m.text(k, "")}})
		}
	}
	switch {
	case len(named) > 0 && plain != "":
		return append([]object{{{"name", "default"}, {"template", plain}}}, named...), nil
	case len(named) > 0:
		return named, nil
	case plain != "":
		return plain, nil
	default:
		return nil, nil
	}
}

// addPostProcessor puts the tokens before and after a text into tokenizer.json.
func (s *specialTokens) addPostProcessor(m *metadata, t *object, addBOS, byteLevel bool) error {
	addBOS = m.boolean(tokenizerPrefix+"add_bos_token", addBOS)
	addEOS := m.boolean(tokenizerPrefix+"add_eos_token", false)
	one, two := []object{}, []object{}
	used := object{}
	put := func(id int, name string) error {
		if id < 0 {
			return fmt.Errorf("%sadd_%s_token: is true, but there is no %s_token_id", tokenizerPrefix, name, name)
		}
		token := s.v.tokens[id]
		one = append(one, object{{"SpecialToken", object{{"id", token}, {"type_id", 0}}}})
		two = append(two, object{{"SpecialToken", object{{"id", token}, {"type_id", 1}}}})
		if len(used) == 0 || used[0].name != token {
			used.add(token, object{{"id", token}, {"ids", []int{id}}, {"tokens", []string{token}}})
		}
		return nil
	}
	if addBOS {
		if err := put(s.bos, "bos"); err != nil {
			return err
		}
	}
	one = append(one, object{{"Sequence", object{{"id", "A"}, {"type_id", 0}}}})
	two = append(two, object{{"Sequence", object{{"id", "B"}, {"type_id", 1}}}})
	if addEOS {
		if err := put(s.eos, "eos"); err != nil {
			return err
		}
	}
	if !addBOS && !addEOS {
		return nil
	}
	template := object{{"type", "TemplateProcessing"}, {"single", one}, {"pair", slices.Concat(one, two)}, {"special_tokens", used}}
	var post any = template
	if byteLevel {
		post = object{{"type", "Sequence"}, {"processors", []any{object{{"type", "ByteLevel"}, {"add_prefix_space", true}, {"trim_offsets", false}, {"use_regex", true}}, template}}}
	}
	for i := range *t {
		if (*t)[i].name == "post_processor" {
			(*t)[i].value = post
		}
	}
	return nil
}
