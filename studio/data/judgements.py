"""What judge models said of finished evaluations, beside them in the workspace's file."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from studio.core.evaluation import BASE
from studio.core.judging import Judgement
from studio.core.votes import Choice
from studio.data.evaluationfile import EvaluationFile
from studio.data.votes import Votes

_TABLES = """
CREATE TABLE IF NOT EXISTS judgings(
  id INTEGER PRIMARY KEY AUTOINCREMENT, evaluation INTEGER NOT NULL, judge TEXT NOT NULL,
  weights TEXT NOT NULL, prompt TEXT NOT NULL, made REAL NOT NULL, pairs INTEGER NOT NULL,
  left_out INTEGER NOT NULL, UNIQUE(evaluation, judge, weights, prompt));
CREATE TABLE IF NOT EXISTS judgements(
  judging INTEGER NOT NULL, column_name TEXT NOT NULL, place INTEGER NOT NULL,
  first REAL, second REAL, PRIMARY KEY(judging, column_name, place)) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Judging:
    """One judge's look at one evaluation.

    Attributes:
        judge: name of the model's folder.
        weights: SHA-256 of its weights.
        pairs: how many there are to judge.
        left_out: pairs that are longer than the judge reads.
        made: seconds since the epoch.
        judgements: what it said so far.
    """

    id: int
    evaluation: int
    judge: str
    weights: str
    pairs: int
    left_out: int
    made: float
    judgements: tuple[Judgement, ...]

    @property
    def done(self) -> bool:
        """Whether every pair is judged."""
        return len(self.judgements) >= self.pairs


class Judgements(EvaluationFile):
    """Reads and writes judgements; each is safe once it is kept."""

    TABLES = _TABLES

    def begin(self, evaluation: int, judge: str, weights: str, prompt: str) -> int:
        """Return the number of a judge's look at an evaluation; one that was begun goes on.

        Args:
            evaluation: that is judged.
            judge: name of the model's folder.
            weights: hash of its weights.
            prompt: hash of what it is asked.
        """
        with self._writing():
            self._file.execute(
                "INSERT OR IGNORE INTO judgings(evaluation, judge, weights, prompt, made, pairs,"
                " left_out) VALUES(?, ?, ?, ?, ?, 0, 0)",
                (evaluation, judge, weights, prompt, time.time()),
            )
            found = self._file.execute(
                "SELECT id FROM judgings WHERE evaluation = ? AND judge = ? AND weights = ?"
                " AND prompt = ?",
                (evaluation, judge, weights, prompt),
            ).fetchone()
        return int(found[0])

    def count(self, judging: int, pairs: int, left_out: int) -> None:
        """Keep how many pairs there are."""
        with self._explained():
            self._file.execute(
                "UPDATE judgings SET pairs = ?, left_out = ? WHERE id = ?",
                (pairs, left_out, judging),
            )

    def keep(self, judging: int, judgements: Iterable[Judgement]) -> None:
        """Keep what was said."""
        values = [
            (judging, j.column, j.place, _or_none(j.first), _or_none(j.second)) for j in judgements
        ]
        with self._writing():
            self._file.executemany(
                "INSERT OR REPLACE INTO judgements VALUES(?, ?, ?, ?, ?)", values
            )

    def of(self, evaluation: int) -> list[Judging]:
        """Return what judges said of an evaluation, the newest first."""
        with self._explained():
            found = self._file.execute(
                "SELECT id, evaluation, judge, weights, pairs, left_out, made FROM judgings"
                " WHERE evaluation = ? ORDER BY id DESC",
                (evaluation,),
            ).fetchall()
            return [
                Judging(number, of, judge, weights, pairs, left_out, made, self._said(number))
                for number, of, judge, weights, pairs, left_out, made in found
            ]

    def one(self, judging: int) -> tuple[Judgement, ...]:
        """Return what a judge said so far."""
        with self._explained():
            return self._said(judging)

    def _said(self, judging: int) -> tuple[Judgement, ...]:
        found = self._file.execute(
            "SELECT place, column_name, first, second FROM judgements WHERE judging = ?"
            " ORDER BY column_name, place",
            (judging,),
        )
        return tuple(Judgement(at, name, _or_nan(a), _or_nan(b)) for at, name, a, b in found)


def own_votes(path: Path, evaluation: int) -> dict[tuple[str, int], bool]:
    """Return where the user voted between the base and a column, and whether for the column.

    Args:
        path: of the workspace's evaluations.
        evaluation: that was voted on.

    Raises:
        DataError: the file cannot be read.
    """
    found: dict[tuple[str, int], bool] = {}
    with Votes(path) as votes:
        for ballot in reversed(votes.ballots()):  # what was said last holds
            if ballot.evaluation == evaluation and BASE in (ballot.first, ballot.second):
                base_first = ballot.first == BASE
                column = ballot.second if base_first else ballot.first
                places = votes.places(ballot)
                for vote in votes.votes(ballot.id):
                    if vote.choice in (Choice.FIRST, Choice.SECOND):
                        ours = Choice.SECOND if base_first else Choice.FIRST
                        found[column, places[vote.place]] = vote.choice is ours
    return found


def _or_none(value: float) -> float | None:
    return None if math.isnan(value) else value


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value
