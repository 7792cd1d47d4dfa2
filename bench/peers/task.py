"""The task addition of rlvr: the same problems in the same splits, and the same ids.

"12+07=" is continued with "910": operands 0 to 99 padded to two digits, the sum padded to three and
written lowest digit first. The splits are cut from an order by a hash of the operands.
"""
import hashlib

PAD, EOS = 0, 1
TEST, VALIDATION = 500, 200


class Chars:
    """One id a character, after those of padding and end of sequence."""

    def __init__(self, chars):
        self.ids = {c: i + 2 for i, c in enumerate(chars)}
        self.chars = ["\ufffd", ""] + list(chars)

    def encode(self, text):
        return [self.ids[c] for c in text]

    def decode(self, ids):
        """Up to the end of sequence; padding that was sampled is not read over."""
        if EOS in ids:
            ids = ids[: ids.index(EOS)]
        return "".join(self.chars[i] for i in ids)


def problems():
    """Lists of (prompt, answer): train, validation, test."""
    pairs = [(a, b) for a in range(100) for b in range(100)]
    pairs.sort(key=lambda p: (hashlib.sha256(b"addition/%d+%d" % p).digest()[:8], p))
    every = [(f"{a:02d}+{b:02d}=", f"{a + b:03d}"[::-1]) for a, b in pairs]
    return every[TEST + VALIDATION :], every[TEST : TEST + VALIDATION], every[:TEST]
