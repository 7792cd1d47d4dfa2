package tokenize

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// The names of the small files in a Hugging Face folder.
const (
	tokenizerFile  = "tokenizer.json"
	configFile     = "tokenizer_config.json"
	specialsFile   = "special_tokens_map.json"
	templateFile   = "chat_template.jinja"
	generationFile = "generation_config.json"
	modelFileName  = "config.json"
)

// Load makes the tokenizer of the small files of a Hugging Face folder, by their
// names. Only tokenizer.json must be there. The ids that end a completion are
// eos_token_id of generation_config.json, else of config.json, else eos_token of
// tokenizer_config.json, and none if no file names any; padding is pad_token_id of
// the same files, else pad_token, else the first of EOS. Whatever tokenizer.json
// holds that is not implemented is an error that names the field and what it holds.
func Load(files map[string][]byte) (Tokenizer, error) {
	b, err := load(files)
	if err != nil {
		return nil, fmt.Errorf("tokenize: %w", err)
	}
	return b, nil
}

func load(files map[string][]byte) (*bpe, error) {
	for _, name := range []string{tokenizerFile, configFile, specialsFile, generationFile, modelFileName} {
		raw, ok := files[name]
		if !ok && name == tokenizerFile {
			return nil, fmt.Errorf("%s is missing", name)
		}
		if ok {
			if err := checkJSON(raw); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	b, v, err := parseTokenizer(files[tokenizerFile])
	if err != nil {
		return nil, fmt.Errorf("%s: %w", tokenizerFile, err)
	}
	b.files = make(map[string][]byte)
	for _, name := range []string{tokenizerFile, configFile, specialsFile, templateFile} {
		if raw, ok := files[name]; ok {
			b.files[name] = raw
		}
	}
	b.named = namedTokens(files)
	if err := b.loadChat(files); err != nil {
		return nil, err
	}
	return b, b.chooseEnds(files, v)
}

// parseTokenizer reads a tokenizer.json, and gives its vocabulary too.
func parseTokenizer(raw []byte) (*bpe, *vocab, error) {
	r := &refusals{}
	var version string
	var added, norm, pre, model, post, decoder json.RawMessage
	r.fields("", raw, map[string]any{
		"version": &version, "added_tokens": &added, "normalizer": &norm, "pre_tokenizer": &pre,
		"model": &model, "post_processor": &post, "decoder": &decoder,
	})
	if version != "" && version != "1.0" {
		r.fault("version", "%q, implemented is only \"1.0\"", version)
	}
	b := &bpe{norm: parseNormalizer(r, "normalizer", norm), pre: parsePreTokenizer(r, pre)}
	b.post.parse(r, "post_processor", post)
	d := parseDecoder(r, decoder)
	m := parseModel(r, model)
	if m == nil {
		return nil, nil, r.err()
	}
	b.added = parseAdded(r, added, m.vocab)
	if err := r.err(); err != nil {
		return nil, nil, err
	}
	slices.SortFunc(b.added, func(x, y addedToken) int { return int(x.ID) - int(y.ID) })
	b.model = newMergeModel(m, b.pre.bytes)
	b.cutAtMarks(m)
	b.makeMatchers()
	b.decoder = newDecoder(d, b.decodedTokens(m.vocab))
	b.findReachable(m)
	return b, m.vocab, nil
}

// makeMatchers sorts the added tokens by the text in which they are found.
func (b *bpe) makeMatchers() {
	var raw, normalized []addedToken
	var rawTexts, normalizedTexts []string
	for _, t := range b.added {
		if t.Normalized {
			normalized = append(normalized, t)
			normalizedTexts = append(normalizedTexts, b.norm.apply(t.Content))
		} else {
			raw = append(raw, t)
			rawTexts = append(rawTexts, t.Content)
		}
	}
	b.raw = newMatcher(raw, rawTexts)
	b.normalized = newMatcher(normalized, normalizedTexts)
}

// decodedTokens lists the tokens as the reference's decoder sees them: added ones in
// their normalized form. Whether one is special is asked of that form, as there.
func (b *bpe) decodedTokens(v *vocab) []decodedToken {
	size := len(v.tokens)
	special := make(map[string]bool)
	for _, t := range b.added {
		size = max(size, int(t.ID)+1)
		special[t.Content] = special[t.Content] || t.Special
	}
	out := make([]decodedToken, size)
	for token, id := range v.ids {
		out[id] = decodedToken{text: token, known: true}
	}
	for _, t := range b.added {
		text := t.Content
		if t.Normalized {
			text = b.norm.apply(text)
		}
		out[t.ID] = decodedToken{text: text, known: true}
	}
	for i := range out {
		out[i].special = out[i].known && special[out[i].text]
	}
	return out
}

// findReachable notes the special tokens that merging can give. It is not so in any
// known file, so that text need not be looked at.
func (b *bpe) findReachable(m *modelFile) {
	made := make(map[int32]bool)
	for _, e := range m.merges.entries {
		if e.pair != noPair {
			made[e.id] = true
		}
	}
	for _, t := range b.added {
		_, single := singleRune(t.Content)
		_, inVocab := m.vocab.ids[t.Content]
		if !t.Special || !inVocab || t.ID == b.model.unk || !(single || made[t.ID] || m.ignoreMerg) {
			continue
		}
		if b.reachable == nil {
			b.reachable = make([]bool, b.VocabSize())
		}
		b.reachable[t.ID] = true
	}
}

// lowerBlock is the character that stands for a space in SentencePiece's vocabularies.
const lowerBlock = "\u2581"

// cutAtMarks cuts a text before each word where the pre-tokenizer does not, so that
// words can be looked up: where no token holds a mark after another character, no
// merge reaches over such a place.
func (b *bpe) cutAtMarks(m *modelFile) {
	if b.pre.bytes || len(b.pre.stages) > 0 || m.ignoreMerg {
		return
	}
	if _, ok := m.vocab.ids[lowerBlock]; !ok {
		return
	}
	for token := range m.vocab.ids {
		if strings.Contains(strings.TrimLeft(token, lowerBlock), lowerBlock) {
			return
		}
	}
	b.pre.stages = []stage{{scan: func(s string, i int) int {
		for i < len(s) && strings.HasPrefix(s[i:], lowerBlock) {
			i += len(lowerBlock)
		}
		if at := strings.Index(s[i:], lowerBlock); at >= 0 {
			return i + at
		}
		return len(s)
	}}}
}
