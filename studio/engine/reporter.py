"""Tells each step as an event, and does between steps what the user asked for."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from studio.core.events import StateChanged, StepDone
from studio.engine.asked import heed_discard, meet
from studio.engine.control import Wishes
from studio.engine.emit import EventLog
from studio.engine.peaks import peak_bytes
from studio.engine.stepfacts import Phase

if TYPE_CHECKING:
    from studio.engine.trainer import StudioTrainer


class Reporter(TrainerCallback):
    """The bridge between the trainer and the run's files; one per run, given to its trainer.

    Args:
        log: where events go.
        wishes: what the user asks.
        evaluate_every: steps between evaluations.
        save_every: steps between checkpoints.
    """

    trainer: StudioTrainer

    def __init__(
        self, log: EventLog, wishes: Wishes, *, evaluate_every: int, save_every: int
    ) -> None:
        self._log = log
        self._wishes = wishes
        self._evaluate_every = evaluate_every
        self._save_every = save_every
        self._mark = time.monotonic()

    def on_train_begin(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **kwargs: Any,
    ) -> None:
        """Say that training begins."""
        self._log.emit(StateChanged(state="training"))

    def on_step_begin(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **kwargs: Any,
    ) -> None:
        """Start the clock of the step; evaluation and saving are not in it."""
        self._mark = time.monotonic()

    def on_step_end(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **kwargs: Any,
    ) -> None:
        """Tell the step, and ask the trainer for what is due."""
        step, facts = state.global_step, self.trainer.facts
        self.trainer.phase = Phase.BETWEEN
        tokens, trained = self.trainer.planned.tokens_of(step - 1)
        self._log.emit(
            StepDone(
                step=step,
                loss=float(facts.loss),
                learning_rate=facts.learning_rate,
                grad_norm=facts.grad_norm,
                tokens=tokens,
                trained_tokens=trained,
                seconds=time.monotonic() - self._mark,
                epoch=state.epoch or 0.0,
                memory_bytes=peak_bytes(),
            )
        )
        last = step >= state.max_steps
        control.should_evaluate = last or step % self._evaluate_every == 0
        control.should_save = last or step % self._save_every == 0
        meet(self._wishes, self.trainer, control, self._log)

    def heed(self) -> bool:
        """Look whether the user wants the run to end; return whether it is to, before its end.

        Raises:
            DiscardedError: it is to end at once.
        """
        heed_discard(self._wishes)
        step = self.trainer.state.global_step
        return self._wishes.leaving is not None and not 0 < step == self.trainer.state.max_steps
