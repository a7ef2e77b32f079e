"""Watches a training from inside: its steps, what each row cost, and the fixed prompts."""

from __future__ import annotations

import math
import warnings
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from studio.core.actions import ROLL_BACK, action_text
from studio.core.control import SampleAsked
from studio.core.events import (
    Evaluated,
    Event,
    FirstBatch,
    MemoryShort,
    Remark,
    Sampled,
    StateChanged,
    StepDone,
)
from studio.core.recipe import Recipe
from studio.core.watchdog import RISING, ZEROS, StepLook, Watchdog
from studio.core.workspace import RunFolder
from studio.data.checkpoints import checkpoint_steps
from studio.data.rowlosses import RowLossFile
from studio.data.runfiles import read_events
from studio.engine.control import Wishes
from studio.engine.emit import EventLog
from studio.engine.explain import DivergedError, first_line, is_memory_short
from studio.engine.firstbatch import first_batch
from studio.engine.memoryshort import free_memory, give_back
from studio.engine.render import Renderer
from studio.engine.rowsfile import FrozenRows
from studio.engine.rowtap import RowTap
from studio.engine.samples import FixedPrompts
from studio.machine.models import resolve_model

if TYPE_CHECKING:
    from studio.engine.trainer import StudioTrainer


PAGED = "paged_on_cpu"


