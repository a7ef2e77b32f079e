"""The workspace's evaluations: what is asked, how far each is, and what came of it."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from studio.core.evaluation import (
    EvaluationRow,
    EvaluationSetup,
    EvaluationState,
    Results,
    results_body,
    results_of,
    setup_body,
    setup_of,
)
from studio.core.problems import DataError
from studio.core.wholetext import whole
from studio.data.jobstates import JOB_COLUMNS, JobStates, job_state


@dataclass(frozen=True, slots=True)
class EvaluationSummary:
    """One evaluation in a list.

    Attributes:
        made: seconds since the epoch.
        problem: (summary, hint, details) of what stopped it; empty texts if nothing did.
        alive: a process works on it now.
    """

    id: int
    made: float
    state: EvaluationState
    setup: EvaluationSetup
    done: int
    total: int
    problem: tuple[str, str, str]
    alive: bool


@dataclass(frozen=True, slots=True)
class JudgedRow:
    """One row of a finished evaluation, with each column's answer and its scores.

    Attributes:
        place: among all rows that were drawn, from 0; rows that could not be asked have one too.
    """

    place: int
    row: int
    question: str
    reference: str
    answers: dict[str, str]
    scores: dict[str, dict[str, float]]


class Evaluations(JobStates):
    """Reads and writes evaluations; :mod:`studio.data.writtenanswers` keeps their answers."""

    TABLE = "evaluations"

    def add(self, setup: EvaluationSetup) -> int:
        """Keep a new evaluation; return its number."""
        values = (time.time(), EvaluationState.QUEUED, json.dumps(setup_body(setup)))
        with self._explained():
            made = self._file.execute(
                "INSERT INTO evaluations(made, state, setup) VALUES(?, ?, ?)", values
            )
            return int(made.lastrowid or 0)

    def all(self) -> list[EvaluationSummary]:
        """Return the evaluations, newest first; those that cannot be read are left out."""
        with self._explained():
            found = self._file.execute(f"{_SUMMARY} ORDER BY id DESC").fetchall()
        return [summary for row in found if (summary := _summary(row)) is not None]

    def one(self, evaluation: int) -> EvaluationSummary:
        """Return one evaluation.

        Raises:
            DataError: there is none of that number.
        """
        with self._explained():
            row = self._file.execute(f"{_SUMMARY} WHERE id = ?", (evaluation,)).fetchone()
        summary = _summary(row) if row else None
        if summary is None:
            raise DataError(f"There is no evaluation {evaluation}.", "Start a new one.")
        return summary

    def same(self, setup: EvaluationSetup) -> int:
        """Return the newest evaluation of the very same setup that is not done; 0 for none."""
        waiting = (EvaluationState.QUEUED, EvaluationState.RUNNING, EvaluationState.PAUSED)
        found = (s for s in self.all() if s.setup == setup and s.state in waiting and not s.alive)
        return next((summary.id for summary in found), 0)

    # rows

    def freeze(self, evaluation: int, rows: Sequence[EvaluationRow], told: dict[str, Any]) -> None:
        """Keep an evaluation's rows as they are now, and what is to be said about them.

        Half characters, which no file holds and no model is asked, become question marks.
        """
        values = [
            (evaluation, at, r.row, whole(r.question), whole(r.reference), json.dumps(r.turns))
            for at, r in enumerate(rows)
        ]
        with self._writing():
            self._file.executemany("INSERT INTO evaluation_rows VALUES(?, ?, ?, ?, ?, ?)", values)
            self._file.execute(
                "UPDATE evaluations SET frozen = ? WHERE id = ?", (json.dumps(told), evaluation)
            )

    def frozen(self, evaluation: int) -> tuple[list[EvaluationRow], dict[str, Any]] | None:
        """Return the rows and what was said about them; None if they are not frozen yet."""
        with self._explained():
            told = self._file.execute(
                "SELECT frozen FROM evaluations WHERE id = ?", (evaluation,)
            ).fetchone()
            if told is None or told[0] is None:
                return None
            found = self._file.execute(
                "SELECT row, question, reference, turns FROM evaluation_rows"
                " WHERE evaluation = ? ORDER BY place",
                (evaluation,),
            ).fetchall()
        rows = [
            EvaluationRow(row, question, reference, tuple((a, b) for a, b in json.loads(turns)))
            for row, question, reference, turns in found
        ]
        return rows, json.loads(told[0])

    # results

    def finish(self, evaluation: int, results: Results, rows: Sequence[JudgedRow]) -> None:
        """Keep what came of an evaluation; it is done then."""
        values = [
            (evaluation, row.place, name, row.answers[name], json.dumps(row.scores[name]))
            for row in rows
            for name in row.answers
        ]
        with self._writing():
            self._file.execute("DELETE FROM evaluation_scores WHERE evaluation = ?", (evaluation,))
            self._file.executemany("INSERT INTO evaluation_scores VALUES(?, ?, ?, ?, ?)", values)
            self._file.execute(
                "UPDATE evaluations SET results = ?, state = ?, pid = NULL WHERE id = ?",
                (json.dumps(results_body(results)), EvaluationState.DONE, evaluation),
            )

    def results(self, evaluation: int) -> Results | None:
        """Return what came of an evaluation; None as long as nothing has."""
        with self._explained():
            row = self._file.execute(
                "SELECT results FROM evaluations WHERE id = ?", (evaluation,)
            ).fetchone()
        try:
            return results_of(json.loads(row[0])) if row and row[0] else None
        except ValueError as err:
            raise self._damaged(err) from err

    def judged(self, evaluation: int) -> list[JudgedRow]:
        """Return the rows of a finished evaluation with their answers and scores."""
        frozen = self.frozen(evaluation)
        rows = frozen[0] if frozen else []
        made = {
            at: JudgedRow(at, row.row, row.question, row.reference, {}, {})
            for at, row in enumerate(rows)
        }
        with self._explained():
            found = self._file.execute(
                "SELECT place, column_name, answer, scores FROM evaluation_scores"
                " WHERE evaluation = ?",
                (evaluation,),
            )
            for place, name, answer, scores in found:
                made[place].answers[name] = answer
                made[place].scores[name] = json.loads(scores)
        return [row for row in made.values() if row.answers]


_SUMMARY = f"SELECT id, made, setup, {JOB_COLUMNS} FROM evaluations"


def _summary(row: Sequence[Any]) -> EvaluationSummary | None:
    number, made, setup, *job = row
    try:
        told, how = setup_of(json.loads(setup)), job_state(job)
    except ValueError:  # written by another version
        return None
    return EvaluationSummary(
        number, made, how.state, told, how.done, how.total, how.problem, how.alive
    )
