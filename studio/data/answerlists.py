"""Keeps answers that were made to be voted on; each is safe as soon as it is whole."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass

from studio.core.answerlist import AnswerSetup, setup_body, setup_of
from studio.core.evaluation import EvaluationRow
from studio.core.problems import DataError
from studio.core.wholetext import whole
from studio.data.evaluationfile import EvaluationFile

_TABLES = """
CREATE TABLE IF NOT EXISTS answer_lists(
  id INTEGER PRIMARY KEY AUTOINCREMENT, made REAL NOT NULL, setup TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS answer_questions(
  list INTEGER NOT NULL, place INTEGER NOT NULL, row INTEGER NOT NULL, question TEXT NOT NULL,
  reference TEXT NOT NULL, turns TEXT NOT NULL, problem TEXT NOT NULL DEFAULT '',
  PRIMARY KEY(list, place)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS list_answers(
  list INTEGER NOT NULL, place INTEGER NOT NULL, side INTEGER NOT NULL, answer TEXT NOT NULL,
  reason TEXT NOT NULL, tokens INTEGER NOT NULL, PRIMARY KEY(list, place, side)) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class AnswerList:
    """How far a list of answers is.

    Attributes:
        total: questions that are asked.
        done: questions that both columns answered.
        refused: questions that could not be asked.
    """

    id: int
    setup: AnswerSetup
    total: int
    done: int
    refused: int

    @property
    def open(self) -> int:
        """Questions that are still to be asked."""
        return self.total - self.done - self.refused


class AnswerLists(EvaluationFile):
    """Reads and writes lists of questions with the answers of two columns."""

    TABLES = _TABLES

    def add(self, setup: AnswerSetup, questions: Sequence[EvaluationRow]) -> int:
        """Keep a new list; return its number."""
        with self._writing():
            made = self._file.execute(
                "INSERT INTO answer_lists(made, setup) VALUES(?, ?)",
                (time.time(), json.dumps(setup_body(setup))),
            )
            number = int(made.lastrowid or 0)
            self._file.executemany(
                "INSERT INTO answer_questions(list, place, row, question, reference, turns)"
                " VALUES(?, ?, ?, ?, ?, ?)",
                [
                    (
                        number,
                        at,
                        q.row,
                        whole(q.question),
                        whole(q.reference),
                        json.dumps(q.turns),
                    )
                    for at, q in enumerate(questions)
                ],
            )
        return number

    def all(self) -> dict[int, AnswerList]:
        """Return the lists by their numbers; those that cannot be read are left out."""
        with self._explained():
            found = self._file.execute(
                "SELECT id, setup,"
                " (SELECT count(*) FROM answer_questions q WHERE q.list = l.id),"
                " (SELECT count(*) FROM list_answers a JOIN list_answers b"
                "   ON b.list = a.list AND b.place = a.place AND b.side = 1"
                "   WHERE a.list = l.id AND a.side = 0),"
                " (SELECT count(*) FROM answer_questions q WHERE q.list = l.id AND q.problem != '')"
                " FROM answer_lists l"
            ).fetchall()
        made = {}
        for number, setup, total, done, refused in found:
            try:
                made[number] = AnswerList(number, setup_of(json.loads(setup)), total, done, refused)
            except ValueError:  # written by another version
                continue
        return made

    def one(self, number: int) -> AnswerList:
        """Return one list.

        Raises:
            DataError: there is none of that number.
        """
        found = self.all().get(number)
        if found is None:
            raise DataError(f"There is no list of answers {number}.", "Begin a new vote.")
        return found

    def questions(self, number: int) -> list[EvaluationRow]:
        """Return the questions of a list, by place."""
        with self._explained():
            found = self._file.execute(
                "SELECT row, question, reference, turns FROM answer_questions"
                " WHERE list = ? ORDER BY place",
                (number,),
            ).fetchall()
        return [
            EvaluationRow(row, question, reference, tuple((a, b) for a, b in json.loads(turns)))
            for row, question, reference, turns in found
        ]

    def open_places(self, number: int) -> list[int]:
        """Return the places of the questions that are still to be asked."""
        with self._explained():
            found = self._file.execute(
                "SELECT place FROM answer_questions q WHERE list = ? AND problem = ''"
                " AND 2 > (SELECT count(*) FROM list_answers a"
                "   WHERE a.list = q.list AND a.place = q.place) ORDER BY place",
                (number,),
            ).fetchall()
        return [place for (place,) in found]

    def keep(self, number: int, place: int, answers: Sequence[tuple[str, str, int]]) -> None:
        """Keep what both columns said to a question: text, how it ended and tokens of each."""
        with self._writing():
            self._file.executemany(
                "INSERT OR REPLACE INTO list_answers VALUES(?, ?, ?, ?, ?, ?)",
                [
                    (number, place, side, whole(text), reason, tokens)
                    for side, (text, reason, tokens) in enumerate(answers)
                ],
            )

    def refuse(self, number: int, place: int, why: str) -> None:
        """Keep why a question cannot be asked; it is not asked again."""
        with self._explained():
            self._file.execute(
                "UPDATE answer_questions SET problem = ? WHERE list = ? AND place = ?",
                (why or "It could not be asked.", number, place),
            )

    def refusals(self, number: int) -> list[tuple[int, str]]:
        """Return the places that could not be asked, each with its reason."""
        with self._explained():
            return self._file.execute(
                "SELECT place, problem FROM answer_questions WHERE list = ? AND problem != ''"
                " ORDER BY place",
                (number,),
            ).fetchall()

    def answered(self, number: int) -> dict[int, tuple[str, str]]:
        """Return both answers of each place that has both."""
        with self._explained():
            found = self._file.execute(
                "SELECT a.place, a.answer, b.answer FROM list_answers a JOIN list_answers b"
                " ON b.list = a.list AND b.place = a.place AND b.side = 1"
                " WHERE a.list = ? AND a.side = 0 ORDER BY a.place",
                (number,),
            )
            return {place: (first, second) for place, first, second in found.fetchall()}
