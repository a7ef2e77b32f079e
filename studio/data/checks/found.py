"""What checks found, as arrays: lengths of rows, and which rows have which problem."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from studio.data.checks import sidecar
from studio.data.checks.classes import CLASSES, LEVELS, OF_RENDERING, ProblemClass
from studio.data.checks.judged import Ids

LENGTHS = np.dtype(
    [
        *(("row", "<i8"), ("stamp", "<i8")),
        *((name, "<i4") for name in ("tokens", "prompt", "end_at", "trained")),
    ]
)
"""How lengths are packed, sorted by row."""
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

    def has(self, row_id: int) -> bool:
        """Return whether a row has the problem."""
        at = int(np.searchsorted(self.rows, row_id))
        return at < len(self.rows) and int(self.rows[at]) == row_id


@dataclass(frozen=True, slots=True)
class RowCheck:
    """Tokens of a row, and how many of them are trained, both without a limit."""

    tokens: int
    trained: int


class Lengths:
    """How long rows are, in tokens; every array is (N,), in the order of ``row``.

    Attributes:
        row: ids, sorted.
        stamp: of the row when it was measured.
        tokens: in all.
        prompt: where the first trained token is.
        end_at: where the last end-of-turn token is; -1 if there is none.
        trained: tokens that are trained without a limit.
    """

    __slots__ = ("end_at", "prompt", "row", "stamp", "table", "tokens", "trained")

    def __init__(self, table: npt.NDArray[Any] | None = None) -> None:
        self.table = np.empty(0, LENGTHS) if table is None else table
        self.row, self.stamp = self.table["row"], self.table["stamp"]
        self.tokens, self.prompt = self.table["tokens"], self.table["prompt"]
        self.end_at, self.trained = self.table["end_at"], self.table["trained"]

    def __len__(self) -> int:
        return len(self.table)

    def among(self, ids: Ids) -> Lengths:
        """Return the lengths of those rows that are among some."""
        there = np.isin(self.row, ids)
        return self if there.all() else Lengths(self.table[there])

    def of(self, row_id: int) -> RowCheck | None:
        """Return the lengths of one row; None if they are not known."""
        at = int(np.searchsorted(self.row, row_id))
        if at >= len(self.table) or self.row[at] != row_id:
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
        return np.asarray(np.minimum(self.tokens, limit), np.int64)

    def trained_within(self, limit: int) -> Ids:
        """Return how many trained tokens are within the limit, (N,).

        Of a row with several answers that is cut, it is the share of what lies between the first
        and the last of them.
        """
        last = np.where(self.end_at >= 0, self.end_at + 1, self.tokens)
        reach = np.maximum(last - self.prompt, 1)
        inside = np.clip(np.minimum(last, limit) - self.prompt, 0, reach)
        return np.asarray(self.trained.astype(np.int64) * inside // reach)


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

    def is_of(self, model: str, system_prompt: str) -> bool:
        """Return whether lengths are those of a model's folder and a system prompt."""
        try:
            key = json.loads(self.key or "{}")
        except ValueError:
            return False
        return (key.get("model"), key.get("system_prompt")) == (model, system_prompt)

    def without_lengths(self) -> Found:
        """Return what is known without a model."""
        problems = {c: rows for c, rows in self.problems.items() if c not in OF_RENDERING}
        return replace(self, lengths=Lengths(), problems=problems)

    def faults(self, ids: Ids, limit: int) -> list[Fault]:
        """Return what is wrong with some rows, the gravest first, then what most rows have.

        Args:
            ids: the rows that there are.
            limit: longest sequence in tokens.
        """
        lengths = self.lengths.among(ids)
        found = []
        for about in CLASSES.values():
            if about.code in sidecar.LIMITED:
                rows = lengths.row[lengths.cut(about.code, limit)]
            else:
                every = self.problems.get(about.code, _NONE)
                if about.whole and len(every):
                    found.append(Fault(about, _NONE))
                    continue
                rows = every[np.isin(every, ids)] if len(every) else every
            if len(rows):
                found.append(Fault(about, rows))
        return sorted(found, key=lambda fault: (LEVELS.index(fault.level), -len(fault.rows)))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What follows from what was found, for the rows that there are.

    Attributes:
        lengths: of the rows that are known.
        faults: what is wrong, the gravest first, without what is as it should be.
        passed: what is found and is as it should be, says the user.
        faulty: ids of the rows with a fault, sorted.
    """

    lengths: Lengths = field(default_factory=Lengths)
    faults: tuple[Fault, ...] = ()
    passed: tuple[Fault, ...] = ()
    faulty: Ids = field(default_factory=_NONE.copy)


def outcome(found: Found, ids: Ids, limit: int, ignored: Collection[str]) -> Outcome:
    """Return what follows for some rows (N,); about 50 ms for a million."""
    every = found.faults(ids, limit)
    faults = tuple(fault for fault in every if fault.code not in ignored)
    faulty = np.zeros(int(ids.max(initial=0)) + 1, bool)
    for fault in faults:
        faulty[fault.rows] = True
    return Outcome(
        found.lengths.among(ids),
        faults,
        tuple(fault for fault in every if fault.code in ignored),
        np.flatnonzero(faulty),
    )


def read(path: Path) -> Found:
    """Read a sidecar; what is not there, or cannot be read, is not found."""
    connection = sidecar.open_reading(path)
    if connection is None:
        return Found()
    try:
        return read_all(connection)
    except sidecar.UNREADABLE:
        return Found()  # damaged: the next check makes it anew
    finally:
        connection.close()


def details(path: Path, wanted: Mapping[str, Collection[int]]) -> dict[tuple[str, int], str]:
    """Return what exactly problems are, by code and row id.

    Args:
        path: of the sidecar.
        wanted: ids of rows by code; rows without a word are left out of the answer.
    """
    connection = sidecar.open_reading(path)
    if connection is None:
        return {}
    found: dict[tuple[str, int], str] = {}
    try:
        for code, row_ids in wanted.items():
            cells = connection.execute(
                "SELECT row, detail FROM problems WHERE code = ?"
                " AND row IN (SELECT value FROM json_each(?)) AND detail <> ''",
                (code, json.dumps([int(row) for row in row_ids])),
            )
            found |= {(code, row): detail for row, detail in cells}
    except sidecar.UNREADABLE:
        return {}
    finally:
        connection.close()
    return found


def read_all(connection: sqlite3.Connection) -> Found:
    """Read a sidecar that is open.

    Raises:
        sqlite3.Error: it is damaged.
        ValueError: as well.
    """
    connection.execute("BEGIN")  # one state of the file for both
    values = dict(connection.execute("SELECT name, value FROM meta").fetchall())
    packed = dict(connection.execute("SELECT name, data FROM packed").fetchall())
    connection.execute("COMMIT")
    lengths = np.frombuffer(packed.pop("lengths", b""), LENGTHS)
    problems = {code: np.frombuffer(data, np.int64) for code, data in packed.items()}
    key = values.pop("key", "")
    return Found(key, Lengths(lengths), problems, {n: json.loads(v) for n, v in values.items()})
