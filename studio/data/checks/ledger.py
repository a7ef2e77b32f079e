"""The writing side of a sidecar: which rows have to be judged again, and what became of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from studio.data.checks import sidecar
from studio.data.checks.classes import OF_DATASET, OF_RENDERING
from studio.data.checks.judged import Ids, Judged, Packed, stale
from studio.data.checks.report import Problem

Length = tuple[int, int, int, int, int, int]
"""Row, stamp, tokens, prompt, end_at and trained, as in the sidecar's ``lengths``."""


class Ledger:
    """A sidecar that is open for writing; one process has it, and one thread at a time.

    Raises:
        DataError: it cannot be written, by any method.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._sql = sidecar.open_writing(path)
        self._file = path.stat().st_ino
        self.judged = Judged(self._sql)
        self._lengths = self._read_lengths()
        self._wholes: dict[str, dict[int, str]] | None = None

    @property
    def lost(self) -> bool:
        """Whether somebody deleted or replaced the file; the ledger is of no more use then."""
        try:
            return self.path.stat().st_ino != self._file
        except OSError:
            return True

    def close(self) -> None:
        """Close the file; safe to call twice."""
        self._sql.close()

    def use_key(self, key: Mapping[str, Any]) -> None:
        """Say for which model lengths are wanted; those of another are forgotten."""
        words = json.dumps(dict(key), sort_keys=True)
        if sidecar.meta(self._sql, "key") == words:
            return
        self._begin()
        self._sql.execute("DELETE FROM lengths")
        self._drop(OF_RENDERING)
        sidecar.set_meta(self._sql, "key", words)
        self._sql.execute("COMMIT")
        self._lengths = {}

    def texts_stale(self, ids: Ids, stamps: Ids) -> Ids:
        """Return those rows whose texts were not judged as they are, sorted."""
        return np.sort(ids[self.judged.stale(ids, stamps)])

    def lengths_stale(self, ids: Ids, stamps: Ids) -> Ids:
        """Return those rows whose lengths are not known as they are, sorted."""
        known = self._lengths
        rows = np.fromiter(known.keys(), np.int64, len(known))
        values = np.fromiter(known.values(), np.int64, len(known))
        order = np.argsort(rows, kind="stable")
        return np.sort(ids[stale(rows[order], values[order], ids, stamps)])

    def record_texts(self, judged: Packed, problems: Iterable[Problem]) -> None:
        """Write what the texts of rows of one chunk are, and what is wrong with them."""
        others = _listed(OF_DATASET | OF_RENDERING)
        self._begin()
        self._sql.executemany(
            f"DELETE FROM problems WHERE row = ? AND code NOT IN ({others})",
            [(row,) for row in judged["row"].tolist()],
        )
        self.judged.put(judged)
        self._sql.executemany("INSERT OR IGNORE INTO problems VALUES (?, ?, ?)", problems)
        self._sql.execute("COMMIT")

    def record_lengths(self, lengths: Sequence[Length], problems: Iterable[Problem]) -> None:
        """Write how long rows are, and what is wrong with them as the model sees them."""
        self._begin()
        self._sql.executemany(
            f"DELETE FROM problems WHERE row = ? AND code IN ({_listed(OF_RENDERING)})",
            [(length[0],) for length in lengths],
        )
        self._sql.executemany("INSERT OR REPLACE INTO lengths VALUES (?, ?, ?, ?, ?, ?)", lengths)
        self._sql.executemany("INSERT OR IGNORE INTO problems VALUES (?, ?, ?)", problems)
        self._sql.execute("COMMIT")
        self._lengths |= {length[0]: length[1] for length in lengths}

    def record_wholes(self, found: Mapping[str, Mapping[int, str]]) -> bool:
        """Write what rows have because of others, in place of it; return whether it is news."""
        made = {code: dict(rows) for code, rows in found.items()}
        if made == self._wholes:
            return False
        self._begin()
        self._drop(OF_DATASET)
        for code, rows in made.items():
            values = [(code, row, detail) for row, detail in rows.items()]
            self._sql.executemany("INSERT OR REPLACE INTO problems VALUES (?, ?, ?)", values)
        self._sql.execute("COMMIT")
        self._wholes = made
        return True

    def note(self, **values: object) -> None:
        """Keep values as JSON under their names."""
        self._begin()
        for name, value in values.items():
            sidecar.set_meta(self._sql, name, json.dumps(value))
        self._sql.execute("COMMIT")

    def noted(self, name: str) -> Any:
        """Return a value that was kept; None if there is none."""
        words = sidecar.meta(self._sql, name)
        return json.loads(words) if words else None

    def has(self, code: str) -> set[int]:
        """Return the ids of the rows with a problem."""
        return {
            row for (row,) in self._sql.execute("SELECT row FROM problems WHERE code = ?", (code,))
        }

    def _begin(self) -> None:
        if self._sql.in_transaction:  # an error left it open; nothing of it is to stay
            self._sql.execute("ROLLBACK")
        self._sql.execute("BEGIN IMMEDIATE")

    def _drop(self, codes: Iterable[str]) -> None:
        self._sql.executemany("DELETE FROM problems WHERE code = ?", [(code,) for code in codes])

    def _read_lengths(self) -> dict[int, int]:
        return dict(self._sql.execute("SELECT row, stamp FROM lengths"))


def _listed(codes: Iterable[str]) -> str:
    return ", ".join(f"'{code}'" for code in sorted(codes))
