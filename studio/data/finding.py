"""Finds and sorts rows in SQLite: which rows meet conditions, the first ones before the rest."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from studio.core.example import FIELDS, Kind
from studio.core.problems import DataError
from studio.data import schema, wordindex
from studio.data.checks import sidecar
from studio.data.conditions import EVERYTHING, Condition
from studio.data.packing import Ids
from studio.data.query import parse
from studio.data.querysql import (
    Ground,
    Question,
    bound,
    characters_of_row,
    question,
    turns_of_row,
)
from studio.data.rowreader import RowReader

FIRST = 400
"""Rows that are shown before all are found."""
_PIECE = 50_000
"""Ids that are looked through at once where no index helps."""
_TEXT_PIECE = 100_000
"""Characters of numbers that are parsed at once, in about a millisecond."""
_SORTED_BY = 120
"""Characters of a text that decide where it is sorted."""
_CACHE_KIB = 32_768
ID, TOKENS, TRAINED, SPLIT, TAGS, CHARS, TURNS, PROBLEMS, NOTE = (
    "id",
    "tokens",
    "trained",
    "split",
    "tags",
    "chars",
    "turns",
    "problems",
    "note",
)


class FindInterrupted(Exception):
    """The search was stopped by :meth:`Finder.interrupt`."""


@dataclass(frozen=True, slots=True)
class Sort:
    """How rows are sorted: by a field's name, by one of the columns above, or as they stand."""

    column: str = ""
    descending: bool = False


AS_THEY_STAND = Sort()


