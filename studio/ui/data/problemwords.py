"""What is said of single rows that have a problem: their number and what exactly is wrong."""

from __future__ import annotations

from collections.abc import Sequence

from studio.app.datasetdocument import DatasetDocument
from studio.app.rowchecks import Fault, RowChecks
from studio.core.problems import StudioError
from studio.core.units import percent
from studio.data.checks.parts import parts_of
from studio.data.store import Row

EXCERPT = 160
"""Characters of a row that are shown."""
_COPIES = frozenset(("duplicate", "leak"))
_NEAR = frozenset(("near_duplicate", "leak_near"))


def examples(
    document: DatasetDocument, checks: RowChecks, faults: Sequence[Fault], count: int
) -> dict[str, list[str]]:
    """Return a few lines about rows of each fault, by its code.

    Raises:
        StudioError: the dataset cannot be read.
    """
    wanted = {f.code: [0] if f.about.whole else f.rows[:count].tolist() for f in faults}
    rows = {
        row.id: row for row in document.read(sorted({r for ids in wanted.values() for r in ids}))
    }
    details = checks.details(wanted)
    shown: dict[str, list[str]] = {}
    for code, ids in wanted.items():
        said = {row: details.get((code, row), "") for row in ids}
        lines = [_line(document, code, rows[row], said[row]) for row in ids if row in rows]
        shown[code] = lines or [words for words in said.values() if words]
    return shown


def _line(document: DatasetDocument, code: str, row: Row, detail: str) -> str:
    head = f"Row {document.position(row.id) + 1:,}"
    about = _about(document, code, detail)
    said = one_line(parts_of(row.kind, row.texts).whole)
    return " · ".join(part for part in (head, about, said) if part)


def _about(document: DatasetDocument, code: str, detail: str) -> str:
    """Return what exactly is wrong, from a problem's detail."""
    if code in _COPIES:
        return f"as row {_number(document, detail)}"
    if code in _NEAR:
        source, _, alike = detail.partition(" ")
        return f"{percent(float(alike or 0))} as row {_number(document, source)}"
    if code == "one_pattern":
        return ""
    return detail


def _number(document: DatasetDocument, row_id: str) -> str:
    try:
        return f"{document.position(int(row_id)) + 1:,}"
    except (StudioError, ValueError):
        return "that is gone"


def one_line(text: str) -> str:
    """Return the beginning of a text in one line."""
    head = " ".join(text[:EXCERPT].split())
    return f"{head} …" if len(text) > EXCERPT else head
