"""Writes gguf/*.gguf, tiny random models with tiny tokenizers, and gguf/golden.json.

With the Python packages gguf 0.19.0, numpy 2.4, tokenizers 0.23.3 and sentencepiece 0.2.1.
Weights begin as a Hugging Face state dict and are brought into GGUF's names and order here as
llama.cpp's converter does it. golden.json has of each file: fields of config.json; the SHA-256 of
each tensor of the state dict as float32; and strings with their ids, by the tokenizer that the
metadata were taken from (the Rust library, or SentencePiece itself).
"""
import hashlib
import io
import json
import pathlib

import gguf
import numpy as np
import sentencepiece
from gguf import GGMLQuantizationType as T
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

here = pathlib.Path(__file__).parent / "gguf"
here.mkdir(exist_ok=True)
HIDDEN, HEADS, KV, MLP, LAYERS, EXPERTS = 16, 4, 2, 24, 2, 3
CORPUS = [
    "the cat sat on the mat and the hat", "a model learns 12 plus 34 is 46, not 47", "I'm sure they're here; we've seen it'll work",
    "def f(x):\n    return x * 2\n\n1. one\n2. two", "the thing that the others think is that thing", "caf\u00e9 na\u00efve \u4f60\u597d \u0416\u0443\u043a",
] * 4
TEXTS = [
    "", " ", "the cat", " the  cat ", "12345 + 678", "\n\n1.", "I'm they're WE'VE", "cafe\u0301 caf\u00e9", "\u4f60\u597d\u5417", "\U0001f600!", "a\tb\r\nc", "x<|end|>y", "<think>the</think>",
    "the</s>the", "thethethe", "    return x", "\u0416\u0443\u043a\u0438", "<0x41>", "\u2581the",
]
QWEN = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
LLAMA = QWEN.replace(r"|\p{N}|", r"|\p{N}{1,3}|")


def byte_level(pre, specials, user=(), bos=None):
    """Trains a byte-level tokenizer with the words of a pre-tokenizer."""
    tok = Tokenizer(models.BPE(ignore_merges=pre == "llama-bpe"))
    split = lambda regex: pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(regex), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    plain = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tok.pre_tokenizer = {"gpt-2": plain, "smollm": pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), plain]),
                         "qwen2": split(QWEN), "llama-bpe": split(LLAMA)}[pre]
    if pre == "qwen2":
        tok.normalizer = normalizers.NFC()
    tok.decoder = decoders.ByteLevel()
    tok.train_from_iterator(CORPUS, trainers.BpeTrainer(vocab_size=300, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    tok.add_special_tokens([AddedToken(t, normalized=False, special=True) for t in specials])
    tok.add_tokens([AddedToken(t, normalized=False, special=False) for t in user])
    if bos:
        tok.post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=False), processors.TemplateProcessing(
            single=f"{bos} $A", pair=f"{bos} $A {bos} $B", special_tokens=[(bos, tok.token_to_id(bos))])])
    return tok


def add_byte_level(w, tok, pre, specials, user, pad=0):
    state = json.loads(tok.to_str())
    vocab = tok.get_vocab(with_added_tokens=True)
    tokens = sorted(vocab, key=vocab.get)
    kinds = [3 if t in specials else 4 if t in user else 1 for t in tokens]
    w.add_tokenizer_model("gpt2")
    w.add_tokenizer_pre(pre)
    w.add_token_list(tokens + [f"[PAD{i}]" for i in range(len(tokens), len(tokens) + pad)])
    w.add_token_types(kinds + [5] * pad)
    w.add_token_merges([" ".join(m) for m in state["model"]["merges"]])
    w.add_eos_token_id(vocab[specials[0]])
    return len(tokens) + pad, lambda text: tok.encode(text).ids


def add_sentencepiece(w):
    out = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(CORPUS), model_writer=out, vocab_size=340, model_type="bpe", byte_fallback=True, split_digits=True,
        normalization_rule_name="identity", remove_extra_whitespaces=False, allow_whitespace_only_pieces=True, character_coverage=0.98,
        user_defined_symbols=["<think>"], minloglevel=2)
    sp = sentencepiece.SentencePieceProcessor(model_proto=out.getvalue())
    kind = lambda i: 2 if sp.is_unknown(i) else 3 if sp.is_control(i) else 6 if sp.is_byte(i) else 4 if sp.id_to_piece(i) == "<think>" else 1
    n = sp.get_piece_size()
    w.add_tokenizer_model("llama")
    w.add_tokenizer_pre("default")
    w.add_token_list([sp.id_to_piece(i) for i in range(n)])
    w.add_token_scores([sp.get_score(i) for i in range(n)])
    w.add_token_types([kind(i) for i in range(n)])
    w.add_bos_token_id(1)
    w.add_eos_token_id(2)
    w.add_unk_token_id(0)
    w.add_pad_token_id(0)
    # SentencePiece does not look for control tokens in text; TEXTS with </s> is left to the others.
    return n, lambda text: None if "</s>" in text or "<think>" in text else ([1] + sp.encode(text))


