"""Strict JSON for rows: what is wrong is said with its column; nothing is lost or rounded."""

from __future__ import annotations

import json
from typing import Any

from studio.data.rowvalues import Number, RowFault

_REASONS = {
    "Expecting ',' delimiter": "a comma is missing",
    "Expecting ':' delimiter": "a colon is missing",
    "Expecting value": "a value is missing",
    "Expecting property name enclosed in double quotes": "a name in double quotes is missing",
    "Unterminated string starting at": "a text is not closed that starts",
    "Extra data": "there is more after the end of the row",
    "Invalid control character at": "a control character stands in a text",
    "Invalid \\escape": "an escape is not known",
    "Invalid \\uXXXX escape": "an escape is not known",
    "Illegal trailing comma before end of object": "a comma is too much",
    "Illegal trailing comma before end of array": "a comma is too much",
}


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise RowFault(f"{twice[:40]!r} is there twice")
    return made


def _no_constant(name: str) -> Any:
    raise RowFault(f"{name} is not JSON")


DECODER = json.JSONDecoder(
    object_pairs_hook=_once, parse_constant=_no_constant, parse_float=Number, parse_int=Number
)


def reason(err: json.JSONDecodeError, column: int | None = None) -> str:
    """Return what is wrong, such as "a comma is missing at column 40"."""
    said = _REASONS.get(err.msg.split(": ")[0], err.msg.lower())
    return f"{said} at column {column or err.colno}"


def parse_line(line: str) -> dict[str, Any]:
    """Return the object on a line.

    Raises:
        RowFault: the line is not JSON, or is not an object.
    """
    try:
        value = DECODER.decode(line)
    except json.JSONDecodeError as err:
        raise RowFault(f"not JSON: {reason(err)}") from err
    except RecursionError as err:
        raise RowFault("it is nested too deeply") from err
    return as_object(value)


def as_object(value: Any) -> dict[str, Any]:
    """Return the value if it is an object.

    Raises:
        RowFault: it is something else.
    """
    if isinstance(value, dict):
        return value
    kinds = {list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    raise RowFault(f"it is {kinds.get(type(value), 'a number')}, not an object with columns")
