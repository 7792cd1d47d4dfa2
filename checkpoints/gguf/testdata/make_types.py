"""Writes types.gguf and types.f32 with the Python package gguf 0.19.0 (numpy 2.4).

types.gguf has a tensor of each readable type, of random blocks, a tensor of a type that
is not readable, and metadata of each type. types.f32 is what gguf.quants.dequantize
makes of the readable ones in the file's order, float32, little-endian.
"""
import pathlib

import numpy as np
import gguf
from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType as T, GGUFValueType as V
from gguf.quants import dequantize

here = pathlib.Path(__file__).parent
rng = np.random.default_rng(7)
# Where a block's half precision scales are: their exponents are kept from infinity and NaN.
HALVES = {T.Q4_0: [0], T.Q4_1: [0, 2], T.Q5_0: [0], T.Q5_1: [0, 2], T.Q8_0: [0], T.Q2_K: [80, 82], T.Q3_K: [108],
          T.Q4_K: [0, 2], T.Q5_K: [0, 2], T.Q6_K: [208]}

w = gguf.GGUFWriter(here / "types.gguf", "none")
for name, value, kind in [
    ("u8", 255, V.UINT8), ("i8", -128, V.INT8), ("u16", 65535, V.UINT16), ("i16", -32768, V.INT16),
    ("u32", 2**32 - 1, V.UINT32), ("i32", -(2**31), V.INT32), ("u64", 2**64 - 1, V.UINT64), ("small_u64", 7, V.UINT64),
    ("i64", -(2**63), V.INT64), ("f32", 0.1, V.FLOAT32), ("f64", 0.1, V.FLOAT64), ("yes", True, V.BOOL), ("no", False, V.BOOL),
]:
    w.add_key_value("t." + name, value, kind)
w.add_string("t.text", "caf\u00e9 \u2581")
w.add_array("t.texts", ["a", "", "\u0120b"])
w.add_array("t.ints", [3, -4, 5])
w.add_array("t.floats", [0.5, -0.25])
w.add_array("t.bools", [True, False])

expected = []
for t in [T.F32, T.F16, T.BF16, *HALVES]:
    block, size = GGML_QUANT_SIZES[t]
    rows, blocks = 3, max(2, 64 // block)
    if t in HALVES:
        raw = rng.integers(0, 256, (rows, blocks, size), dtype=np.uint8)
        for at in HALVES[t]:
            half = raw[..., at : at + 2].copy().view(np.uint16)
            half = np.where(half & 0x7C00 == 0x7C00, half ^ 0x4000, half).astype(np.uint16)
            raw[..., at : at + 2] = half.view(np.uint8)
        raw = raw.reshape(rows, blocks * size)
        wide = dequantize(raw, t)
        w.add_tensor(t.name, raw, raw_dtype=t)
    else:
        x = rng.standard_normal((rows, blocks)).astype(np.float32)
        x[0, :6] = [0.0, -0.0, np.inf, -np.inf, 6e-8, 65504.0]
        if t == T.BF16:
            raw = gguf.quants.quantize(x, t)
            wide = dequantize(raw, t)
            w.add_tensor(t.name, raw, raw_dtype=t)
        else:
            raw = x.astype(np.float32 if t == T.F32 else np.float16)
            wide = raw.astype(np.float32)
            w.add_tensor(t.name, raw)
    expected.append(wide.astype("<f4").ravel())
w.add_tensor("cube", np.arange(24, dtype=np.float32).reshape(2, 3, 4))
w.add_tensor("unreadable", np.zeros((2, 66), dtype=np.uint8), raw_dtype=T.IQ2_XXS)
w.write_header_to_file()
w.write_kv_data_to_file()
w.write_tensors_to_file()
w.close()
np.concatenate(expected).tofile(here / "types.f32")
