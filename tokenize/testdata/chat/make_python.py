"""Makes the goldens of this folder with transformers 5.23 and tokenizers 0.23.

    python make_python.py            # writes tokenizer.json, render.json.gz, turns.json, jinja.json here
    python make_python.py OUT MORE   # the same into OUT, and more.json: the chats with the templates in MORE
    python make_python.py OUT '' T   # tokenizers.json into OUT: the chats with the tokenizers in the folders of T

tokenizer.json is a small byte-level BPE with the special tokens of all families.
render.json.gz holds chats and what apply_chat_template makes of them, text and ids;
turns.json the ids and masks of multi-turn conversations; jinja.json small templates
and what they render to, or the kind of their error.
"""

import copy
import datetime
import gzip
import json
import os
import sys

import transformers.utils.chat_template_utils as utils
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = sys.argv[1] if len(sys.argv) > 1 else HERE


class FixedDate(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls(2025, 3, 7, 9, 5, 2)


utils.datetime = FixedDate

SPECIAL = (
    "<|endoftext|> <|im_start|> <|im_end|> <|begin_of_text|> <|end_of_text|> <|start_header_id|> <|end_header_id|> <|eot_id|> "
    "<|eom_id|> <|python_tag|> <｜begin▁of▁sentence｜> <｜end▁of▁sentence｜> <｜User｜> <｜Assistant｜> <｜tool▁calls▁begin｜> "
    "<｜tool▁calls▁end｜> <｜tool▁call▁begin｜> <｜tool▁call▁end｜> <｜tool▁sep｜> <｜tool▁outputs▁begin｜> <｜tool▁outputs▁end｜> "
    "<｜tool▁output▁begin｜> <｜tool▁output▁end｜> <s> </s> [INST] [/INST] [TOOL_CALLS] [AVAILABLE_TOOLS] [/AVAILABLE_TOOLS] "
    "[TOOL_RESULTS] [/TOOL_RESULTS]"
).split()
PLAIN = "<think> </think> <tool_call> </tool_call> <tool_response> </tool_response>".split()

FAMILIES = {  # template -> bos, eos
    "qwen2_5": (None, "<|im_end|>"),
    "qwen3": (None, "<|im_end|>"),
    "smollm2": ("<|im_start|>", "<|im_end|>"),
    "llama3": ("<|begin_of_text|>", "<|eot_id|>"),
    "llama3_1": ("<|begin_of_text|>", "<|eot_id|>"),
    "llama3_2": ("<|begin_of_text|>", "<|eot_id|>"),
    "deepseek_r1_distill": ("<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>"),
    "mistral_style": ("<s>", "</s>"),
}

QWEN = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"


def make_tokenizer():
    t = Tokenizer(models.BPE())
    t.normalizer = normalizers.NFC()
    t.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(QWEN), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
    ])
    t.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=340, initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()), show_progress=False)
    corpus = [json.dumps(m) for c in CHATS for m in c["messages"]] + ["user assistant system tool function arguments\n\n"] * 4
    t.train_from_iterator(corpus, trainer)
    t.add_special_tokens([AddedToken(s, normalized=False, special=True) for s in SPECIAL])
    t.add_tokens([AddedToken(s, normalized=False, special=False) for s in PLAIN])
    return t


def user(text):
    return {"role": "user", "content": text}


def assistant(text, **more):
    return {"role": "assistant", "content": text, **more}


def call(name, arguments, **more):
    return {**more, "type": "function", "function": {"name": name, "arguments": arguments}}


SYSTEM = {"role": "system", "content": "Be brief."}
FLOATS = {"type": "function", "function": {"name": "scale", "description": "a \"quoted\" <b>&amp; 'text' é\u2028 \\", "parameters": {
    "type": "object", "properties": {
        "x": {"type": "number", "minimum": 2.0, "maximum": 1e-05, "default": 1500.0, "multipleOf": 0.1},
        "big": {"type": "integer", "maximum": 123456789012345678901234567890, "minimum": -9223372036854775809, "enum": [0, -0.0, 1e16, 1e15, 123456789.125, 1e22, 5e-324, 1.7976931348623157e308, 0.0001, 0.00001234, 1e100]},
        "items": {"type": "array", "items": {"type": ["string", "null"]}, "uniqueItems": True, "default": None},
        "zeta": {}, "alpha": [],
    }, "required": ["x", "big"]}}}
WEATHER = {"type": "function", "function": {"name": "weather", "description": "Weather at a place", "parameters": {
    "type": "object", "properties": {"city": {"type": "string"}, "unit": {"type": "string", "enum": ["C", "F"]}}, "required": ["city"]}}}

