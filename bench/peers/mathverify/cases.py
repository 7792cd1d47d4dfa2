#!/usr/bin/env python3
"""Write Math-Verify's own parametrised test cases as JSON lines.

    pip download math-verify==0.9.0 --no-binary :all: --no-deps
    python3 cases.py math_verify-0.9.0.tar.gz > cases.jsonl
    RLVR_MATHVERIFY_CASES=cases.jsonl go test ./verifier/latex -run MathVerify

The source distribution (or a folder of a checkout) is read, never imported: every
literal of pytest.mark.parametrize is evaluated as data. A line has the test's name,
gold, pred, expected and the options that its function gives: targets (latex, expr,
string), boxed_first, precision, strict, allow_set_relation_comp, and for string
cases strings and lowercase (pred only, expected is what is extracted, or null).

The cases are Math-Verify's (Apache-2.0) and are not kept in this repository.
"""
import ast
import json
import math
import sys
import tarfile
from pathlib import Path


def test_files(source):
    """Yield (name, text) of the test files, by name."""
    if Path(source).is_dir():
        for p in sorted(Path(source).rglob("tests/test_*.py")):
            yield p.name, p.read_text(encoding="utf-8")
        return
    with tarfile.open(source) as tar:
        members = [m for m in tar.getmembers() if "/tests/test_" in m.name and m.isfile()]
        for m in sorted(members, key=lambda m: m.name):
            yield m.name.rsplit("/", 1)[1], tar.extractfile(m).read().decode("utf-8")


def literal(node):
    """The value of a literal; f-strings of math.sqrt and calls of a config are data too."""
    if isinstance(node, ast.JoinedStr):
        return eval(compile(ast.Expression(node), "case", "eval"), {"__builtins__": {}, "math": math})
    if isinstance(node, ast.Tuple):
        return tuple(literal(n) for n in node.elts)
    if isinstance(node, ast.List):
        return [literal(n) for n in node.elts]
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "StringExtractionConfig":
        return {k.arg: literal(k.value) for k in node.keywords}
    return ast.literal_eval(node)


def options(function):
    """The options of a test function, from the call in its body."""
    opts = {"targets": ["latex", "expr"], "boxed_first": True, "precision": 6, "strict": True}
    for node in ast.walk(function):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", "")
        if name == "verify":  # parse and verify with their defaults
            opts["boxed_first"] = False
        if name == "compare_strings":
            for k in node.keywords:
                if k.arg == "match_types":
                    opts["targets"] = literal(k.value)
                elif isinstance(k.value, ast.Constant):
                    opts[k.arg] = k.value.value
    return opts


def cases_of(name, text):
    for function in ast.parse(text).body:
        if not isinstance(function, ast.FunctionDef):
            continue
        for mark in function.decorator_list:
            if not (isinstance(mark, ast.Call) and getattr(mark.func, "attr", "") == "parametrize"):
                continue
            names = [n.strip() for n in literal(mark.args[0]).split(",")]
            for i, values in enumerate(literal(mark.args[1])):
                row = dict(zip(names, values))
                case = {"test": f"{name}::{function.name}[{i}]"}
                case.update(options(function))
                config = row.pop("config", None)
                if config is not None:
                    case.update(targets=["string"], strings=list(config.get("strings", "ABCD")),
                                lowercase=config.get("lowercase", True), pred=row["pred"],
                                expected=row["expected"][0] if row["expected"] else None)
                else:
                    if "result" in row:
                        row["expected"] = row.pop("result")
                    case.update(row)
                yield case


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    count = 0
    for name, text in test_files(sys.argv[1]):
        for case in cases_of(name, text):
            print(json.dumps(case))
            count += 1
    print(f"{count} cases", file=sys.stderr)


if __name__ == "__main__":
    main()
