"""The first good records of a file, looked at column by column."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from studio.data.turns import is_turns

Usual = Mapping[str, tuple[str, ...]]
"""The names that columns of each role usually have."""


class Sample:
    """The first good records of a file, looked at column by column."""

    def __init__(self, records: Sequence[Mapping[str, Any]], usual: Usual) -> None:
        self.records, self._usual = records, usual
        self.columns = list(dict.fromkeys(name for record in records for name in record))
        self._by_name = {name.strip().lower(): name for name in reversed(self.columns)}

    def values(self, column: str) -> list[Any]:
        """Return what a column holds where it is there and not null."""
        found = (record.get(column) for record in self.records)
        return [value for value in found if value is not None]

    def named(self, role: str, taken: Iterable[str] = ()) -> str:
        """Return the first column with a name usual for a role; empty if there is none."""
        names = (self._by_name.get(name, "") for name in self._usual[role])
        return next((name for name in names if name and name not in taken), "")

    def turns(self) -> str:
        """Return the first column that holds turns, best one with a usual name."""
        usual = self.named("messages")
        if usual and (not self.values(usual) or any(map(is_turns, self.values(usual)))):
            return usual
        held = (name for name in self.columns if any(map(is_turns, self.values(name))))
        return next(held, usual)

    def filled(self, column: str) -> bool:
        """Return whether a column says anything in these records."""
        return any(value not in ("", []) for value in self.values(column))

    def mostly(self, column: str, fits: Callable[[Any], bool]) -> bool:
        """Return whether more than half of what a column says is of a form."""
        said = [value for value in self.values(column) if value != ""]
        return 2 * sum(map(fits, said)) > len(said)

    def holding(self, columns: Iterable[str]) -> int:
        """Return how many records have all these columns."""
        wanted = list(columns)
        return sum(all(name in record for name in wanted) for record in self.records)
