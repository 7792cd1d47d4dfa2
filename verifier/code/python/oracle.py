# Runs assert-style tests with recorded answers in place of the solution, which is not in
# this process: its answers come in as plain data. A call without a recorded answer gets a
# placeholder and is reported, so that the host can have it answered and ask again.
import ast
import builtins


class Unknown(BaseException):
    """Something was asked of an answer that is not there yet."""


class Died(BaseException):
    """The solution ended during this call: no test can take that as an answer."""


def unknown(*_, **__):
    raise Unknown


class Placeholder:
    def __init__(self, call):
        object.__setattr__(self, "call", call)

    def __getattribute__(self, name):
        raise Unknown

    __slots__ = ("call",)


for _name in """eq ne lt le gt ge bool iter next len getitem setitem delitem contains call hash repr str format bytes
        int float complex index round trunc floor ceil abs neg pos invert add radd sub rsub mul rmul truediv rtruediv
        floordiv rfloordiv mod rmod divmod rdivmod pow rpow and rand or ror xor rxor lshift rlshift rshift rrshift
        matmul rmatmul enter exit reversed copy deepcopy reduce_ex""".split():
    setattr(Placeholder, "__%s__" % _name, unknown)


def call_of(x):
    """The index of the call whose answer x will be, or None."""
    return object.__getattribute__(x, "call") if type(x) is Placeholder else None


def canonical(call):
    import json
    return json.dumps(call)


class Tests:
    def __init__(self, request):
        self.transcript = request["transcript"]
        self.calls = []
        self.items = []
        self.live = True     # every call so far had its answer
        self.foreign = None  # an argument that cannot be handed over
        self.aborted = None  # what ended a block of tests outside of an assert

    def solution(self, name):
        def function(*args, **kwargs):
            return self.call(name, args, kwargs)
        function.__name__ = function.__qualname__ = name
        return function

    def call(self, name, args, kwargs):
        try:
            made = [name, [encode(x, True) for x in args], {k: encode(x, True) for k, x in kwargs.items()}]
        except Foreign as e:
            self.foreign = self.foreign or "%s is called with %s" % (name, e)
            raise Unknown
        i = len(self.calls)
        self.calls.append(made)
        if self.live and i < len(self.transcript) and canonical(self.transcript[i]["call"]) == canonical(made):
            answer = self.transcript[i]
            if "raised" in answer:
                raise exception(answer["raised"][0])
            if "died" in answer:
                raise Died
            return decode(answer["value"])
        self.live = False
        return Placeholder(i)

    # What asserts become. None of these raises.

    def equal(self, left, right):
        a, b = call_of(left), call_of(right)
        if a is None and b is None:
            self.outcome(lambda: left == right)
        elif a is not None and b is not None:
            self.items.append({})
        else:
            self.later("==", a if b is None else b, right if b is None else left)

    def none(self, x):
        if (i := call_of(x)) is None:
            self.outcome(lambda: x is None)
        else:
            self.later("None", i, None)

    def true(self, x):
        if (i := call_of(x)) is None:
            self.outcome(lambda: x)
        else:
            self.later("true", i, None)

    def false(self, x):
        if (i := call_of(x)) is None:
            self.outcome(lambda: not x)
        else:
            self.later("false", i, None)

    def outcome(self, f):
        try:
            ok = bool(f())
            self.items.append({"ok": ok} if self.live else {})
        except BaseException:
            self.failed()

    def failed(self):
        # A placeholder may have had a part in what is found before all answers are there.
        self.items.append({"ok": False, "raised": type(sys.exc_info()[1]).__name__} if self.live else {})

    def later(self, op, call, want):
        try:
            self.items.append({"call": call, "op": op, "want": encode(want, True)})
        except Foreign:
            self.items.append({})


def exception(name):
    kind = getattr(builtins, name, None)
    if isinstance(kind, type) and issubclass(kind, Exception):
        try:
            return kind()
        except TypeError:  # such as UnicodeDecodeError, which wants arguments
            pass
    return Died() if isinstance(kind, type) and issubclass(kind, BaseException) else Exception(name)


