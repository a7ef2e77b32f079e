"""Works on a run in this process, as an engine does once it has the lock."""

from __future__ import annotations

from collections.abc import Callable

from studio.core.control import CONTROL, Wish
from studio.core.events import Event, StepDone
from studio.core.workspace import RunFolder
from studio.data.recipefile import read_recipe
from studio.engine.again import StartAgain
from studio.engine.control import Wishes
from studio.engine.emit import EventLog
from studio.engine.explain import Ending


def work(run: RunFolder, listener: Callable[[Event], None] | None = None) -> Ending:
    """Work on a run until an engine ends it; one that begins again is begun again.

    Args:
        run: the run.
        listener: called with each event.
    """
    from studio.engine.session import Session

    answered = run.control.stat().st_size if run.control.exists() else 0
    while True:
        wishes = Wishes(run.control, 0.0, answered)
        with EventLog(run.events) as log:
            if listener is not None:
                log.listeners.append(listener)
            try:
                return Session(run, read_recipe(run.recipe), log, wishes).work()
            except StartAgain:
                answered = wishes.answered


def ask_at(run: RunFolder, step: int, *wishes: Wish) -> Callable[[Event], None]:
    """Return a listener that asks for something right after a step; once."""
    left = list(wishes)

    def listen(event: Event) -> None:
        if isinstance(event, StepDone) and event.step == step and left:
            with run.control.open("ab") as file:
                file.writelines(CONTROL.encode(wish) for wish in left)
            left.clear()

    return listen