CHATS = [
    {"name": "user", "messages": [user("What is 1+1?")]},
    {"name": "system", "messages": [SYSTEM, user("Hi")]},
    {"name": "empty", "messages": [user("")]},
    {"name": "empty system", "messages": [{"role": "system", "content": ""}, user("x")]},
    {"name": "white space", "messages": [user(" \n\t a \u00a0\u3000\x1c\x85 "), assistant("\n\n b \n"), user("\r\nc\r")]},
    {"name": "unicode", "messages": [user("Grüße 日本語 😀👩‍👩‍👧 e\u0301 \u202e \ufffd \u0000 ﷺ"), assistant("naïve İ ß Σ"), user("'\"\\<>&{{ x }}{% if %}{# #}")]},
    {"name": "braces", "messages": [user("{{ messages }} {% for %} '}}' \"%}\"")]},
    {"name": "turns", "messages": [SYSTEM, user("a"), assistant("b"), user("c"), assistant("d"), user("e")]},
    {"name": "ends with the assistant", "messages": [user("a"), assistant("b"), user("c"), assistant("d d")]},
    {"name": "late system", "messages": [user("a"), SYSTEM, user("b")]},
    {"name": "two assistants", "messages": [user("a"), assistant("b"), assistant("c")]},
    {"name": "think", "messages": [user("a"), assistant("<think>\nlet me\nsee\n</think>\n\n42"), user("b"), assistant("<think>\n\n</think>\n\n43")]},
    {"name": "reasoning", "messages": [user("a"), assistant("42", reasoning_content="let me see\n"), user("b"), assistant("43", reasoning_content="again")]},
    {"name": "reasoning by other names", "messages": [user("a"), assistant("42", thinking="old"), user("b"), {"reasoning": "older", **assistant("43")}]},
    {"name": "nulls", "messages": [user("a"), assistant("42", reasoning_content=None, tool_calls=None, name=None), user("b")]},
    {"name": "tools", "messages": [SYSTEM, user("weather?")], "tools": [WEATHER]},
    {"name": "no tools", "messages": [user("weather?")], "tools": []},
    {"name": "floats", "messages": [user("scale")], "tools": [FLOATS, WEATHER]},
    {"name": "tool call", "messages": [user("Rome?"), assistant("", tool_calls=[call("weather", {"city": "Rome", "unit": "C"}, id="abcdefgh1")]),
                                       {"role": "tool", "content": "{\"t\": 21.50}", "tool_call_id": "abcdefgh1", "name": "weather"}, assistant("21.5"), user("thanks")], "tools": [WEATHER]},
    {"name": "tool call with null content", "messages": [user("Rome?"), {"role": "assistant", "content": None, "tool_calls": [call("weather", {"city": "Rome"}, id="abcdefgh1")]},
                                                         {"role": "tool", "content": "21", "tool_call_id": "abcdefgh1"}], "tools": [WEATHER]},
    {"name": "tool call without content", "messages": [user("Rome?"), {"role": "assistant", "tool_calls": [call("weather", {"city": "Rome"}, id="abcdefgh1")]}]},
    {"name": "tool calls, two", "messages": [user("Rome, Oslo?"), assistant("Looking.", tool_calls=[call("weather", {"city": "Rome"}, id="abcdefgh1"), call("weather", {"city": "Oslo"}, id="abcdefgh2")]),
                                             {"role": "tool", "content": "21", "tool_call_id": "abcdefgh1"}, {"role": "tool", "content": "3", "tool_call_id": "abcdefgh2"}], "tools": [WEATHER]},
    {"name": "arguments as text", "messages": [user("Rome?"), assistant("", tool_calls=[call("weather", "{\"city\":  \"Rome\"}", id="abcdefgh1")])]},
    {"name": "nested arguments", "messages": [user("x"), assistant("", tool_calls=[call("f", {"z": {"b": [1, 2.0, {"q": None, "a": True}], "a": "é<&>\u2028\"\\\n"}, "a": [], "m": {}, "n": -0.0, "big": 2**70}, id="abcdefgh1")])]},
    {"name": "call without function", "messages": [user("x"), assistant("", tool_calls=[{"name": "f", "arguments": {"a": 1}}])]},
    {"name": "tool content is a list", "messages": [user("x"), assistant("", tool_calls=[call("f", {}, id="abcdefgh1")]), {"role": "tool", "content": [{"type": "text", "text": "y"}], "tool_call_id": "abcdefgh1"}]},
    {"name": "steps", "messages": [user("q"), assistant("", reasoning_content="first", tool_calls=[call("f", {"a": 1}, id="abcdefgh1")]), {"role": "tool", "content": "1", "tool_call_id": "abcdefgh1"},
                                   assistant("", reasoning_content="second", tool_calls=[call("f", {"a": 2}, id="abcdefgh2")]), {"role": "tool", "content": "2", "tool_call_id": "abcdefgh2"}, assistant("done", reasoning_content="third")]},
    {"name": "tool response as a user", "messages": [user("a"), assistant("b", reasoning_content="r"), user("<tool_response>\nx\n</tool_response>"), assistant("c", reasoning_content="s")]},
    {"name": "thinking off", "messages": [user("a"), assistant("b"), user("c")], "kwargs": {"enable_thinking": False}},
    {"name": "thinking on", "messages": [user("a"), assistant("b"), user("c")], "kwargs": {"enable_thinking": True}},
    {"name": "arguments of the template", "messages": [SYSTEM, user("a")], "tools": [WEATHER], "kwargs": {"date_string": "1 Jan 2024", "tools_in_user_message": False, "builtin_tools": ["code_interpreter", "search"], "bos_token": "<x>"}},
    {"name": "three turns", "messages": [SYSTEM, user("a"), assistant("b"), user("c"), assistant(" d\n"), user("e"), assistant("f")]},
    {"name": "three turns, thinking off", "messages": [user("a"), assistant("b"), user("c"), assistant("d"), user("e"), assistant("f")], "kwargs": {"enable_thinking": False}},
    {"name": "tool call and on", "messages": [user("Rome?"), assistant("", reasoning_content="look", tool_calls=[call("weather", {"city": "Rome"}, id="abcdefgh1")]), {"role": "tool", "content": "21", "tool_call_id": "abcdefgh1"},
                                              assistant("21", reasoning_content="so"), user("Oslo?"), assistant("Cold.", reasoning_content="guess")], "tools": [WEATHER]},
    {"name": "unknown role", "messages": [{"role": "critic", "content": "x"}]},
]


