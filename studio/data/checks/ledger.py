"""The writing side of a sidecar: which rows have to be judged again, and what became of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from studio.data.checks import sidecar
from studio.data.checks.classes import OF_DATASET, OF_RENDERING, OF_TEXTS
from studio.data.checks.found import LENGTHS, Found, read_all
from studio.data.checks.judged import Ids, Judged, Packed, stale
from studio.data.checks.report import Problem

Length = tuple[int, int, int, int, int, int]
"""Row, stamp, tokens, prompt, end_at and trained, as in the sidecar's ``lengths``."""


class Ledger:
    """A sidecar that is open for writing; one process has it, and one thread at a time.

    What is recorded is in the tables at once, and in the arrays for the window after
    :meth:`pack`.

    Raises:
        DataError: it cannot be made.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            known = self._load()
        except sidecar.UNREADABLE:
            self.close()
            sidecar.discard(path)
            known = self._load()
        self._file = path.stat().st_ino
        self._lengths, self._problems = known.lengths.table, dict(known.problems)
        self._new_lengths: list[Length] = []
        self._looked_at: dict[frozenset[str], list[int]] = {}
        self._new_problems: list[Problem] = []

    def _load(self) -> Found:
        self._sql = sidecar.open_writing(self.path)
        self.judged = Judged(self._sql)
        return read_all(self._sql)

    @property
    def lost(self) -> bool:
        """Whether somebody deleted or replaced the file; this is of no more use then."""
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
        for name in ("lengths", *OF_RENDERING):
            self._sql.execute("DELETE FROM packed WHERE name = ?", (name,))
        sidecar.set_meta(self._sql, "key", words)
        self._sql.execute("COMMIT")
        self._lengths, self._new_lengths = self._lengths[:0], []
        for code in OF_RENDERING:
            self._problems.pop(code, None)

    def texts_stale(self, ids: Ids, stamps: Ids) -> Ids:
        """Return those rows whose texts were not judged as they are, sorted."""
        return np.sort(ids[self.judged.stale(ids, stamps)])

    def lengths_stale(self, ids: Ids, stamps: Ids) -> Ids:
        """Return those rows whose lengths are not known as they are, sorted."""
        known = self._lengths
        return np.sort(ids[stale(known["row"], known["stamp"], ids, stamps)])

    def record_texts(self, judged: Packed, problems: Sequence[Problem]) -> None:
        """Write what the texts of rows of one chunk are, and what is wrong with them."""
        self._begin()
        self._replace(OF_TEXTS, judged["row"].tolist(), problems)
        self.judged.put(judged)
        self._sql.execute("COMMIT")

    def record_lengths(self, lengths: Sequence[Length], problems: Sequence[Problem]) -> None:
        """Write how long rows are, and what is wrong with them as the model sees them."""
        self._begin()
        self._replace(OF_RENDERING, [length[0] for length in lengths], problems)
        self._sql.executemany("INSERT OR REPLACE INTO lengths VALUES (?, ?, ?, ?, ?, ?)", lengths)
        self._sql.execute("COMMIT")
        self._new_lengths += lengths

    def record_wholes(self, found: Mapping[str, Mapping[int, str]]) -> None:
        """Write what rows have because of others, in place of it."""
        self._begin()
        self._drop(OF_DATASET)
        for code, rows in found.items():
            values = [(code, row, detail) for row, detail in rows.items()]
            self._sql.executemany("INSERT OR REPLACE INTO problems VALUES (?, ?, ?)", values)
        for code in OF_DATASET:
            self._pack(code, np.array(sorted(found.get(code, ())), np.int64))
        self._sql.execute("COMMIT")

    def pack(self) -> None:
        """Bring the arrays up to date with what was recorded."""
        self._begin()
        if self._new_lengths:
            new = np.array(self._new_lengths, LENGTHS)
            joined = np.concatenate(
                [self._lengths[~np.isin(self._lengths["row"], new["row"])], new]
            )
            self._lengths = joined[np.argsort(joined["row"], kind="stable")]
            self._sql.execute(
                "INSERT OR REPLACE INTO packed VALUES ('lengths', ?)", (self._lengths.tobytes(),)
            )
        rows: dict[str, list[int]] = {}
        for code, row, _ in self._new_problems:
            rows.setdefault(code, []).append(row)
        for codes, looked_at in self._looked_at.items():
            gone = np.array(looked_at, np.int64)
            for code in codes & (self._problems.keys() | rows.keys()):
                kept = self._problems.get(code, gone[:0])
                kept = kept[~np.isin(kept, gone)]
                self._pack(code, np.union1d(kept, np.array(rows.get(code, ()), np.int64)))
        self._sql.execute("COMMIT")
        self._new_lengths, self._new_problems, self._looked_at = [], [], {}

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

    def _replace(self, codes: frozenset[str], rows: list[int], problems: Sequence[Problem]) -> None:
        """Put problems in place of those of some codes that rows had."""
        listed = ", ".join(f"'{code}'" for code in sorted(codes))
        drop = f"DELETE FROM problems WHERE row = ? AND code IN ({listed})"
        self._sql.executemany(drop, [(row,) for row in rows])
        self._sql.executemany("INSERT OR IGNORE INTO problems VALUES (?, ?, ?)", problems)
        self._looked_at.setdefault(codes, []).extend(rows)
        self._new_problems += problems

    def _pack(self, code: str, rows: Ids) -> None:
        if len(rows):
            self._problems[code] = rows
            data = rows.tobytes()
            self._sql.execute("INSERT OR REPLACE INTO packed VALUES (?, ?)", (code, data))
        elif self._problems.pop(code, None) is not None:
            self._sql.execute("DELETE FROM packed WHERE name = ?", (code,))

    def _begin(self) -> None:
        if self._sql.in_transaction:  # an error left it open; nothing of it is to stay
            self._sql.execute("ROLLBACK")
        self._sql.execute("BEGIN IMMEDIATE")

    def _drop(self, codes: Iterable[str]) -> None:
        self._sql.executemany("DELETE FROM problems WHERE code = ?", [(code,) for code in codes])
