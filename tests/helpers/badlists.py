"""Lists, conversations and preferences as they should not be."""

from __future__ import annotations

import json
from collections.abc import Iterator

from tests.helpers.badfile import (
    BAD,
    CHAT,
    COMMA,
    GOOD,
    MARKED,
    PAIR,
    SHARE,
    BadFile,
    between,
    refused,
)


def lists() -> Iterator[BadFile]:
    """Yield lists with something wrong in them."""

    def inside(*items: bytes, mark: bytes = b",\n") -> bytes:
        return b"[\n" + mark.join(items) + b"\n]\n"

    for title, item, said in (
        ("a comma is missing in a row", BAD, COMMA),
        ("a number in a list", b"7", "it is a number"),
        ("NaN in a list", b'{"instruction": "q", "output": NaN}', "NaN is not JSON"),
        ("a name twice in a list", b'{"output": "a", "output": "b"}', "'output' is there twice"),
        ("a text that is never closed", b'{"instruction": "q', "not JSON"),
        ("single quotes in a list", b"{'instruction': 'q'}", "a name in double quotes"),
        ("words in a list", b"instruction", "a value is missing"),
        (
            "a deep row of a list",
            b'{"x": ' + b"[" * 60_000 + b"]" * 60_000 + b"}",
            "nested too deeply",
        ),
        (
            "half a character in a list",
            b'{"instruction": "\\ud800", "output": "a"}',
            "half of a character",
        ),
    ):
        yield BadFile(title, "rows.json", inside(GOOD, item, GOOD), 2, ((3, said),))
        flat = b"[" + b", ".join([GOOD, item, GOOD, GOOD]) + b"]"
        yield BadFile(
            f"{title}, on one line", "rows.json", flat, 3, ((1, said.split(" at column")[0]),)
        )
    nested = json.dumps([json.loads(SHARE)] * 3, indent=2).encode()
    broken = nested.replace(b'"from": "human",', b'"from" "human",', 1)
    yield BadFile(
        "a broken row whose turns look like rows",
        "rows.json",
        broken,
        2,
        ((5, "a colon is missing"),),
    )
    yield BadFile("a comma is missing between rows", "rows.json", inside(GOOD, GOOD, mark=b"\n"), 2)
    yield BadFile("a comma too much in a list", "rows.json", b"[" + GOOD + b",]", 1)
    yield BadFile(
        "a list that is not closed",
        "rows.json",
        b"[" + GOOD + b",\n" + GOOD,
        2,
        ((2, "the list is not closed"),),
    )
    yield BadFile(
        "a list that is cut in a row",
        "rows.json",
        b"[" + GOOD + b",\n" + GOOD[:-2],
        1,
        ((2, "a text is not closed"), (2, "the list is not closed")),
    )
    yield BadFile(
        "more behind the list",
        "rows.json",
        b"[" + GOOD + b"]\nmore",
        1,
        ((2, "there is more after the end of the list"),),
    )
    yield BadFile(
        "two lists",
        "rows.json",
        b"[" + GOOD + b"]\n[" + GOOD + b"]",
        2,
        ((2, "there is more after the end"),),
    )
    yield BadFile(
        "a list under data",
        "rows.json",
        b'{"version": 1, "data": [' + GOOD + b",\n" + BAD + b'], "n": 2}',
        1,
        ((2, COMMA),),
    )
    yield BadFile(
        "lists of two splits",
        "rows.json",
        b'{"train": [' + GOOD + b'], "test": [' + GOOD + b"]}",
        2,
    )
    yield BadFile(
        "lines in a file called .json",
        "rows.json",
        GOOD + b"\n" + BAD + b"\n" + GOOD,
        2,
        ((2, COMMA),),
    )
    yield BadFile(
        "a list in a file called .jsonl", "rows.jsonl", inside(GOOD, BAD), 1, ((3, COMMA),)
    )
    yield refused(
        "an object without a list", "rows.json", b'{\n"version": 1\n}', "holds no list of rows"
    )
    yield refused(
        "columns in place of rows",
        "rows.json",
        b'{\n"instruction": ["q"],\n"output": ["a"]\n}',
        "holds no list of rows",
    )