def load_folders(folder):
    from transformers import AutoTokenizer

    names = sorted(n for n in os.listdir(folder) if os.path.exists(os.path.join(folder, n, "tokenizer.json")))
    return {name: AutoTokenizer.from_pretrained(os.path.join(folder, name)) for name in names}


def load(name, tokenizer):
    bos, eos = FAMILIES[name]
    text = open(os.path.join(HERE, "templates", name + ".jinja"), encoding="utf-8", newline="").read()
    return PreTrainedTokenizerFast(tokenizer_object=copy.deepcopy(tokenizer), bos_token=bos, eos_token=eos, pad_token="<|endoftext|>", chat_template=text)


def renders(tokenizers):
    out = []
    for name, tok in tokenizers.items():
        for chat in CHATS:
            for generation in (False, True):
                case = {"template": name, "chat": chat["name"], "add_generation_prompt": generation}
                arguments = dict(tools=chat.get("tools"), add_generation_prompt=generation, **chat.get("kwargs", {}))
                try:
                    case["text"] = tok.apply_chat_template(chat["messages"], tokenize=False, **arguments)
                    case["ids"] = " ".join(map(str, tok.apply_chat_template(chat["messages"], return_dict=False, **arguments)))
                except Exception as e:
                    case["error"] = type(e).__name__ + ": " + str(e)
                out.append(case)
    return out


def turn_ids(tok, chat, i):
    """The prompt of assistant turn i, and what the policy is to answer."""
    arguments = dict(tools=chat.get("tools"), return_dict=False, **chat.get("kwargs", {}))
    prompt = tok.apply_chat_template(chat["messages"][:i], add_generation_prompt=True, **arguments)
    full = tok.apply_chat_template(chat["messages"][:i + 1], **arguments)
    eos = tok.eos_token_id
    if full[:len(prompt)] == prompt:
        answer = full[len(prompt):]
        return prompt, answer[:answer.index(eos) + 1]
    close = tok.convert_tokens_to_ids("[/INST]")
    if prompt[-1] == close:  # Mistral: the system message stands in the last user turn, if that is the last
        answer = full[len(full) - full[::-1].index(close):]
        return prompt, answer[:answer.index(eos) + 1]
    # DeepSeek-R1: the prompt opens <think>, the template drops the reasoning.
    m = chat["messages"][i]
    if m.get("tool_calls"):
        raise ValueError("the template drops the reasoning of a turn with tool calls, and the calls")
    text = m["content"].removeprefix("<think>\n")
    reasoning = [m[k] for k in ("reasoning_content", "thinking", "reasoning") if k in m]
    if reasoning:
        text = reasoning[0].rstrip("\n") + "\n</think>\n\n" + text
    elif text == m["content"]:
        text = "\n</think>\n\n" + text
    return prompt, tok.encode(text, add_special_tokens=False) + [eos]


