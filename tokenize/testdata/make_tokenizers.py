"""Writes tokenizers/*.json and goldens.json: small tokenizers of every structure that is
implemented, and what the Rust library (tokenizers 0.23.3) makes of the same texts.

    python make_tokenizers.py
"""
import collections
import json
import pathlib
import random
import re

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

HERE = pathlib.Path(__file__).parent
CORPUS = [
    "The quick brown fox jumps over the lazy dog. Isn't it so? We're sure they'll say it's the answer to the question.",
    "def add(a, b):\n    return a + b\n\nfor i in range(10):\n        print(i, end=' ')\n\treturn None",
    "Let x = 12 and y = 345, then x + y = 357 and \\frac{x}{y} is about 0.0348. The answer is \\boxed{357}.",
    "L'été était déjà là, naïf et façade; Straße, Größe, señor, mañana. Привет мир, это тест. Καλημέρα κόσμε.",
    "你好，世界。今天天气很好。日本語のテキスト、カタカナ。한국어 문장입니다. हिन्दी में पाठ। नमस्ते",
    "user asks the assistant to think; the assistant thinks and answers the user. the the the and and of of to to",
] * 3

CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
TAIL = r"|\s*[\r\n]+|\s+(?!\S)|\s+"
QWEN2 = CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*" + TAIL
QWEN35 = CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*" + TAIL
LLAMA3 = CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*" + TAIL
DEEPSEEK = [
    r"\p{N}{1,3}",
    "[一-龥぀-ゟ゠-ヿ]+",
    r"""[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*""" + TAIL,
]

special = lambda text, **flags: AddedToken(text, special=True, normalized=flags.pop("normalized", False), **flags)
plain = lambda text, **flags: AddedToken(text, special=False, normalized=flags.pop("normalized", False), **flags)
split = lambda pattern: pre_tokenizers.Split(Regex(pattern), "isolated")
byte_level = lambda prefix=False, regex=False: pre_tokenizers.ByteLevel(add_prefix_space=prefix, use_regex=regex)
CHAT = [special("<|endoftext|>"), special("<|im_start|>"), special("<|im_end|>"), plain("<think>"), plain("</think>"), plain("<tool_call>")]


def trained(normalizer, pre_tokenizer, num, alphabet, first=()):
    """Vocabulary and merges of CORPUS: the library's own trainer is not deterministic."""
    counts = collections.Counter()
    for text in CORPUS:
        text = normalizer.normalize_str(text) if normalizer else text
        words = [w for w, _ in pre_tokenizer.pre_tokenize_str(text)] if pre_tokenizer else re.findall("▁?[^▁]+|▁", text)
        counts.update(tuple(w) for w in words if set(w) <= set(alphabet))
    vocab = {token: i for i, token in enumerate([*first, *(c for c in alphabet if c not in first)])}
    merges = []
    while len(merges) < num:
        pairs = collections.Counter()
        for w, n in counts.items():
            for pair in zip(w, w[1:]):
                pairs[pair] += n
        a, b = best = max(sorted(pairs), key=pairs.get)
        merges.append(best)
        vocab.setdefault(a + b, len(vocab))
        counts = collections.Counter({joined(w, a, b): n for w, n in counts.items()})
    return vocab, merges


def joined(word, a, b):
    out = []
    for c in word:
        if out and out[-1] == a and c == b:
            out[-1] = a + b
        else:
            out.append(c)
    return tuple(out)


def assemble(model, normalizer, pre_tokenizer, decoder, added, processor=None):
    t = Tokenizer(model)
    if normalizer:
        t.normalizer = normalizer
    if pre_tokenizer:
        t.pre_tokenizer = pre_tokenizer
    t.decoder = decoder
    for token in added:
        (t.add_special_tokens if token.special else t.add_tokens)([token])
    if processor:
        t.post_processor = processor(t)
    return t


def bytes_bpe(normalizer, pre_tokenizer, added, processor=None, merges=160, first=(), extra=(), **options):
    vocab, rules = trained(normalizer, pre_tokenizer, merges, sorted(pre_tokenizers.ByteLevel.alphabet()), first)
    for word in extra:
        vocab.setdefault(word, len(vocab))
    return assemble(models.BPE(vocab=vocab, merges=rules, **options), normalizer, pre_tokenizer, decoders.ByteLevel(), added, processor)


def chars_bpe(normalizer, pre_tokenizer, decoder, added, fallback, processor=None, training=None, **options):
    """SentencePiece's kind: characters, and bytes for those that are unknown."""
    first = ["<unk>", "<s>", "</s>"] + ([f"<0x{b:02X}>" for b in range(256)] if fallback else [])
    alphabet = sorted(set("".join(CORPUS[:4]).replace(" ", "▁")) - set("éЖ\n\t"))
    vocab, rules = trained(training or normalizer, None if training else pre_tokenizer, 160, alphabet, first)
    model = models.BPE(vocab=vocab, merges=rules, unk_token="<unk>", byte_fallback=fallback, **options)
    return assemble(model, normalizer, pre_tokenizer, decoder, added, processor)


