"""What a run would take: memory beside what is free, and time, from all that is known here."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, Signal

from studio.app.givenback import held_by
from studio.app.secondopinion import Opinion, SecondOpinion
from studio.app.studio import Studio
from studio.core.guardbudget import replay_rows
from studio.core.memory import Estimate, estimate_memory
from studio.core.modelshape import ModelShape
from studio.core.protocol import RequestFailed
from studio.core.recipe import Recipe
from studio.core.sooner import Hurry, sooner_ways
from studio.core.timecost import longer
from studio.core.waysout import RowsKnown, WayOut, ways_out
from studio.data.runfiles import RunSummary
from studio.machine.devices import Memory
from studio.machine.models import ModelInfo

SHORT_ROWS = 64
"""Tokens of rows so short that real ones are hardly shorter."""
NOT_MEASURED = "not measured yet"
"""Why no time is known for a model that never took a step here."""
RECORD = 3
"""Earlier runs whose predicted and measured peaks are compared."""


@dataclass(frozen=True, slots=True)
class Lengths:
    """Tokens of the open dataset's rows, as the model sees them; zeros while not known."""

    rows: int = 0
    longest: int = 0
    trained: int = 0
    cut: int = 0
    total: int = 0


class Outlook(QObject):
    """Predicts for recipes on this computer; owned by the page that shows it.

    Signals:
        changed(): a prediction may come out differently now.
    """

    changed = Signal()

    def __init__(self, studio: Studio, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self.lengths = Lengths()
        self._trouble: RequestFailed | None = None
        self._opinions = SecondOpinion(studio.traces, self)
        self._opinions.changed.connect(self.changed)
        studio.checks.changed.connect(self._on_checks_changed)
        studio.machine.read.connect(self._on_read)
        studio.peaks.changed.connect(self.changed)

    def device(self, recipe: Recipe) -> str:
        """Return where a recipe trains: cuda or cpu."""
        if recipe.device != "auto":
            return recipe.device
        reading = self._studio.machine.reading
        return reading.device if reading is not None else "cpu"

    def memory(self, recipe: Recipe) -> Memory | None:
        """Return the pool of memory that a recipe would use; None before the first reading.

        A recipe for a card that is not there gets an empty pool.
        """
        reading = self._studio.machine.reading
        if reading is None:
            return None
        if recipe.device == "cuda" and reading.gpu is None:
            return Memory("no NVIDIA card", 0, 0, 0, 0)
        return reading.memory(recipe.device, recipe.card, recipe.gpus)

    def ours_back(self, recipe: Recipe) -> int:
        """Return the bytes that the chat would give up before a run."""
        return held_by(self._studio.machine.reading, recipe, self._studio.chat_pid_that_goes)

    def estimate(self, shape: ModelShape, recipe: Recipe) -> Estimate:
        """Predict a recipe's peak; while no row is measured its low end is that of short rows.

        Raises:
            RecipeError: the recipe names what cannot be trained.
        """
        estimate = estimate_memory(shape, recipe, self.device(recipe), **self._known(recipe))
        if self.lengths.rows or recipe.packing:
            return estimate
        short = recipe.replace(max_tokens=min(SHORT_ROWS, recipe.max_tokens))
        least = estimate_memory(shape, short, self.device(recipe), **self._known(recipe))
        return dataclasses.replace(estimate, low_bytes=least.low_bytes)

    def consider(self, info: ModelInfo, recipe: Recipe, estimate: Estimate) -> Opinion | None:
        """Have an estimate judged by a trace, in a moment; return the opinion there is on it."""
        known, longest = self._known(recipe), self.lengths.longest
        self._opinions.consider(
            info,
            recipe,
            estimate,
            device=self.device(recipe),
            length=min(longest, recipe.max_tokens) if longest else recipe.max_tokens,
            trained_share=known.get("trained_share", 1.0),
            cpu_bf16=self.cpu_bf16,
        )
        return self._opinions.opinion

    def known(self) -> dict[str, Any]:
        """Return what an estimate is told beside model, recipe and device."""
        return self._known(self._studio.draft.recipe)

    def leave(self) -> None:
        """Ask for no more opinions; the page is not in front."""
        self._opinions.stop()

    def ways_out(self, shape: ModelShape, recipe: Recipe, free_bytes: int) -> list[WayOut]:
        """Return what makes a recipe fit, the cheapest first."""
        device, rows = self.device(recipe), self._rows()
        return ways_out(shape, recipe, device, free_bytes, rows=rows, **self._known(recipe))

    def sooner_ways(
        self, shape: ModelShape, recipe: Recipe, free_bytes: int, hurry: Hurry
    ) -> list[WayOut]:
        """Return what makes a run end in time, the cheapest first."""
        device, rows = self.device(recipe), self._rows()
        known = self._known(recipe)
        return sooner_ways(shape, recipe, device, free_bytes, hurry, rows=rows, **known)

    def _rows(self) -> RowsKnown | None:
        """Return what shorter rows would cut; None before the rows were measured."""
        if not self.lengths.rows:
            return None
        tokens = self._studio.checks.lengths.tokens
        return RowsKnown(
            count=len(tokens),
            cut=lambda limit: int((tokens > limit).sum()),
            mean=lambda limit: float(np.minimum(tokens, limit).mean()),
        )

    def steps(self, recipe: Recipe) -> int:
        """Return how many steps a run takes; 0 without a dataset."""
        document = self._studio.datasets.current
        rows = document.split_counts().get("train", 0) if document is not None else 0
        if recipe.max_steps:
            return recipe.max_steps
        rows += replay_rows(rows, recipe.guard.replay)
        return recipe.epochs * -(-rows // recipe.effective_batch)

    def seconds(self, recipe: Recipe) -> float | None:
        """Return how long a run would take, from the speed of the last one like it."""
        speed = self._speed(recipe)
        if speed is None or not self.lengths.rows:
            return None
        each = min(self.lengths.total / self.lengths.rows, recipe.max_tokens)
        return self.steps(recipe) * recipe.effective_batch * each / speed

    def why_no_time(self, recipe: Recipe) -> str:
        """Return in a few words why the time of a run is not known; empty if it is."""
        if self._studio.datasets.current is None:
            return "no dataset open"
        if self._speed(recipe) is None:
            return NOT_MEASURED
        return "" if self.lengths.rows else "rows not read yet"

    def _speed(self, recipe: Recipe) -> float | None:
        """Return the tokens a second that were measured for a recipe's model; None without any.

        The last run like it counts most; else the last run or measurement of the model here, made
        longer or shorter by what other settings cost.
        """
        speeds = (run.state.tokens_per_second for run in self._like(recipe))
        found = next((speed for speed in speeds if speed), None)
        current, device = self._studio.models.current, self.device(recipe)
        if found is not None or current is None:
            return found
        measured = self._studio.peaks.speed(current.name, device)
        if measured is None:
            return None
        speed, settings = measured
        mean = self.lengths.total / self.lengths.rows if self.lengths.rows else recipe.max_tokens
        means = min(mean, settings.max_tokens), min(mean, recipe.max_tokens)
        per_token = (1 + longer(settings, recipe, device, means)) * means[0] / means[1]
        return speed / per_token

    def assumed(self, recipe: Recipe) -> str:
        """Return what is taken for the rows' lengths while none is known; empty once they are."""
        if self.lengths.rows:
            return ""
        full = f"full rows of {recipe.max_tokens:,} tokens; shorter ones take less"
        if self._studio.datasets.current is None:
            return f"Without a dataset this assumes {full}."
        if (trouble := self._studio.checks.trouble) is not None:
            why = f"The rows could not be measured. {trouble.summary}"
            return f"{why} Until they are this assumes {full}."
        return f"Until the rows are measured this assumes {full}."

    def usual(self, recipe: Recipe, estimate: Estimate) -> str:
        """Return what this computer's records added to an estimate; empty for nothing."""
        added = estimate.correction_bytes
        usual = self._studio.peaks.calibration(self.device(recipe), recipe.quantization)
        return usual.sentence(estimate.total_bytes - added, added)

    def record(self, recipe: Recipe) -> str:
        """Return how well earlier runs of this device were predicted; empty without any."""
        here = "cuda" if self.device(recipe) == "cuda" else "cpu"
        errors = [
            abs(run.state.measured_peak_bytes / run.state.predicted_peak_bytes - 1)
            for run in self._studio.runs.all()
            if run.state.measured_peak_bytes
            and run.state.predicted_peak_bytes
            and run.state.device.startswith(here)
        ][:RECORD]
        if not errors:
            return ""
        many = f"The last {len(errors)} runs" if len(errors) > 1 else "The last run"
        return f"{many} came within {max(1, round(100 * max(errors)))}\u00a0% of it."

    def _like(self, recipe: Recipe) -> list[RunSummary]:
        """Return the runs with the same model and method, newest first."""
        current = self._studio.models.current
        name = current.name if current is not None else recipe.model
        return [
            run
            for run in self._studio.runs.all()
            if run.model == name and run.method.split()[:1] == recipe.method_title.split()[:1]
        ]

    @property
    def cpu_bf16(self) -> bool:
        """Whether the processor computes in bf16."""
        reading = self._studio.machine.reading
        return reading is not None and reading.cpu_bf16

    def _known(self, recipe: Recipe) -> dict[str, Any]:
        usual = self._studio.peaks.calibration(self.device(recipe), recipe.quantization)
        known: dict[str, Any] = {"cpu_bf16": self.cpu_bf16, "calibration": usual}
        if self.lengths.longest:
            share = self.lengths.trained / self.lengths.total
            known |= {"longest_tokens": self.lengths.longest, "trained_share": share}
        return known

    def _on_checks_changed(self) -> None:
        """Take in how long the rows are, once all are known."""
        checks = self._studio.checks
        known, lengths = Lengths(), checks.lengths
        if checks.measured and lengths.tokens.any():
            known = Lengths(
                rows=len(lengths),
                longest=int(lengths.tokens.max()),
                trained=int(lengths.trained_within(checks.limit).sum()),
                cut=int((lengths.tokens > checks.limit).sum()),
                total=int(lengths.tokens.sum()),
            )
        if (known, checks.trouble) != (self.lengths, self._trouble):
            self.lengths, self._trouble = known, checks.trouble
            self.changed.emit()

    def _on_read(self, _reading: object) -> None:
        self.changed.emit()
