"""Turns a record into a preference: a question with a better and a worse answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from studio.core.example import ASSISTANT, USER, turn_text
from studio.data import layouts
from studio.data.rowvalues import (
    RowFault,
    Shape,
    Texts,
    cell_in,
    mark_in,
    optional_text,
    text_in,
)
from studio.data.turns import Turns, is_turn, is_turns, stored, system_turn, turns_in, unpacked


def preference_shape(column: Mapping[str, str]) -> Shape:
    """Return what makes a preference of a record; column is the column of each role."""
    label = column.get(layouts.LABEL)
    if label is not None and layouts.REJECTED not in column:
        return _marked(column, label)
    chosen, rejected = column[layouts.CHOSEN], column[layouts.REJECTED]

    def shape(values: Mapping[str, Any]) -> Texts:
        better, worse = _answer(chosen, values), _answer(rejected, values)
        context, asked = _question(column, values)
        if not isinstance(better, str) and not isinstance(worse, str):
            if not context and not asked:
                shared = _shared(better, worse)
                context, asked = _last_asked(better[:shared])
            before = context + ([{"role": USER, "content": asked}] if asked else [])
            better, worse = _without(before, better), _without(before, worse)
        context = system_turn(column.get(layouts.SYSTEM), values, context) + context
        good, bad = _said(chosen, better), _said(rejected, worse)
        return asked, good, bad, stored(context)

    return shape


def _marked(column: Mapping[str, str], label: str) -> Shape:
    def shape(values: Mapping[str, Any]) -> Texts:
        good = mark_in(label, cell_in(label, values))
        context: Turns
        if layouts.CHOSEN in column:
            answer = _said(column[layouts.CHOSEN], _answer(column[layouts.CHOSEN], values))
            context, asked = _question(column, values)
        else:
            name = column[layouts.MESSAGES]
            turns = turns_in(name, cell_in(name, values))
            if turns[-1]["role"] != ASSISTANT:
                raise RowFault(f"the last turn of {name} is no answer that could be marked")
            answer = _said(name, turns[-1:])
            context, asked = _last_asked(turns[:-1])
        context = system_turn(column.get(layouts.SYSTEM), values, context) + context
        return (
            (asked, answer, "", stored(context)) if good else (asked, "", answer, stored(context))
        )

    return shape


def _question(column: Mapping[str, str], values: Mapping[str, Any]) -> tuple[Turns, str]:
    """Return the turns before what is asked, and what is asked."""
    if layouts.MESSAGES in column:
        name = column[layouts.MESSAGES]
        return _last_asked(turns_in(name, cell_in(name, values)))
    if layouts.PROMPT not in column:
        return [], ""
    name = column[layouts.PROMPT]
    if _speaks(value := cell_in(name, values)):
        return _last_asked(turns_in(name, value))
    asked, given = text_in(name, values), optional_text(column.get(layouts.INPUT), values)
    return [], f"{asked}\n{given}" if given else asked


def _last_asked(turns: Turns) -> tuple[Turns, str]:
    if turns and turns[-1]["role"] == USER and set(turns[-1]) == {"role", "content"}:
        return turns[:-1], turn_text(turns[-1])
    return turns, ""


def _answer(name: str, values: Mapping[str, Any]) -> str | Turns:
    value = cell_in(name, values)
    return turns_in(name, value) if _speaks(value) else text_in(name, values)


def _speaks(value: Any) -> bool:
    """Return whether a cell holds turns, or a turn, and not just a text."""
    return isinstance(value, list) or is_turn(unpacked(value)) or is_turns(value)


def _shared(better: Turns, worse: Turns) -> int:
    same = 0
    for one, other in zip(better[:-1], worse[:-1], strict=False):
        if one != other:
            break
        same += 1
    return same


def _without(before: Turns, turns: Turns) -> Turns:
    """Return the turns after those that were before, if they are said again."""
    return turns[len(before) :] if before and turns[: len(before)] == before else turns


def _said(name: str, answer: str | Turns) -> str:
    if isinstance(answer, str):
        return answer
    if len(answer) != 1 or answer[0]["role"] != ASSISTANT:
        raise RowFault(f"{name} is not one answer: it has {len(answer)} turns after the question")
    if answer[0].get("tool_calls"):
        raise RowFault(f"{name} calls a tool; only answers of text can be compared")
    return turn_text(answer[0])
