"""Turns the texts of a row back into the columns of a file, by the roles its columns have.

What is written reads back as the same texts, or the row is refused with a reason; columns without
a role stay as they came.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from studio.core.example import ASSISTANT, SYSTEM, USER, Kind, turn_text
from studio.data import layouts
from studio.data.layouts import Layout, Reading
from studio.data.pairwriting import pair_values
from studio.data.rowshapes import cells_of
from studio.data.rowvalues import RowFault
from studio.data.turns import Turns
from studio.data.turnwriting import (
    OPENAI,
    SHAREGPT,
    SHAREGPT_SPOKEN,
    SPOKEN,
    Manner,
    manner_of,
    stored_turns,
    tools_in_manner,
    turns_in_manner,
)

Values = dict[str, Any]
Columns = Mapping[str, str]
"""Column by role."""
Writer = Callable[[Columns, Sequence[str], Values, Manner], list[Values]]


class Unfit(ValueError):
    """A row that a layout has no place for; the reason as the end of a sentence."""


STANDARD: dict[Layout, Reading] = {
    layout: Reading(kind, layout, roles)
    for layout, kind, roles in (
        (
            Layout.ALPACA,
            Kind.TRIPLE,
            {"instruction": layouts.INSTRUCTION, "input": layouts.INPUT, "output": layouts.OUTPUT},
        ),
        (
            Layout.PROMPT_COMPLETION,
            Kind.TRIPLE,
            {"prompt": layouts.INSTRUCTION, "completion": layouts.OUTPUT},
        ),
        (
            Layout.ALPACA_HISTORY,
            Kind.CONVERSATION,
            {
                "instruction": layouts.INSTRUCTION,
                "input": layouts.INPUT,
                "output": layouts.OUTPUT,
                "system": layouts.SYSTEM,
                "history": layouts.HISTORY,
            },
        ),
        (
            Layout.OPENAI,
            Kind.CONVERSATION,
            {"messages": layouts.MESSAGES, "tools": layouts.TOOLS},
        ),
        (
            Layout.SHAREGPT,
            Kind.CONVERSATION,
            {"conversations": layouts.MESSAGES, "tools": layouts.TOOLS},
        ),
        (
            Layout.PREFERENCE,
            Kind.PREFERENCE,
            {"prompt": layouts.PROMPT, "chosen": layouts.CHOSEN, "rejected": layouts.REJECTED},
        ),
        (
            Layout.PREFERENCE_TURNS,
            Kind.PREFERENCE,
            {"prompt": layouts.PROMPT, "chosen": layouts.CHOSEN, "rejected": layouts.REJECTED},
        ),
        (
            Layout.PREFERENCE_SHAREGPT,
            Kind.PREFERENCE,
            {
                "conversations": layouts.MESSAGES,
                "chosen": layouts.CHOSEN,
                "rejected": layouts.REJECTED,
            },
        ),
        (
            Layout.KTO,
            Kind.PREFERENCE,
            {"prompt": layouts.PROMPT, "completion": layouts.CHOSEN, "label": layouts.LABEL},
        ),
        (
            Layout.KTO_TURNS,
            Kind.PREFERENCE,
            {"messages": layouts.MESSAGES, "label": layouts.LABEL},
        ),
        (Layout.TEXT, Kind.TEXT, {"text": layouts.TEXT}),
    )
}
"""How a layout is written when the file's own way is not kept."""
_MANNERS = {
    Layout.SHAREGPT: SHAREGPT,
    Layout.PREFERENCE_SHAREGPT: SHAREGPT_SPOKEN,
    Layout.PREFERENCE_TURNS: SPOKEN,
}


def default_of(kind: Kind, *, marked: bool = False) -> Reading:
    """Return the usual layout of a kind; of preferences also that of marked answers."""
    usual = {
        Kind.TRIPLE: Layout.ALPACA,
        Kind.CONVERSATION: Layout.OPENAI,
        Kind.TEXT: Layout.TEXT,
        Kind.PREFERENCE: Layout.KTO if marked else Layout.PREFERENCE,
    }
    return STANDARD[usual[kind]]


def values_of(
    reading: Reading, texts: Sequence[str], base: Mapping[str, Any], *, checked: bool = False
) -> list[Values]:
    """Return the records a row is written as; mostly one, two for a pair written as marks.

    Args:
        reading: the layout and the role of each column.
        texts: of the row, in the order of FIELDS.
        base: the record it came as, or its other columns; what has no role is kept.
        checked: whether it is known that such a row fits.

    Raises:
        Unfit: these columns cannot hold the row as it is.
    """
    columns = {role: column for column, role in reading.roles.items()}
    manner = _MANNERS.get(reading.layout, OPENAI)
    try:
        made = _WRITERS[reading.kind](columns, texts, dict(base), manner)
    except ValueError as err:
        raise Unfit(str(err)) from err
    if not checked and reading.kind in (Kind.CONVERSATION, Kind.PREFERENCE):
        _check_reads_back(reading, texts, made)
    return made