class Rewrite(ast.NodeTransformer):
    """An assert that notes its outcome and goes on."""

    def visit_Assert(self, node):
        test = node.test
        if isinstance(test, ast.Constant) and test.value:
            return ast.copy_location(ast.Pass(), node)
        method, args = "true", [test]
        if isinstance(test, ast.Compare) and len(test.ops) == 1:
            right = test.comparators[0]
            if isinstance(test.ops[0], ast.Eq):
                method, args = "equal", [test.left, right]
            elif isinstance(test.ops[0], ast.Is) and isinstance(right, ast.Constant) and right.value is None:
                method, args = "none", [test.left]
        elif isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            method, args = "false", [test.operand]
        handler = ast.ExceptHandler(type=name(" BaseException"), name=None, body=[ast.Expr(call("failed", []))])
        new = ast.Try(body=[ast.Expr(call(method, args))], handlers=[handler], orelse=[], finalbody=[])
        return ast.fix_missing_locations(ast.copy_location(new, node))


def name(id):
    return ast.Name(id=id, ctx=ast.Load())


def call(method, args):
    # Names that no source can spell.
    return ast.Call(func=name(" " + method), args=args, keywords=[])


class Names(ast.NodeVisitor):
    """The names that a test uses, binds, and takes attributes of."""

    def __init__(self):
        self.used, self.bound, self.bases = {}, set(), set()

    def visit_Name(self, node):
        if isinstance(node.ctx, ast.Load):
            self.used[node.id] = True
        else:
            self.bound.add(node.id)

    def visit_Attribute(self, node):
        if isinstance(node.value, ast.Name):
            self.bases.add(node.value.id)
        self.generic_visit(node)

    def visit_arg(self, node):
        self.bound.add(node.arg)
        self.generic_visit(node)

    def visit_FunctionDef(self, node):
        self.bound.add(node.name)
        self.generic_visit(node)

    visit_ClassDef = visit_FunctionDef

    def visit_alias(self, node):
        self.bound.add((node.asname or node.name).split(".")[0])

    def visit_ExceptHandler(self, node):
        self.bound.add(node.name)
        self.generic_visit(node)


# What can make the flow of a test depend on an answer, or on the lack of one.
BRANCHES = (ast.If, ast.IfExp, ast.While, ast.Try, ast.With, ast.Match, ast.Return, ast.Break, ast.Continue)


def straight(trees):
    return not any(isinstance(node, BRANCHES) for tree in trees for node in ast.walk(tree))


def namespace(tests, request, trees):
    """The names that the tests see: those of the prelude, the solution's functions, and
    modules of the standard library that they use without an import."""
    import importlib
    import types
    module = types.ModuleType("tests")
    sys.modules["tests"] = module
    names = module.__dict__
    exec(compile(request["prelude"], "<prelude>", "exec", dont_inherit=True), names)
    found = Names()
    for tree in trees:
        found.visit(tree)
    for used in found.used:
        if used in found.bound or used in names or hasattr(builtins, used):
            continue
        if used in found.bases and used in sys.stdlib_module_names:
            names[used] = importlib.import_module(used)
        elif not request["functions"]:
            names[used] = tests.solution(used)
    for function in request["functions"]:
        names[function] = tests.solution(function)
    for method in ("equal", "none", "true", "false", "failed"):
        names[" " + method] = getattr(tests, method)
    names[" BaseException"] = BaseException
    return names


def run(tests, request):
    import random
    try:
        trees = [ast.parse(source) for source in request["tests"]]
        random.seed(0)
        plain = straight(trees)
        names = namespace(tests, request, trees)
        blocks = [compile(Rewrite().visit(tree), "<tests>", "exec", dont_inherit=True) for tree in trees]
    except BaseException as e:
        return {"bad": "%s: %s" % (type(e).__name__, e)}
    complete = True
    for block in blocks:
        try:
            exec(block, names)
        except Unknown:
            complete = False
        except BaseException as e:
            complete = False
            if tests.live:
                tests.aborted = tests.aborted or type(e).__name__
    return {"calls": tests.calls, "items": tests.items, "live": tests.live, "complete": complete,
            "straight": plain, "foreign": tests.foreign, "aborted": tests.aborted}


def main():
    import os
    request, send = open_pipe()
    send(run(Tests(request), request))
    os._exit(0)


main()