def begin(token):
    return lambda t: processors.TemplateProcessing(
        single=f"{token} $A", pair=f"{token} $A {token}:1 $B:1", special_tokens=[(token, t.token_to_id(token))])


def begin_after_bytes(token):
    return lambda t: processors.Sequence([processors.ByteLevel(trim_offsets=False), begin(token)(t)])


def both_ends(t):
    return processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> $B:1 </s>:1", special_tokens=[("<s>", t.token_to_id("<s>")), ("</s>", t.token_to_id("</s>"))])


SP = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
SP_DECODER = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
SP_ADDED = [special("<unk>"), special("<s>"), special("</s>")]

FLAGS = [
    special("<a>", lstrip=True), special("<b>", rstrip=True), special("<c>", lstrip=True, rstrip=True),
    plain("word", single_word=True), plain("<d>", single_word=True, lstrip=True), special("<e>", normalized=True),
    plain("é", normalized=True), plain("the answer", normalized=True, rstrip=True), special("<|"), special("<|im_end|>"), plain("im_end"), plain(" \n"),
]


def make():
    ts = {}
    ts["qwen2"] = bytes_bpe(normalizers.NFC(), pre_tokenizers.Sequence([split(QWEN2), byte_level()]), CHAT, lambda t: processors.ByteLevel(trim_offsets=False))
    ts["qwen35"] = bytes_bpe(normalizers.NFC(), pre_tokenizers.Sequence([split(QWEN35), byte_level()]), CHAT)
    ts["llama3"] = bytes_bpe(None, pre_tokenizers.Sequence([split(LLAMA3), byte_level()]), [special("<|begin_of_text|>"), special("<|eot_id|>")],
                             begin_after_bytes("<|begin_of_text|>"), extra=["Ġassistant", "Ġlogarithm", "987", "!!"], ignore_merges=True)
    ts["smollm2"] = bytes_bpe(None, pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), byte_level(regex=True)]),
                              [special(s) for s in ("<|endoftext|>", "<|im_start|>", "<|im_end|>")], first=["<|endoftext|>", "<|im_start|>", "<|im_end|>"])
    ts["digits"] = bytes_bpe(None, pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=False), byte_level(prefix=True, regex=True)]), CHAT)
    ts["gpt2"] = bytes_bpe(None, byte_level(prefix=True, regex=True), [special("<|endoftext|>", normalized=True)], lambda t: processors.ByteLevel(trim_offsets=True))
    ts["deepseek"] = bytes_bpe(normalizers.Sequence([]), pre_tokenizers.Sequence([*(split(d.replace(r"\r\n", "\r\n")) for d in DEEPSEEK), byte_level()]),
                               [special("<｜begin▁of▁sentence｜>"), special("<｜end▁of▁sentence｜>"), special("<｜User｜>"), plain("<think>")],
                               begin("<｜begin▁of▁sentence｜>"))
    ts["flags"] = bytes_bpe(normalizers.NFC(), pre_tokenizers.Sequence([split(QWEN2), byte_level()]), FLAGS)
    ts["llama2"] = chars_bpe(SP, None, SP_DECODER, SP_ADDED, True, begin("<s>"), fuse_unk=True, training=normalizers.Replace(" ", "▁"))
    ts["llama2_flags"] = chars_bpe(SP, None, SP_DECODER, SP_ADDED + [t for t in FLAGS if t.content != "é"], True, both_ends, fuse_unk=True)
    first = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="first", split=False)
    ts["mistral"] = chars_bpe(None, first, SP_DECODER, SP_ADDED + [special("[INST]"), special("[/INST]")], True, begin("<s>"), fuse_unk=True)
    always = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always", split=True)
    ts["metaspace"] = chars_bpe(normalizers.NFC(), always, decoders.Metaspace(), SP_ADDED + FLAGS[:4], False, fuse_unk=True)
    never = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="never", split=True)
    ts["unfused"] = chars_bpe(None, never, decoders.Metaspace(prepend_scheme="never"), SP_ADDED, False, fuse_unk=False)
    # A merge that reaches from one word into the next.
    vocab = {"<unk>": 0, **{c: i + 1 for i, c in enumerate("▁abcdefghijklmnopqrstuvwxyz")}}
    vocab.update({"s▁": len(vocab), "s▁1": len(vocab) + 1, "e▁": len(vocab) + 2, "e▁a": len(vocab) + 3, "1": len(vocab) + 4})
    ts["crossing"] = assemble(models.BPE(vocab=vocab, merges=[("s", "▁"), ("e", "▁"), ("e▁", "a"), ("s▁", "1")], unk_token="<unk>", fuse_unk=True),
                              SP, None, SP_DECODER, [special("<unk>")])
    # Bytes that the vocabulary lacks become unknown, or fall back to some of the tokens of bytes.
    vocab = {"<unk>": 0, **{c: i + 1 for i, c in enumerate("abcdefghijklmnopqrstuvwxyzĠ")}}
    for b in (0xC4, 0x8A, 0xC3, 0xA9):
        vocab[f"<0x{b:02X}>"] = len(vocab)
    vocab.update({"th": len(vocab), "the": len(vocab) + 1, "Ġthe": len(vocab) + 2})
    rules = [("t", "h"), ("th", "e"), ("Ġ", "the")]
    for fuse in (False, True):
        ts["partial_fused" if fuse else "partial"] = assemble(
            models.BPE(vocab=vocab, merges=rules, unk_token="<unk>", byte_fallback=True, fuse_unk=fuse),
            None, byte_level(regex=True), decoders.Sequence([decoders.ByteFallback(), decoders.Fuse()]), [special("<unk>")])
    return ts