class Finder:
    """Asks a dataset's file questions over a connection of its own, in the thread it is made in."""

    def __init__(self, path: Path, kind: Kind, checks: Path | None = None) -> None:
        """Open the dataset for questions.

        Args:
            path: of the dataset.
            kind: of its rows.
            checks: where its sidecar is or will be.

        Raises:
            DataError: it is missing, locked, damaged or no dataset.
        """
        self.path, self._kind, self._checks = path, kind, checks
        self._sql = schema.connect(path, read_only=True)
        self._sql.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; safe to call twice."""
        self._sql.close()

    def interrupt(self) -> None:
        """Stop what is being asked, from any thread."""
        self._sql.interrupt()

    @property
    def indexed(self) -> bool:
        """Whether the word index holds every row."""
        with schema.explained(self.path):
            return wordindex.is_ready(self._sql)

    def find(
        self, condition: Condition, sort: Sort, order: Ids, limit: int = 0, first: int = FIRST
    ) -> Iterator[Ids]:
        """Yield the ids of rows that meet a condition, sorted: the first ones soon, then all.

        Args:
            condition: that rows meet.
            sort: how they are sorted; rows without a value come last, equal ones as they stand.
            order: all ids of the dataset as they stand, (N,).
            limit: the longest sequence in tokens, for problems that depend on it.
            first: how many rows are wanted soon.

        Raises:
            DataError: the file cannot be read, or it asks for what is not known yet.
            FindInterrupted: another thread stopped it.
        """
        if condition == EVERYTHING and sort.column in ("", ID):
            yield _sorted(order, sort)
            return
        with self._answering():
            asked = question(condition, Ground(self._kind, self.indexed, limit))
            key = _key(sort.column, self._kind, limit)
            with self._known_checks(asked.reads_checks or "checks." in key):
                if key:
                    yield from self._find_sorted(asked, key, sort.descending, order, first)
                else:
                    yield from self._find(asked, sort, order, first)

    def _find(self, asked: Question, sort: Sort, order: Ids, first: int) -> Iterator[Ids]:
        if asked.match:
            yield _among(order, self._ids(_sql(asked) + f" LIMIT {first}", asked.values), sort)
            yield _among(order, self._ids(_sql(asked), asked.values), sort)
            return
        found: list[Ids] = []
        shown = False
        sql = _sql(asked) + " AND @row BETWEEN :low AND :high".replace("@row", _row(asked))
        top = int(order.max(initial=0))
        for low in range(1, top + 1, _PIECE):
            values = {**asked.values, "low": low, "high": low + _PIECE - 1}
            found.append(self._ids(sql, values))
            if not shown and sum(map(len, found)) >= first and low + _PIECE <= top:
                shown = True
                yield _among(order, np.concatenate(found), sort)[:first]
        yield _among(order, np.concatenate(found) if found else order[:0], sort)

    def _find_sorted(
        self, asked: Question, key: str, descending: bool, order: Ids, first: int
    ) -> Iterator[Ids]:
        asked.reads_texts = asked.reads_texts or "rows." in key
        turned = "DESC" if descending else "ASC"
        value = bound(key, "marks.id")
        sql = _sql(asked, ranked=True) + (
            f" AND marks.rank IS NOT NULL ORDER BY ({value}) IS NULL, {value} {turned}, marks.rank"
        )
        if len(order) > _PIECE:
            yield self._ids(f"{sql} LIMIT {first}", asked.values)
        found = self._ids(sql, asked.values)
        yield found[np.isin(found, order)]

    def _ids(self, sql: str, values: dict[str, object]) -> Ids:
        """Return the ids that a SELECT gives, in its order.

        They come as one text: a million rows one by one would ask for the interpreter's lock a
        million times, which a busy window gives away slowly.
        """
        (text,) = self._sql.execute(f"SELECT group_concat(id) FROM ({sql})", values).fetchone()
        return _parsed(text or "")

    @contextmanager
    def _known_checks(self, wanted: bool) -> Iterator[None]:
        if not wanted:
            yield
            return
        if self._checks is None or not sidecar.attach(self._sql, self._checks):
            raise DataError(
                "Tokens and problems of the rows are not known yet.",
                "Choose a model; the rows are checked while the Data page is open.",
            )
        try:
            yield
        finally:
            sidecar.detach(self._sql)

    @contextmanager
    def _answering(self) -> Iterator[None]:
        try:
            with schema.explained(self.path):
                yield
        except schema.WordsDamaged:
            wordindex.drop(self.path)
            raise
        except DataError as problem:
            cause = problem.__cause__
            if getattr(cause, "sqlite_errorcode", 0) == sqlite3.SQLITE_INTERRUPT:
                raise FindInterrupted from cause
            raise


def select_ids(
    dataset: RowReader,
    expression: str,
    sort: Sort = AS_THEY_STAND,
    *,
    checks: Path | None = None,
    limit: int = 0,
) -> Ids:
    """Return the ids of the rows that an expression finds, sorted, (N,).

    Args:
        dataset: which is open in this thread.
        expression: of the search field; an empty one finds every row.
        sort: how they are sorted.
        checks: the dataset's sidecar, for tokens and problems.
        limit: the longest sequence in tokens, for problems that depend on it.

    Raises:
        QueryError: the expression cannot be read.
        DataError: the file cannot be read, or tokens and problems are asked for and not known.
    """
    condition = parse(expression, dataset.kind)
    with Finder(dataset.path, dataset.kind, checks) as finder:
        *_, last = finder.find(condition, sort, dataset.ids, limit)
    return last


def _sql(asked: Question, ranked: bool = False) -> str:
    """Return the SELECT for a question, from the narrowest table that answers it."""
    row = _row(asked, ranked)
    tables = "marks"
    if asked.match:
        tables = "rows_fts"
        if ranked:
            tables += " CROSS JOIN marks ON marks.id = rows_fts.rowid"
        if asked.reads_texts:
            tables += " CROSS JOIN rows ON rows.id = rows_fts.rowid"
    elif asked.reads_texts:
        tables = "rows CROSS JOIN marks ON marks.id = rows.id" if ranked else "rows"
    # The plus keeps SQLite from finding rows by their id and then having no MATCH to ask.
    where = bound(asked.where, f"+{row}" if asked.match else row) or "1"
    if asked.match:
        where = f"rows_fts MATCH {asked.match} AND {where}"
    return f"SELECT {row} AS id FROM {tables} WHERE {where}"


def _row(asked: Question, ranked: bool = False) -> str:
    if ranked:
        return "marks.id"
    if asked.match:
        return "rows_fts.rowid"
    return "rows.id" if asked.reads_texts else "marks.id"


def _key(column: str, kind: Kind, limit: int) -> str:
    """Return what rows are sorted by as SQL; empty for their order or their ids."""
    if column in FIELDS[kind]:
        text = wordindex.text_of("rows", column)
        return f"substr({text}, 1, {_SORTED_BY}) COLLATE NOCASE"
    if column == PROBLEMS:
        known, _ = sidecar.rows_with(sidecar.ANY, limit)
        one = known.replace(":limit", str(int(limit)))
        return f"CASE WHEN @id IN ({one}) THEN 1 ELSE 0 END"
    return {
        TOKENS: "(SELECT tokens FROM checks.lengths WHERE row = @id)",
        TRAINED: "(SELECT trained FROM checks.lengths WHERE row = @id)",
        SPLIT: "marks.split",
        TAGS: "(SELECT group_concat(tag, ' ') FROM tagged WHERE row = @id) COLLATE NOCASE",
        NOTE: "(SELECT text FROM notes WHERE row = @id) COLLATE NOCASE",
        CHARS: characters_of_row(kind),
        TURNS: turns_of_row(kind),
    }.get(column, "")


def _parsed(text: str) -> Ids:
    """Return the numbers in a text, in steps between which other threads may go on."""
    parts, start = [], 0
    while start < len(text):
        end = text.find(",", start + _TEXT_PIECE)
        end = len(text) if end < 0 else end
        parts.append(np.fromstring(text[start:end], np.int64, sep=","))
        start = end + 1
    return np.concatenate(parts) if parts else np.empty(0, np.int64)


def _sorted(order: Ids, sort: Sort) -> Ids:
    found: Ids = np.sort(order) if sort.column == ID else order
    return np.flip(found) if sort.descending else found


def _among(order: Ids, found: Ids, sort: Sort) -> Ids:
    """Return found ids as they stand; those of rows that are gone are left out."""
    if len(found) == 1:
        return np.extract(order == found[0], order)
    return _sorted(order[np.isin(order, found)], sort)
