"""Mutants of the reference solutions of HumanEval and MBPP, each with what CPython says of
it: the benchmark's own tests, executed as the benchmarks' authors do, in the process of
the solution. For TestCodeMutants.

    python3 mutants.py HumanEval.jsonl|sanitized-mbpp.jsonl MOST_PER_PROBLEM > mutants.jsonl

A line is {"id", "code", "what", "passes"}; passes is null where that took over 3 seconds
of processor time. A mutant is one change of the syntax tree: an operator, a comparison, a
constant, a condition, a returned value, a statement left out."""
import ast
import copy
import json
import os
import random
import resource
import signal
import sys

SWAPS = {
    ast.Add: [ast.Sub], ast.Sub: [ast.Add], ast.Mult: [ast.Add, ast.FloorDiv], ast.Div: [ast.Mult, ast.FloorDiv], ast.FloorDiv: [ast.Div, ast.Mult],
    ast.Mod: [ast.FloorDiv, ast.Mult], ast.Pow: [ast.Mult], ast.BitXor: [ast.BitAnd], ast.BitAnd: [ast.BitOr], ast.BitOr: [ast.BitAnd],
    ast.LShift: [ast.RShift], ast.RShift: [ast.LShift],
    ast.Lt: [ast.LtE, ast.GtE], ast.LtE: [ast.Lt, ast.Gt], ast.Gt: [ast.GtE, ast.LtE], ast.GtE: [ast.Gt, ast.Lt],
    ast.Eq: [ast.NotEq], ast.NotEq: [ast.Eq], ast.Is: [ast.IsNot], ast.IsNot: [ast.Is], ast.In: [ast.NotIn], ast.NotIn: [ast.In],
    ast.And: [ast.Or], ast.Or: [ast.And],
}


def changes(node):
    """What can be done to a node: a name, and a function that does it to a copy."""
    if isinstance(node, (ast.BinOp, ast.AugAssign, ast.BoolOp)):
        for op in SWAPS.get(type(node.op), []):
            yield f"{type(node.op).__name__} to {op.__name__}", lambda n, op=op: setattr(n, "op", op())
    if isinstance(node, ast.Compare):
        for i, old in enumerate(node.ops):
            for op in SWAPS.get(type(old), []):
                yield f"{type(old).__name__} to {op.__name__}", lambda n, i=i, op=op: n.ops.__setitem__(i, op())
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield "no minus", lambda n: setattr(n, "op", ast.UAdd())
    if isinstance(node, ast.Constant):
        if isinstance(node.value, bool):
            yield "other truth", lambda n: setattr(n, "value", not n.value)
        elif isinstance(node.value, (int, float)):
            yield "plus one", lambda n: setattr(n, "value", n.value + 1)
            yield "minus one", lambda n: setattr(n, "value", n.value - 1)
        elif isinstance(node.value, str):
            yield "text and x", lambda n: setattr(n, "value", n.value + "x")
    if isinstance(node, (ast.If, ast.IfExp, ast.While)):
        yield "other condition", lambda n: setattr(n, "test", ast.UnaryOp(ast.Not(), n.test))
    if isinstance(node, ast.Return) and node.value is not None:
        yield "return None", lambda n: setattr(n, "value", ast.Constant(None))
        yield "return in a list", lambda n: setattr(n, "value", ast.List([n.value], ast.Load()))
    if isinstance(node, (ast.FunctionDef, ast.For, ast.While, ast.If)):
        for i, statement in enumerate(node.body):
            if isinstance(statement, (ast.Assign, ast.AugAssign, ast.Expr)) and not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)):
                yield "without a statement", lambda n, i=i: n.body.__setitem__(i, ast.Pass())


def docstrings(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.value


def mutants(source, given):
    """The mutants of a source whose first lines, so many of them, are the problem's."""
    tree = ast.parse(source)
    skip = {id(d) for d in docstrings(tree)}
    for i, node in enumerate(ast.walk(tree)):
        if id(node) in skip or getattr(node, "end_lineno", given + 1) <= given:
            continue
        for what, change in changes(node):
            other = copy.deepcopy(tree)
            change(list(ast.walk(other))[i])
            yield f"line {getattr(node, 'lineno', 0)}: {what}", ast.unparse(ast.fix_missing_locations(other))


def passes(program):
    pid = os.fork()
    if pid == 0:
        resource.setrlimit(resource.RLIMIT_CPU, (3, 3))
        resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
        signal.alarm(30)
        null = os.open(os.devnull, os.O_RDWR)
        for fd in (0, 1, 2):
            os.dup2(null, fd)
        random.seed(0)
        try:
            exec(compile(program, "<program>", "exec"), {"__name__": "solution"})
        except BaseException:
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    return None if os.WIFSIGNALED(status) else status == 0


def main():
    path, most = sys.argv[1], int(sys.argv[2])
    for line in open(path):
        row = json.loads(line)
        if "entry_point" in row:
            source, given, tests, name = row["prompt"] + row["canonical_solution"], row["prompt"].count("\n"), row["test"] + f"\ncheck({row['entry_point']})\n", row["task_id"]
        else:
            source, given, tests, name = row["code"], 0, "\n".join(row["test_imports"] + row["test_list"]), f"mbpp/{row['task_id']}"
        all_of_it = sorted(set(mutants(source, given)), key=lambda m: m[1])
        random.Random(name).shuffle(all_of_it)
        for what, code in all_of_it[:most]:
            print(json.dumps({"id": name, "what": what, "code": code, "passes": passes(code + "\n\n" + tests)}), flush=True)


main()
