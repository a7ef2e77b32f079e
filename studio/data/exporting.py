"""Exports a dataset as JSON lines; a row that was not touched leaves as the bytes it came as."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from studio.core.problems import DataError, DiskFullError
from studio.data.jsonrows import parse_line
from studio.data.loading import sync_folder
from studio.data.rowreader import Row, RowReader
from studio.data.rowvalues import RowFault, dump, row_texts
from studio.data.schema import unwritable

_PAGE = 1000
_ALPACA = {role: role for role in ("instruction", "input", "output")}


def export_jsonl(dataset: RowReader, path: Path, split: str = "") -> int:
    """Write the rows, or those of one split, to a file; return how many.

    The file appears whole or not at all; what was there before stays until then.

    Raises:
        DataError: the place cannot be written to.
        DiskFullError: there is no room.
    """
    staged = path.with_name(f".{path.name}.{os.getpid()}.partial")
    rows = 0
    try:
        with staged.open("wb") as file:
            last = b"\n"
            for line in _lines(dataset, split):
                file.write(line if last.endswith(b"\n") else b"\n" + line)
                last, rows = line, rows + 1
            file.flush()
            os.fsync(file.fileno())
        staged.replace(path)
        sync_folder(path.parent)
    except OSError as err:
        raise _no_room(path, err) from err
    finally:
        if staged.exists():
            staged.unlink()
    return rows


def _no_room(path: Path, err: OSError) -> DataError | DiskFullError:
    import errno  # only needed once something is wrong

    if err.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return DiskFullError(
            f"The disk is full: {path} was not written.", "Free some room, or choose another place."
        )
    return unwritable(path, err)


def _lines(dataset: RowReader, split: str) -> Iterator[bytes]:
    ids, mappings = dataset.find(split=split), dataset.mappings()
    for start in range(0, len(ids), _PAGE):
        page = ids[start : start + _PAGE].tolist()
        originals = dataset.originals(page)
        for row in dataset.rows_of(page):
            raw, extra, source = originals[row.id]
            yield export_line(row, raw, extra, mappings.get(source, _ALPACA))


def export_line(row: Row, raw: bytes | None, extra: str | None, mapping: dict[str, str]) -> bytes:
    """Return a row as one line with its line end, which the last line of a file may lack.

    Args:
        row: the row as it is now.
        raw: the line it was read from, if it was a JSON line.
        extra: its other columns as JSON.
        mapping: which column of its file is what; edited rows keep the file's names.
    """
    if raw is not None:
        values = parse_line(raw.decode())
        if _same(values, row, mapping):
            return raw
    else:
        values = {column: "" for column, role in mapping.items() if role != "split"}
        values |= parse_line(extra) if extra else {}
    columns = {role: column for column, role in mapping.items()}
    for role in ("instruction", "input", "output"):
        text = row.text(role)
        if role in columns or text:
            values[columns.get(role, role)] = text
    if "split" in columns:
        values[columns["split"]] = row.split
    return dump(values).encode() + b"\n"


def _same(values: dict[str, object], row: Row, mapping: dict[str, str]) -> bool:
    """Return whether the row still says what its line said."""
    try:
        instruction, given, output, split = row_texts(values, mapping)
    except RowFault:
        return False
    texts = (row.instruction, row.input, row.output)
    return texts == (instruction, given, output) and split in (None, row.split)
