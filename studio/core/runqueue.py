"""The runs that wait for their turn: their order, which one is at work, and what came of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from studio.core.problems import RunError

KEPT = 50
"""Ended runs that the queue remembers."""


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue of runs, each by its id; a value, changed by making another.

    Attributes:
        waiting: in the order in which they will be started.
        current: the run at work; it keeps this place until it has ended.
        ended: (run, state) of runs whose turn is over, the newest last.
        active: whether runs are to be started one after another.
        engine: pid and creation time of the process that was started for the run at work.
    """

    waiting: tuple[str, ...] = ()
    current: str = ""
    ended: tuple[tuple[str, str], ...] = ()
    active: bool = False
    engine: tuple[int, float] = (0, 0.0)

    @classmethod
    def from_mapping(cls, body: Mapping[str, Any]) -> Self:
        """Read a queue from plain values; what is not understood is left out."""
        waiting, ended = body.get("waiting"), body.get("ended")
        return cls(
            waiting=tuple(dict.fromkeys(map(str, waiting))) if isinstance(waiting, list) else (),
            current=str(body.get("current") or ""),
            ended=tuple(
                (str(p[0]), str(p[1])) for p in ended if isinstance(p, list) and len(p) == 2
            )
            if isinstance(ended, list)
            else (),
            active=body.get("active") is True,
            engine=_engine(body.get("engine")),
        )

    def to_mapping(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "waiting": list(self.waiting),
            "current": self.current,
            "ended": [list(pair) for pair in self.ended],
            "active": self.active,
            "engine": list(self.engine),
        }

    @property
    def runs(self) -> tuple[str, ...]:
        """The run at work and those that wait, in order."""
        return ((self.current,) if self.current else ()) + self.waiting

    def __contains__(self, run: object) -> bool:
        return run in self.runs

    def added(self, runs: Sequence[str], at: int | None = None) -> Queue:
        """Return the queue with runs put in before a place, at its end without one."""
        new = tuple(run for run in dict.fromkeys(runs) if run not in self)
        place = len(self.waiting) if at is None else max(0, min(at, len(self.waiting)))
        ended = tuple(pair for pair in self.ended if pair[0] not in new)
        waiting = (*self.waiting[:place], *new, *self.waiting[place:])
        return replace(self, waiting=waiting, ended=ended)

    def removed(self, run: str) -> Queue:
        """Return the queue without a run that waits.

        Raises:
            RunError: it does not wait.
        """
        self._require(run)
        return replace(self, waiting=tuple(other for other in self.waiting if other != run))

    def moved(self, run: str, to: int) -> Queue:
        """Return the queue with a waiting run at another place, counted from 0.

        Raises:
            RunError: it does not wait.
        """
        return self.removed(run).added([run], to)

    def begun(self, run: str) -> Queue:
        """Return the queue in which a waiting run is at work."""
        self._require(run)
        return replace(self.removed(run), current=run, engine=(0, 0.0))

    def done(self, state: str) -> Queue:
        """Return the queue after the run at work has ended in a state."""
        ended = (*(p for p in self.ended if p[0] != self.current), (self.current, state))
        return replace(self, current="", ended=ended[-KEPT:], engine=(0, 0.0))

    def cleared(self) -> Queue:
        """Return the queue without memory of ended runs."""
        return replace(self, ended=())

    def _require(self, run: str) -> None:
        if run not in self.waiting:
            at_work = run == self.current
            raise RunError(
                f"{run} is at work already." if at_work else f"{run} does not wait in the queue.",
                "Stop it, or skip it." if at_work else "graft-studio runs queue list shows it.",
            )


def _engine(value: object) -> tuple[int, float]:
    match value:
        case [int(pid), float() | int() as created]:
            return pid, float(created)
    return 0, 0.0
