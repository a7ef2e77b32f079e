"""Reads files as an import would, keeps nothing, and counts: rows, faults and empty cells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from studio.data import layouts
from studio.data.bytestreams import open_part
from studio.data.layouts import Reading
from studio.data.looking import Plan, records

_EVERY = 200
"""Records between two looks at whether to go on."""
_ANSWERS = (layouts.OUTPUT, layouts.CHOSEN, layouts.REJECTED)


@dataclass(frozen=True, slots=True)
class Survey:
    """What a file holds.

    Attributes:
        rows: records that can be read.
        faults: records that cannot.
        filled: by column, how many rows have something in it.
    """

    rows: int = 0
    faults: int = 0
    filled: dict[str, int] = field(default_factory=dict)

    def __add__(self, other: Survey) -> Survey:
        filled = Counter(self.filled) + Counter(other.filled)
        return Survey(self.rows + other.rows, self.faults + other.faults, dict(filled))


def survey(plans: Sequence[Plan], cancelled: Callable[[], bool]) -> Survey | None:
    """Count what files hold; None if it was cancelled.

    Raises:
        DataError: one cannot be read to its end.
    """
    found = Survey()
    for plan in plans:
        rows = faults = 0
        filled: Counter[str] = Counter()
        with open_part(plan.part, plan.written.encoding) as file:
            for at, record in enumerate(records(file, plan)):
                if at % _EVERY == 0 and cancelled():
                    return None
                if record.values is None:
                    faults += 1
                    continue
                rows += 1
                filled.update(name for name, value in record.values.items() if _says(value))
        found += Survey(rows, faults, dict(filled))
    return found


def _says(value: object) -> bool:
    if isinstance(value, str):
        return bool(value) and not value.isspace()
    return value is not None and value != []


def survey_remarks(found: Survey, reading: Reading | None) -> list[str]:
    """Return what is worth knowing before an import, a sentence each."""
    said = []
    if found.faults:
        rows = "1 row cannot" if found.faults == 1 else f"{found.faults:,} rows cannot"
        said.append(f"{rows} be read; what is wrong is listed after the import.")
    if reading is None:
        return said
    for column, role in reading.roles.items():
        empty = found.rows - found.filled.get(column, 0)
        what = "answer" if role == layouts.OUTPUT else f"{role} answer"
        if role in _ANSWERS and empty:
            said.append(f"{'1 row has' if empty == 1 else f'{empty:,} rows have'} no {what}.")
    return said
