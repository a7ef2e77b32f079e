"""Keeps blind votes beside the answers that they judge; each is safe at once."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path

from studio.core.evaluation import EvaluationState
from studio.core.problems import DataError
from studio.core.votes import Choice, Vote, order, sides
from studio.data.answerlists import AnswerList, AnswerLists
from studio.data.evaluationfile import EvaluationFile
from studio.data.evaluations import Evaluations, JudgedRow

_TABLES = """
CREATE TABLE IF NOT EXISTS ballots(
  id INTEGER PRIMARY KEY AUTOINCREMENT, made REAL NOT NULL, evaluation INTEGER NOT NULL,
  first TEXT NOT NULL, second TEXT NOT NULL, seed INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS votes(
  ballot INTEGER NOT NULL, place INTEGER NOT NULL, choice TEXT NOT NULL, rating INTEGER NOT NULL,
  tags TEXT NOT NULL, made REAL NOT NULL, turn INTEGER NOT NULL,
  PRIMARY KEY(ballot, place)) WITHOUT ROWID;
"""
_LATER = "ALTER TABLE ballots ADD COLUMN answers INTEGER NOT NULL DEFAULT 0"
OWN_QUESTIONS = "own questions"


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
    """Two columns voted on without knowing which is which.

    Attributes:
        evaluation: the finished one whose answers they are; 0 for a list.
        first, second: names of the columns.
        seed: decides the order of the questions and the sides.
        dataset: file of the rows; empty for questions that somebody wrote.
        runs: folders of the columns' runs; empty for the base.
        voted: how many questions were voted on.
        total: how many there are.
        answers: number of the list of answers that were made for it; 0 for an evaluation.
        left: questions of the list that are not answered yet.
        refused: questions of the list that could not be asked.
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
    answers: int = 0
    left: int = 0
    refused: int = 0

    @property
    def where(self) -> str:
        """Where the questions are from, in words."""
        if not self.dataset:
            return OWN_QUESTIONS
        source = f"{Path(self.dataset).stem}, {self.split}"
        return f"{source}, evaluation {self.evaluation}" if self.evaluation else source

    @property
    def done(self) -> bool:
        """Whether nothing is left to be voted on."""
        return self.voted >= self.total - self.refused

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

    TABLES = _TABLES

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        try:
            with self._explained():
                self._file.execute("PRAGMA synchronous = FULL")  # a vote cannot be made again
                columns = self._file.execute("PRAGMA table_info(ballots)").fetchall()
                if "answers" not in {column[1] for column in columns}:
                    self._file.execute(_LATER)
        except BaseException:
            self.close()
            raise

    def begin(
        self, evaluation: int, first: str, second: str, seed: int, *, answers: int = 0
    ) -> int:
        """Keep a new ballot on an evaluation or a list of answers; return its number."""
        with self._explained():
            made = self._file.execute(
                "INSERT INTO ballots(made, evaluation, first, second, seed, answers)"
                " VALUES(?, ?, ?, ?, ?, ?)",
                (time.time(), evaluation, first, second, seed, answers),
            )
            return int(made.lastrowid or 0)

    def ballots(self) -> list[Ballot]:
        """Return the ballots, newest first; those whose answers are gone are left out."""
        with self._explained():
            found = self._file.execute(
                "SELECT id, made, evaluation, first, second, seed, answers,"
                " (SELECT count(*) FROM votes WHERE ballot = ballots.id),"
                " (SELECT count(*) FROM evaluation_rows r WHERE r.evaluation = ballots.evaluation"
                "   AND 2 = (SELECT count(*) FROM evaluation_scores s"
                "     WHERE s.evaluation = r.evaluation AND s.place = r.place"
                "     AND s.column_name IN (ballots.first, ballots.second)))"
                " FROM ballots ORDER BY id DESC"
            ).fetchall()
        with Evaluations(self._path) as store:
            setups = {summary.id: summary.setup for summary in store.all()}
        with AnswerLists(self._path) as lists:
            made_lists = lists.all()
        made = []
        for number, when, evaluation, first, second, seed, answers, voted, total in found:
            if answers and answers in made_lists:
                made.append(_of_list(number, when, seed, voted, made_lists[answers]))
            if answers or (setup := setups.get(evaluation)) is None:
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
        """Return the questions that both columns answered, in the order of their places.

        Raises:
            DataError: the evaluation is not finished.
        """
        if ballot.answers:
            return self._pairs_of_list(ballot.answers)
        with Evaluations(self._path) as store:
            if store.one(ballot.evaluation).state is not EvaluationState.DONE:
                raise DataError("The evaluation is not finished.", "Vote once it is done.")
            both, frozen = _both(store, ballot), store.frozen(ballot.evaluation)
        asked = frozen[0] if frozen is not None else []
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

    def places(self, ballot: Ballot) -> list[int]:
        """Return for each question of a ballot on an evaluation its place in that."""
        with Evaluations(self._path) as store:
            return [row.place for row in _both(store, ballot)]

    def _pairs_of_list(self, number: int) -> list[Pair]:
        with AnswerLists(self._path) as lists:
            questions, answered = lists.questions(number), lists.answered(number)
        return [
            Pair(at, q.row, q.question, q.reference, *answered[at], q.turns)
            for at, q in enumerate(questions)
            if at in answered
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


def _both(store: Evaluations, ballot: Ballot) -> list[JudgedRow]:
    """Return the rows of a ballot's evaluation that both columns answered."""
    rows = store.judged(ballot.evaluation)
    return [row for row in rows if {ballot.first, ballot.second} <= row.answers.keys()]


_VOTE = "SELECT place, choice, rating, tags FROM votes"


def _of_list(number: int, made: float, seed: int, voted: int, found: AnswerList) -> Ballot:
    setup = found.setup
    return Ballot(
        number,
        made,
        0,
        *setup.names,
        seed,
        setup.dataset,
        setup.split,
        (setup.first.run, setup.second.run),
        voted,
        found.total,
        found.id,
        found.open,
        found.refused,
    )


def _vote(row: tuple[int, str, int, str]) -> Vote:
    place, choice, rating, tags = row
    return Vote(place, Choice(choice), rating, tuple(json.loads(tags)))
