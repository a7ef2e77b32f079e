"""A measurement of the draft: whether it can be made, how far it is, and what came of it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Signal

from studio.app.outlook import Outlook
from studio.app.studio import Studio
from studio.core.capabilities import check_capabilities
from studio.core.memory import Estimate, estimate_memory
from studio.core.methodchoices import choice_of
from studio.core.peakrecord import PeakRecord
from studio.core.problems import StudioError
from studio.core.protocol import MemoryMeasured, Progress
from studio.core.recipe import Recipe
from studio.core.timecost import SETTINGS
from studio.core.units import MIB
from studio.machine.models import ModelInfo

LEFT_FREE = 512 * MIB
"""RAM that a measurement leaves to the window and to all else."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a measurement, beside what was shown before it.

    Attributes:
        measured: what the steps took.
        predicted: the prediction for the rows that were measured.
        shown: the prediction that was shown before, when rows may not have been read.
    """

    measured: MemoryMeasured
    predicted: Estimate
    shown: Estimate

    @property
    def off(self) -> float:
        """Measured over predicted, less one."""
        return self.measured.peak_bytes / self.predicted.total_bytes - 1


class Measuring(QObject):
    """Measures the draft on request; the page that shows it owns it.

    Signals:
        changed(): how far it is, or what came of it.

    Attributes:
        progress: what is done now; None when nothing is measured.
        outcome: of the last measurement, as long as it is of the same settings.
        problem: why there is none; None while nothing went wrong.
    """

    changed = Signal()

    def __init__(self, studio: Studio, outlook: Outlook, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._studio, self._outlook = studio, outlook
        self._subject: tuple[Any, ...] = ()
        self._shown: Estimate | None = None
        self._info: ModelInfo | None = None
        self.progress: Progress | None = None
        self.outcome: Outcome | None = None
        self.problem: StudioError | None = None
        client = studio.measures
        client.progressed.connect(self._on_progressed)
        client.measured.connect(self._on_measured)
        client.failed.connect(self._on_failed)
        client.ended.connect(self._on_ended)
        studio.runs.starting.connect(self.cancel)

    @property
    def running(self) -> bool:
        """Whether a measurement is under way."""
        return self._studio.measures.measuring

    def why_not(self) -> str:
        """Return why the draft cannot be measured now; empty if it can."""
        recipe = self._studio.draft.recipe
        if self._studio.models.current is None:
            return "Choose a model first."
        document = self._studio.datasets.current
        if document is None:
            return "Open a dataset first: its longest rows are what is measured."
        if not document.split_counts().get("train") and not recipe.mix:
            return "The dataset has no row to train on."
        live = self._studio.runs.live
        if live is not None or self._studio.runs.is_starting:
            name = live.title if live is not None else "A run"
            return f"{name} is training. Measure when it has ended."
        try:
            check_capabilities(recipe)
        except StudioError as problem:
            return choice_of(recipe).not_yet or f"{problem.summary} {problem.hint}".strip()
        return ""

    def follow(self, info: ModelInfo | None, recipe: Recipe) -> None:
        """Forget what was measured with other settings; the page shows another draft."""
        if self._subject and not self.running and self._subject != self._subject_of(info, recipe):
            self._forget()

    def start(self, info: ModelInfo, recipe: Recipe, estimate: Estimate) -> None:
        """Measure a recipe; changed follows, many times.

        Args:
            info: the base model.
            recipe: the settings.
            estimate: what is shown for them.
        """
        self._forget()
        why = self.why_not()
        if why:
            self._fail(StudioError("This cannot be measured now.", why))
            return
        self._subject = self._subject_of(info, recipe)
        self._info, self._shown = info, estimate
        self._make_room()
        self.progress = Progress(id=0, what="Starting", done=0, total=1)
        whole = recipe.replace(model=str(info.folder))
        self._studio.measures.start(self._studio.workspace, whole, self._limit(recipe))
        self.changed.emit()

    def cancel(self) -> None:
        """End the measurement; nothing of it is kept."""
        if self.running:
            self._subject = ()
            self._studio.measures.cancel()

    def _make_room(self) -> None:
        """Have the chat give its memory back, as it does for a run."""
        if self._studio.chat.state in ("loading", "ready", "answering"):
            self._studio.chat.unload()
            self._studio.said.emit("The chat gave its memory back for the measurement", None)

    def _limit(self, recipe: Recipe) -> int:
        """Return the RAM that a measurement may take; on a card the card itself says no."""
        memory = self._outlook.memory(recipe)
        if memory is None or self._outlook.device(recipe) != "cpu":
            return 0
        free = memory.free_bytes + self._outlook.ours_back(recipe)
        return max(free - LEFT_FREE, LEFT_FREE)

    def _subject_of(self, info: ModelInfo | None, recipe: Recipe) -> tuple[Any, ...]:
        document = self._studio.datasets.current
        name = document.name if document is not None else ""
        settings = recipe.replace(title="")  # what a run is called takes no memory
        return info.folder if info is not None else None, settings, name

    def _forget(self) -> None:
        known = self.outcome is not None or self.problem is not None
        self._subject, self.outcome, self.problem = (), None, None
        if known:
            self.changed.emit()

    def _on_progressed(self, progress: Progress) -> None:
        self.progress = progress
        self._studio.machine.set_ours("measurement", self._studio.measures.pid or None)
        self.changed.emit()

    def _on_measured(self, measured: MemoryMeasured) -> None:
        info, shown = self._info, self._shown
        if info is None or shown is None or not self._subject:
            return
        recipe: Recipe = self._subject[1]
        device = "cuda" if measured.device.startswith("cuda") else "cpu"
        usual = self._studio.peaks.calibration(device, recipe.quantization)
        predicted = estimate_memory(
            info.shape,
            recipe,
            device,
            longest_tokens=measured.longest_tokens,
            trained_share=measured.trained_share,
            calibration=usual,
            cpu_bf16=measured.precision == "bf16",
        )
        self.outcome = Outcome(measured, predicted, shown)
        try:
            self._studio.peaks.keep(_record(info, recipe, self.outcome))
        except StudioError as problem:  # it was measured all the same
            self._studio.problem_met.emit(problem)
        self.changed.emit()

    def _on_failed(self, problem: StudioError) -> None:
        self._fail(problem)

    def _fail(self, problem: StudioError) -> None:
        self.problem = problem
        self.changed.emit()

    def _on_ended(self) -> None:
        self.progress = None
        self._studio.machine.set_ours("measurement", None)
        self.changed.emit()


def _record(info: ModelInfo, recipe: Recipe, outcome: Outcome) -> PeakRecord:
    measured, predicted = outcome.measured, outcome.predicted
    seconds = measured.step_seconds
    return PeakRecord(
        kind="measurement",
        name=f"{info.name}, {recipe.method_title}",
        time=time.time(),
        device=measured.device,
        quantization=recipe.quantization,
        predicted=predicted.total_bytes,
        plain=predicted.total_bytes - predicted.correction_bytes,
        measured=measured.peak_bytes,
        parts=predicted.parts,
        model=info.name,
        method=recipe.method,
        recipe={name: getattr(recipe, name) for name in SETTINGS},
        tokens_per_second=measured.step_tokens / seconds if seconds > 0 else 0.0,
    )
