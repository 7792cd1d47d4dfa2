"""Writes tokenizer.json for the characters of `chars` with the Rust library (tokenizers 0.23.3)."""
import pathlib

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

chars = '0123456789+-*=()<>&"\\ az~'
vocab = {"<|pad|>": 0, "<|eos|>": 1}
for c in chars:
    # ByteLevel's alphabet, asked for rather than copied
    [(piece, _)] = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False).pre_tokenize_str(c)
    vocab[piece] = len(vocab)
t = Tokenizer(models.BPE(vocab=vocab, merges=[]))
t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
t.decoder = decoders.ByteLevel()
t.add_special_tokens([AddedToken(s, special=True, normalized=False) for s in ("<|pad|>", "<|eos|>")])
pathlib.Path(__file__).with_name("tokenizer.json").write_text(t.to_str(pretty=True) + "\n", encoding="utf-8")
