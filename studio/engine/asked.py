"""Carries out between two steps what the user asked for."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from transformers import TrainerControl

from studio.core.control import EvaluateAsked, PauseAsked, RateAsked, RollBackAsked, SaveAsked
from studio.core.events import Remark, StateChanged
from studio.core.problems import StudioError
from studio.core.recipe import KNOBS
from studio.engine.control import Wishes
from studio.engine.emit import EventLog

if TYPE_CHECKING:
    from studio.engine.trainer import StudioTrainer


class DiscardedError(Exception):
    """The user wants the run to end at once; nothing that is not committed is kept."""


def heed_discard(wishes: Wishes) -> None:
    """End what is being done if the user asked for that.

    Raises:
        DiscardedError: so it is.
    """
    wishes.look()
    if wishes.discarding:
        raise DiscardedError


def meet(wishes: Wishes, trainer: StudioTrainer, control: TrainerControl, log: EventLog) -> None:
    """Carry out what was asked since the last step, or ask the trainer for it.

    Args:
        wishes: what was asked.
        trainer: has just taken a step.
        control: what the trainer does next.
        log: of the run.

    Raises:
        DiscardedError: the run is to end at once.
        StartAgain: the run goes back to an earlier step.
    """
    heed_discard(wishes)
    step = trainer.state.global_step
    if rate := wishes.take(RateAsked):
        _change_rate(rate.learning_rate, trainer, log)
    if wishes.leaving:
        leaving = "pausing" if isinstance(wishes.leaving, PauseAsked) else "stopping"
        log.emit(StateChanged(state=leaving, detail=f"Keeping step {step}"))
        control.should_training_stop = control.should_save = True
        return
    if asked := wishes.take(RollBackAsked):
        try:
            trainer.roll_back(asked.step, asked.learning_rate, "You asked for it.")
        except StudioError as problem:
            log.emit(
                Remark(code="not_gone_back", summary=problem.summary, hint=problem.hint, step=step)
            )
    if wishes.take(EvaluateAsked):
        control.should_evaluate = True
    if wishes.take(SaveAsked):
        control.should_save = True


def _change_rate(rate: float, trainer: StudioTrainer, log: EventLog) -> None:
    knob = KNOBS["learning_rate"]
    if math.isfinite(rate) and (knob.low or 0) <= rate <= (knob.high or 1):
        trainer.change_rate(rate, "You asked for it.")
        return
    log.emit(
        Remark(
            code="rate_refused",
            summary=f"The learning rate stays: {rate:g} is none.",
            hint=f"Give one from {knob.low:g} to {knob.high:g}.",
            step=trainer.state.global_step,
        )
    )
