"""Turns the columns of a record into the texts of a row, by the roles its columns have."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from studio.core.example import ASSISTANT, TRAIN, USER, Kind
from studio.core.problems import DataError
from studio.data import layouts
from studio.data.layouts import ANY_KIND, ROLES, Reading, Roles, kind_words
from studio.data.pairshapes import preference_shape
from studio.data.rowvalues import (
    Shape,
    Texts,
    cell_in,
    optional_text,
    other_columns,
    split_in,
    storable,
    tags_in,
    text_in,
)
from studio.data.turns import Turns, past_in, stored, system_turn, tools_in, turns_in


class Cells(NamedTuple):
    """What a record becomes: a row's texts in the order of FIELDS, and what stands beside it."""

    texts: Texts
    split: str
    tags: tuple[str, ...]
    extra: str | None


def kind_of_roles(roles: Roles) -> Kind:
    """Return what kind of rows these roles speak of."""
    named = set(roles.values())
    if named & {layouts.PROMPT, layouts.CHOSEN, layouts.REJECTED, layouts.LABEL}:
        return Kind.PREFERENCE
    if named & {layouts.MESSAGES, layouts.TOOLS, layouts.SYSTEM, layouts.HISTORY}:
        return Kind.CONVERSATION
    return Kind.TEXT if layouts.TEXT in named else Kind.TRIPLE


def lacking(kind: Kind, roles: Roles) -> str:
    """Return what is missing for rows of a kind as a sentence; empty if they can be read."""
    named = list(roles.values())
    twice = next((role for role in named if named.count(role) > 1), "")
    if twice:
        return f"Two columns are {twice}; each role is for one column."
    alien = next((role for role in named if role not in (*ROLES[kind], *ANY_KIND)), "")
    if alien:
        return f"{kind_words(kind)} have no {alien}."
    for needed in _NEEDED[kind]:
        if set(needed) <= set(named):
            return ""
    options = " or ".join(" and ".join(needed) for needed in _NEEDED[kind])
    return f"{kind_words(kind)} need a column for {options}."


_NEEDED: dict[Kind, tuple[tuple[str, ...], ...]] = {
    Kind.TRIPLE: ((layouts.INSTRUCTION, layouts.OUTPUT),),
    Kind.CONVERSATION: ((layouts.MESSAGES,), (layouts.INSTRUCTION, layouts.OUTPUT)),
    Kind.TEXT: ((layouts.TEXT,),),
    Kind.PREFERENCE: (
        (layouts.CHOSEN, layouts.REJECTED),
        (layouts.CHOSEN, layouts.LABEL),
        (layouts.MESSAGES, layouts.LABEL),
    ),
}


def check_reading(reading: Reading, columns: Sequence[str], file: str) -> Reading:
    """Return a reading the user gave, if it fits the file.

    Raises:
        DataError: a role is not known, is named twice or is missing, or a column is not there.
    """
    known = {role for roles in ROLES.values() for role in roles} | set(ANY_KIND)
    for column, role in reading.roles.items():
        if role not in known:
            raise DataError(f"{role!r} is not a role; there are {', '.join(sorted(known))}.")
        if column not in columns:
            raise DataError(f"{file} has no column {column!r}; it has {', '.join(columns[:8])}.")
    if lack := lacking(reading.kind, reading.roles):
        raise DataError(lack, "Say which column is what, such as --map question=instruction.")
    return reading


def fitting(reading: Reading, columns: Sequence[str]) -> Reading:
    """Return a reading without the columns that a file lacks and that rows can do without."""
    there = {name: role for name, role in reading.roles.items() if name in columns}
    if lacking(reading.kind, there):
        return reading
    return Reading(reading.kind, reading.layout, there)


def cells_of(reading: Reading) -> Callable[[Mapping[str, Any]], Cells]:
    """Return what makes cells of a record; it raises RowFault for one that cannot be used."""
    roles = reading.roles
    column = {role: name for name, role in roles.items()}
    shape = _SHAPES[reading.kind](column)
    split, tags = column.get(layouts.SPLIT), column.get(layouts.TAGS)

    def cells(values: Mapping[str, Any]) -> Cells:
        texts = shape(values)
        if len(values) > len(roles) or any(name not in roles for name in values):
            extra = other_columns(values, roles)
        else:
            extra = None
        storable(texts, extra)
        return Cells(
            texts,
            split_in(values.get(split)) if split else TRAIN,
            tags_in(values.get(tags)) if tags else (),
            extra,
        )

    return cells


def _triple(column: Mapping[str, str]) -> Shape:
    instruction, output = column[layouts.INSTRUCTION], column[layouts.OUTPUT]
    given = column.get(layouts.INPUT)

    def shape(values: Mapping[str, Any]) -> Texts:
        asked = values.get(instruction)
        answer = values.get(output)
        if asked.__class__ is not str:
            asked = text_in(instruction, values)
        if answer.__class__ is not str:
            answer = text_in(output, values)
        return asked, optional_text(given, values), answer

    return shape


def _text(column: Mapping[str, str]) -> Shape:
    name = column[layouts.TEXT]
    return lambda values: (text_in(name, values),)


def _conversation(column: Mapping[str, str]) -> Shape:
    messages, tools = column.get(layouts.MESSAGES), column.get(layouts.TOOLS)

    def shape(values: Mapping[str, Any]) -> Texts:
        turns: Turns = []
        if messages is not None:
            turns = turns_in(messages, cell_in(messages, values))
        system = system_turn(column.get(layouts.SYSTEM), values, turns)
        if layouts.INSTRUCTION in column:
            turns = _exchange(column, values) + turns
        held = tools_in(tools, values.get(tools)) if tools is not None else []
        return stored(system + turns), stored(held)

    return shape


def _exchange(column: Mapping[str, str], values: Mapping[str, Any]) -> Turns:
    past = column.get(layouts.HISTORY)
    turns = past_in(past, values.get(past)) if past is not None else []
    asked = text_in(column[layouts.INSTRUCTION], values)
    given = optional_text(column.get(layouts.INPUT), values)
    answer = text_in(column[layouts.OUTPUT], values)
    return [
        *turns,
        {"role": USER, "content": f"{asked}\n{given}" if given else asked},
        {"role": ASSISTANT, "content": answer},
    ]


_SHAPES: dict[Kind, Callable[[Mapping[str, str]], Shape]] = {
    Kind.TRIPLE: _triple,
    Kind.TEXT: _text,
    Kind.CONVERSATION: _conversation,
    Kind.PREFERENCE: preference_shape,
}
