"""Looks at a file before it is imported: what it is, its first rows, and how they would be read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

from studio.data.bytestreams import Part, open_part, parts_of
from studio.data.fileformats import ENDINGS, Format, Written, read_head, written
from studio.data.jsonarray import read_json
from studio.data.jsonlines import read_jsonl
from studio.data.layouts import Reading, recognise
from studio.data.records import Record
from studio.data.tablerows import read_table
from studio.data.textrows import Each, read_text

_PEEKED = 100
"""Good records that decide what is what."""
_TRIED = 10_000
"""Records that are looked at until a good one is found."""
_HELD = 4 << 20
"""Bytes of records after which no more are looked at."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How one part of a file is going to be imported.

    Attributes:
        part: where the bytes are.
        written: the format they are in.
        each: what becomes a row, of running text.
        reading: how columns become rows; None if that has to be said first.
        columns: names of the columns among the first records.
        samples: columns of the first good records.
        fault: why the first bad record among them is bad, with its line; empty if there is none.
        remarks: what was noticed, a sentence each.
    """

    part: Part
    written: Written
    each: Each = Each.FILE
    reading: Reading | None = None
    columns: tuple[str, ...] = ()
    samples: tuple[Mapping[str, Any], ...] = ()
    fault: str = ""
    remarks: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What the part is called for people."""
        return self.part.title

    def read_as(self, reading: Reading | None) -> Plan:
        """Return the plan with another reading."""
        return replace(self, reading=reading)


def look_at(
    path: Path,
    *,
    each: Each = Each.FILE,
    encoding: str = "",
    unlimited: bool = False,
    called: str = "",
) -> list[Plan]:
    """Return a plan for the file, or for each file inside an archive.

    Args:
        path: it is only read.
        each: what becomes a row if it is running text.
        encoding: what it is encoded in; empty to find out.
        unlimited: read a packed file however large it becomes.
        called: what people call it, if it was made of another file for the import.

    Raises:
        DataError: it cannot be read, or nothing in it can be imported.
        TooLarge: it is packed and far larger than its size lets expect.
    """
    parts, aside = parts_of(path, ENDINGS, unlimited=unlimited)
    plans = [_look(replace(part, called=called), each, encoding) for part in parts]
    if aside:
        listed = ", ".join(aside[:3]) + (" …" if len(aside) > 3 else "")
        said = f"Left aside in {path.name}, as no file of rows or text: {listed}."
        plans[0] = replace(plans[0], remarks=(*plans[0].remarks, said))
    return plans


def _look(part: Part, each: Each, encoding: str) -> Plan:
    with open_part(part) as file:
        name = part.title.removesuffix(".gz") if part.packing == "gz" else part.title
        how = written(name, read_head(file), encoding)
    plan = Plan(part, how, each, remarks=(how.remark,) if how.remark else ())
    samples: list[Mapping[str, Any]] = []
    fault, held = "", 0
    with open_part(part, how.encoding) as file:
        for at, record in enumerate(records(file, plan)):
            if record.values is not None:
                samples.append(record.values)
            elif not fault:
                fault = f"line {record.line:,} is left out, {record.fault}"
            held += len(record.raw or b"")
            if len(samples) == _PEEKED or at == _TRIED or held > _HELD:
                break
    columns = tuple(dict.fromkeys(name for values in samples for name in values))
    return replace(
        plan, reading=recognise(samples), columns=columns, samples=tuple(samples), fault=fault
    )


def records(file: BinaryIO, plan: Plan) -> Iterator[Record]:
    """Yield the records of an open part.

    Raises:
        DataError: what it holds is no list or no table.
    """
    form = plan.written.format
    if form is Format.JSONL:
        return read_jsonl(file)
    if form is Format.JSON:
        return read_json(file, plan.name)
    if form is Format.TEXT:
        return read_text(file, plan.each)
    return read_table(file, plan.written.delimiter, plan.name)
