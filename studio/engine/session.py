"""One engine's work on a run, from its frozen rows to its result; what needs torch starts here."""

from __future__ import annotations

import os
import traceback
from pathlib import Path
from typing import Any

from studio.core.batchplan import total_steps
from studio.core.control import PauseAsked
from studio.core.events import CheckpointCommitted, Event, Remark, RunStarted, StateChanged
from studio.core.plan import EVALUATION_BATCH, carried_out, plan_of
from studio.core.recipe import Recipe
from studio.core.workspace import RunFolder, Workspace
from studio.data.checkpointplaces import checkpoint_folder
from studio.data.checkpoints import latest_verified
from studio.data.runfiles import predicted_peak, read_events
from studio.engine.apart import check_rows_apart
from studio.engine.arguments import every, training_arguments
from studio.engine.asked import DiscardedError
from studio.engine.batches import PlannedBatches
from studio.engine.branches import attach_branch, parameter_counts, save_branch
from studio.engine.checkpoint import place_folder, sweep
from studio.engine.control import Wishes
from studio.engine.emit import EventLog
from studio.engine.explain import DivergedError, Ending, first_line, is_memory_short
from studio.engine.guarding import Guarding
from studio.engine.heldout import HeldOut
from studio.engine.load import Base, load_base
from studio.engine.loss import train_on_supervised_tokens
from studio.engine.lowrank import join_branches
from studio.engine.memoryshort import give_back
from studio.engine.peaks import forget_loading, peak_bytes
from studio.engine.render import Renderer
from studio.engine.reporter import Reporter
from studio.engine.room import RoomGuard
from studio.engine.rowsfile import FrozenRows, freeze_rows, read_frozen
from studio.engine.rowtap import RowTap
from studio.engine.shortage import Shortage, plan_for
from studio.engine.trainer import StudioTrainer
from studio.engine.trouble import go_back_first, meet_divergence
from studio.engine.watch import Watch
from studio.machine.models import resolve_model


