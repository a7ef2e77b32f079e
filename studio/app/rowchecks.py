"""What is wrong with the rows of the open dataset, and how long they are, kept up to date."""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from studio.app.checkreading import CheckReading
from studio.app.datasetdocument import DatasetDocument
from studio.app.datasetlibrary import DatasetLibrary
from studio.app.draft import RecipeDraft
from studio.app.modellibrary import ModelLibrary
from studio.app.renderclient import RenderClient
from studio.core.problems import StudioError
from studio.core.protocol import DatasetChecked, RequestFailed
from studio.core.workspace import Workspace
from studio.data.checks import sidecar
from studio.data.checks.classes import STOP
from studio.data.checks.found import Fault, Found, Lengths, Outcome, RowCheck, details
from studio.data.checks.judged import Ids
from studio.data.checks.wholes import NEAR
from studio.data.store import Change

__all__ = ["STOP", "Fault", "Lengths", "RowCheck", "RowChecks"]

SETTLE_MS = 300
"""A pause in editing after which the rows that changed are judged again."""
AGAIN_MS = 500
"""After a check that failed it is tried once more."""
READ_SECONDS = 2.0
"""While many rows are judged, what is found so far is shown this often."""
_NONE: Ids = np.empty(0, np.int64)


class RowChecks(QObject):
    """Has the render process judge rows, and reads what it finds; the application owns this.

    It works while somebody wants it: a page in front.

    Signals:
        changed(): more is known, or less, or the limit is another.
        progressed(): a check began, went on or ended.

    Attributes:
        faults: what is wrong, the gravest first, without what is as it should be.
        passed: what is found and is as it should be, says the user.
        faulty: ids of the rows with a fault, sorted.
        lengths: of the rows that are known.
        running: whether rows are being judged.
        doing, done, total: "rows" or "together", and how far it is.
        trouble: why the last check did not end.
        limit: the longest sequence, in tokens.
    """

    changed = Signal()
    progressed = Signal()

    def __init__(
        self,
        workspace: Workspace,
        renders: RenderClient,
        datasets: DatasetLibrary,
        models: ModelLibrary,
        draft: RecipeDraft,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._workspace, self._renders = workspace, renders
        self._models, self._draft = models, draft
        self._document: DatasetDocument | None = None
        self._wanted_by: set[str] = set()
        self._asked_for: tuple[Any, ...] = ()
        self._failed_for: tuple[Any, ...] = ()
        self._request = 0
        self._read_at = 0.0
        self._found, self._ids, self.limit = Found(), _NONE, 0
        self.ignored: frozenset[str] = frozenset()
        self.near = NEAR
        self.trouble: RequestFailed | None = None
        self._clear()
        self._reading = CheckReading(self)
        self._reading.came.connect(self._on_read)
        self._reading.followed.connect(self._on_followed)
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._check)
        datasets.opened.connect(self._on_opened)
        models.chosen.connect(self._on_rendering_changed)
        draft.changed.connect(self._on_recipe_changed)
        renders.dataset_checked.connect(self._on_checked)
        renders.failed.connect(self._on_failed)
        self._rendering = self._now_rendering()
        if datasets.current is not None:
            self._on_opened(datasets.current)

    # what may be asked

    def want(self, who: str, on: bool) -> None:
        """Keep up to date as long as this one, or another, wants it."""
        (self._wanted_by.add if on else self._wanted_by.discard)(who)
        if on:
            self._timer.start(0)

    def check(self) -> None:
        """Look at all rows again that may have changed, whatever is known."""
        self._asked_for = self._failed_for = ()
        self._timer.start(0)

    def row(self, row_id: int) -> RowCheck | None:
        """Return how long a row is; None if that is not known."""
        return self.lengths.of(row_id)

    def faults_of(self, row_id: int) -> list[Fault]:
        """Return what is wrong with a row, the gravest first."""
        return [fault for fault in self.faults if fault.has(row_id)]

    def details(self, wanted: Mapping[str, Collection[int]]) -> dict[tuple[str, int], str]:
        """Return what exactly is wrong, by code and row id, of some rows of some codes."""
        path = self._path
        return details(path, wanted) if path is not None else {}

    @property
    def known(self) -> bool:
        """Whether all rows were judged at least once."""
        return "revision" in self._found.notes

    @property
    def measured(self) -> bool:
        """Whether the lengths of all rows are known."""
        return bool(len(self._ids)) and len(self.lengths) == len(self._ids)

    @property
    def notes(self) -> dict[str, Any]:
        """Statistics, and how the tokenizer fits, as far as they are known."""
        return dict(self._found.notes)

    def set_near(self, near: float) -> None:
        """Call rows nearly the same from this similarity on; the dataset remembers it."""
        if near != self.near:
            self.near = near
            self._remember("checks.near", near)
            self._timer.start(SETTLE_MS)

    def ignore(self, code: str, on: bool) -> None:
        """Say that a class of problems is as it should be, or is not; the dataset remembers it."""
        self.ignored = self.ignored | {code} if on else self.ignored - {code}
        self._remember("checks.ignored", sorted(self.ignored))
        self._judge()

    def close(self) -> None:
        """End the thread."""
        self._timer.stop()
        self._reading.close()

    # what changes

    def _on_opened(self, document: DatasetDocument | None) -> None:
        self._timer.stop()
        if self.running:
            self._renders.cancel_check()
        self._reading.forget()
        self._document, self._asked_for, self._request = document, (), 0
        self._found = Found()
        self._clear()
        self.ignored, self.near = frozenset(self._remembered("checks.ignored", ())), NEAR
        self.near = float(self._remembered("checks.near", NEAR))
        if document is not None:
            document.changed.connect(self._on_changed)
            self._timer.start(0)
        self._judge()
        self.progressed.emit()

    def _on_changed(self, change: Change) -> None:
        if "rank" in change.fields:
            self._judge()
        self._timer.start(SETTLE_MS)

    def _on_rendering_changed(self, _what: object = None) -> None:
        """Forget lengths that are those of another model, template or system prompt."""
        if (rendering := self._now_rendering()) == self._rendering:
            return
        self._rendering = rendering
        self._found = self._found.without_lengths()
        self._reading.forget()
        self._judge()
        self._timer.start(SETTLE_MS)

    def _on_recipe_changed(self, _recipe: object = None) -> None:
        self._on_rendering_changed()
        if self._draft.recipe.max_tokens != self.limit:
            self._judge()

    def _now_rendering(self) -> tuple[Path | None, str, str]:
        recipe, model = self._draft.recipe, self._models.current
        folder = model.folder if model is not None else None
        return folder, recipe.template, recipe.system_prompt

    # checking

    @property
    def _path(self) -> Path | None:
        document = self._document
        return sidecar.place(self._workspace.path, document.uid) if document is not None else None

    def _check(self) -> None:
        document, path = self._document, self._path
        if document is None or path is None or not self._wanted_by:
            return
        wanted = (document.path, document.revision, self.near, *self._now_rendering())
        if wanted == self._asked_for and self.trouble is None:
            return
        if not self._found.notes:
            self._read()  # what is known from last time, until more is
        model, template, system_prompt = self._rendering
        self._asked_for = wanted
        self.running, self.trouble, self._read_at = True, None, time.monotonic()
        self.doing, self.done, self.total = "rows", 0, 0
        self._request = self._renders.check_dataset(
            document.path,
            path,
            model=model,
            template=template,
            system_prompt=system_prompt,
            near=self.near,
        )
        self.progressed.emit()

    def _on_checked(self, said: DatasetChecked) -> None:
        if said.id != self._request:
            return
        self.running = not said.finished
        self.doing, self.done, self.total = said.what, said.done, said.total
        rows_are_done = said.what == "rows" and said.done == said.total
        now = time.monotonic()
        if said.finished or rows_are_done or now - self._read_at > READ_SECONDS:
            self._read_at = now
            self._read()
        self.progressed.emit()

    def _read(self) -> None:
        if (path := self._path) is not None:
            self._reading.ask(path)

    def _on_failed(self, failed: RequestFailed) -> None:
        if failed.id != self._request:
            return
        self.running = False
        if self._failed_for != self._asked_for:
            # The process may have ended for another's sake, such as a slow preview
            self._failed_for, self._asked_for = self._asked_for, ()
            self._timer.start(AGAIN_MS)
        else:
            self.trouble = failed
        self.progressed.emit()
        self.changed.emit()

    def _on_read(self, found: Found) -> None:
        model, _, system_prompt = self._rendering
        same = model is not None and found.is_of(str(model), system_prompt)
        self._found = found if same else found.without_lengths()
        self._judge()

    # what follows

    def _clear(self) -> None:
        self.faults: tuple[Fault, ...] = ()
        self.passed: tuple[Fault, ...] = ()
        self.faulty, self.lengths = _NONE, Lengths()
        self.running, self.doing, self.done, self.total = False, "", 0, 0
        self.trouble = None

    def _judge(self) -> None:
        """Work out what follows from what was read, for the rows there are and the limit."""
        document = self._document
        self.limit = self._draft.recipe.max_tokens
        self._ids = document.ids if document is not None else _NONE
        self._reading.judge(self._found, self._ids, self.limit, self.ignored)

    def _on_followed(self, outcome: Outcome) -> None:
        self.lengths, self.faulty = outcome.lengths, outcome.faulty
        self.faults, self.passed = outcome.faults, outcome.passed
        self.changed.emit()

    def _remember(self, name: str, value: object) -> None:
        if self._document is not None:
            try:
                self._document.remember(name, json.dumps(value))
            except StudioError as problem:
                self.trouble = RequestFailed(id=0, summary=problem.summary, hint=problem.hint)

    def _remembered(self, name: str, otherwise: Any) -> Any:
        document = self._document
        words = document.remembered(name) if document is not None else ""
        return json.loads(words) if words else otherwise
