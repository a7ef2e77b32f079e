"""How far each long piece of work in the evaluations' file is, and which process works on it."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from studio.core.evaluation import EvaluationState
from studio.core.problems import DataError, StudioError
from studio.data.evaluationfile import EvaluationFile
from studio.machine.processes import ProcessMark, is_running, mark_of


@dataclass(frozen=True, slots=True)
class JobState:
    """How a piece of work stands.

    Attributes:
        problem: (summary, hint, details) of what stopped it; empty texts if nothing did.
        alive: a process works on it now.
    """

    state: EvaluationState
    done: int
    total: int
    problem: tuple[str, str, str]
    alive: bool


class JobStates(EvaluationFile):
    """Begins, advances and ends the work of one table; those below say which.

    Its columns: id, state, done, total, problem, pid, created.
    """

    TABLE: ClassVar[str]

    def begin(self, number: int) -> None:
        """Say that this process works on it now.

        Raises:
            DataError: another process does, or there is none of that number.
        """
        mark = mark_of(os.getpid())
        assert mark is not None
        with self._writing():
            if self._job(number).alive:
                raise DataError(
                    "Another process works on this evaluation already.",
                    "Wait for it, or pause it there.",
                )
            self._file.execute(
                f"UPDATE {self.TABLE} SET state = ?, pid = ?, created = ?, problem = NULL"
                " WHERE id = ?",
                (EvaluationState.RUNNING, mark.pid, mark.created, number),
            )

    def end(self, number: int, state: EvaluationState, problem: StudioError | None = None) -> None:
        """Say how this process leaves it."""
        told = None
        if problem is not None:
            told = json.dumps([problem.summary, problem.hint, problem.details])
        with self._explained():
            self._file.execute(
                f"UPDATE {self.TABLE} SET state = ?, problem = ?, pid = NULL WHERE id = ?",
                (state, told, number),
            )

    def advance(self, number: int, done: int, total: int) -> None:
        """Keep how far it is."""
        with self._explained():
            self._file.execute(
                f"UPDATE {self.TABLE} SET done = ?, total = ? WHERE id = ?", (done, total, number)
            )

    def _job(self, number: int) -> JobState:
        row = self._file.execute(
            f"SELECT {JOB_COLUMNS} FROM {self.TABLE} WHERE id = ?", (number,)
        ).fetchone()
        if row is None:
            raise DataError(f"There is no evaluation {number}.", "Start a new one.")
        return job_state(row)


JOB_COLUMNS = "state, done, total, problem, pid, created"


def job_state(row: Sequence[Any]) -> JobState:
    """Return how work stands by its ``JOB_COLUMNS``; what a lost process left is paused.

    Raises:
        ValueError: another version wrote them.
    """
    state, done, total, problem, pid, created = row
    found = EvaluationState(state)
    first, hint, details = json.loads(problem) if problem else ("", "", "")
    alive = pid is not None and is_running(ProcessMark(pid, created))
    if found is EvaluationState.RUNNING and not alive:
        found = EvaluationState.PAUSED  # its process is gone; what was written is kept
    return JobState(found, done, total, (first, hint, details), alive)