class Session:
    """Loads, trains, and keeps the result of one run; the caller holds its lock.

    Attributes:
        step: optimizer steps done so far.
    """

    def __init__(self, run: RunFolder, recipe: Recipe, log: EventLog, wishes: Wishes) -> None:
        self._plan = plan_of(read_events(run))
        self._started_as, self._recipe = recipe, carried_out(recipe, self._plan)
        self._run, self._log, self._wishes = run, log, wishes
        self._trainer: StudioTrainer | None = None
        self._room = RoomGuard(run, log, wishes)
        self._committed, self._discarded = 0, False
        self._resumed, self._device, self._doing = 0, "cpu", "loading"
        log.listeners.append(self._note)

    @property
    def step(self) -> int:
        """Optimizer steps done so far; those of the checkpoint while nothing is loaded."""
        done = self._trainer.state.global_step if self._trainer else 0
        return self._committed if self._discarded else max(int(done), self._resumed)

    @property
    def peak_bytes(self) -> int:
        """The most memory this process has held."""
        return peak_bytes()

    def work(self) -> Ending:
        """Train to the end, or until the user asks to leave.

        Raises:
            StartAgain: the engine is to begin again, by another plan or from an earlier step.
            StudioError: the run cannot be carried out; other errors come as they are.
        """
        try:
            return self._work()
        except DiscardedError:
            self._discarded = True
            return self._thrown_away()
        except Exception as err:
            if not is_memory_short(err):
                raise
            details = "".join(traceback.format_exception(err))[-8000:]
            shortage = Shortage(self.step, self._doing, first_line(err), details)
        give_back()  # here, where the error holds no tensors any more
        return plan_for(
            shortage,
            started=self._started_as,
            now=self._recipe,
            device=self._device,
            going_on=self._keep(),
            log=self._log,
        )

    def _work(self) -> Ending:
        sweep(self._run)
        go_back_first(self._wishes, self._run, self._log)
        workspace = Workspace(self._run.path.parent.parent)
        model_folder = resolve_model(workspace, self._recipe.model)
        rows = self._rows(model_folder)
        self._say("Loading the model")
        base = load_base(model_folder, self._recipe)
        forget_loading()
        self._device = base.device
        guarding = Guarding(self._run, self._recipe, model_folder, self._log)
        rows = guarding.rows(rows, base)
        planned = self._planned(rows)
        steps = self._total_steps(planned)
        self._resumed = self._committed = self._checkpoint()
        trainer = self._trainer = self._make_trainer(base, rows, planned, steps)
        self._tell_start(base, rows, trainer.model, steps)
        between = every(self._recipe.eval_steps, steps)
        guarding.join(trainer, rows, every=between, steps=steps, done=self._resumed)
        if not self._resumed:
            trainer.evaluate()
        self._wishes.look()
        if not self._wishes.leaving and self._resumed < steps:
            checkpoint = str(checkpoint_folder(self._run, self._resumed)) if self._resumed else None
            try:
                trainer.train(resume_from_checkpoint=checkpoint)
            except DivergedError as err:
                raise meet_divergence(err, trainer, self._run, self._recipe, self._log) from err
        elif self._resumed:
            trainer.load_weights(checkpoint_folder(self._run, self._resumed))
        return self._end(trainer, steps)

    def _note(self, event: Event) -> None:
        """Remember what is being done, and what is safe."""
        if isinstance(event, StateChanged):
            self._doing = event.state
        elif isinstance(event, CheckpointCommitted):
            self._committed = event.step

    def _keep(self) -> int:
        """Commit the last whole step if that is possible; return the step of the last checkpoint."""
        if self._trainer is not None and self.step > self._committed:
            try:
                self._trainer.keep_now()
            except Exception as err:
                if not is_memory_short(err):
                    raise
        return self._committed

    def _thrown_away(self) -> Ending:
        if self._committed:
            return Ending("stopped", f"Ended at once, as asked. Step {self._committed} is kept.")
        return Ending("stopped", "Ended at once, as asked. Nothing was committed yet.")

    def _rows(self, model_folder: Path) -> FrozenRows:
        if not self._run.tokens.is_file():
            self._say("Rendering the rows")
            renderer = Renderer(model_folder, self._recipe.template, self._recipe.system_prompt)
            remarks = freeze_rows(self._run, renderer, self._recipe.max_tokens)
            self._tell_rows(remarks, renderer.chosen.title)
        rows = read_frozen(self._run.tokens)
        if rows.left_out:
            shown = ", ".join(str(row) for row in rows.left_out[:5])
            self._log.emit(
                Remark(
                    code="rows_left_out",
                    summary=f"{len(rows.left_out)} rows have no token to train and were left out.",
                    hint=f"Their ids start with {shown}. Write answers, or raise the length.",
                )
            )
        return rows

    def _tell_rows(self, remarks: frozenset[str], template: str) -> None:
        """Say what nobody chose, or may not expect, about how the rows are learned."""
        if "default_template" in remarks:
            self._log.emit(
                Remark(
                    code="default_template",
                    summary="The model has no chat template of its own: rows are written as "
                    f"{template.lower()}.",
                    hint="Choose another template in the recipe if the model knows one.",
                )
            )
        if "chosen_only" in remarks:
            self._log.emit(
                Remark(
                    code="chosen_only",
                    summary="The chosen answers are learned; the rejected ones are not used.",
                    hint="This version learns answers, not preferences between them.",
                )
            )

    def _planned(self, rows: FrozenRows) -> PlannedBatches:
        """Return the batches: each step has the rows that it had when the run was started."""
        return PlannedBatches(
            rows.train,
            rows.pad_id,
            seed=self._recipe.seed,
            micro_batch=self._started_as.micro_batch,
            grad_accum=self._started_as.grad_accum,
            at_once=self._recipe.micro_batch,
            packed_into=self._recipe.max_tokens if self._recipe.packing else 0,
        )

    def _total_steps(self, planned: PlannedBatches) -> int:
        return total_steps(
            planned.count,
            micro_batch=self._started_as.micro_batch,
            grad_accum=self._started_as.grad_accum,
            epochs=self._recipe.epochs,
            max_steps=self._recipe.max_steps,
        )

    def _checkpoint(self) -> int:
        step, reasons = latest_verified(self._run)
        for reason in reasons:
            taken = f"step {step}" if step else "the start"
            self._log.emit(
                Remark(code="checkpoint_damaged", summary=reason, hint=f"Going on from {taken}.")
            )
        return step

    def _make_trainer(
        self, base: Base, rows: FrozenRows, planned: PlannedBatches, steps: int
    ) -> StudioTrainer:
        recipe = self._recipe
        if recipe.packing:
            check_rows_apart(base.model)
        model = attach_branch(
            base.model, recipe, self._run.start if self._run.start.is_dir() else None
        )
        tap = RowTap()
        train_on_supervised_tokens(base.model, tap)
        if base.precision != "fp16":  # fp16 needs the casts of its scaler
            join_branches(model)
        reporter = Reporter(
            self._log,
            self._wishes,
            evaluate_every=every(recipe.eval_steps, steps),
            save_every=every(recipe.save_steps, steps),
        )
        arguments = training_arguments(recipe, base, self._run.path, steps)
        at_once = int(self._plan.get(EVALUATION_BATCH, recipe.micro_batch))
        held_out = HeldOut(rows.validation, rows.pad_id, at_once, self._log, reporter.heed)
        trainer = StudioTrainer(
            model, arguments, planned, held_out, recipe, self._run, self._log, reporter, self._room
        )
        Watch(self._run, recipe, self._log, self._wishes, tap).attach(trainer, rows)
        return trainer

    def _tell_start(self, base: Base, rows: FrozenRows, model: Any, steps: int) -> None:
        trainable, total = parameter_counts(model)
        self._log.emit(
            RunStarted(
                run=self._run.id,
                total_steps=steps,
                pid=os.getpid(),
                device=base.device_title,
                precision=base.precision,
                quantization=base.quantization,
                trainable_parameters=trainable,
                total_parameters=total,
                train_rows=len(rows.train),
                validation_rows=len(rows.validation),
                resumed_from=self._resumed,
                predicted_peak_bytes=predicted_peak(self._run),
                start_from=self._recipe.start_from,
            )
        )

    def _end(self, trainer: StudioTrainer, steps: int) -> Ending:
        leaving = self._wishes.leaving if self.step < steps else None
        unkept = "" if self._committed == self.step else self._unkept()
        if isinstance(leaving, PauseAsked):
            return Ending("paused", unkept)
        if not self.step:
            return Ending("stopped", "The run was stopped before its first step.")
        settled = trainer.guard.settle(trainer) if trainer.guard is not None else None
        self._resumed = min(self._resumed, trainer.state.global_step)  # it may have gone back
        self._say("Keeping the result", state="saving")
        kept = self._room.write(
            self.step, "the result", lambda: self._place(trainer), self._run.path
        )
        if not kept:
            return Ending("stopped", f"There was no room for the result. {unkept}".strip())
        return settled or Ending("stopped" if leaving else "done")

    def _place(self, trainer: StudioTrainer) -> bool:
        place_folder(self._run.adapter, lambda folder: save_branch(trainer.model, folder))
        return True

    def _unkept(self) -> str:
        """Return a sentence for a run that leaves without keeping its last steps."""
        since = f"after step {self._committed}" if self._committed else "from the start"
        return f"There was no room for step {self.step}: a resume goes on {since}."

    def _say(self, detail: str, state: str = "loading") -> None:
        self._log.emit(StateChanged(state=state, detail=detail))
