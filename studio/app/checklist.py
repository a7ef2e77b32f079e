"""Keeps the preflight up to date while dataset, model, recipe and machine change."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from studio.app.datasetdocument import DatasetDocument
from studio.app.findings import Facts, Finding, Plan
from studio.app.preflight import ROWS_NAMED, check, may_start, plan
from studio.app.studio import Studio
from studio.core.memory import Estimate, estimate_memory
from studio.core.problems import StudioError
from studio.core.protocol import RequestFailed, RowsChecked

SETTLE_MS = 250
"""How long after the last change the rows are rendered again."""


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
        self._asked: tuple[Any, ...] = ()
        self._request = 0
        self._rows: list[Any] = []
        self._known: dict[str, Any] = {}
        self._watched: DatasetDocument | None = None
        self.findings: list[Finding] = []
        self.plan = Plan()
        self.estimate: Estimate | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SETTLE_MS)
        self._timer.timeout.connect(self._ask)
        studio.datasets.opened.connect(self._on_dataset_opened)
        for signal in (studio.models.chosen, studio.draft.changed, studio.runs.state_changed):
            signal.connect(self._on_changed)
        studio.machine.read.connect(self._on_changed)
        studio.renders.rows_checked.connect(self._on_rows_checked)
        studio.renders.failed.connect(self._on_failed)
        self._on_dataset_opened(studio.datasets.current)

    def wake(self) -> None:
        """Look at everything now, and at each change from now on."""
        self._awake = True
        self._on_changed()

    def sleep(self) -> None:
        """Let changes pass; nobody looks."""
        self._awake = False
        self._timer.stop()

    def look_again(self) -> None:
        """Render the rows once more, whatever is known of them."""
        self._asked, self._known = (), {}
        self._on_changed()

    @property
    def may_start(self) -> bool:
        """Whether nothing forbids a start, and the rows are known to be good for it."""
        pending = any(finding.code == "rows_pending" for finding in self.findings)
        return bool(self.findings) and not pending and may_start(self.findings)

    def _on_dataset_opened(self, document: DatasetDocument | None) -> None:
        if self._watched is not None and self._watched is not document:
            self._watched.changed.disconnect(self._on_changed)
        if document is not None and self._watched is not document:
            document.changed.connect(self._on_changed)
        self._watched = document
        self._on_changed()

    def _on_changed(self, _what: object = None) -> None:
        if not self._awake:
            return
        if self._wanted() != self._asked:
            self._known = {}
            self._timer.start()
        self._judge()

    def _wanted(self) -> tuple[Any, ...]:
        """Return what the rows' rendering depends on; empty when there is nothing to render."""
        document, model = self._watched, self._studio.models.current
        if document is None or model is None or not len(document):
            return ()
        recipe = self._studio.draft.recipe
        return (
            str(model.folder),
            str(document.path),
            document.revision,
            recipe.max_tokens,
            recipe.template,
            recipe.system_prompt,
        )

    def _ask(self) -> None:
        wanted = self._wanted()
        self._asked, self._rows, self._known = wanted, [], {}
        if not wanted:
            return
        model, dataset, _, max_tokens, template, system_prompt = wanted
        self._request = self._studio.renders.check(
            model, dataset, max_tokens=max_tokens, template=template, system_prompt=system_prompt
        )

    def _on_rows_checked(self, piece: RowsChecked) -> None:
        if piece.id != self._request:
            return
        self._rows += piece.rows
        self._known = {"done": piece.done, "total": piece.total}
        if piece.done >= piece.total:
            self._known |= {
                "rows": tuple(self._rows),
                "row_findings": tuple(piece.findings),
                "row_numbers": self._numbers(piece.findings),
            }
        self._judge()

    def _numbers(self, findings: list[Any]) -> dict[int, int]:
        """Return the numbers, from 1, of the rows that findings name."""
        document = self._watched
        named = {row_id for finding in findings for row_id in finding[4][:ROWS_NAMED]}
        if document is None:
            return {}
        there = set(document.ids.tolist()) & named
        return {row_id: document.position(row_id) + 1 for row_id in there}

    def _on_failed(self, failed: RequestFailed) -> None:
        if failed.id == self._request:
            self._known = {"row_problem": failed.summary}
            self._judge()

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
            splits=document.split_counts() if document is not None else None,
            model=studio.models.current,
            reading=reading,
            disk_free=reading.disk_free if reading is not None else None,
            live=live.title if live is not None else "",
            **self._known,
        )
        return self._estimated(facts)

    def _estimated(self, facts: Facts) -> Facts:
        if facts.model is None:
            return facts
        device = facts.recipe.device
        if device == "auto":
            device = facts.reading.device if facts.reading is not None else "cpu"
        tokens = sum(row[1] - row[3] for row in facts.rows or ())
        trained = sum(row[2] for row in facts.rows or ())
        try:
            estimate = estimate_memory(
                facts.model.shape,
                facts.recipe,
                device,
                longest_tokens=max((row[1] for row in facts.rows or ()), default=0),
                trained_share=trained / tokens if tokens else 1.0,
                cpu_bf16=facts.reading.cpu_bf16 if facts.reading is not None else True,
            )
        except StudioError as problem:
            return replace(facts, recipe_problem=problem.summary, recipe_hint=problem.hint)
        return replace(facts, estimate=estimate)
