#!/usr/bin/env python3
"""Time math_verify and `rlvr verify math` on the same pairs, one after the other.

    pip install math-verify==0.9.0 latex2sympy2_extended==1.11.0 antlr4-python3-runtime==4.13.2
    python3 compare.py --math500 DATA/math500/test.jsonl --rlvr bin/rlvr [--cold] > figures.json

Sets:
  sentence  each gold answer of MATH-500 against itself inside a typical sentence
  solution  each gold answer against its reference solution
  bombs     answers that are cheap to write (rlvr only: math_verify stops at its 5 s)

Fifty pairs are judged by the one and then by the other, so that both see the same machine. The
time of math_verify is parse(gold) + parse(prediction) + verify, in process, timeouts off
(so no signal.alarm), its LRU caches emptied before each pair; with --cold also between
the two parses. That of rlvr is its own "us": everything from the texts to the verdict.
Prints one JSON object; ratios are math_verify's time over rlvr's.
"""
import argparse
import json
import logging
import platform
import subprocess
import sys
import time
from importlib.metadata import version

logging.getLogger("math_verify").setLevel(logging.CRITICAL)

from math_verify import ExprExtractionConfig, LatexExtractionConfig, parse, verify  # noqa: E402
import math_verify.parser as mv_parser  # noqa: E402

SENTENCE = "Putting these facts together and simplifying, we conclude, so the answer is \\boxed{%s}."
CONFIG = [LatexExtractionConfig(), ExprExtractionConfig()]
BOMBS = [
    "9^{9^{9^9}}", "9**9**9**9", "(10^8)!", "\\sum_{k=1}^{10^9} \\frac{1}{k}", "(" * 3000 + "1" + ")" * 3000,
    "\\frac{1}{" * 300 + "2" + "}" * 300, "(x+y+z+w+1)^{60}+2", "\\int x^x e^{-x^2} \\sin x^3 dx",
]


def clear_caches():
    for name in ("parse_latex_cached", "parse_expr_cached", "extract_latex"):
        f = getattr(mv_parser, name, None)
        if hasattr(f, "cache_clear"):
            f.cache_clear()


def peer(gold, completion, cold):
    """(verdict, milliseconds) of math_verify."""
    clear_caches()
    t0 = time.perf_counter()
    g = parse(gold, CONFIG, parsing_timeout=None)
    t1 = time.perf_counter()
    if cold:
        clear_caches()
    t2 = time.perf_counter()
    p = parse(completion, CONFIG, parsing_timeout=None)
    ok = verify(g, p, timeout_seconds=None)
    return ok, (time.perf_counter() - t2 + t1 - t0) * 1e3


class Rlvr:
    """A long-lived `rlvr verify math`, as a pipe would use it."""

    def __init__(self, binary):
        self.process = subprocess.Popen([binary, "verify", "math", "--json"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def judge(self, pairs):
        """[(verdict, milliseconds)] of a few pairs."""
        for gold, completion in pairs:
            self.process.stdin.write(json.dumps({"gold": gold, "completion": completion}) + "\n")
        self.process.stdin.flush()
        answers = [json.loads(self.process.stdout.readline()) for _ in pairs]
        return [(a["verdict"], a["us"] / 1e3) for a in answers]


def quantile(xs, q):
    xs = sorted(xs)
    k = (len(xs) - 1) * q
    lo = int(k)
    hi = min(lo + 1, len(xs) - 1)
    return xs[lo] + (xs[hi] - xs[lo]) * (k - lo)


def figures(ms, correct):
    return {"pairs": len(ms), "correct": correct, "mean_ms": round(sum(ms) / len(ms), 4), "median_ms": round(quantile(ms, 0.5), 4),
            "p99_ms": round(quantile(ms, 0.99), 4), "max_ms": round(max(ms), 4)}


def compare(pairs, rlvr, cold):
    """pairs of (gold for both, completion)."""
    theirs, ours, right, agreed = [], [], 0, 0
    for i in range(0, len(pairs), 50):
        few = pairs[i:i + 50]
        for gold, completion in few:
            ok, ms = peer("\\boxed{%s}" % gold, completion, cold)
            theirs.append(ms)
            right += bool(ok)
        for verdict, ms in rlvr.judge(few):
            ours.append(ms)
            agreed += verdict == "correct"
    a, b = figures(theirs, right), figures(ours, agreed)
    return {"math_verify": a, "rlvr": b, "ratio": {k: round(a[k + "_ms"] / b[k + "_ms"], 1) for k in ("mean", "median", "p99")}}


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--math500", required=True, help="test.jsonl of MATH-500")
    ap.add_argument("--rlvr", default="bin/rlvr")
    ap.add_argument("--cold", action="store_true")
    args = ap.parse_args()
    rows = [json.loads(line) for line in open(args.math500, encoding="utf-8")]
    for text in ("\\boxed{\\frac{1}{2}}", "$x^2+1$", "the answer is 3.5"):  # compiles the regexes, imports sympy's parts
        g = parse(text, CONFIG, parsing_timeout=None)
        verify(g, g, timeout_seconds=None)
    rlvr = Rlvr(args.rlvr)
    rlvr.judge([("1", "\\boxed{1}")])
    out = {"python": platform.python_version(), "math_verify": version("math-verify"), "sympy": version("sympy"), "cold": args.cold}
    out["sentence"] = compare([(r["answer"], SENTENCE % r["answer"]) for r in rows], rlvr, args.cold)
    out["solution"] = compare([(r["answer"], r["solution"]) for r in rows], rlvr, args.cold)
    bombs = rlvr.judge([("5", "\\boxed{%s}" % b) for b in BOMBS])
    out["bombs"] = {"worst_ms": round(max(ms for _, ms in bombs), 3), "passed": sum(v == "correct" for v, _ in bombs)}
    json.dump(out, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
