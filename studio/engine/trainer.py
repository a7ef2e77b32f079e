"""transformers' Trainer with our batches, loss, checks and checkpoints."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import torch
from transformers import Trainer, TrainingArguments
from transformers.trainer_callback import PrinterCallback

from studio.core.events import CheckpointCommitted, Evaluated, PlanChanged, StateChanged
from studio.core.recipe import Recipe
from studio.core.workspace import RunFolder
from studio.engine.again import StartAgain
from studio.engine.batches import (
    Batch,
    PlannedBatches,
    RowCount,
    evaluation_batches,
    trained_tokens,
)
from studio.engine.branches import save_branch
from studio.engine.checkpoint import commit, drop_old
from studio.engine.emit import EventLog
from studio.engine.explain import DivergedError
from studio.engine.reporter import Reporter
from studio.engine.rates import at_highest_rate, rates_of, set_rates
from studio.engine.rollback import go_back
from studio.engine.rowsfile import FrozenRows


@dataclass(slots=True)
class StepFacts:
    """What is known of the step that is being taken."""

    loss: torch.Tensor | float = 0.0
    grad_norm: float = 0.0
    learning_rate: float = 0.0


class StudioTrainer(Trainer):
    """Owns one run's training; its batches are a function of the step, so it resumes exactly.

    Attributes:
        facts: of the step that is being taken.
        best_step: step with the lowest held-out loss so far.
    """

    model: Any
    train_dataset: Any

    def __init__(
        self,
        model: Any,
        arguments: TrainingArguments,
        rows: FrozenRows,
        recipe: Recipe,
        run: RunFolder,
        log: EventLog,
        reporter: Reporter,
    ) -> None:
        self.planned = PlannedBatches(
            rows.train,
            rows.pad_id,
            seed=recipe.seed,
            micro_batch=recipe.micro_batch,
            grad_accum=recipe.grad_accum,
        )
        self.facts = StepFacts()
        self.best_step, self._best_loss = 0, math.inf
        self._held_out = evaluation_batches(rows.validation, rows.pad_id, recipe.micro_batch)
        self._held_rows = len(rows.validation)
        self._recipe, self._run, self._log = recipe, run, log
        super().__init__(
            model=model,
            args=arguments,
            train_dataset=RowCount(len(rows.train)),
            callbacks=[reporter],
        )
        self.remove_callback(PrinterCallback)
        reporter.trainer = self

    def get_train_dataloader(self) -> Any:
        """Return a loader that only knows how many batches there are; see get_batch_samples."""
        return torch.utils.data.DataLoader(
            self.train_dataset,
            batch_size=self._recipe.micro_batch,
            generator=torch.Generator(),  # else each epoch would move the shared random state
        )

    def get_batch_samples(
        self, epoch_iterator: Iterator[Any], num_batches: int, device: torch.device
    ) -> tuple[list[Batch], int]:
        """Return the micro-batches of the next step and how many tokens of them are trained."""
        self.facts = StepFacts()
        batches = self.planned.of(self.state.global_step)
        return batches, self.planned.tokens_of(self.state.global_step)[1]

    def training_step(
        self, model: Any, inputs: Batch, num_items_in_batch: Any = None
    ) -> torch.Tensor:
        """Go forward and backward on one micro-batch; its share of the step's loss is added up."""
        loss: torch.Tensor = super().training_step(model, inputs, num_items_in_batch)
        self.facts.loss = self.facts.loss + loss.detach()
        return loss

    def floating_point_ops(self, inputs: Batch) -> int:
        """Return 0: counting walks over all weights, and nobody reads it."""
        return 0

    def create_optimizer(self, model: Any = None) -> Any:
        """Make the optimizer; LoRA+ gives the B matrices a higher rate."""
        if self.optimizer is None and self._recipe.loraplus_ratio:
            from peft.optimizers import create_loraplus_optimizer

            kind, options = self.get_optimizer_cls_and_kwargs(self.args, self.model)
            self.optimizer = create_loraplus_optimizer(
                self.model, kind, loraplus_lr_ratio=self._recipe.loraplus_ratio, **options
            )
        return super().create_optimizer(model)

    def _get_grad_norm(self, model: Any, grad_norm: Any = None) -> float:
        """Return the norm before clipping, and stop here if the step is no number.

        This is the last moment before the optimizer moves the weights.
        """
        norm = super()._get_grad_norm(model, grad_norm=grad_norm)  # type: ignore[no-untyped-call]
        facts = self.facts
        facts.grad_norm, facts.loss = float(norm), float(facts.loss)
        facts.learning_rate = self._get_learning_rate()
        # With fp16 an infinite gradient is normal: the scaler skips the step and lowers its scale
        scaled = self.accelerator.scaler is not None and self.accelerator.scaler.is_enabled()
        if not math.isfinite(facts.loss) or not (scaled or math.isfinite(facts.grad_norm)):
            raise DivergedError(
                f"At step {self.state.global_step + 1} the loss was {facts.loss:g} and the "
                f"gradient {facts.grad_norm:g}: the run left the numbers. The step was not taken.",
                "Resume with a lower learning rate, or look at the rows of that step.",
            )
        return facts.grad_norm

    def evaluate(self, *args: Any, **kwargs: Any) -> dict[str, float]:
        """Measure the loss on the held-out rows, a mean over their trained tokens in nats."""
        step = self.state.global_step
        self.control.should_evaluate = False
        if not self._held_out:
            return {}
        detail = f"Evaluating {self._held_rows} held-out rows"
        self._log.emit(StateChanged(state="evaluating", detail=detail))
        start, total, tokens = time.monotonic(), 0.0, 0
        was_training = self.model.training
        self.model.eval()
        with torch.no_grad():
            for batch in self._held_out:
                inputs = self._prepare_inputs(dict(batch))
                total += float(self.model(**inputs, num_items_in_batch=1).loss)
                tokens += trained_tokens(batch)
        self.model.train(was_training)
        loss = total / tokens
        if loss < self._best_loss:
            self.best_step, self._best_loss = step, loss
        self._log.emit(
            Evaluated(
                step=step,
                target_loss=loss,
                rows=self._held_rows,
                tokens=tokens,
                seconds=time.monotonic() - start,
            )
        )
        self._log.emit(StateChanged(state="training"))
        return {"eval_loss": loss}

    def load_weights(self, checkpoint: Path) -> None:
        """Take over the branch of a checkpoint, to keep it as the result without training on."""
        self._load_from_checkpoint(str(checkpoint))

    def change_rate(self, learning_rate: float, reason: str) -> None:
        """Go on with another highest learning rate; the schedule keeps its shape.

        Args:
            learning_rate: above 0; the next step takes its share of it.
            reason: a sentence.
        """
        before = self.args.learning_rate
        set_rates(
            self.lr_scheduler, at_highest_rate(rates_of(self.lr_scheduler), before, learning_rate)
        )
        self.args.learning_rate = learning_rate
        changes = {"learning_rate": learning_rate}
        self._log.emit(PlanChanged(step=self.state.global_step, changes=changes, reason=reason))

    def _load_optimizer_and_scheduler(self, checkpoint: str | None) -> None:
        """Load them, and keep to the plan's highest rate if the checkpoint was made at another."""
        planned = rates_of(self.lr_scheduler)
        super()._load_optimizer_and_scheduler(checkpoint)
        set_rates(self.lr_scheduler, planned)

    def roll_back(self, step: int, learning_rate: float = 0.0, reason: str = "") -> NoReturn:
        """Go back to an earlier checkpoint and on from there; the engine begins again for it.

        Weights, optimizer, schedule, chance and step are those of the checkpoint, as in a resume.

        Args:
            step: of a whole checkpoint; 0 for the start.
            learning_rate: the highest rate from then on; 0 keeps it.
            reason: a sentence.

        Raises:
            StartAgain: always, when the run may go back; it has to reach the engine's main part.
            RunError: there is no such checkpoint; nothing was changed.
        """
        go_back(
            self._run,
            self._log,
            step=self.state.global_step,
            to_step=step,
            learning_rate=learning_rate,
            reason=reason,
        )
        raise StartAgain

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        """Commit a checkpoint that this class can resume from exactly."""
        step = self.state.global_step
        self._log.emit(StateChanged(state="saving", detail=f"Saving step {step}"))
        start = time.monotonic()
        size = commit(self._run, step, self._write)
        drop_old(self._run, self.best_step)
        self._log.emit(
            CheckpointCommitted(
                step=step,
                path=self._run.checkpoint(step).relative_to(self._run.path).as_posix(),
                size_bytes=size,
                seconds=time.monotonic() - start,
            )
        )
        self._log.emit(StateChanged(state="training"))

    def _write(self, folder: Path) -> None:
        save_branch(self.model, folder)
        self._save_optimizer_and_scheduler(str(folder))
        self._save_scaler(str(folder))
        self._save_rng_state(str(folder))
        self.state.best_global_step = self.best_step
        self.state.best_metric = self._best_loss if math.isfinite(self._best_loss) else None
        self.state.save_to_json(str(folder / "trainer_state.json"))

    def _load_callback_state(self) -> None:
        """Take over the best step when resuming; our callback has no state of its own."""
        self.best_step = self.state.best_global_step or 0
        if self.state.best_metric is not None:
            self._best_loss = self.state.best_metric
