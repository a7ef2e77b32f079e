"""What a run gained and forgot as a table in a text file, for spreadsheets and other programs."""

from __future__ import annotations

from pathlib import Path

from studio.app.curvefile import write_table
from studio.app.guardreading import GuardReading
from studio.core.tradeoff import Point, Range

HEAD = (
    "step",
    "gained",
    "gained_low",
    "gained_high",
    "general",
    "general_low",
    "general_high",
    "questions_right",
    "drift",
    "checkpoint",
)
"""Names of the columns; nats a token against the base, above it is better. Subjects follow them."""


class ChangeTable:
    """The evaluations of one run, as its guard read them."""

    def __init__(self, guard: GuardReading) -> None:
        self._guard = guard
        self._head = (*HEAD, *(f"general_{tag}" for tag in guard.tags))

    @property
    def copied(self) -> str:
        """What is said once it was copied."""
        many = len(self._guard.points)
        return f"{many:,} evaluations copied" if many != 1 else "1 evaluation copied"

    def rows(self) -> list[list[str]]:
        """Return a row of words for each evaluation."""
        return [self._row(point) for point in self._guard.points]

    def text(self) -> str:
        """Return the whole table with tabs between its columns, for a clipboard."""
        lines = ["\t".join(row) for row in (self._head, *self.rows())]
        return "\n".join(lines) + "\n"

    def write(self, path: Path) -> Path:
        """Write the whole table as comma-separated values; a file of that name is replaced.

        Raises:
            RunError: the disk refuses; what was there before is as it was.
        """
        return write_table(path, self._head, [self.rows()])

    def _row(self, point: Point) -> list[str]:
        guard, lost = self._guard, point.lost_range
        subjects = (guard.lost(tag, point.step) for tag in guard.tags)
        return [
            str(point.step),
            _word(guard.gained(point)),
            *_ends(guard.gained_range(point)),
            _word(-point.lost),
            *_ends((-lost[1], -lost[0]) if lost is not None else None),
            _word(point.accuracy),
            _word(point.drift),
            "kept" if point.kept else "",
            *(_word(-found if found is not None else None) for found in subjects),
        ]


def _ends(found: Range | None) -> tuple[str, str]:
    return (_word(found[0]), _word(found[1])) if found is not None else ("", "")


def _word(value: float | None) -> str:
    return "" if value is None else repr(float(value) + 0.0)  # no minus before nothing