def state_dict(rng, arch, vocab, head_dim, tied, biases):
    shapes = {"model.embed_tokens.weight": (vocab, HIDDEN), "model.norm.weight": (HIDDEN,)}
    if not tied:
        shapes["lm_head.weight"] = (vocab, HIDDEN)
    for l in range(LAYERS):
        p = f"model.layers.{l}."
        a = p + "self_attn."
        shapes |= {p + "input_layernorm.weight": (HIDDEN,), p + "post_attention_layernorm.weight": (HIDDEN,),
                   a + "q_proj.weight": (HEADS * head_dim, HIDDEN), a + "k_proj.weight": (KV * head_dim, HIDDEN),
                   a + "v_proj.weight": (KV * head_dim, HIDDEN), a + "o_proj.weight": (HIDDEN, HEADS * head_dim)}
        for part in biases:
            shapes[a + part + ".bias"] = shapes[a + part + ".weight"][:1]
        if arch.startswith("qwen3"):
            shapes |= {a + "q_norm.weight": (head_dim,), a + "k_norm.weight": (head_dim,)}
        mlp = {"gate_proj": (MLP, HIDDEN), "up_proj": (MLP, HIDDEN), "down_proj": (HIDDEN, MLP)}
        if arch == "qwen3moe":
            shapes[p + "mlp.gate.weight"] = (EXPERTS, HIDDEN)
            shapes |= {f"{p}mlp.experts.{e}.{k}.weight": s for e in range(EXPERTS) for k, s in mlp.items()}
        else:
            shapes |= {f"{p}mlp.{k}.weight": s for k, s in mlp.items()}
    # Half precision, so that half of the file's tensors can be stored in it. Of a size that keeps
    # float32's rounding from being amplified from layer to layer.
    return {k: (0.4 * rng.standard_normal(s)).astype(np.float16).astype(np.float32) for k, s in shapes.items()}


