"""Writes smollm2.json for the GGUF file of SmolLM2-135M-Instruct (Q4_1) named on the command line.

With the Python packages gguf 0.19.0 and tokenizers 0.23.3. It holds the SHA-256 of the file; for
each tensor by its Hugging Face name the SHA-256 of its elements, dequantised to float32 by gguf
and, for q and k, with the rows in Hugging Face's order; and the ids of some strings by the Rust
library, of a tokenizer that is put together here as SmolLM2's published tokenizer.json is: digits
apart first, then GPT-2's byte-level words.
"""
import hashlib
import json
import pathlib
import sys

import numpy as np
from gguf import GGUFReader
from gguf.quants import dequantize
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

PARTS = {
    "attn_norm": "input_layernorm", "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj", "ffn_norm": "post_attention_layernorm", "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
TEXTS = [
    "", " ", "  ", "\n", "\n\n1.", "\n\n1. One\n2. Two\n", "Hello, world!", "hello world", " hello", "What is the capital of France?",
    "The capital of France is Paris.", "1234567890", "3.14159", "1+2=3", "12 + 34 = 46", "-7", "1,000,000", "x2y3", "a1b22c333",
    "I'm we've they'll you'd it's", "I'M IT'S", "don't", "caf\u00e9", "cafe\u0301", "na\u00efve", "\u4f60\u597d\uff0c\u4e16\u754c", "\u3053\u3093\u306b\u3061\u306f", "\u041f\u0440\u0438\u0432\u0435\u0442",
    "\u0661\u0662\u0663", "\u00b2\u00b3\u00bd", "\U0001f600", "\U0001f468\u200d\U0001f469\u200d\U0001f467", "tab\tand\ttabs", "\t\tx", "trailing  ", "a  b   c", "line\r\nline", "\u00a0nbsp",
    "def f(x):\n    return x**2\n", "for i in range(10):\n\tprint(i)", "\\frac{1}{2}", "$x^2 + y^2 = z^2$", "http://example.com/?q=1&r=2",
    "<|im_start|>user\nhi<|im_end|>\n", "<|im_start|>assistant\n", "<|endoftext|>", "<|im_end|>", "<repo_name>x", "<|unknown|>",
    "ALL CAPS", "under_score", "!!!???...", "(a)[b]{c}", "aaaaaaaaaaaaaaaaaaaa",
]


def tensors(reader):
    heads = {"attn_q": reader.get_field("llama.attention.head_count").contents(), "attn_k": reader.get_field("llama.attention.head_count_kv").contents()}
    for t in reader.tensors:
        x = dequantize(t.data, t.tensor_type).astype("<f4").reshape([int(d) for d in reversed(t.shape)])
        if t.name.startswith("blk."):
            _, layer, part, kind = t.name.split(".")
            name = f"model.layers.{layer}.{PARTS[part]}.{kind}"
            if part in heads:
                x = x.reshape(heads[part], x.shape[0] // heads[part] // 2, 2, -1).swapaxes(1, 2).reshape(x.shape)
        else:
            name = {"token_embd.weight": "model.embed_tokens.weight", "output_norm.weight": "model.norm.weight"}[t.name]
        yield name, hashlib.sha256(np.ascontiguousarray(x).tobytes()).hexdigest()


def tokenizer(reader):
    field = lambda name: reader.get_field("tokenizer.ggml." + name).contents()
    tokens = field("tokens")
    tok = Tokenizer(models.BPE(vocab={t: i for i, t in enumerate(tokens)}, merges=[tuple(m.split(" ")) for m in field("merges")]))
    tok.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    tok.decoder = decoders.ByteLevel()
    tok.add_special_tokens([AddedToken(t, normalized=False, special=True) for t, kind in zip(tokens, field("token_type")) if kind == 3])
    return tok


def spell(out):
    """One line an entry."""
    lines = [f'{{"file": {json.dumps(out["file"])},', '"tensors": {']
    lines.append(",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in out["tensors"].items()) + "},")
    lines.append('"texts": [\n' + ",\n".join(json.dumps(t) for t in out["texts"]) + "]}")
    return "\n".join(lines)


path = sys.argv[1]
reader = GGUFReader(path)
tok = tokenizer(reader)
out = {
    "file": hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest(),
    "tensors": dict(tensors(reader)),
    "texts": [{"text": t, "ids": tok.encode(t).ids} for t in TEXTS],
}
here = pathlib.Path(__file__).parent / "smollm2.json"
here.write_text(spell(out) + "\n")
