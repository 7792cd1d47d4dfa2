"""Values, their JSON and which of them Python says are equal, for equal_test.go.

The test runs it with python/wire.py in front."""
import collections
import enum
import itertools
import json
from decimal import Decimal
from fractions import Fraction

Point = collections.namedtuple("Point", "x y")


class Level(enum.IntEnum):
    ONE = 1


class Text(str):
    pass


VALUES = [
    None, True, False, 0, 1, -1, 2, 1.0, -0.0, 0.1, 0.5, float("inf"), float("-inf"), float("nan"), 2**53, 2**53 + 1, float(2**53),
    10**400, 10**400 + 1, 2**1023, float(2**1023), 1j, complex(1, 0), complex(0.5, -0.0), complex(1, 1), complex(1, float("inf")),
    Fraction(1, 2), Fraction(1, 10), Fraction(4, 2), Decimal("0.1"), Decimal("0.5"), Decimal("1E+2"), 100, Decimal("NaN"), Decimal("Infinity"),
    "", "a", "b", "1", "\ufffd", "\ud800", "\ud801", "\x00\x00[55296]", "\xff", "é", "e\u0301", b"", b"a", bytearray(b"a"), b"\x00\xff",
    [], [1], [1.0], [True], [1, 2], [2, 1], [[1], [2]], [None], ["a"], (), (1,), (1.0,), (1, 2), Point(1, 2), ((1,), (2,)), [(1, 2)], [[1, 2]],
    set(), {1}, {1.0}, {1, 2}, frozenset({1, 2}), frozenset(), {"a", "b"}, {(1, 2)}, {frozenset({1})}, {"1"}, {None},
    {}, {1: 2}, {1.0: 2}, {True: 2}, {"1": 2}, {1: 2, 3: 4}, {3: 4, 1: 2}, {1: [2]}, {1: (2,)}, {(1, 2): 3}, {"a": {"b": {1}}},
    collections.Counter("aab"), {"a": 2, "b": 1}, collections.OrderedDict(a=2, b=1), collections.OrderedDict(b=1, a=2),
    collections.defaultdict(int, a=2, b=1), Level.ONE, Text("a"), range(3), range(0, 3, 1), range(4), range(0), [0, 1, 2],
    [float("nan")], (float("nan"),), {float("nan")}, {"x": float("nan")}, "s", "N", "n1", "1:n1",
]


def fresh(v):
    """The value as another process sees it: nothing in it is the same object."""
    return decode(json.loads(json.dumps(encode(v))))


def same(a, b):
    # An OrderedDict is handed over as a dict, which has no order.
    plain = lambda v: dict(v) if isinstance(v, collections.OrderedDict) else v
    return bool(plain(a) == plain(b))


print(json.dumps({
    "values": [encode(v) for v in VALUES],
    "shown": [ascii(v) for v in VALUES],
    "truth": [bool(v) for v in VALUES],
    "equal": [[i, j] for (i, a), (j, b) in itertools.product(enumerate(VALUES), enumerate(VALUES)) if same(a, fresh(b))],
    "lost": [ascii(v) for v in VALUES if "nan" not in ascii(v).lower() and not same(v, fresh(v))],
}))