def turns(tokenizers):
    out = []
    for name, tok in tokenizers.items():
        for chat in CHATS:
            m = chat["messages"]
            if m[-1]["role"] != "assistant" or chat["name"] in ("two assistants", "call without function"):
                continue
            case = {"template": name, "chat": chat["name"]}
            places = [i for i in range(len(m)) if m[i]["role"] == "assistant"]
            try:
                parts = [turn_ids(tok, chat, i) for i in places]
                whole = tok.apply_chat_template(m, tools=chat.get("tools"), return_dict=False, **chat.get("kwargs", {}))
            except Exception as e:
                case["error"] = type(e).__name__
                out.append(case)
                continue
            if all(whole[:len(p) + len(a)] == p + a for p, a in parts):
                mask = [0] * len(whole)
                for p, a in parts:
                    mask[len(p):len(p) + len(a)] = [1] * len(a)
                end = max(i for i in range(len(mask)) if mask[i]) + 1
                parts = [(whole[:end], mask[:end])]
            else:
                parts = [(p + a, [0] * len(p) + [1] * len(a)) for p, a in parts]
            case["sequences"] = [{"ids": " ".join(map(str, i)), "mask": "".join(map(str, k))} for i, k in parts]
            out.append(case)
    return out


def check_generation_masks(tokenizers):
    """transformers' own masks, by {% generation %}, agree where the whole is one sequence."""
    try:
        import trl
    except ImportError:
        return
    folder = os.path.join(os.path.dirname(trl.__file__), "chat_templates")
    for name in ("qwen2_5", "llama3"):
        tok = tokenizers[name]
        template = open(os.path.join(folder, name + "_training.jinja"), encoding="utf-8").read()
        for case in turns({name: tok}):
            chat = next(c for c in CHATS if c["name"] == case["chat"])
            if "error" in case or len(case["sequences"]) > 1:
                continue
            got = tok.apply_chat_template(chat["messages"], tools=chat.get("tools"), chat_template=template, return_dict=True, return_assistant_tokens_mask=True)
            ids = [int(x) for x in case["sequences"][0]["ids"].split()]
            mask = [int(x) for x in case["sequences"][0]["mask"]]
            n = len(ids)
            assert got["input_ids"][:n] == ids, (name, case["chat"])
            # TRL's templates mark the newline after <|im_end|> too.
            theirs = got["assistant_masks"][:n]
            newline = tok.encode("\n", add_special_tokens=False)[0]
            theirs = [0 if k and ids[k - 1] == tok.eos_token_id and ids[k] == newline else m for k, m in enumerate(theirs)]
            # Qwen2.5's marks the newline after the role too.
            theirs = [0 if m and not theirs[k - 1] and ids[k] == newline else m for k, m in enumerate(theirs)]
            assert theirs == mask, (name, case["chat"], theirs, mask)
            print("generation mask agrees:", name, case["chat"])


def lines(values):
    return "[\n" + ",\n".join(json.dumps(v) for v in values) + "\n]"


def write(name, value):
    text = lines(value) if isinstance(value, list) else "{\n" + ",\n".join(json.dumps(k) + ": " + lines(v) for k, v in value.items()) + "\n}"
    raw = (text + "\n").encode()
    with open(os.path.join(OUT, name), "wb") as f:
        f.write(gzip.compress(raw, 9, mtime=0) if name.endswith(".gz") else raw)


def jinja_cases():
    from jinja_cases import TEMPLATES, VARIABLES

    out = []
    for template in TEMPLATES:
        case = {"template": template}
        try:
            case["text"] = utils.render_jinja_template([[user("u"), assistant("v"), user("w")]], chat_template=template, **copy.deepcopy(VARIABLES))[0][0]
        except Exception as e:
            case["error"] = type(e).__name__ + ": " + str(e)
        out.append(case)
    return {"variables": [VARIABLES], "cases": out}


def more_cases(folder):
    out = []
    for name in sorted(f for f in os.listdir(folder) if f.endswith(".jinja")):
        template = open(os.path.join(folder, name), encoding="utf-8", newline="").read()
        for chat in CHATS:
            messages = [{k: v for k, v in m.items() if v is not None} for m in chat["messages"]]
            arguments = {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>", **chat.get("kwargs", {})}
            for generation in (False, True):
                case = {"template": name, "chat": chat["name"], "add_generation_prompt": generation}
                try:
                    case["text"] = utils.render_jinja_template([messages], tools=chat.get("tools"), chat_template=template, add_generation_prompt=generation, **arguments)[0][0]
                except Exception as e:
                    case["error"] = type(e).__name__ + ": " + str(e)
                out.append(case)
    return out


if __name__ == "__main__":
    if len(sys.argv) > 3:
        write("tokenizers.json", renders(load_folders(sys.argv[3])))
        sys.exit()
    tokenizer = make_tokenizer()
    tokenizer.save(os.path.join(OUT, "tokenizer.json"), pretty=False)
    loaded = {name: load(name, tokenizer) for name in FAMILIES}
    write("render.json.gz", {"chats": CHATS, "renders": renders(loaded)})
    write("turns.json", turns(loaded))
    check_generation_masks(loaded)
    write("jinja.json", jinja_cases())
    if len(sys.argv) > 2:
        write("more.json", more_cases(sys.argv[2]))
