"""Keeps the preflight up to date while dataset, model, recipe and machine change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, Signal

from studio.app.datasetdocument import DatasetDocument
from studio.app.findings import STOP, Facts, Finding, Plan
from studio.app.givenback import held_by
from studio.app.preflight import ROWS_NAMED, check, may_start, plan
from studio.app.studio import Studio
from studio.core.capabilities import check_capabilities
from studio.core.example import Kind
from studio.core.memory import Estimate, estimate_memory
from studio.core.problems import StudioError
from studio.data.checks.found import Fault, Lengths


class Checklist(QObject):
    """Gathers what is known before a start; the Train page owns it.

    Signals:
        changed(): findings, plan or estimate are others now.
    """

    changed = Signal()

    def __init__(self, studio: Studio, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._awake = False
        self._watched: DatasetDocument | None = None
        self.findings: list[Finding] = []
        self.plan = Plan()
        self.estimate: Estimate | None = None
        studio.datasets.opened.connect(self._on_dataset_opened)
        for signal in (studio.models.chosen, studio.draft.changed, studio.runs.state_changed):
            signal.connect(self._on_changed)
        studio.machine.read.connect(self._on_changed)
        studio.checks.changed.connect(self._on_changed)
        studio.checks.progressed.connect(self._on_changed)
        studio.mixes.changed.connect(self._on_changed)
        studio.leaks.changed.connect(self._on_changed)
        self._on_dataset_opened(studio.datasets.current)

    def wake(self) -> None:
        """Look at everything now, and at each change from now on."""
        self._awake = True
        self._studio.checks.want("preflight", True)
        self._studio.leaks.want(True)
        self._on_changed()

    def sleep(self) -> None:
        """Let changes pass; nobody looks."""
        self._awake = False
        self._studio.checks.want("preflight", False)
        self._studio.leaks.want(False)

    def look_again(self) -> None:
        """Look at the rows once more, whatever is known of them."""
        self._studio.checks.check()
        self._on_changed()

    @property
    def may_start(self) -> bool:
        """Whether nothing forbids a start, and the rows are known to be good for it."""
        pending = any(finding.code == "rows_pending" for finding in self.findings)
        return bool(self.findings) and not pending and may_start(self.findings)

    @property
    def obstacle(self) -> Finding | None:
        """What a start waits for: the first point that forbids it, or the rows being judged."""
        forbids = (found for found in self.findings if found.level == STOP)
        pending = (found for found in self.findings if found.code == "rows_pending")
        return next(forbids, next(pending, None))

    def _on_dataset_opened(self, document: DatasetDocument | None) -> None:
        if self._watched is not None and self._watched is not document:
            self._watched.changed.disconnect(self._on_changed)
        if document is not None and self._watched is not document:
            document.changed.connect(self._on_changed)
        self._watched = document
        self._on_changed()

    def _on_changed(self, _what: object = None) -> None:
        if self._awake:
            self._judge()

    def _known(self) -> dict[str, Any]:
        """Return what is known of the rows, as facts."""
        checks = self._studio.checks
        if checks.trouble is not None:
            return {"row_problem": checks.trouble.summary}
        if not checks.measured or not checks.known:
            return {"done": checks.done, "total": checks.total}
        return {
            "lengths": checks.lengths,
            "faults": tuple(checks.faults),
            "row_numbers": self._numbers(checks.faults),
        }

    def _numbers(self, faults: Sequence[Fault]) -> dict[int, int]:
        """Return the numbers, from 1, of the rows that faults name."""
        document = self._watched
        if document is None:
            return {}
        named = {row_id for fault in faults for row_id in fault.rows[:ROWS_NAMED].tolist()}
        return {row_id: document.position(row_id) + 1 for row_id in named}

    def _judge(self) -> None:
        facts = self._facts()
        findings, planned = check(facts), plan(facts)
        if (findings, planned, facts.estimate) != (self.findings, self.plan, self.estimate):
            self.findings, self.plan, self.estimate = findings, planned, facts.estimate
            self.changed.emit()

    def _facts(self) -> Facts:
        studio, document = self._studio, self._watched
        reading, live = studio.machine.reading, studio.runs.live
        facts = Facts(
            recipe=studio.draft.recipe,
            dataset=document.name if document is not None else "",
            kind=document.kind if document is not None else Kind.TRIPLE,
            splits=document.split_counts() if document is not None else None,
            model=studio.models.current,
            reading=reading,
            ours_back=held_by(reading, studio.draft.recipe, studio.chat_pid_that_goes),
            disk_free=reading.disk_free if reading is not None else None,
            live=live.title if live is not None else "",
            mix=studio.mixes.parts,
            leaks=studio.leaks.found,
            mix_problem=studio.mixes.problem.summary if studio.mixes.problem is not None else "",
            **self._known(),
        )
        return self._estimated(facts)

    def _estimated(self, facts: Facts) -> Facts:
        if facts.model is None:
            return facts
        device = facts.recipe.device
        if device == "auto":
            device = facts.reading.device if facts.reading is not None else "cpu"
        lengths = facts.lengths if facts.lengths is not None else Lengths()
        tokens = int(lengths.kept(facts.recipe.max_tokens).sum())
        trained = int(lengths.trained_within(facts.recipe.max_tokens).sum())
        try:
            check_capabilities(facts.recipe)
            estimate = estimate_memory(
                facts.model.shape,
                facts.recipe,
                device,
                longest_tokens=plan(facts).longest,
                trained_share=trained / tokens if tokens else 1.0,
                calibration=self._studio.peaks.calibration(device, facts.recipe.quantization),
                cpu_bf16=facts.reading.cpu_bf16 if facts.reading is not None else True,
            )
        except StudioError as problem:
            return replace(facts, recipe_problem=problem.summary, recipe_hint=problem.hint)
        return replace(facts, estimate=estimate)