def _check_reads_back(reading: Reading, texts: Sequence[str], made: list[Values]) -> None:
    read = cells_of(reading)
    try:
        found = [read(values).texts for values in made]
    except RowFault as err:
        raise Unfit(str(err)) from err
    together = tuple("".join(parts) for parts in zip(*found, strict=True))
    if reading.kind is Kind.PREFERENCE and len(found) == 2:
        together = (found[0][0], found[0][1], found[1][2], found[0][3])
    if any(not _same(one, other) for one, other in zip(together, texts, strict=True)):
        raise Unfit("these columns have no place for all that it says")


def _same(one: str, other: str) -> bool:
    """Return whether two texts say the same; turns do in whatever way they are spaced."""
    if one == other:
        return True
    try:
        return bool(one and other) and stored_turns(one) == stored_turns(other)
    except ValueError:
        return False


def _triple(columns: Columns, texts: Sequence[str], base: Values, _: Manner) -> list[Values]:
    for role, text in zip(("instruction", "input", "output"), texts, strict=True):
        if role in columns:
            base[columns[role]] = text
        elif text:
            raise ValueError("it has an input, and there is no column for one")
    return [base]


def _text(columns: Columns, texts: Sequence[str], base: Values, _: Manner) -> list[Values]:
    return [base | {columns[layouts.TEXT]: texts[0]}]


def _conversation(
    columns: Columns, texts: Sequence[str], base: Values, manner: Manner
) -> list[Values]:
    turns, tools = stored_turns(texts[0]), stored_turns(texts[1])
    turns = _take_system(columns, turns, base)
    if layouts.MESSAGES in columns:
        name = columns[layouts.MESSAGES]
        manner = manner_of(base.get(name), manner)
        base[name] = turns_in_manner(turns, manner)
    else:
        _write_exchange(columns, turns, base)
    if layouts.TOOLS in columns:
        name = columns[layouts.TOOLS]
        if tools or name in base:
            base[name] = tools_in_manner(tools, base.get(name), manner)
    elif tools:
        raise ValueError("it has tools, and there is no column for them")
    return [base]


def _take_system(columns: Columns, turns: Turns, base: Values) -> Turns:
    """Put the system's text into its column, if there is one; return the other turns."""
    name = columns.get(layouts.SYSTEM)
    if name is None:
        return turns
    first = turns[0] if turns else {}
    plain = first.get("role") == SYSTEM and isinstance(first.get("content"), str)
    if not plain or set(first) != {"role", "content"} or not first["content"]:
        if name in base or layouts.MESSAGES not in columns:
            base[name] = ""
        return turns
    base[name] = first["content"]
    return turns[1:]


def _write_exchange(columns: Columns, turns: Turns, base: Values) -> None:
    """Write the last exchange as instruction and output, those before as history."""
    if len(turns) < 2 or len(turns) % 2:
        raise ValueError("its turns are not questions with an answer each")
    pairs = [
        (_said(turns[at], USER), _said(turns[at + 1], ASSISTANT)) for at in range(0, len(turns), 2)
    ]
    *past, (asked, answer) = pairs
    history = columns.get(layouts.HISTORY)
    if history is not None:
        base[history] = [list(pair) for pair in past]
    elif past:
        raise ValueError("it has more than one exchange, and there is no column for a history")
    given = columns.get(layouts.INPUT)
    before = base.get(given) if given is not None else None
    if isinstance(before, str) and before and asked.endswith("\n" + before):
        asked = asked.removesuffix("\n" + before)
    elif given is not None:
        base[given] = ""
    base[columns[layouts.INSTRUCTION]] = asked
    base[columns[layouts.OUTPUT]] = answer


def _said(turn: Mapping[str, Any], role: str) -> str:
    if turn.get("role") != role or set(turn) != {"role", "content"}:
        raise ValueError("its turns are not questions with an answer each")
    return turn_text(turn)


_WRITERS: dict[Kind, Writer] = {
    Kind.TRIPLE: _triple,
    Kind.TEXT: _text,
    Kind.CONVERSATION: _conversation,
    Kind.PREFERENCE: pair_values,
}
