"""Reads Parquet files as lines of JSON: text stays text, and what JSON lacks is written as text.

Nothing in a file's metadata is run or trusted: columns come from the schema and rows are counted
as they are read. A text that is no UTF-8 goes out with its bytes as they are, so that the import
names its row and the byte.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from studio.core.problems import DataError
from studio.engine.growth import Tell
from studio.engine.stagedrows import staged_file

BATCH_ROWS = 256
LEAST_CAP = 1_000_000_000
RATIO = 200
"""A file may unpack to a gigabyte, or to this many times its size if that is more."""
Plain = Callable[[Any], Any]
"""Makes of a value of a column what JSON has."""


def read_parquet(path: Path, into: Path, tell: Tell) -> tuple[int, list[str]]:
    """Write each row of a Parquet file as a line; return how many, and notes for the user.

    Raises:
        DataError: the file is damaged, encrypted or no Parquet, or has two columns of one name.
        DiskFullError: there is no room.
    """
    tell("Reading the file's columns", 0, 0)
    try:
        size, source = path.stat().st_size, path.open("rb")
    except OSError as err:
        raise DataError(
            f"{path.name} cannot be read: {(err.strerror or str(err)).lower()}.",
            "Look whether it is still there and may be read.",
        ) from err
    with source, opened(source, path.name) as file:
        rows = 0
        with staged_file(into, max(LEAST_CAP, RATIO * size)) as staged:
            for block, count in blocks(file, path.name, tell):
                staged.write(block)
                rows += count
        return rows, _notes(file.schema_arrow)


@contextmanager
def opened(source: Any, name: str) -> Iterator[parquet.ParquetFile]:
    """Give a Parquet file, by its footer, from anything that can be read and searched.

    Raises:
        DataError: it is damaged, encrypted or no Parquet, or has two columns of one name.
    """
    with _damage_explained(name):
        file = parquet.ParquetFile(source, pre_buffer=False, memory_map=False)
    with file:
        twins = file.schema_arrow.names
        twice = next((column for column in twins if twins.count(column) > 1), None)
        if twice is not None:
            raise DataError(
                f"{name} has two columns of the name {twice[:40]!r}.", "Rename one of them."
            )
        yield file


def blocks(file: parquet.ParquetFile, name: str, tell: Tell) -> Iterator[tuple[bytes, int]]:
    """Yield the lines of each batch of a file and how many they are.

    Raises:
        DataError: it is damaged, or has fewer rows or more than it says.
    """
    said, done = file.metadata.num_rows, 0
    batches = file.iter_batches(BATCH_ROWS)
    while True:
        with _damage_explained(name, done):
            batch = next(batches, None)
            block = lines_of(batch) if batch is not None else b""
        if batch is None:
            break
        done += batch.num_rows
        tell(f"Reading rows of {name}", min(done, said), said)
        yield block, batch.num_rows
    if done != said:
        raise DataError(
            f"{name} is damaged: it says that it has {said:,} rows, and {done:,} can be read.",
            "Fetch or write the file again.",
        )


def lines_of(batch: pa.RecordBatch) -> bytes:
    """Return a batch as lines of JSON; bytes that are no text come out as they are.

    Raises:
        DataError: such bytes stand inside a list or an object.
    """
    names = batch.schema.names
    columns = [_values(column, plain_of(column.type)) for column in batch.columns]
    rows = zip(*columns, strict=True) if columns else iter([()] * batch.num_rows)
    lines = (
        json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False) + "\n" for row in rows
    )
    return "".join(lines).encode("utf-8", "surrogateescape")


def _values(column: pa.Array, plain: Plain | None) -> list[Any]:
    """Return a column's values as JSON has them; bytes that are no text as lone surrogates."""
    try:
        found = column.to_pylist()
    except UnicodeDecodeError:
        found = _undecoded(column)
    except (ValueError, OverflowError):
        if not pa.types.is_temporal(column.type):
            raise
        found = column.cast(pa.string()).to_pylist()  # a year past 9999
    return found if plain is None else [None if value is None else plain(value) for value in found]


def _undecoded(column: pa.Array) -> list[Any]:
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        raise DataError(
            "A text inside a list or an object of the file is not UTF-8.",
            "Write the file again with texts as UTF-8.",
        )
    found = column.cast(pa.large_binary()).to_pylist()
    return [None if value is None else value.decode("utf-8", "surrogateescape") for value in found]


def plain_of(kind: pa.DataType) -> Plain | None:
    """Return what makes plain values of a type; None if they are plain already."""
    types = pa.types
    if isinstance(kind, pa.BaseExtensionType):
        return plain_of(kind.storage_type)
    if types.is_dictionary(kind):
        return plain_of(kind.value_type)
    if types.is_floating(kind):
        return _finite
    if types.is_binary(kind) or types.is_large_binary(kind) or types.is_fixed_size_binary(kind):
        return _bytes
    if types.is_struct(kind):
        return _struct({field.name: plain_of(field.type) for field in kind})
    if types.is_map(kind):
        return _map(plain_of(kind.item_type))
    if types.is_nested(kind):
        return _list(plain_of(kind.value_type))
    if types.is_temporal(kind):
        return _time
    if types.is_integer(kind) or types.is_boolean(kind) or types.is_null(kind) or _is_text(kind):
        return None
    return str  # decimals, digit for digit


def _is_text(kind: pa.DataType) -> bool:
    types = pa.types
    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind))


def _finite(value: float) -> float | str:
    value = float(value)
    return value if math.isfinite(value) else str(value)


def _bytes(value: bytes) -> dict[str, str]:
    return {"base64": base64.b64encode(value).decode()}


def _time(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _struct(plain: dict[str, Plain | None]) -> Plain | None:
    odd = {name: made for name, made in plain.items() if made is not None}
    if not odd:
        return None

    def made(value: dict[str, Any]) -> dict[str, Any]:
        return value | {n: make(value[n]) for n, make in odd.items() if value[n] is not None}

    return made


def _list(inner: Plain | None) -> Plain | None:
    if inner is None:
        return None
    return lambda value: [None if item is None else inner(item) for item in value]


def _map(inner: Plain | None) -> Plain:
    def made(value: list[tuple[Any, Any]]) -> dict[str, Any]:
        return {str(k): v if inner is None or v is None else inner(v) for k, v in value}

    return made


def _notes(schema: pa.Schema) -> list[str]:
    """Say which columns JSON cannot hold as they are."""
    notes = []
    for field in schema:
        types = pa.types
        if types.is_temporal(field.type):
            notes.append(f"Times in {field.name} are written out as text.")
        elif types.is_decimal(field.type):
            notes.append(f"Decimals in {field.name} are text, digit for digit.")
        elif types.is_binary(field.type) or types.is_large_binary(field.type):
            notes.append(f"{field.name} holds bytes, not text; they are kept as base64.")
    return notes


@contextmanager
def _damage_explained(name: str, rows: int | None = None) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError, ValueError, MemoryError, OverflowError) as err:
        if isinstance(err, OSError) and type(err) is not OSError:
            raise  # the network's or the disk's, not the file's
        details = f"{type(err).__name__}: {err}"
        if "encrypt" in str(err).lower():
            raise DataError(f"{name} is encrypted.", "Write it without a key.", details) from err
        where = "" if rows is None else f" after row {rows:,}"
        raise DataError(
            f"{name} is damaged or no Parquet file: it cannot be read{where}.",
            "Fetch or write the file again.",
            details,
        ) from err