def conversations() -> Iterator[BadFile]:
    """Yield turns that are none."""

    def chat(*turns: tuple[str, object]) -> bytes:
        return json.dumps({"messages": [{"role": r, "content": c} for r, c in turns]}).encode()

    yield between(
        "an unknown role",
        chat(("user", "q"), ("narrator", "a")),
        "the role of turn 2 is 'narrator'",
        CHAT,
    )
    yield between("no turns", b'{"messages": []}', "messages holds no turn", CHAT)
    yield between(
        "turns that are null", b'{"messages": null}', "messages is not a list of turns", CHAT
    )
    yield between(
        "turns that are a text", b'{"messages": "hello"}', "messages is not a list of turns", CHAT
    )
    yield between(
        "a turn that is a text", b'{"messages": ["q", "a"]}', "turn 1 is not an object", CHAT
    )
    yield between(
        "a turn without a role", b'{"messages": [{"content": "q"}]}', "turn 1 has no role", CHAT
    )
    yield between(
        "a role that is a number",
        b'{"messages": [{"role": 1, "content": "q"}]}',
        "the role of turn 1",
        CHAT,
    )
    yield between(
        "a turn without content", b'{"messages": [{"role": "user"}]}', "turn 1 has no content", CHAT
    )
    yield between(
        "a picture in a turn",
        b'{"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}',
        "a part of turn 1 is not text but 'image_url'",
        CHAT,
    )
    yield between(
        "content that is an object",
        chat(("user", {"a": 1})),
        "the content of turn 1 is not text",
        CHAT,
    )
    yield between(
        "half a character in a turn",
        b'{"messages": [{"role": "user", "content": "\\ud800"}]}',
        "half of a character",
        CHAT,
    )
    yield between(
        "a call that is no JSON",
        b'{"conversations": [{"from": "function_call", "value": "f(1)"}]}',
        "turn 1 calls a tool, but is not JSON",
        SHARE,
    )
    yield between(
        "tools that are a number",
        b'{"messages": [{"role": "user", "content": "q"}], "tools": 7}',
        "tools is not a list of tools",
        CHAT,
    )
    good = (
        chat(("system", "s"), ("system", "t"), ("user", "q"), ("assistant", "a")),
        chat(("assistant", "a"), ("user", "q")),
        chat(("user", "q"), ("user", "r")),
        chat(("user", [{"type": "text", "text": "q"}]), ("assistant", "a")),
        chat(("user", ""), ("assistant", None)),
    )
    yield BadFile(
        "turns in odd orders, which are for the checks", "rows.jsonl", b"\n".join(good), 5
    )
    two = b'{"system": "s", "conversations": [{"from": "system", "value": "t"}, {"from": "human", "value": "q"}]}'
    yield between(
        "two system texts",
        two,
        "it has two system texts",
        SHARE.replace(b"{", b'{"system": "", ', 1),
    )


def preferences() -> Iterator[BadFile]:
    """Yield preferences that lack something."""
    yield between(
        "no worse answer", b'{"prompt": "q", "chosen": "a"}', "the column rejected is missing", PAIR
    )
    yield between(
        "a worse answer that is null",
        b'{"prompt": "q", "chosen": "a", "rejected": null}',
        "rejected is null, not text",
        PAIR,
    )
    yield between(
        "an answer that is a number of turns",
        b'{"prompt": "q", "chosen": [], "rejected": "b"}',
        "chosen holds no turn",
        PAIR,
    )
    two = b'{"prompt": "q", "rejected": "b", "chosen": [{"role": "user", "content": "x"}, {"role": "assistant", "content": "a"}]}'
    yield between("an answer of two turns", two, "chosen is not one answer", PAIR)
    yield between(
        "a mark that is neither",
        MARKED.replace(b"true", b'"maybe"'),
        "label is neither true nor false",
        MARKED,
    )
    yield between(
        "a mark that is missing",
        b'{"prompt": "q", "completion": "a"}',
        "the column label is missing",
        MARKED,
    )
    yield between(
        "a marked talk without an answer",
        b'{"messages": [{"role": "user", "content": "q"}], "label": true}',
        "the last turn of messages is no answer",
        CHAT[:-1] + b', "label": true}',
    )
