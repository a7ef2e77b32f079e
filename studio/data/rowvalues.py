"""From the columns of a file to the texts of a row: which column is what, and what is text."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from studio.core.example import SPLITS, TRAIN

_SPLIT_NAMES = {"train": TRAIN, "val": "validation", "valid": "validation", "dev": "validation"} | {
    name: name for name in SPLITS
}


Texts = tuple[str, ...]
Shape = Callable[[Mapping[str, Any]], Texts]
"""Makes a row's texts of a record's columns; raises RowFault if it cannot."""


class RowFault(ValueError):
    """A row cannot be used; the reason as the end of a sentence."""


def cell_in(column: str, values: Mapping[str, Any]) -> Any:
    """Return what stands in a column that has to be there.

    Raises:
        RowFault: it is not there.
    """
    if column not in values:
        raise RowFault(f"the column {column} is missing")
    return values[column]


def text_in(column: str, values: Mapping[str, Any]) -> str:
    """Return the text in a column that has to be there.

    Raises:
        RowFault: it is not there, or holds something else.
    """
    return as_text(column, cell_in(column, values))


def optional_text(column: str | None, values: Mapping[str, Any]) -> str:
    """Return the text in a column; an empty one if the column is missing or null.

    Raises:
        RowFault: it holds something else than text.
    """
    value = values.get(column) if column is not None else None
    if value is None:
        return ""
    return value if value.__class__ is str else as_text(column or "", value)


def as_text(column: str, value: Any) -> str:
    """Return a value as text, numbers as they were written.

    Raises:
        RowFault: it is a list, an object or null.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, Number):
        return value.written
    if isinstance(value, bool):
        return "true" if value else "false"
    kinds = {type(None): "null", list: "a list", dict: "an object"}
    raise RowFault(f"{column} is {kinds.get(type(value), 'no text')}, not text")


def is_split(value: Any) -> bool:
    """Return whether a cell names a split."""
    return isinstance(value, str) and value.strip().lower() in _SPLIT_NAMES


def split_in(value: Any) -> str:
    """Return the split that a cell names; an empty one means train.

    Raises:
        RowFault: it is no name of a split.
    """
    named = "" if value is None else as_text("split", value).strip().lower()
    if named and named not in _SPLIT_NAMES:
        raise RowFault(f"the split is {named[:20]!r}, not one of {', '.join(SPLITS)}")
    return _SPLIT_NAMES[named] if named else TRAIN


def is_tags(value: Any) -> bool:
    """Return whether a cell can be tags: a text, or a list of texts."""
    return isinstance(value, str) or (
        isinstance(value, list) and all(isinstance(tag, str) for tag in value)
    )


def tags_in(value: Any) -> tuple[str, ...]:
    """Return the tags in a cell: a list of texts, or a text with commas.

    Raises:
        RowFault: it is neither.
    """
    if value is None:
        return ()
    if not is_tags(value):
        raise RowFault("the tags are not a list of texts")
    found = value.split(",") if isinstance(value, str) else value
    return tuple(dict.fromkeys(tag.strip() for tag in found if tag.strip()))


def mark_in(column: str, value: Any) -> bool:
    """Return whether a cell marks an answer as good.

    Raises:
        RowFault: it is not true or false.
    """
    if isinstance(value, bool):
        return value
    said = value.written if isinstance(value, Number) else value
    known = {"true": True, "1": True, "false": False, "0": False}
    if isinstance(said, str) and said.strip().lower() in known:
        return known[said.strip().lower()]
    raise RowFault(f"{column} is neither true nor false")


def storable(texts: Texts, extra: str | None) -> None:
    """Check that texts can be stored.

    Raises:
        RowFault: one holds half of a character.
    """
    for text in texts:
        try:
            text.encode()
        except UnicodeEncodeError as err:
            shown = f"\\u{ord(text[err.start]):04x} at position {err.start + 1}"
            raise RowFault(f"a text holds half of a character, {shown}") from err
    if extra is not None:
        try:
            extra.encode()
        except UnicodeEncodeError as err:
            raise RowFault("another column holds half of a character") from err


class Number:
    """A number of a JSON file that keeps the way it was written: 1.10 stays 1.10."""

    __slots__ = ("written",)

    def __init__(self, written: str) -> None:
        self.written = written

    def __repr__(self) -> str:
        return self.written

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Number) and other.written == self.written

    def __hash__(self) -> int:
        return hash(self.written)


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
