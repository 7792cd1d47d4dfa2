"""Writes forms.json: what open-r1's and TRL's reward functions give for some completions.

    python3 forms.py open_r1/rewards.py trl/rewards/format_rewards.py > forms.json

made with open-r1 at 1416fa0 and TRL 1.16. The functions are cut out of the files, so
that what else these import need not be there.
"""

import ast
import json
import math
import random
import re
import sys


def functions(path):
    """Executes the function definitions of a file that need nothing but math and re."""
    wanted = {"format_reward", "tag_count_reward", "get_repetition_penalty_reward", "get_cosine_scaled_reward", "think_format_reward"}
    tree = ast.parse(open(path).read())
    tree.body = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name in wanted]
    for node in tree.body:  # annotations name what is not imported
        for a in node.args.args:
            a.annotation = None
        node.returns = None
    # Right or wrong is told by the solution here; the length is what is compared.
    scope = {
        "math": math, "re": re, "parse": lambda x, **_: [x], "verify": lambda answer, gold: gold[0] == "right",
        "LatexExtractionConfig": lambda **_: None, "NormalizationConfig": lambda **_: None,
    }
    exec(compile(tree, path, "exec"), scope)
    return scope


r1, trl = functions(sys.argv[1]), functions(sys.argv[2])
rng = random.Random(6)
parts = ["<think>", "</think>", "<answer>", "</answer>", "\n", "\n", "\n", "a", "two words", "1", " "]
good = "<think>\nsome thoughts\n</think>\n<answer>\n42\n</answer>"
forms = ["", good, good + "\n", good + "\nmore", " " + good, good.replace("\n", ""), good + good, "<think>" + good,
         "<think>\n\n</think>\n<answer>\n\n</answer>", "<think>\n</think>\n<answer>\n</answer>", "<think>a</think>b", "<think>a", "a</think>b",
         "<think>a</think><think>b</think>", "\n<think>a</think>"]
for _ in range(40):
    text = list(good)
    for _ in range(rng.randint(1, 2)):
        text.insert(rng.randrange(len(text)), rng.choice(parts))
    forms.append("".join(text))
forms += ["".join(rng.choice(parts) for _ in range(rng.randint(1, 12))) for _ in range(45)]

words = ["a", "b", "A", "to", "be", "or", "not", "d'accord", "\u00e9t\u00e9", "\u4f60\u597d", "1+1=2"]
texts = ["", " ", "a b", "a b c", "a a a", "a a a a", "A a  a\n\ta", "to be or not to be"]
texts += [" ".join(rng.choice(words[: rng.randint(1, len(words))]) for _ in range(rng.randint(1, 60))) for _ in range(40)]

out = {"forms": [], "repetition": [], "cosine": []}
for text in forms:
    c = [[{"content": text}]]
    out["forms"].append({
        "text": text, "think": trl["think_format_reward"](c)[0],
        "think_answer": r1["format_reward"](c)[0], "think_answer_tags": r1["tag_count_reward"](c)[0],
    })
for text in texts:
    for size, penalty in ((1, -1.0), (3, -1.0), (3, -0.25), (20, -2.0)):
        score = r1["get_repetition_penalty_reward"](size, penalty)([[{"content": text}]])[0]
        out["repetition"].append({"text": text, "size": size, "penalty": penalty, "score": score})
for n in (0, 1, 10, 333, 500, 999, 1000):
    for solution in ("right", "wrong"):
        score = r1["get_cosine_scaled_reward"]()([[{"content": "\u00e9" * n}]], [solution])[0]
        out["cosine"].append({"length": n, "right": solution == "right", "score": score})
json.dump(out, sys.stdout, indent=0, ensure_ascii=True)
