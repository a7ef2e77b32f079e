"""Runs that are guarded against forgetting, worked on in this process."""

from __future__ import annotations

from typing import Any

from studio.core.events import Evaluated, Remark
from studio.core.workspace import RunFolder
from studio.data.recipefile import read_recipe
from studio.engine.control import Wishes
from studio.engine.emit import EventLog
from tests.helpers.runfolders import events_of

NARROW = [
    *[("train", f"Say it {i} times.", "", "Arr arr arr, me hearty, arr.") for i in range(12)],
    *[
        ("validation", f"Say it {i} times.", "", "Arr arr arr, me hearty, arr.")
        for i in range(20, 24)
    ],
]
"""Rows of one voice."""
FAST: dict[str, Any] = {"share": 10.0, "budget_seconds": 60.0}
"""A guard that measures at each evaluation, though the run is short."""


def work(run: RunFolder) -> Any:
    """Work on a run in this process, as the engine does once it has the lock."""
    from studio.engine.session import Session  # torch, which most tests do not need

    with EventLog(run.events) as log:
        return Session(run, read_recipe(run.recipe), log, Wishes(run.control, 0.0)).work()


def evaluations(run: RunFolder) -> list[Evaluated]:
    """Return the evaluations that a run has told of."""
    return [event for event in events_of(run) if isinstance(event, Evaluated)]


def remarks(run: RunFolder, code: str) -> list[Remark]:
    """Return a run's remarks of one kind."""
    return [e for e in events_of(run) if isinstance(e, Remark) and e.code == code]
