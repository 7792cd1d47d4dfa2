"""Writes unicode.json: what the Rust library (tokenizers 0.23.3) does to every Unicode scalar.

Each scalar is put into a few surroundings; a checksum for each plane covers the pieces that the
pre-tokenizers cut (their lengths) and the normalized text. Takes some minutes.

    python make_unicode_goldens.py
"""
import json
import pathlib
import zlib

from tokenizers import normalizers, pre_tokenizers
from tokenizers import Regex

from make_tokenizers import DEEPSEEK, LLAMA3, QWEN2, QWEN35

GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
PLANES = [[chr(c) for c in range(p << 16, p + 1 << 16) if not 0xD800 <= c < 0xE000] for p in range(17)]
CUT = ["{}", "a{}b ", " {}1", "'{}s\n", "1{}{}2  {}"]
NORMALIZE = ["{}", "e{}\u0301 ", "a\u0338{}\u0323", "\u1100{}\u11a8"]


def pieces(cut, text):
    return ",".join(str(end - start) for _, (start, end) in cut.pre_tokenize_str(text))


def main():
    out = {"cut": {}, "normalized": {}}
    split = lambda regex: pre_tokenizers.Split(Regex(regex), "isolated")
    cutters = {regex: split(regex) for regex in [GPT2, QWEN2, QWEN35, LLAMA3, *DEEPSEEK, r"\p{N}"]}
    cutters["Digits"] = pre_tokenizers.Digits(individual_digits=True)
    for name, cut in cutters.items():
        out["cut"][name] = {c: [zlib.crc32(pieces(cut, "".join(c.replace("{}", s) for s in plane)).encode()) for plane in PLANES] for c in CUT}
    nfc = normalizers.NFC().normalize_str
    out["normalized"]["NFC"] = {c: [zlib.crc32(nfc("".join(c.replace("{}", s) for s in plane)).encode()) for plane in PLANES] for c in NORMALIZE}
    rows = lambda by_context: "{" + ",\n".join(f"{json.dumps(c)}: {json.dumps(sums)}" for c, sums in by_context.items()) + "}"
    text = ",\n".join(json.dumps(k) + ": {" + ",\n".join(f"{json.dumps(n)}: {rows(v)}" for n, v in group.items()) + "}" for k, group in out.items())
    pathlib.Path(__file__).with_name("unicode.json").write_text("{" + text + "}\n", encoding="utf-8")


main()
