"""What the rows of a file are is recognised, and each layout becomes texts without a change."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.core.example import Kind, example_of
from studio.data.jsonrows import DECODER
from studio.data.layouts import Layout, Reading, recognise, recognise_as, words_of
from studio.data.rowshapes import Cells, cells_of, lacking
from studio.data.rowvalues import RowFault

USER, ANSWER = {"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}
WORSE = {"role": "assistant", "content": "b"}
HUMAN, GPT = {"from": "human", "value": "q"}, {"from": "gpt", "value": "a"}


def parsed(*rows: dict[str, Any]) -> list[dict[str, Any]]:
    """Return rows as they come from a file."""
    return [DECODER.decode(json.dumps(row)) for row in rows]


def cells(*rows: dict[str, Any]) -> tuple[Reading, list[Cells]]:
    """Recognise rows and read them."""
    records = parsed(*rows)
    reading = recognise(records)
    assert reading is not None
    assert not lacking(reading.kind, reading.roles)
    return reading, [cells_of(reading)(record) for record in records]


def turns(text: str) -> list[tuple[str, Any]]:
    return [(turn["role"], turn["content"]) for turn in json.loads(text)] if text else []


@pytest.mark.parametrize(
    ("row", "layout", "texts"),
    [
        ({"instruction": "q", "input": "i", "output": "a"}, Layout.ALPACA, ("q", "i", "a")),
        ({"prompt": "q", "completion": "a"}, Layout.PROMPT_COMPLETION, ("q", "", "a")),
        ({"Question": "q", "Answer": "a"}, Layout.QUESTION_ANSWER, ("q", "", "a")),
        ({"text": "t"}, Layout.TEXT, ("t",)),
        ({"words": "t"}, Layout.TEXT, ("t",)),
        ({"prompt": "q", "chosen": "a", "rejected": "b"}, Layout.PREFERENCE, ("q", "a", "b", "")),
        (
            {"prompt": [USER], "chosen": [ANSWER], "rejected": [WORSE]},
            Layout.PREFERENCE_TURNS,
            ("q", "a", "b", ""),
        ),
        (
            {"chosen": [USER, ANSWER], "rejected": [USER, WORSE]},
            Layout.PREFERENCE_TURNS,
            ("q", "a", "b", ""),
        ),
        (
            {"prompt": "q", "chosen": [USER, ANSWER], "rejected": [USER, WORSE]},
            Layout.PREFERENCE_TURNS,
            ("q", "a", "b", ""),
        ),
        (
            {"conversations": [HUMAN], "chosen": GPT, "rejected": {"from": "gpt", "value": "b"}},
            Layout.PREFERENCE_SHAREGPT,
            ("q", "a", "b", ""),
        ),
        ({"prompt": "q", "completion": "a", "label": True}, Layout.KTO, ("q", "a", "", "")),
        ({"prompt": "q", "completion": "a", "label": False}, Layout.KTO, ("q", "", "a", "")),
        ({"messages": [USER, ANSWER], "kto_tag": False}, Layout.KTO_TURNS, ("q", "", "a", "")),
        (
            {"prompt": "[1]", "chosen": "[a]", "rejected": "{}"},
            Layout.PREFERENCE,
            ("[1]", "[a]", "{}", ""),
        ),
    ],
)
def test_a_layout_is_recognised_and_read(
    row: dict[str, Any], layout: Layout, texts: tuple[str, ...]
) -> None:
    reading, (found,) = cells(row)
    assert (reading.layout, found.texts, found.extra) == (layout, texts, None)
    example_of(reading.kind, found.texts)


@pytest.mark.parametrize(
    ("row", "layout", "said"),
    [
        ({"conversations": [HUMAN, GPT]}, Layout.SHAREGPT, [("user", "q"), ("assistant", "a")]),
        ({"messages": [USER, ANSWER]}, Layout.OPENAI, [("user", "q"), ("assistant", "a")]),
        (
            {"conversations": [HUMAN, GPT], "system": "s"},
            Layout.SHAREGPT,
            [("system", "s"), ("user", "q"), ("assistant", "a")],
        ),
        (
            {
                "instruction": "q",
                "input": "i",
                "output": "a",
                "system": "s",
                "history": [["x", "y"]],
            },
            Layout.ALPACA_HISTORY,
            [
                ("system", "s"),
                ("user", "x"),
                ("assistant", "y"),
                ("user", "q\ni"),
                ("assistant", "a"),
            ],
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "text", "text": "q"}]}, ANSWER]},
            Layout.OPENAI,
            [("user", [{"type": "text", "text": "q"}]), ("assistant", "a")],
        ),
        (
            {"messages": json.dumps([USER, ANSWER])},
            Layout.OPENAI,
            [("user", "q"), ("assistant", "a")],
        ),
    ],
)
def test_a_conversation_is_recognised_and_read(
    row: dict[str, Any], layout: Layout, said: list[tuple[str, Any]]
) -> None:
    reading, (found,) = cells(row)
    assert (reading.kind, reading.layout) == (Kind.CONVERSATION, layout)
    assert turns(found.texts[0]) == said
    example_of(reading.kind, found.texts)


def test_calls_of_tools_and_their_results_come_in_the_usual_form() -> None:
    call = '{"name": "add", "arguments": {"x": 1.50}}'
    row = {
        "conversations": [
            HUMAN,
            {"from": "function_call", "value": call},
            {"from": "observation", "value": "2.50"},
            GPT,
        ],
        "tools": '[{"name": "add", "parameters": {}}]',
    }
    _, (found,) = cells(row)
    assert [role for role, _ in turns(found.texts[0])] == ["user", "assistant", "tool", "assistant"]
    assert '"arguments": {"x": 1.50}' in found.texts[0]
    assert json.loads(found.texts[1])[0]["function"]["name"] == "add"


def test_what_a_turn_came_with_stays_on_it() -> None:
    turn = USER | {"name": "Ann", "weight": 0}
    _, (found,) = cells({"messages": [turn, ANSWER]})
    assert json.loads(found.texts[0])[0] == turn


def test_columns_without_a_role_are_kept_as_they_are_written() -> None:
    records = [
        DECODER.decode('{"instruction": "q", "output": "a", "id": 7.10, "x": {"y": [null]}}')
    ]
    reading = recognise(records)
    assert reading is not None
    assert cells_of(reading)(records[0]).extra == '{"id": 7.10, "x": {"y": [null]}}'


def test_split_and_tags_are_taken_where_they_are_that() -> None:
    row = {"instruction": "q", "output": "a", "split": "dev", "tags": ["x", " y ", ""]}
    _, (found,) = cells(row)
    assert (found.split, found.tags, found.extra) == ("validation", ("x", "y"), None)
    _, (odd,) = cells({"instruction": "q", "output": "a", "split": "half", "tags": 7})
    assert (odd.split, odd.extra) == ("train", '{"split": "half", "tags": 7}')


def test_empty_columns_for_system_and_history_make_no_conversation() -> None:
    row = {"instruction": "q", "output": "a", "system": "", "history": []}
    reading, (found,) = cells(row)
    assert (reading.kind, found.texts) == (Kind.TRIPLE, ("q", "", "a"))


def test_most_of_the_rows_decide() -> None:
    rows = [{"instruction": "q", "output": "a"}] * 3 + [{"messages": [USER]}] * 2
    reading = recognise(parsed(*rows))
    assert reading is not None
    assert reading.layout is Layout.ALPACA


def test_what_nobody_knows_is_not_guessed() -> None:
    assert recognise(parsed({"a": "x", "b": "y"})) is None
    reading = recognise_as(Kind.TRIPLE, parsed({"a": "x", "b": "y"}))
    assert (
        lacking(reading.kind, reading.roles)
        == "Questions and answers need a column for instruction and output."
    )


def test_each_layout_is_called_by_name_in_words() -> None:
    for layout in Layout:
        assert words_of(Reading(Kind.TRIPLE, layout, {}))


NAMES = st.text(max_size=4) | st.sampled_from(
    [
        "role",
        "content",
        "from",
        "value",
        "messages",
        "conversations",
        "prompt",
        "chosen",
        "rejected",
        "instruction",
        "output",
        "label",
        "text",
        "tools",
        "system",
        "history",
    ]
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.dictionaries(NAMES, JSON, max_size=5), min_size=1, max_size=4))
def test_any_rows_are_read_or_refused_with_a_reason(rows: list[dict[str, Any]]) -> None:
    records = parsed(*rows)
    readings = [recognise(records), *(recognise_as(kind, records) for kind in Kind)]
    for reading in readings:
        if reading is None or lacking(reading.kind, reading.roles):
            continue
        read = cells_of(reading)
        for record in records:
            try:
                found = read(record)
            except RowFault:
                continue
            example_of(reading.kind, found.texts)
