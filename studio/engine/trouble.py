"""What follows when a run leaves the numbers: it goes back by itself, or offers to."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from studio.core.actions import LOWERED, ROLL_BACK, action_text
from studio.core.control import CONTROL, RollBackAsked
from studio.core.events import Remark, RolledBack, RunEnded, RunStarted
from studio.core.problems import RunError
from studio.core.recipe import Recipe
from studio.core.units import learning_rate as rate_text
from studio.core.wire import LineReader
from studio.core.workspace import RunFolder
from studio.data.checkpointplaces import checkpoint_folder
from studio.data.checkpoints import checkpoint_steps, is_whole, latest_verified
from studio.data.runfiles import read_events
from studio.engine.again import StartAgain
from studio.engine.control import Wishes
from studio.engine.emit import EventLog
from studio.engine.explain import DivergedError
from studio.engine.rollback import go_back

if TYPE_CHECKING:
    from studio.engine.trainer import StudioTrainer

MOST = 3
"""Times a run goes back by itself; after that it has diverged."""
_BY_ITSELF = "By itself:"
"""How the reason of such a roll-back begins, by which it is counted."""


def meet_divergence(
    err: DivergedError, trainer: StudioTrainer, run: RunFolder, recipe: Recipe, log: EventLog
) -> DivergedError:
    """Go back to the last good checkpoint at a lower rate if the recipe says so, else offer it.

    Args:
        err: why the optimizer did not move.
        trainer: that met it.
        run: the run.
        recipe: as it is carried out.
        log: where the offer goes.

    Returns:
        The error that the run ends with.

    Raises:
        StartAgain: the run goes back.
    """
    before = [e for e in read_events(run) if isinstance(e, RolledBack)]
    by_itself = [e for e in before if e.reason.startswith(_BY_ITSELF)]
    step = good_step(run, before, trainer.state.global_step)
    rate = recipe.learning_rate * LOWERED
    if recipe.on_trouble == "roll_back" and len(by_itself) < MOST:
        trainer.roll_back(step, rate, f"{_BY_ITSELF} {err.summary}")
    where = f"step {step}" if step else "the start"
    log.emit(
        Remark(
            code="diverged",
            summary=err.summary,
            hint=f"The learning rate is likely too high, or a row is broken. Go back to {where} "
            f"and on with a learning rate of {rate_text(rate)}.",
            step=trainer.state.global_step,
            action=action_text(ROLL_BACK, [step]),
        )
    )
    if not by_itself:
        return err
    tried = f"It went back {len(by_itself)} times at lower rates, and left the numbers each time."
    return DivergedError(f"{err.summary} {tried}", "Look at the rows of that step.")


def go_back_first(wishes: Wishes, run: RunFolder, log: EventLog) -> None:
    """Go back before anything is loaded, if that is asked: a run that diverged takes no step more.

    Args:
        wishes: what the user asks.
        run: the run.
        log: of the run.

    Raises:
        StartAgain: the run went back.
    """
    wishes.look()
    asked = wishes.take(RollBackAsked) or asked_of_ended(run)
    if asked is None:
        return
    step, _ = latest_verified(run)
    try:
        go_back(
            run,
            log,
            step=step,
            to_step=asked.step,
            learning_rate=asked.learning_rate,
            reason="You asked for it.",
        )
    except RunError as problem:
        log.emit(
            Remark(code="not_gone_back", summary=problem.summary, hint=problem.hint, step=step)
        )
        return
    raise StartAgain


def asked_of_ended(run: RunFolder) -> RollBackAsked | None:
    """Return the wish to go back that was written after the run ended, which nobody met yet."""
    events = read_events(run)
    ended = max((e.time for e in events if isinstance(e, RunEnded)), default=math.inf)
    met = max((e.time for e in events if isinstance(e, RolledBack | RunStarted)), default=0.0)
    try:
        told = list(LineReader(CONTROL).feed(run.control.read_bytes()))
    except OSError:
        return None  # nothing was ever asked
    wishes = [wish for wish in told if isinstance(wish, RollBackAsked)]
    return wishes[-1] if wishes and wishes[-1].time > max(ended, met) else None


def good_step(run: RunFolder, before: list[RolledBack], reached: int) -> int:
    """Return the step of the checkpoint to go back to; 0 is the start.

    The newest that is whole; if the run went back before and has come no further since, one from
    before those that did not help.

    Args:
        run: the run.
        before: its roll-backs.
        reached: the step it is at.
    """
    limit = min((e.to_step for e in before if e.step >= reached), default=reached + 1)
    steps = checkpoint_steps(run)
    good = (s for s in steps if s < limit and is_whole(checkpoint_folder(run, s)))
    return next(good, 0)
