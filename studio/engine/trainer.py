"""transformers' Trainer with our batches, loss, checks and checkpoints."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, NoReturn

import torch
from transformers import TrainingArguments

from studio.core.events import CheckpointCommitted, Evaluated, PlanChanged, StateChanged
from studio.core.recipe import Recipe
from studio.core.watchdog import fault_before_move
from studio.core.workspace import RunFolder
from studio.data.checkpointplaces import checkpoint_folder
from studio.engine.again import StartAgain
from studio.engine.answerstates import base_of
from studio.engine.batches import Batch, PlannedBatches
from studio.engine.branches import save_branch
from studio.engine.chance import chance_now, go_on_with
from studio.engine.checkpoint import drop_old, path_in
from studio.engine.emit import EventLog
from studio.engine.explain import DivergedError
from studio.engine.guard import Guard
from studio.engine.heldout import HeldOut
from studio.engine.rates import rates_of, set_rates
from studio.engine.remedies import Remedies, slower_below
from studio.engine.reporter import Reporter
from studio.engine.rollback import go_back
from studio.engine.room import RoomGuard
from studio.engine.saving import commit_with_care
from studio.engine.sharedtrainer import SharedTrainer
from studio.engine.stepfacts import Phase, StepFacts
from studio.engine.team import Team


class StudioTrainer(SharedTrainer):
    """Owns one run's training; its batches are a function of the step, so it resumes exactly.

    Attributes:
        facts: of the step that is being taken.
        phase: where in it the trainer is.
        best_step: step with the lowest held-out loss so far.
    """

    def __init__(
        self,
        model: Any,
        arguments: TrainingArguments,
        planned: PlannedBatches,
        held_out: HeldOut,
        recipe: Recipe,
        run: RunFolder,
        log: EventLog,
        reporter: Reporter,
        room: RoomGuard,
        team: Team,
    ) -> None:
        self.facts, self.phase = StepFacts(), Phase.BETWEEN
        self.best_step, self._best_loss = 0, math.inf
        self._chance = chance_now()
        self.guard: Guard | None = None
        self.remedies: Remedies | None = None
        self._pieces_left = 0
        self._held_out = held_out
        self._recipe, self._run, self._log = recipe, run, log
        self._reporter, self._room = reporter, room
        super().__init__(model, arguments, planned, team, reporter)
        reporter.trainer = self

    def get_batch_samples(
        self, epoch_iterator: Iterator[Any], num_batches: int, device: torch.device
    ) -> tuple[list[Batch], int]:
        """Return the micro-batches of the next step and how many tokens of them are trained."""
        self.facts, self.phase = StepFacts(), Phase.GRADIENT
        self._chance = chance_now()
        batches, trained = super().get_batch_samples(epoch_iterator, num_batches, device)
        self._pieces_left = len(batches)
        if self.remedies is not None:
            self.remedies.begin_step(self.state.global_step)
        return batches, trained

    def training_step(
        self, model: Any, inputs: Batch, num_items_in_batch: Any = None
    ) -> torch.Tensor:
        """Go forward and backward on one micro-batch; its share of the step's loss is added up."""
        if not self.team.place.shares:  # else the others would be left in the middle of a step
            self._reporter.heed()
        with self._kept():
            loss: torch.Tensor = super().training_step(model, inputs, num_items_in_batch)
        self.facts.loss = self.facts.loss + loss.detach()
        self._pieces_left -= 1
        if self.remedies is not None and not self._pieces_left:
            scaler = self.accelerator.scaler
            scale = scaler.get_scale() if scaler is not None and scaler.is_enabled() else 1.0
            self.remedies.add_gradients(self.state.global_step, scale)
        return loss

    def create_optimizer(self, model: Any = None) -> Any:
        """Make the optimizer; LoRA+ gives the B matrices a higher rate."""
        fresh = self.optimizer is None
        if fresh and self._recipe.loraplus_ratio:
            from peft.optimizers import create_loraplus_optimizer

            kind, options = self.get_optimizer_cls_and_kwargs(self.args, self.model)
            self.optimizer = create_loraplus_optimizer(
                self.model, kind, loraplus_lr_ratio=self._recipe.loraplus_ratio, **options
            )
        made = super().create_optimizer(model)
        if fresh and self._recipe.guard.layer_decay < 1:
            slower_below(self.optimizer, self.model, self._recipe.guard.layer_decay)
        return made

    def _get_grad_norm(self, model: Any, grad_norm: Any = None) -> float:
        """Return the norm before clipping, and stop here if the step is no number.

        This is the last moment before the optimizer moves the weights.
        """
        norm = super()._get_grad_norm(model, grad_norm=grad_norm)  # type: ignore[no-untyped-call]
        facts = self.facts
        facts.grad_norm, facts.loss = float(norm), self.team.mean(float(facts.loss))
        facts.learning_rate = self._get_learning_rate()
        # With fp16 an infinite gradient is normal: the scaler skips the step and lowers its scale
        scaled = self.accelerator.scaler is not None and self.accelerator.scaler.is_enabled()
        step = self.state.global_step + 1
        if why := fault_before_move(step, facts.loss, facts.grad_norm, scaled=scaled):
            raise DivergedError(
                why, "Resume with a lower learning rate, or look at the rows of that step."
            )
        self.phase = Phase.MOVING
        return facts.grad_norm

    def evaluate(self, *args: Any, **kwargs: Any) -> dict[str, float]:
        """Measure the loss on the held-out rows, a mean over their trained tokens in nats."""
        step = self.state.global_step
        self.control.should_evaluate = False
        if not len(self._held_out):
            return {}
        detail = f"Evaluating {len(self._held_out)} held-out rows"
        self._log.emit(StateChanged(state="evaluating", detail=detail))
        start, was_training = time.monotonic(), self.model.training
        self.model.eval()
        try:
            measured = self._held_out.measure(self.model, self._prepare_inputs, step)
            base = self._of_base() if step == 0 and self._recipe.start_from else {}
        finally:
            self.model.train(was_training)
        if measured is None:
            self._log.emit(StateChanged(state="training"))
            return {}
        loss = measured.loss
        if loss < self._best_loss:
            self.best_step, self._best_loss = step, loss
        seconds = time.monotonic() - start
        general = self.guard.fields(step, measured.parts) if self.guard is not None else {}
        base |= general.pop("base", {})
        event = Evaluated(
            step=step,
            target_loss=loss,
            rows=len(self._held_out),
            tokens=measured.tokens,
            seconds=seconds,
            base=base,
            **general,
        )
        self._log.emit(event)
        if self.guard is not None:
            self.guard.judge(event, self.control)
        self._log.emit(StateChanged(state="training"))
        return {"eval_loss": loss}

    def _of_base(self) -> dict[str, Any]:
        """Return the held-out loss without the adapter that the run goes on from."""
        with base_of(self.model):
            measured = self._held_out.measure(self.model, self._prepare_inputs, 0)
        return {} if measured is None else {"target_loss": measured.loss}

    def load_weights(self, checkpoint: Path) -> None:
        """Take over the branch of a checkpoint, to keep it as the result without training on."""
        self._load_from_checkpoint(str(checkpoint))

    def change_rate(self, learning_rate: float, reason: str) -> None:
        """Go on with another highest learning rate; the schedule keeps its shape.

        Args:
            learning_rate: above 0; the next step takes its share of it.
            reason: a sentence.
        """
        self.set_highest_rate(learning_rate)
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

    def keep_now(self) -> bool:
        """Commit the last step that was taken whole, though the next one failed; return whether."""
        if self.phase is Phase.MOVING or not self.state.global_step:
            return False
        if self.phase is Phase.GRADIENT:
            go_on_with(self._chance)
        self._save_checkpoint(self.model, None)
        return True

    def _kept(self) -> AbstractContextManager[Any]:
        """Return where tensors wait that backward needs: in RAM if the recipe offloads them."""
        if self._recipe.checkpointing == "offload" and self.args.device.type != "cpu":
            return torch.autograd.graph.save_on_cpu()
        return nullcontext()

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        """Commit a checkpoint that this class can resume from exactly."""
        step = self.state.global_step
        self._log.emit(StateChanged(state="saving", detail=f"Saving step {step}"))
        start = time.monotonic()
        size = self._room.write(
            step,
            f"the checkpoint of step {step}",
            lambda: commit_with_care(self._run, step, self._write, self._log),
        )
        if size is None:  # the user leaves without it
            self.control.should_training_stop = True
            return
        also = self.guard.keep if self.guard is not None else 0
        drop_old(self._run, self.best_step, self._recipe.keep_checkpoints, also)
        self._log.emit(
            CheckpointCommitted(
                step=step,
                path=path_in(self._run, checkpoint_folder(self._run, step)),
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
        if self.remedies is not None:
            self.remedies.save(folder)
        self.state.best_global_step = self.best_step
        self.state.best_metric = self._best_loss if math.isfinite(self._best_loss) else None
        self.state.save_to_json(str(folder / "trainer_state.json"))

    def _load_callback_state(self) -> None:
        """Take over the best step when resuming; our callback has no state of its own."""
        self.best_step = self.state.best_global_step or 0
        if self.state.best_metric is not None:
            self._best_loss = self.state.best_metric
