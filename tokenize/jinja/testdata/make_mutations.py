"""Changes small templates at random and renders them with transformers 5.23's Jinja2.

    python make_mutations.py SEED NUMBER > mutations.json

The templates and their variables are those of ../../testdata/chat/jinja_cases.py.
"""
import copy
import datetime
import json
import os
import random
import re
import signal
import sys
import warnings

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "testdata", "chat"))
from jinja_cases import TEMPLATES, VARIABLES
from transformers.utils import chat_template_utils as utils

TOKEN = re.compile(r"\s+|\w+|'[^']*'|\{%-?|-?%\}|\{\{-?|-?\}\}|\{#|#\}|[^\w\s]")
MESSAGES = [{"role": "user", "content": "u"}, {"role": "assistant", "content": "v"}, {"role": "user", "content": "w"}]
MORE = ["loop.index", "x", "l", "d", "m", "s", "u", "missing", "n", "| tojson", "| list", "is defined", "+", "~", "and", "not ", "[1:]", "[::-1]", ".items()", "if", "else", "in", "==", "1", "| sort", "| string", "{% set y = x %}"]


class Fixed(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls(2025, 3, 7, 9, 5, 2)


def mutate(rng, templates, pool):
    out = list(rng.choice(templates))
    for _ in range(rng.choice([1, 1, 1, 2, 3, 4])):
        kind, i = rng.random(), rng.randrange(len(out) + 1)
        other = rng.choice(templates)
        if kind < 0.2:
            del out[i:i + rng.choice([1, 1, 2, 3])]
        elif kind < 0.55:
            out.insert(i, rng.choice(pool))
        elif kind < 0.8:
            out[i:i + 1] = [rng.choice(pool)]
        elif kind < 0.9:
            j = rng.randrange(len(other) + 1)
            out[i:i] = other[j:j + rng.randrange(1, 8)]
        else:
            out += other
    return "".join(out)


class Timeout(Exception):
    pass


def alarm(*_):
    raise Timeout


def main(seed, number):
    warnings.simplefilter("ignore")
    signal.signal(signal.SIGALRM, alarm)
    utils.datetime = Fixed
    rng = random.Random(seed)
    templates = [TOKEN.findall(t) for t in TEMPLATES]
    pool = [token for t in templates for token in t] + MORE
    out = []
    while len(out) < number:
        case = {"template": mutate(rng, templates, pool)}
        if "*" in case["template"]:
            continue  # may take all memory
        signal.setitimer(signal.ITIMER_REAL, 1)
        try:
            text = utils.render_jinja_template([copy.deepcopy(MESSAGES)], chat_template=case["template"], **copy.deepcopy(VARIABLES))[0][0]
            text.encode()
            if " object at 0x" in text:
                continue
            case["text"] = text
        except Timeout:
            continue
        except BaseException as e:
            case["error"] = type(e).__name__
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        out.append(case)
    json.dump(out, sys.stdout)


main(int(sys.argv[1]), int(sys.argv[2]))