TEXTS = [
    "", "a", " ", "  ", "\n", "the answer", " the answer is 12345. ", "The quick brown fox isn't lazy; WE'LL see, THEY'RE sure.", "x'\u017fy 's 'S 'll'LL",
    "def add(a, b):\n    return a + b\n\n\n\t\tpass  \r\n", "1 12 123 1234 ½ ² ٣٤ Ⅷ 五 １２３ 0.5e-3 987 logarithm assistant!!", "L'été naïf e\u0301te\u0301 \u212b \uf900 o\u0323\u0302 q\u0307\u0323",
    "o" + "\u0300\u0323" * 20, "한국어 \u1112\u1161\u11ab 각\u11a8 가\u11a8", "你好，世界。カタカナ漢字ひらがな abc々〆", "हिन्दी में पाठ। नमस्ते ไทยภาษา", "👩‍👩‍👧 🏳️‍🌈 👍🏽 🇫🇷", "\u00a0\u2003x\u3000\u3000y\u0085z\u2028 \u200b",
    "<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n", "<|endoftext|><|begin_of_text|><|eot_id|> <｜begin▁of▁sentence｜><｜User｜>hi", "<s>hello </s> <unk> <pad>[INST] hi [/INST]", "x <a> y <b>  z\t<c>\n w<a><b> <c>",
    "word sword word_ word, words é <d> a<d> <d>b  <d>", "<e>é e\u0301 the answer  is <e> <|im_end <|im_end|> \n x", "▁a▁▁b ▁ Ġthe Ċ <0x41> <0x0A>", "  leading and trailing  ", "a  b   c    d", "!!! ...?! ([{}]) --- === ``` \\n", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" * 2,
    "theéthe theÉÉthe \ttheЖЖ", "ab\u0000c\u007f\ufeff\ufffd\U0010ffff", "http://a.b/c?d=e_f&g=%20#h user@x.org v1.2.3", "Ünïcödé ΑΒΓ ПРИВЕТ", "don't 'tis o'clock we'Ve I'M", " \n \n\n x\n ", "ǅ ǆ ß ſ ﬁ ｱ ㍿ 𝒳 𝟘",
]


def main():
    (HERE / "tokenizers").mkdir(exist_ok=True)
    goldens = {"texts": TEXTS, "tokenizers": {}}
    for name, t in make().items():
        spec = json.loads(t.to_str())
        if name in ("llama2", "gpt2", "metaspace"):  # the older spelling
            spec["model"]["merges"] = [" ".join(m) for m in spec["model"]["merges"]]
        (HERE / "tokenizers" / f"{name}.json").write_text(json.dumps(spec, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")
        t = Tokenizer.from_str(json.dumps(spec))
        g = {"special": [t.encode(x).ids for x in TEXTS]}
        t.encode_special_tokens = True
        g["plain"] = [t.encode(x, add_special_tokens=False).ids for x in TEXTS]
        g["decoded"] = [t.decode(ids, skip_special_tokens=False) for ids in g["special"]]
        skipped = [t.decode(ids, skip_special_tokens=True) for ids in g["special"]]
        g["skipped"] = [s if s != d else None for s, d in zip(skipped, g["decoded"])]  # null: as decoded
        g["plain"] = [p if p != s else None for p, s in zip(g["plain"], g["special"])]  # null: as special
        g["decoded"] = [d if d != x else None for d, x in zip(g["decoded"], TEXTS)]  # null: the text
        pick = random.Random(name)
        short = [i for token, i in t.get_vocab().items() if len(token) == 1 or token.startswith("<0x")]
        g["sequences"] = [[pick.choice(sorted(short)) if pick.random() < 0.7 else pick.randrange(t.get_vocab_size() + 3) for _ in range(8)] for _ in range(16)]
        g["texts"] = [t.decode(ids, skip_special_tokens=False) for ids in g["sequences"]]
        goldens["tokenizers"][name] = g
    lines = []
    for name, g in goldens["tokenizers"].items():
        lines.append(json.dumps(name) + ": {" + ",\n".join(json.dumps(k) + ": " + json.dumps(v, ensure_ascii=False, separators=(",", ":")) for k, v in g.items()) + "}")
    text = '{"texts": ' + json.dumps(TEXTS, ensure_ascii=True) + ',\n"tokenizers": {\n' + ",\n".join(lines) + "}}\n"
    (HERE / "goldens.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
