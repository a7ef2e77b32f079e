"""What was found about adapters that are to be put to use, in the workspace's evaluations' file."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.core.evaluation import EvaluationState
from studio.core.problems import DataError
from studio.core.readiness import (
    Merging,
    Outside,
    Readiness,
    ReadinessSetup,
    Speeds,
    part_body,
    readiness_of,
    readiness_setup_of,
)
from studio.core.routing import Routing
from studio.data.jobstates import JOB_COLUMNS, JobStates, job_state

_TABLES = """
CREATE TABLE IF NOT EXISTS readiness(
  id INTEGER PRIMARY KEY AUTOINCREMENT, made REAL NOT NULL, state TEXT NOT NULL,
  setup TEXT NOT NULL, problem TEXT, done INTEGER NOT NULL DEFAULT 0,
  total INTEGER NOT NULL DEFAULT 0, pid INTEGER, created REAL);
CREATE TABLE IF NOT EXISTS readiness_parts(
  readiness INTEGER NOT NULL, name TEXT NOT NULL, body TEXT NOT NULL,
  PRIMARY KEY(readiness, name)) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class ReadinessSummary:
    """One look at an adapter.

    Attributes:
        made: seconds since the epoch.
        found: so far.
        done: answers and texts of ``total``.
        problem: (summary, hint, details) of what stopped it; empty texts if nothing did.
        alive: a process works on it now.
    """

    id: int
    made: float
    state: EvaluationState
    setup: ReadinessSetup
    found: Readiness
    done: int
    total: int
    problem: tuple[str, str, str]
    alive: bool


class ReadinessLooks(JobStates):
    """Reads and writes looks at adapters; each part is kept as soon as it is found."""

    TABLE = "readiness"

    TABLES = _TABLES

    def add(self, setup: ReadinessSetup) -> int:
        """Keep a new look; return its number."""
        values = (time.time(), EvaluationState.QUEUED, json.dumps(dataclasses.asdict(setup)))
        with self._explained():
            made = self._file.execute(
                "INSERT INTO readiness(made, state, setup) VALUES(?, ?, ?)", values
            )
            return int(made.lastrowid or 0)

    def all(self) -> list[ReadinessSummary]:
        """Return the looks, newest first; those that cannot be read are left out."""
        with self._explained():
            found = self._file.execute(f"{_SELECT} ORDER BY id DESC").fetchall()
            made = [self._summary(row) for row in found]
        return [summary for summary in made if summary is not None]

    def one(self, number: int) -> ReadinessSummary:
        """Return one look.

        Raises:
            DataError: there is none of that number.
        """
        with self._explained():
            row = self._file.execute(f"{_SELECT} WHERE id = ?", (number,)).fetchone()
            summary = self._summary(row) if row else None
        if summary is None:
            raise DataError(f"There is no look {number} at an adapter.", "Start a new one.")
        return summary

    def same(self, setup: ReadinessSetup) -> int:
        """Return the newest look of the very same setup that is not done; 0 for none."""
        waiting = (EvaluationState.QUEUED, EvaluationState.RUNNING, EvaluationState.PAUSED)
        found = (s for s in self.all() if s.setup == setup and s.state in waiting and not s.alive)
        return next((summary.id for summary in found), 0)

    def newest_of(self, run: Path) -> ReadinessSummary | None:
        """Return the newest look at a run's adapter that is done; None if there is none."""
        done = (s for s in self.all() if s.state is EvaluationState.DONE)
        return next((s for s in done if Path(s.setup.run).name == run.name), None)

    def keep(
        self, number: int, name: str, part: Speeds | Outside | Merging | Routing | str
    ) -> None:
        """Keep a part of what is found, by its name in ``core.readiness.PARTS``."""
        with self._explained():
            self._file.execute(
                "INSERT OR REPLACE INTO readiness_parts VALUES(?, ?, ?)",
                (number, name, json.dumps(part_body(part))),
            )

    def _summary(self, row: Sequence[Any]) -> ReadinessSummary | None:
        number, made, setup, *job = row
        parts = self._file.execute(
            "SELECT name, body FROM readiness_parts WHERE readiness = ?", (number,)
        ).fetchall()
        try:
            told = readiness_setup_of(json.loads(setup))
            found = readiness_of({name: json.loads(body) for name, body in parts})
            how = job_state(job)
        except ValueError:  # written by another version
            return None
        return ReadinessSummary(
            number, made, how.state, told, found, how.done, how.total, how.problem, how.alive
        )


_SELECT = f"SELECT id, made, setup, {JOB_COLUMNS} FROM readiness"
