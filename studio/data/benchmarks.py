"""What standard benchmarks gave, beside the evaluation whose columns were asked."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable

from studio.core.benchmarks import BenchmarkScore
from studio.data.evaluationfile import EvaluationFile

_TABLE = """
CREATE TABLE IF NOT EXISTS benchmarks(
  evaluation INTEGER NOT NULL, column_name TEXT NOT NULL, task TEXT NOT NULL,
  metric TEXT NOT NULL, body TEXT NOT NULL,
  PRIMARY KEY(evaluation, column_name, task, metric)) WITHOUT ROWID;
"""


class Benchmarks(EvaluationFile):
    """Reads and writes scores; those of a task replace what it gave before."""

    TABLES = _TABLE

    def keep(self, evaluation: int, scores: Iterable[BenchmarkScore]) -> None:
        """Keep scores."""
        found = list(scores)
        with self._writing():
            for column, task in {(score.column, score.task) for score in found}:
                self._file.execute(
                    "DELETE FROM benchmarks WHERE evaluation = ? AND column_name = ? AND task = ?",
                    (evaluation, column, task),
                )
            self._file.executemany(
                "INSERT INTO benchmarks VALUES(?, ?, ?, ?, ?)",
                [
                    (evaluation, s.column, s.task, s.metric, json.dumps(dataclasses.asdict(s)))
                    for s in found
                ],
            )

    def of(self, evaluation: int) -> list[BenchmarkScore]:
        """Return the scores of an evaluation's columns, task by task."""
        with self._explained():
            found = self._file.execute(
                "SELECT body FROM benchmarks WHERE evaluation = ? ORDER BY task, metric",
                (evaluation,),
            ).fetchall()
        try:
            return [BenchmarkScore(**json.loads(body)) for (body,) in found]
        except (TypeError, ValueError) as err:
            raise self._damaged(err) from err
