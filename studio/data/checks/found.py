"""What checks found, as arrays: lengths of rows, and which rows have which problem."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from studio.data.checks import sidecar
from studio.data.checks.classes import CLASSES, LEVELS, ProblemClass
from studio.data.checks.judged import Ids

COLUMNS = ("row", "stamp", "tokens", "prompt", "end_at", "trained")
_NONE: Ids = np.empty(0, np.int64)


@dataclass(frozen=True, slots=True)
class Fault:
    """A problem that some rows have; rows (N,) is sorted, and empty if it is the dataset's."""

    about: ProblemClass
    rows: Ids

    @property
    def code(self) -> str:
        """The problem's code."""
        return self.about.code

    @property
    def level(self) -> str:
        """How grave it is."""
        return self.about.level

    @property
    def summary(self) -> str:
        """What is the matter, as a sentence."""
        return self.about.summary

    @property
    def hint(self) -> str:
        """What follows, or what to do."""
        return self.about.hint


@dataclass(frozen=True, slots=True)
class RowCheck:
    """Tokens of a row, and how many of them are trained, both without a limit."""

    tokens: int
    trained: int


@dataclass(frozen=True, slots=True)
class Lengths:
    """How long rows are, in tokens; every array is (N,), sorted by row.

    Attributes:
        row: ids.
        stamp: of the row when it was measured.
        tokens: in all.
        prompt: where the first trained token is.
        end_at: where the last end-of-turn token is; -1 if there is none.
        trained: tokens that are trained without a limit.
    """

    row: Ids = field(default_factory=_NONE.copy)
    stamp: Ids = field(default_factory=_NONE.copy)
    tokens: Ids = field(default_factory=_NONE.copy)
    prompt: Ids = field(default_factory=_NONE.copy)
    end_at: Ids = field(default_factory=_NONE.copy)
    trained: Ids = field(default_factory=_NONE.copy)

    def __len__(self) -> int:
        return len(self.row)

    def among(self, ids: Ids) -> Lengths:
        """Return the lengths of those rows that are among some."""
        there = np.isin(self.row, ids)
        if there.all():
            return self
        return Lengths(*(getattr(self, name)[there] for name in COLUMNS))

    def of(self, row_id: int) -> RowCheck | None:
        """Return the lengths of one row; None if they are not known."""
        at = int(np.searchsorted(self.row, row_id))
        if at >= len(self.row) or self.row[at] != row_id:
            return None
        return RowCheck(int(self.tokens[at]), int(self.trained[at]))

    def cut(self, code: str, limit: int) -> npt.NDArray[np.bool_]:
        """Return which rows (N,) have a problem that depends on the limit; as in the sidecar."""
        trains, begun = self.trained > 0, self.prompt < limit
        if code == "answer_cut":
            return np.asarray(trains & ~begun)
        if code == "end_cut":
            return np.asarray(trains & begun & (self.end_at >= limit))
        return np.asarray(trains & begun & (self.end_at < 0) & (self.tokens > limit))

    def kept(self, limit: int) -> Ids:
        """Return how many tokens of each row are within the limit, (N,)."""
        return np.minimum(self.tokens, limit)

    def trained_within(self, limit: int) -> Ids:
        """Return how many trained tokens are within the limit, (N,).

        Of a row with several answers that is cut, it is the share of what lies between the first
        and the last of them.
        """
        last = np.where(self.end_at >= 0, self.end_at + 1, self.tokens)
        reach = np.maximum(last - self.prompt, 1)
        inside = np.clip(np.minimum(last, limit) - self.prompt, 0, reach)
        return np.asarray(self.trained * inside // reach, np.int64)


@dataclass(frozen=True, slots=True)
class Found:
    """All that a sidecar says.

    Attributes:
        key: for which model lengths are; empty if none were measured.
        lengths: of rows, deleted ones too.
        problems: ids of rows by code, sorted, deleted ones too; 0 stands for the dataset.
        notes: statistics, fit, near, revision: what was kept beside.
    """

    key: str = ""
    lengths: Lengths = field(default_factory=Lengths)
    problems: Mapping[str, Ids] = field(default_factory=dict)
    notes: Mapping[str, Any] = field(default_factory=dict)

    def faults(self, ids: Ids, limit: int, ignored: Collection[str] = ()) -> list[Fault]:
        """Return what is wrong with some rows, the gravest first, then what most rows have.

        Args:
            ids: the rows that there are.
            limit: longest sequence in tokens.
            ignored: codes that are as they should be.
        """
        lengths = self.lengths.among(ids)
        found = []
        for about in CLASSES.values():
            if about.code in ignored:
                continue
            if about.code in sidecar.LIMITED:
                rows = lengths.row[lengths.cut(about.code, limit)]
            else:
                every = self.problems.get(about.code, _NONE)
                rows = every[np.isin(every, ids)]
                if about.whole and len(every):
                    found.append(Fault(about, _NONE))
                    continue
            if len(rows):
                found.append(Fault(about, rows))
        return sorted(found, key=lambda fault: (LEVELS.index(fault.level), -len(fault.rows)))


def read(path: Path, before: Found | None = None) -> Found:
    """Read a sidecar; what is not there, or cannot be read, is not found.

    Args:
        path: of the sidecar.
        before: what was read last, so that only what came since is read.
    """
    connection = sidecar.open_reading(path)
    if connection is None:
        return Found()
    try:
        return _read(connection, before or Found())
    except (sqlite3.Error, ValueError):
        return Found()  # damaged: the next check makes it anew
    finally:
        connection.close()


def details(path: Path, code: str, row_ids: Collection[int]) -> dict[int, str]:
    """Return what exactly a problem is, by row id; rows without a word are left out."""
    connection = sidecar.open_reading(path)
    if connection is None:
        return {}
    try:
        found = connection.execute(
            "SELECT row, detail FROM problems WHERE code = ?"
            " AND row IN (SELECT value FROM json_each(?)) AND detail <> ''",
            (code, json.dumps([int(row) for row in row_ids])),
        )
        return dict(found.fetchall())
    except sqlite3.Error:
        return {}
    finally:
        connection.close()


def _read(connection: sqlite3.Connection, before: Found) -> Found:
    connection.execute("BEGIN")  # one state of the file for all that follows
    key = sidecar.meta(connection, "key")
    problems: dict[str, list[int]] = {}
    for code, row in connection.execute("SELECT code, row FROM problems"):
        problems.setdefault(code, []).append(row)
    notes = {
        name: json.loads(value)
        for name, value in connection.execute("SELECT name, value FROM meta WHERE name <> 'key'")
    }
    lengths = _lengths(connection, before.lengths if key == before.key else Lengths())
    arrays = {code: np.sort(np.array(rows, np.int64)) for code, rows in problems.items()}
    return Found(key, lengths, arrays, notes)


def _lengths(connection: sqlite3.Connection, before: Lengths) -> Lengths:
    """Return all lengths, reading those alone that are newer than what is known if that will do."""
    (count,) = connection.execute("SELECT COUNT(*) FROM lengths").fetchone()
    if len(before):
        newer = _fetched(connection, "WHERE stamp > ?", (int(before.stamp.max()),))
        kept = before.row[~np.isin(before.row, newer.row)]
        if len(kept) + len(newer) == count:
            joined = [
                np.concatenate([getattr(before.among(kept), name), getattr(newer, name)])
                for name in COLUMNS
            ]
            order = np.argsort(joined[0], kind="stable")
            return Lengths(*(values[order] for values in joined))
    return _fetched(connection, "ORDER BY row", ())


def _fetched(connection: sqlite3.Connection, rest: str, values: tuple[int, ...]) -> Lengths:
    cells = connection.execute(f"SELECT {', '.join(COLUMNS)} FROM lengths {rest}", values)
    table = np.fromiter(chain.from_iterable(cells), np.int64).reshape(-1, len(COLUMNS))
    return Lengths(*(np.ascontiguousarray(table[:, at]) for at in range(len(COLUMNS))))
