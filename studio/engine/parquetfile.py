"""Writes lines of JSON as a Parquet file, without a change to any text.

Types come from the values themselves: a column whose values do not agree, such as turns of which
some have a call of a tool and others have none, is written as JSON text, and that is said.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from studio.core.problems import DataError
from studio.engine.growth import Tell
from studio.engine.stagedrows import explained, need_room, staged_file

GROUP_ROWS, GROUP_BYTES = 50_000, 64_000_000
_EXACT = 2**53
"""Whole numbers up to this size are exact as floating-point numbers."""


class Mixed(ValueError):
    """Values of one column that no type holds without a change."""


def write_parquet(rows: Path, into: Path, tell: Tell) -> tuple[int, list[str]]:
    """Write a file of JSON lines as Parquet; return how many rows, and notes for the user.

    Raises:
        DataError: the place cannot be written to.
        DiskFullError: there is no room.
    """
    total = rows.stat().st_size
    need_room(into.parent, total)
    types, mixed = _types_of(rows, total, tell)
    schema = pa.schema(
        [(name, pa.string() if name in mixed else _arrow(types[name])) for name in types]
    )
    count = 0
    with staged_file(into) as staged:
        try:
            sink = pa.PythonFile(_Sink(staged), mode="w")
            with parquet.ParquetWriter(sink, schema, compression="zstd") as writer:
                for group, done in _groups(rows):
                    writer.write_table(_table(group, schema, mixed))
                    count += len(group)
                    tell("Writing rows", done, total)
        except pa.ArrowException as err:
            raise DataError(
                f"{into.name} cannot be written as Parquet.", "Export as JSON lines.", str(err)
            ) from err
        except OSError as err:
            raise explained(into, err) from err
    notes = [
        f"{name} is written as JSON text: its values are not all of one form." for name in mixed
    ]
    return count, sorted(notes)


class _Sink:
    """What pyarrow writes to."""

    closed = False

    def __init__(self, staged: Any) -> None:
        self._staged = staged

    def write(self, data: Any) -> int:
        self._staged.write(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Do nothing: the staged file is flushed at its end."""

    def close(self) -> None:
        """Do nothing: whoever opened the staged file closes it."""


def _types_of(rows: Path, total: int, tell: Tell) -> tuple[dict[str, Any], set[str]]:
    """Return the type of each column as nested plain values, and those without one."""
    types: dict[str, Any] = {}
    mixed: set[str] = set()
    done = 0
    with rows.open("rb") as file:
        for at, line in enumerate(file):
            done += len(line)
            for name, value in json.loads(line).items():
                before = types.setdefault(name, None)
                try:
                    types[name] = joined(before, type_of(value))
                except Mixed:
                    mixed.add(name)
            if at % 1000 == 0:
                tell("Looking at the columns", done, total)
    return types, mixed


def type_of(value: Any) -> Any:
    """Return the type of a JSON value: None, a name, ["list", type] or {"key": type}.

    Raises:
        Mixed: it holds values that do not agree.
    """
    if value is None:
        return None
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        if abs(value) >= 2**63:
            raise Mixed
        return "int" if abs(value) <= _EXACT else "big"
    if isinstance(value, float):
        return "float"
    if isinstance(value, str):
        return "text"
    if isinstance(value, dict):
        if not value:
            raise Mixed  # Parquet has no objects without a key
        return {key: type_of(item) for key, item in value.items()}
    inner: Any = None
    for item in value:
        inner = joined(inner, type_of(item))
    return ["list", inner]


def joined(one: Any, other: Any) -> Any:
    """Return the type that holds values of both types.

    Raises:
        Mixed: there is none.
    """
    if one is None or other is None or one == other:
        return other if one is None else one
    if isinstance(one, list) and isinstance(other, list):
        return ["list", joined(one[1], other[1])]
    if isinstance(one, dict) and isinstance(other, dict) and list(one) == list(other):
        return {key: joined(kind, other[key]) for key, kind in one.items()}
    names = {one, other} if isinstance(one, str) and isinstance(other, str) else set()
    if names == {"int", "float"}:
        return "float"
    if names == {"int", "big"}:
        return "big"
    raise Mixed


def _arrow(kind: Any) -> pa.DataType:
    if isinstance(kind, list):
        return pa.list_(_arrow(kind[1]))
    if isinstance(kind, dict):
        return pa.struct([(name, _arrow(inner)) for name, inner in kind.items()])
    if kind is None:
        return pa.string()  # a column of nothing but blanks is one of text
    return {
        "bool": pa.bool_(),
        "int": pa.int64(),
        "big": pa.int64(),
        "float": pa.float64(),
        "text": pa.string(),
    }[kind]


def _groups(rows: Path) -> Iterator[tuple[list[dict[str, Any]], int]]:
    """Yield rows by the group, and the bytes read by then."""
    group: list[dict[str, Any]] = []
    size = done = 0
    with rows.open("rb") as file:
        for line in file:
            group.append(json.loads(line))
            size += len(line)
            if len(group) >= GROUP_ROWS or size >= GROUP_BYTES:
                done += size
                yield group, done
                group, size = [], 0
    if group:
        yield group, done + size


def _as_text(value: Any) -> str | None:
    """Return a value as text: a text as it is, everything else as JSON."""
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def _table(group: list[dict[str, Any]], schema: pa.Schema, mixed: set[str]) -> pa.Table:
    columns = []
    for field in schema:
        values = [row.get(field.name) for row in group]
        if field.name in mixed:
            values = [_as_text(value) for value in values]
        columns.append(pa.array(values, field.type))
    return pa.Table.from_arrays(columns, schema=schema)
