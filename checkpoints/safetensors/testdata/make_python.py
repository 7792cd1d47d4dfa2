"""Writes python.safetensors with the reference library (safetensors 0.8.0, torch 2.15.0)."""
import pathlib

import torch
from safetensors.torch import save_file

save_file(
    {
        "f32": torch.tensor([[1.5, -2.0, float("inf")], [0.0, -0.0, 3.0e-45]]),
        "f64": torch.tensor([1.0 / 3.0, -1e300], dtype=torch.float64),
        "bf16": torch.tensor([[1.0], [-3.140625]], dtype=torch.bfloat16),
        "f16": torch.tensor([65504.0, 6.0e-8, -0.333251953125], dtype=torch.float16),
        "i64": torch.tensor([-(2**40), 7]),
        "i32": torch.tensor([[-5, 2**31 - 1]], dtype=torch.int32),
        "u8": torch.tensor([0, 255, 1], dtype=torch.uint8),
        "scalar": torch.tensor(42.0),
        "empty": torch.zeros(0, 3),
        "q.\"\u00e9": torch.tensor([1], dtype=torch.int8),
    },
    str(pathlib.Path(__file__).parent / "python.safetensors"),
    metadata={"format": "pt"},
)