NAMES = {"input_layernorm": "attn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
         "self_attn.o_proj": "attn_output", "self_attn.q_norm": "attn_q_norm", "self_attn.k_norm": "attn_k_norm",
         "post_attention_layernorm": "ffn_norm", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down", "mlp.gate": "ffn_gate_inp"}


def permute(x, heads):
    """LlamaModel.permute of llama.cpp's converter."""
    return x.reshape(heads, 2, x.shape[0] // heads // 2, *x.shape[1:]).swapaxes(1, 2).reshape(x.shape)


def add_tensors(w, arch, state):
    stacks = {}
    for i, (name, x) in enumerate(state.items()):
        if ".experts." in name:
            p, rest = name.split(".mlp.experts.")
            _, kind, _ = rest.split(".")
            stacks.setdefault(f"blk.{p.split('.')[2]}.ffn_{kind[:-5]}_exps.weight", []).append(x)
            continue
        if name.startswith("model.layers."):
            _, _, layer, rest = name.split(".", 3)
            part, kind = rest.rsplit(".", 1)
            if arch == "llama" and part[-6:] in ("q_proj", "k_proj"):
                x = permute(x, HEADS if part[-6] == "q" else KV)
            name = f"blk.{layer}.{NAMES[part]}.{kind}"
        else:
            name = {"model.embed_tokens.weight": "token_embd.weight", "model.norm.weight": "output_norm.weight", "lm_head.weight": "output.weight"}[name]
        w.add_tensor(name, x.astype(np.float16) if x.ndim > 1 and i % 2 else x)
    for name, parts in stacks.items():
        w.add_tensor(name, np.stack(parts))


def llama3_divisors(head_dim, theta, factor):
    """As llama.cpp's converter, in float32."""
    out = []
    for freq in 1.0 / (theta ** (np.arange(0, head_dim, 2, dtype=np.float32) / head_dim)):
        length = 2 * np.pi / freq
        if length < 8192 / 4:
            out.append(1)
        elif length > 8192:
            out.append(factor)
        else:
            smooth = (8192 / length - 1) / (4 - 1)
            out.append(1 / ((1 - smooth) / factor + smooth))
    return np.array(out, dtype=np.float32)


def write(name, arch, tokenizer, head_dim, tied, biases=(), config=(), extra=None, divisors=None):
    rng = np.random.default_rng(len(golden))
    w = gguf.GGUFWriter(here / f"{name}.gguf", arch)
    vocab, encode = tokenizer(w)
    state = state_dict(rng, arch, vocab, head_dim, tied, biases)
    w.add_block_count(LAYERS)
    w.add_context_length(512)
    w.add_embedding_length(HIDDEN)
    w.add_feed_forward_length(MLP)
    w.add_head_count(HEADS)
    w.add_head_count_kv(KV)
    w.add_layer_norm_rms_eps(1e-6)
    w.add_file_type(1)
    if extra:
        extra(w)
    if divisors is not None:
        w.add_tensor("rope_freqs.weight", divisors)
    add_tensors(w, arch, state)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()
    golden[name] = {
        "config": {"vocab_size": vocab, "hidden_size": HIDDEN, "num_hidden_layers": LAYERS, "num_attention_heads": HEADS, "num_key_value_heads": KV,
                   "head_dim": head_dim, "max_position_embeddings": 512, "rms_norm_eps": 1e-6, "tie_word_embeddings": tied, "hidden_act": "silu",
                   "intermediate_size": MLP, **dict(config)},
        "tensors": {k: hashlib.sha256(v.astype("<f4").tobytes()).hexdigest() for k, v in state.items()},
        "texts": [{"text": t, "ids": ids} for t in TEXTS if (ids := encode(t)) is not None],
    }


def of(pre, specials, user=(), pad=0, bos=None, more=None):
    def add(w):
        n, encode = add_byte_level(w, byte_level(pre, specials, user, bos), pre, specials, user, pad)
        if more:
            more(w)
        return n, encode

    return add


golden = {}
ALL = ("q_proj", "k_proj", "v_proj", "o_proj")
odd = np.array([1, 1.5], dtype=np.float32)
write("llama_sentencepiece", "llama", add_sentencepiece, 4, False, ALL,
      {"model_type": "llama", "attention_bias": True, "rope_theta": 1e4, "eos_token_id": 2, "bos_token_id": 1, "pad_token_id": 0,
       "rope_parameters": {"rope_type": "explicit", "inverse_frequency_divisors": [1, 1.5], "rope_theta": 10000}},
      lambda w: w.add_rope_dimension_count(4), odd)
bos = "<|begin_of_text|>"
write("llama3", "llama", of("llama-bpe", ["<|end|>", bos], bos=bos, more=lambda w: (w.add_bos_token_id(301), w.add_chat_template("{{ messages }}"))), 8, True, (),
      {"model_type": "llama", "attention_bias": False, "rope_theta": 5e5, "bos_token_id": 301, "eos_token_id": 300,
       "rope_parameters": {"rope_type": "llama3", "factor": 32, "low_freq_factor": 1, "high_freq_factor": 4, "original_max_position_embeddings": 8192, "rope_theta": 500000}},
      lambda w: (w.add_rope_dimension_count(8), w.add_key_length(8), w.add_value_length(8), w.add_rope_freq_base(5e5)), llama3_divisors(8, 5e5, 32))
write("mistral", "llama", of("smollm", ["<|end|>"]), 4, False, (),
      {"model_type": "mistral", "sliding_window": 64, "rope_theta": 1e4, "eos_token_id": 300}, lambda w: w.add_sliding_window(64))
write("qwen2", "qwen2", of("qwen2", ["<|end|>"], ["<think>", "</think>"], pad=5), 4, True, ALL[:3],
      {"model_type": "qwen2", "rope_theta": 1e6, "eos_token_id": 300,
       "rope_parameters": {"rope_type": "yarn", "factor": 4, "beta_fast": 32, "beta_slow": 1, "original_max_position_embeddings": 128, "rope_theta": 1000000}},
      lambda w: (w.add_rope_freq_base(1e6), w.add_rope_scaling_type(gguf.RopeScalingType.YARN), w.add_rope_scaling_factor(4), w.add_rope_scaling_orig_ctx_len(128)))
write("qwen3", "qwen3", of("gpt-2", ["<|end|>"]), 6, False, (),
      {"model_type": "qwen3", "attention_bias": False, "rope_theta": 1e6, "eos_token_id": 300, "rope_parameters": {"rope_type": "linear", "factor": 2.5, "rope_theta": 1000000}},
      lambda w: (w.add_rope_freq_base(1e6), w.add_key_length(6), w.add_value_length(6), w.add_rope_scaling_type(gguf.RopeScalingType.LINEAR), w.add_rope_scaling_factor(2.5)))
write("qwen3moe", "qwen3moe", of("qwen2", ["<|end|>"]), 4, False, (),
      {"model_type": "qwen3_moe", "attention_bias": False, "rope_theta": 1e6, "eos_token_id": 300, "num_experts": EXPERTS, "num_experts_per_tok": 2,
       "moe_intermediate_size": MLP, "norm_topk_prob": True, "decoder_sparse_step": 1, "mlp_only_layers": []},
      lambda w: (w.add_rope_freq_base(1e6), w.add_key_length(4), w.add_value_length(4), w.add_expert_count(EXPERTS), w.add_expert_used_count(2),
                 w.add_expert_feed_forward_length(MLP)))
lines = []
for name, g in golden.items():
    texts = ",\n".join(json.dumps(t) for t in g["texts"])
    lines.append(f'{json.dumps(name)}: {{"config": {json.dumps(g["config"])},\n"tensors": {json.dumps(g["tensors"], indent=0)},\n"texts": [\n{texts}]}}')
(here / "golden.json").write_text("{" + ",\n".join(lines) + "}\n")
