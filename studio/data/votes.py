"""Keeps blind votes beside the evaluations whose answers they judge; each is safe at once."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path

from studio.core.evaluation import EvaluationState
from studio.core.problems import DataError
from studio.core.votes import Choice, Vote, order, sides
from studio.data.evaluationfile import EvaluationFile
from studio.data.evaluations import Evaluations

_TABLES = """
CREATE TABLE IF NOT EXISTS ballots(
  id INTEGER PRIMARY KEY AUTOINCREMENT, made REAL NOT NULL, evaluation INTEGER NOT NULL,
  first TEXT NOT NULL, second TEXT NOT NULL, seed INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS votes(
  ballot INTEGER NOT NULL, place INTEGER NOT NULL, choice TEXT NOT NULL, rating INTEGER NOT NULL,
  tags TEXT NOT NULL, made REAL NOT NULL, turn INTEGER NOT NULL,
  PRIMARY KEY(ballot, place)) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Pair:
    """One question with the answers of both columns.

    Attributes:
        place: of the question in the ballot, from 0.
        row: its id in the dataset.
        turns: all that was said before the answer, (role, words) each.
    """

    place: int
    row: int
    question: str
    reference: str
    first: str
    second: str
    turns: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Ballot:
    """Two columns of a finished evaluation, voted on without knowing which is which.

    Attributes:
        first, second: names of the columns.
        seed: decides the order of the questions and the sides.
        dataset: file of the rows.
        runs: folders of the columns' runs; empty for the base.
        voted: how many questions were voted on.
        total: how many there are.
    """

    id: int
    made: float
    evaluation: int
    first: str
    second: str
    seed: int
    dataset: str = ""
    split: str = ""
    runs: tuple[str, str] = ("", "")
    voted: int = 0
    total: int = 0

    @property
    def sides(self) -> list[bool]:
        """For each place whether the first column stands at the left."""
        return sides(self.seed, self.total)

    @property
    def order(self) -> list[int]:
        """The places in the order they are asked in."""
        return order(self.seed, self.total)


class Votes(EvaluationFile):
    """Reads and writes ballots and their votes."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        try:
            with self._explained():
                self._file.execute("PRAGMA synchronous = FULL")  # a vote cannot be made again
                self._file.executescript(_TABLES)
        except BaseException:
            self.close()
            raise

    def begin(self, evaluation: int, first: str, second: str, seed: int) -> int:
        """Keep a new ballot; return its number."""
        with self._explained():
            made = self._file.execute(
                "INSERT INTO ballots(made, evaluation, first, second, seed) VALUES(?, ?, ?, ?, ?)",
                (time.time(), evaluation, first, second, seed),
            )
            return int(made.lastrowid or 0)

    def ballots(self) -> list[Ballot]:
        """Return the ballots, newest first; those whose evaluation is gone are left out."""
        with self._explained():
            found = self._file.execute(
                "SELECT id, made, evaluation, first, second, seed,"
                " (SELECT count(*) FROM votes WHERE ballot = ballots.id),"
                " (SELECT count(*) FROM evaluation_rows r WHERE r.evaluation = ballots.evaluation"
                "   AND 2 = (SELECT count(*) FROM evaluation_scores s"
                "     WHERE s.evaluation = r.evaluation AND s.place = r.place"
                "     AND s.column_name IN (ballots.first, ballots.second)))"
                " FROM ballots ORDER BY id DESC"
            ).fetchall()
        with Evaluations(self._path) as store:
            setups = {summary.id: summary.setup for summary in store.all()}
        made = []
        for number, when, evaluation, first, second, seed, voted, total in found:
            if (setup := setups.get(evaluation)) is None:
                continue
            runs = {column.name: column.run for column in setup.columns}
            both = (runs.get(first, ""), runs.get(second, ""))
            where = (setup.dataset, setup.split, both)
            made.append(Ballot(number, when, evaluation, first, second, seed, *where, voted, total))
        return made

    def one(self, ballot: int) -> Ballot:
        """Return one ballot.

        Raises:
            DataError: there is none of that number.
        """
        found = next((each for each in self.ballots() if each.id == ballot), None)
        if found is None:
            raise DataError(f"There is no vote {ballot}.", "Begin a new one.")
        return found

    def pairs(self, ballot: Ballot) -> list[Pair]:
        """Return the questions that both columns answered, in the evaluation's order.

        Raises:
            DataError: the evaluation is not finished.
        """
        with Evaluations(self._path) as store:
            if store.one(ballot.evaluation).state is not EvaluationState.DONE:
                raise DataError("The evaluation is not finished.", "Vote once it is done.")
            rows, frozen = store.judged(ballot.evaluation), store.frozen(ballot.evaluation)
        asked = frozen[0] if frozen is not None else []
        both = [r for r in rows if ballot.first in r.answers and ballot.second in r.answers]
        return [
            Pair(
                at,
                row.row,
                row.question,
                row.reference,
                row.answers[ballot.first],
                row.answers[ballot.second],
                asked[row.place].turns,
            )
            for at, row in enumerate(both)
        ]

    def vote(self, ballot: int, vote: Vote) -> None:
        """Keep a vote; it is on the disk when this returns. A second one on a place replaces it."""
        with self._writing():
            turn = self._file.execute(
                "SELECT coalesce(max(turn), 0) + 1 FROM votes WHERE ballot = ?", (ballot,)
            ).fetchone()[0]
            values = (ballot, vote.place, vote.choice, vote.rating, json.dumps(vote.tags))
            self._file.execute(
                "INSERT OR REPLACE INTO votes VALUES(?, ?, ?, ?, ?, ?, ?)",
                (*values, time.time(), turn),
            )

    def take_back(self, ballot: int) -> Vote | None:
        """Take the last vote back; return it, or None where there is none."""
        with self._writing():
            found = self._file.execute(
                f"{_VOTE} WHERE ballot = ? ORDER BY turn DESC LIMIT 1", (ballot,)
            ).fetchone()
            if found is None:
                return None
            self._file.execute(
                "DELETE FROM votes WHERE ballot = ? AND place = ?", (ballot, found[0])
            )
        return _vote(found)

    def votes(self, ballot: int) -> list[Vote]:
        """Return the votes of a ballot in the order they were given."""
        with self._explained():
            found = self._file.execute(f"{_VOTE} WHERE ballot = ? ORDER BY turn", (ballot,))
            return [_vote(row) for row in found.fetchall()]


_VOTE = "SELECT place, choice, rating, tags FROM votes"


def _vote(row: tuple[int, str, int, str]) -> Vote:
    place, choice, rating, tags = row
    return Vote(place, Choice(choice), rating, tuple(json.loads(tags)))
