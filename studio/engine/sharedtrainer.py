"""transformers' Trainer as one of the engines that share a run, or as the only one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from transformers import Trainer, TrainingArguments
from transformers.trainer_callback import PrinterCallback, TrainerCallback

from studio.engine.batches import Batch, Pieces, PlannedBatches
from studio.engine.chance import draw_anew
from studio.engine.rates import at_highest_rate, rates_of, set_rates
from studio.engine.share import Share
from studio.engine.team import Team


class SharedTrainer(Trainer):
    """Takes its part of each step; between steps all engines do what the first decides.

    Attributes:
        planned: the batches of each step, of all engines.
        share: this engine's part of them.
        team: the engines.
    """

    model: Any
    train_dataset: Any

    def __init__(
        self,
        model: Any,
        arguments: TrainingArguments,
        planned: PlannedBatches,
        team: Team,
        callback: TrainerCallback,
    ) -> None:
        self.planned, self.team = planned, team
        self.share = Share(planned, team.place)
        arguments.gradient_accumulation_steps = self.share.pieces
        super().__init__(
            model=model,
            args=arguments,
            train_dataset=Pieces(self.share.pieces_per_epoch),
            callbacks=[callback],
        )
        self.remove_callback(PrinterCallback)

    def get_train_dataloader(self) -> Any:
        """Return a loader that only knows how many batches there are; see get_batch_samples."""
        return torch.utils.data.DataLoader(
            self.train_dataset,
            batch_size=1,
            generator=torch.Generator(),  # else each epoch would move the shared random state
        )

    def get_batch_samples(
        self, epoch_iterator: Iterator[Any], num_batches: int, device: torch.device
    ) -> tuple[list[Batch], int]:
        """Return this engine's micro-batches of the next step, and the trained tokens of all."""
        step = self.state.global_step
        if self.team.place.shares:
            draw_anew(self.args.seed, step, self.team.place.rank)
        return self.share.of(step), self.planned.tokens_of(step)[1]

    def floating_point_ops(self, inputs: Batch) -> int:
        """Return 0: counting walks over all weights, and nobody reads it."""
        return 0

    def set_highest_rate(self, learning_rate: float) -> None:
        """Go on with another highest learning rate; the schedule keeps its shape."""
        now = rates_of(self.lr_scheduler)
        set_rates(self.lr_scheduler, at_highest_rate(now, self.args.learning_rate, learning_rate))
        self.args.learning_rate = learning_rate

    def _maybe_log_save_evaluate(self, *args: Any, **kwargs: Any) -> None:
        """Do what is due after a step on the first engine, and what it decided on all."""
        if self.team.leads:
            super()._maybe_log_save_evaluate(*args, **kwargs)
        decided = self.control.should_training_stop, self.args.learning_rate
        stop, rate = self.team.told(decided)
        self.control.should_training_stop = stop
        if rate != self.args.learning_rate:
            self.set_highest_rate(rate)

    def _load_rng_state(self, checkpoint: str | None) -> None:
        """Go on with the checkpoint's chance; several engines draw anew at each step instead."""
        if not self.team.place.shares:
            super()._load_rng_state(checkpoint)
