"""Makes rows of what an import could not take in, once somebody has mended it."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from studio.core.problems import DataError
from studio.data.fileformats import Format
from studio.data.journal import Change
from studio.data.jsonrows import parse_line
from studio.data.layouts import Layout, Reading
from studio.data.records import RAW_KEPT
from studio.data.row import LeftOut
from studio.data.rowreader import RowReader
from studio.data.rowshapes import Cells, cells_of
from studio.data.rowvalues import RowFault
from studio.data.schema import unwritable
from studio.data.store import Dataset
from studio.data.tablerows import columns_fault, delimiter_of
from studio.data.textrows import COLUMN

STEP = "Take in a mended row"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where something that was left out is from, and how rows of that file are read."""

    name: str
    format: str
    reading: Reading
    heading: str


def origins(dataset: RowReader) -> dict[int, Origin]:
    """Return by source how its rows are read."""
    found = dataset.select("SELECT id, name, format, mapping, layout, heading FROM sources")
    made = {}
    for source, name, form, mapping, layout, heading in found:
        known = Layout(layout) if layout in set(Layout) else Layout.OWN
        reading = Reading(dataset.kind, known, json.loads(mapping))
        made[source] = Origin(name, form, reading, heading)
    return made


def still_out(dataset: RowReader) -> list[LeftOut]:
    """Return what was left out and is not mended; a row that undo took out again is not."""
    rows = dataset.ids
    return [
        entry
        for entry in dataset.left_out()
        if entry.fixed is None or (entry.fixed and not np.any(rows == entry.fixed))
    ]


def whole_text(dataset: RowReader, entry: LeftOut) -> str | None:
    """Return something that was left out, to be mended; None if only its beginning was kept.

    Bytes that are not UTF-8 come as the mark for what cannot be read.
    """
    raw = dataset.left_out_raw(entry.id)
    if raw is None or len(raw) >= RAW_KEPT:
        return None
    return raw.decode("utf-8", "replace").rstrip("\r\n")


def cells_from(origin: Origin, text: str) -> Cells:
    """Return the row that a mended text is.

    Raises:
        RowFault: it still cannot be read; the reason as the end of a sentence.
    """
    make = cells_of(origin.reading)
    try:
        return make(_values(origin, text))
    except RecursionError as err:
        raise RowFault("it is nested too deeply") from err


def mend(dataset: Dataset, entry: LeftOut, text: str, *, at_end: bool = False) -> Change:
    """Take in what was left out, as it reads now; one step that undo takes back.

    Args:
        dataset: to take it into.
        entry: what was left out.
        text: the whole of it, mended.
        at_end: put it below all rows and not where it stood in its file.

    Raises:
        DataError: it still cannot be read, with the reason.
    """
    origin = origins(dataset)[entry.source]
    try:
        cells = cells_from(origin, text)
    except RowFault as err:
        raise DataError(f"Line {entry.line:,} still cannot be read: {err}.") from err
    position = len(dataset) if at_end else _place(dataset, entry)
    change = dataset.insert(position, [cells.texts], cells.split, name=STEP)
    raw = text.encode() + b"\n" if origin.format == Format.JSONL else None
    dataset.mark_fixed(entry.id, int(change.rows[0]), cells.tags, cells.extra, raw)
    return change


def _place(dataset: RowReader, entry: LeftOut) -> int:
    """Return the position below the row that stood before it in the file, if that is there."""
    ((below,),) = dataset.select("SELECT below FROM left_out WHERE id = ?", (entry.id,))
    ids = dataset.ids
    before = np.flatnonzero(ids <= below)
    return int(before[np.argmax(ids[before])]) + 1 if len(before) else 0


def _values(origin: Origin, text: str) -> Mapping[str, Any]:
    if origin.format == Format.TEXT:
        return {COLUMN: text}
    if origin.format not in (Format.CSV, Format.TSV):
        return parse_line(text)
    heading = origin.heading.removeprefix("\ufeff")
    delimiter = "\t" if origin.format == Format.TSV else delimiter_of(heading)
    names = _row([heading], delimiter)
    cells = _row(io.StringIO(text, newline=""), delimiter)  # lines as in a file
    if len(cells) != len(names):
        raise RowFault(columns_fault(len(cells), len(names)))
    return dict(zip((name.strip() for name in names), cells, strict=True))


def _row(lines: Iterable[str], delimiter: str) -> list[str]:
    try:
        rows = [row for row in csv.reader(lines, delimiter=delimiter, strict=True) if row]
    except csv.Error as err:
        raise RowFault("a quote is not closed, or stands inside a cell") from err
    if len(rows) != 1:
        raise RowFault(f"it is {len(rows)} rows, not one")
    return rows[0]


def export_left_out(dataset: RowReader, entries: Sequence[LeftOut], path: Path) -> int:
    """Write what was left out to a file, each as it came as far as it was kept; return how many.

    Raises:
        DataError: the place cannot be written to.
    """
    staged = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with staged.open("wb") as file:
            for entry in entries:
                raw = dataset.left_out_raw(entry.id)
                data = raw if raw is not None else entry.preview.encode()
                file.write(data if data.endswith(b"\n") else data + b"\n")
        staged.replace(path)
    except OSError as err:
        raise unwritable(path, err) from err
    finally:
        staged.unlink(missing_ok=True)
    return len(entries)
