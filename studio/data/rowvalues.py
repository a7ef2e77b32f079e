"""From the columns of a file to the texts of a row: which column is what, and what is text."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from studio.core.example import SPLITS, TRAIN
from studio.core.problems import DataError

ROLES = ("instruction", "input", "output", "split")
"""What a column of a file may be mapped to."""

_KNOWN_AS = {
    "instruction": ("instruction", "prompt", "question", "query"),
    "input": ("input", "context"),
    "output": ("output", "completion", "answer", "response"),
}
_CONVERSATIONS = ("messages", "conversations", "conversation")
_SPLIT_NAMES = {"train": TRAIN, "val": "validation", "valid": "validation", "dev": "validation"} | {
    name: name for name in SPLITS
}


class RowFault(ValueError):
    """A row cannot be used; the reason as the end of a sentence."""


def guess_mapping(columns: Iterable[str], file: str) -> dict[str, str]:
    """Return column to role for the columns of a file.

    Raises:
        DataError: no column can be the instruction or the output.
    """
    names = list(dict.fromkeys(columns))
    lower = {name.strip().lower(): name for name in reversed(names)}
    found = {
        lower[known]: role
        for role, candidates in _KNOWN_AS.items()
        if (known := next((c for c in candidates if c in lower), ""))
    }
    if {"instruction", "output"} <= set(found.values()):
        return found
    listed = ", ".join(names[:8]) + (" …" if len(names) > 8 else "")
    if any(name in lower for name in _CONVERSATIONS):
        raise DataError(
            f"{file} holds conversations ({listed}); only rows of instruction, input and output"
            " can be imported.",
            "Export it as instruction and output, one exchange a row.",
        )
    raise DataError(
        f"{file} has no columns for instruction and output; it has {listed or 'none'}.",
        "Say which column is what, such as --map question=instruction --map reply=output.",
    )


def check_mapping(mapping: Mapping[str, str], columns: Iterable[str], file: str) -> dict[str, str]:
    """Return a mapping the user gave, if it fits the file.

    Raises:
        DataError: a role is not known, is named twice, or a column is not in the file.
    """
    known = list(dict.fromkeys(columns))
    for column, role in mapping.items():
        if role not in ROLES:
            raise DataError(f"{role!r} is not a role; there are {', '.join(ROLES)}.")
        if column not in known:
            raise DataError(f"{file} has no column {column!r}; it has {', '.join(known[:8])}.")
    roles = list(mapping.values())
    twice = next((role for role in roles if roles.count(role) > 1), "")
    if twice:
        raise DataError(f"Two columns are mapped to {twice}.", "Map one column to each role.")
    missing = [role for role in ("instruction", "output") if role not in roles]
    if missing:
        raise DataError(f"No column is mapped to {missing[0]}.", "Map one with --map COLUMN=ROLE.")
    return dict(mapping)


def row_texts(
    values: Mapping[str, Any], mapping: Mapping[str, str]
) -> tuple[str, str, str, str | None]:
    """Return instruction, input, output and split (None if no column says it) of a file's row.

    Raises:
        RowFault: a column is missing or holds no text, or the text cannot be stored.
    """
    found: dict[str, str | None] = dict.fromkeys(ROLES)
    for column, role in mapping.items():
        if column in values:
            found[role] = _text(column, values[column], optional=role in ("input", "split"))
        elif role in ("instruction", "output"):
            raise RowFault(f"the column {column} is missing")
    named = (found["split"] or "").strip().lower()
    if named and named not in _SPLIT_NAMES:
        raise RowFault(f"the split is {named[:20]!r}, not one of {', '.join(SPLITS)}")
    split = _SPLIT_NAMES.get(named)
    return found["instruction"] or "", found["input"] or "", found["output"] or "", split


def _text(column: str, value: Any, *, optional: bool) -> str:
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError as err:
            raise RowFault(
                f"{column} holds half of a character at position {err.start + 1}"
            ) from err
        return value
    if value is None and optional:
        return ""
    if isinstance(value, Number):
        return value.written
    if isinstance(value, bool):
        return "true" if value else "false"
    kinds = {type(None): "null", list: "a list", dict: "an object"}
    raise RowFault(f"{column} is {kinds.get(type(value), 'no text')}, not text")


class Number(float):
    """A number of a JSON file that keeps the way it was written: 1.10 stays 1.10."""

    written: str

    def __new__(cls, written: str) -> Number:
        made = super().__new__(cls, written)
        made.written = written
        return made


def other_columns(values: Mapping[str, Any], mapping: Mapping[str, str]) -> str | None:
    """Return the columns that are not mapped, as JSON; None if there are none."""
    rest = {name: value for name, value in values.items() if name not in mapping}
    return dump(rest) if rest else None


def dump(values: Any) -> str:
    """Return values as one line of JSON; numbers as they were written."""
    if isinstance(values, dict):
        parts = (f"{json.dumps(k, ensure_ascii=False)}: {dump(v)}" for k, v in values.items())
        return "{" + ", ".join(parts) + "}"
    if isinstance(values, list):
        return "[" + ", ".join(dump(value) for value in values) + "]"
    return values.written if isinstance(values, Number) else json.dumps(values, ensure_ascii=False)