class Watch(TrainerCallback):
    """Looks at each step of one run; given to its trainer beside the reporter, after it.

    Args:
        run: the run.
        recipe: as it is carried out.
        log: where events go; those of the steps are heard there.
        wishes: what the user asks.
        tap: is told the losses of the rows.
    """

    trainer: StudioTrainer

    def __init__(
        self,
        run: RunFolder,
        recipe: Recipe,
        log: EventLog,
        wishes: Wishes,
        tap: RowTap,
    ) -> None:
        self._run, self._recipe, self._log, self._wishes = run, recipe, log, wishes
        self._tap = tap
        self._watchdog = Watchdog()
        self._rows: FrozenRows | None = None
        self._file: RowLossFile | None = None
        self._prompts: FixedPrompts | None = None
        self._trained = 0.0
        """Seconds in steps since the prompts were answered."""
        told = read_events(run)
        self._sampled = {event.step for event in told if isinstance(event, Sampled)}
        self._asked_before = _own_prompts(told)
        self._first_told = any(isinstance(event, FirstBatch) for event in told)
        self._codes = {event.code for event in told if isinstance(event, Remark)}

    def attach(self, trainer: StudioTrainer, rows: FrozenRows) -> None:
        """Begin to watch a trainer of these rows."""
        self.trainer, self._rows = trainer, rows
        trainer.add_callback(self)
        self._log.listeners.append(self._heard)
        if self._recipe.optimizer.startswith("paged") and trainer.args.device.type == "cpu":
            self._tell_paged()

    def _tell_paged(self) -> None:
        warnings.filterwarnings("ignore", "Paged optimizers are not supported on CPU")  # told here
        if PAGED not in self._codes:
            self._log.emit(
                Remark(
                    code=PAGED,
                    summary="A paged optimizer pages between card and RAM; on a CPU there is "
                    "nothing to page.",
                    hint="It works as the same optimizer without pages. Choose adamw or "
                    "adamw_8bit to say so.",
                )
            )

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Tell the first batch, and answer the prompts where the run begins or goes on."""
        self._sampled = {step for step in self._sampled if step <= state.global_step}
        with suppress(OSError):
            self._file = RowLossFile(self._run.row_losses, state.global_step)
        if not self._first_told:
            self._first_told = True
            planned = self.trainer.planned
            sequences = planned.sequences_of(0)[0]
            self._log.emit(first_batch(planned.of(0)[0], sequences, self._renderer))
        self._sample(state.global_step)

    def on_step_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Forget what was told of a step that was not taken."""
        self._tap.forget()

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Take down what the rows cost, and do what was asked."""
        step = state.global_step
        mine = self._tap.records(step, self.trainer.share.sequences_of(step - 1))
        records = self.trainer.team.gathered(mine)
        try:
            if self._file is not None:
                self._file.add(records)
        except OSError as err:
            self._lose_rows(step, err)
        if self._watchdog.zeros >= ZEROS:
            raise DivergedError(
                f"Nothing was learned in {ZEROS} steps: the loss or the gradient was exactly zero.",
                "Look at the rows of these steps, at the layers that are trained, and at the "
                "precision.",
            )
        asked = self._wishes.take(SampleAsked)
        if asked is not None:
            self._sample(step, asked.prompt, again=True)

    def on_save(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Answer the prompts with the model of the checkpoint that was just committed."""
        if self._file is not None:
            with suppress(OSError):
                self._file.add([], sync=True)
        self._sample(state.global_step)

    def _heard(self, event: Event) -> None:
        if isinstance(event, StepDone):
            self._trained += event.seconds
            for remark in self._watchdog.step(self._look(event)):
                self._log.emit(self._with_step(remark))
        elif isinstance(event, Evaluated):
            for remark in self._watchdog.evaluated(event.step, event.target_loss):
                self._log.emit(remark)

    def _with_step(self, remark: Remark) -> Remark:
        """Return the remark with the checkpoint named that it offers to go back to."""
        if remark.action != ROLL_BACK:
            return remark
        kept = checkpoint_steps(self._run)
        step = next((step for step in kept if step <= remark.step - RISING), 0)
        return replace(remark, action=action_text(ROLL_BACK, [step]))

    def _look(self, event: StepDone) -> StepLook:
        batches = self.trainer.planned.rows_of(event.step - 1)
        return StepLook(
            step=event.step,
            loss=event.loss,
            grad_norm=event.grad_norm,
            trained_tokens=event.trained_tokens,
            rows=[row.row for batch in batches for row in batch],
            empty_rows=[
                row.row
                for batch in batches
                if not any(row.trained[1:].any() for row in batch)
                for row in batch
            ],
            warmed_up=event.step > self._recipe.warmup_steps,
        )

    def _sample(self, step: int, prompt: str = "", *, again: bool = False) -> None:
        """Answer the prompts, unless they were answered at this step or the user wants to leave."""
        wanted = prompt or self._asked_before or not self._recipe.samples.is_off or self._prompts
        if self._leaves() or not wanted or (step in self._sampled and not again):
            return
        prompts = self._fixed()
        if prompt:
            prompts.add(prompt)
        for why in prompts.refused:
            self._log.emit(Remark(code="prompt_refused", summary=why, step=step))
        prompts.refused.clear()
        if not prompts.prompts:
            return
        detail = f"Answering {len(prompts.prompts)} prompts"
        self._log.emit(StateChanged(state="evaluating", detail=detail))
        # an answer that somebody waits for has all the time there is
        since = math.inf if again or not step else self._trained
        self._answer(prompts, step, since)
        if not self._leaves():
            self._log.emit(StateChanged(state="training"))

    def _answer(self, prompts: FixedPrompts, step: int, trained_seconds: float) -> None:
        try:
            allowed = self._recipe.samples.allowed(trained_seconds)
            sampled = prompts.answer(self.trainer.model, step, allowed, self._leaves)
        except Exception as err:
            if not is_memory_short(err):
                raise
            said = first_line(err)
        else:
            if sampled is not None:
                self._sampled.add(step)
                self._trained = 0.0
                self._log.emit(sampled)
            return
        give_back()  # here, where the error holds no tensors any more
        self._log.emit(
            MemoryShort(step=step, where="sampling", summary=said, free_bytes=free_memory())
        )
        self._log.emit(
            Remark(
                code="samples_skipped",
                summary=f"There was no memory to answer the prompts at step {step}.",
                hint="Training goes on. Ask fewer prompts, or for shorter answers.",
                step=step,
            )
        )

    def _leaves(self) -> bool:
        """Return whether the user wants the run to end now."""
        self._wishes.look()
        return self._wishes.leaving is not None or self._wishes.discarding

    def _fixed(self) -> FixedPrompts:
        if self._prompts is None:
            rows = self._rows.validation if self._rows is not None else []
            self._prompts = FixedPrompts(self._renderer, self._recipe.samples, rows, self._run)
            for text in self._asked_before:
                self._prompts.add(text)
        return self._prompts

    @cached_property
    def _renderer(self) -> Renderer:
        """What writes prompts and reads tokens; made once it is needed."""
        model = resolve_model(self._run.workspace, self._recipe.model)
        return Renderer(model, self._recipe.template, self._recipe.system_prompt)

    def _lose_rows(self, step: int, err: OSError) -> None:
        self._file = None
        self._log.emit(
            Remark(
                code="row_losses_lost",
                summary=f"What each row costs is not taken down any more: {err.strerror or err}.",
                hint="Training goes on. It begins again when the run is resumed.",
                step=step,
            )
        )


def _own_prompts(told: list[Event]) -> list[str]:
    """Return the prompts that the user asked for on the way, or in the recipe, in their order."""
    answers = next((e.answers for e in reversed(told) if isinstance(e, Sampled)), [])
    return [str(a["prompt"]) for a in answers if str(a.get("id", "")).startswith("prompt ")]
