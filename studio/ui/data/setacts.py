"""What is done with a dataset as a whole before training: splitting it, mixing it with others."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QDialog, QWidget

from studio.app.bulkjob import Cancelled, Tell
from studio.app.datasetdocument import DatasetDocument
from studio.app.mixplanner import MixPlanner
from studio.app.splitplanner import SplitPlanner
from studio.app.studio import Studio
from studio.core.mix import mix_title
from studio.core.problems import StudioError
from studio.core.recipe import Recipe
from studio.core.workspace import Workspace
from studio.data.mixlengths import checked_alike
from studio.data.splits import SplitWish, apply_dealing, plan_split
from studio.data.store import Change, Dataset
from studio.ui.data.mixdialog import MixDialog
from studio.ui.data.splitdialog import SplitDialog


class SetActs(QObject):
    """Opens the dialogs about whole datasets and carries out what they say."""

    def __init__(self, studio: Studio, page: QWidget) -> None:
        super().__init__(page)
        self._studio, self._page = studio, page

    def ask_split(self) -> SplitDialog | None:
        """Ask how to split the open dataset."""
        document = self._studio.datasets.current
        if document is None:
            return None
        document.settle()
        planner = SplitPlanner(self._studio.workspace, document.path)
        frozen = document.frozen_splits()
        dialog = SplitDialog(self._page.window(), document.name, planner, frozen)
        planner.setParent(dialog)
        dialog.unfreeze_asked.connect(partial(self._unfreeze, document, dialog))
        dialog.accepted.connect(lambda: self._split(document, dialog.wish, dialog.freeze))
        _show(dialog)
        return dialog

    def _split(
        self, document: DatasetDocument, wish: SplitWish | None, freeze: tuple[str, ...]
    ) -> None:
        if wish is None:
            return
        work = partial(_split_rows, self._studio.workspace, wish, freeze)
        try:
            document.run_bulk("Split the rows", work)
        except StudioError as problem:
            self._studio.problem_met.emit(problem)
            return
        document.bulk_ended.connect(
            partial(self._on_split, document, bool(freeze)),
            Qt.ConnectionType.SingleShotConnection,
        )

    def _on_split(self, document: DatasetDocument, frozen: bool, outcome: object) -> None:
        if isinstance(outcome, Change) and outcome:  # what went wrong is told above the rows
            back = None if frozen else partial(self._attempt_undo, document)
            self._studio.said.emit(outcome.name, back)

    def _attempt_undo(self, document: DatasetDocument) -> None:
        try:
            document.undo()
        except StudioError as problem:
            self._studio.problem_met.emit(problem)

    def _unfreeze(self, document: DatasetDocument, dialog: SplitDialog, split: str) -> None:
        try:
            document.freeze_split(split, False)
        except StudioError as problem:
            self._studio.problem_met.emit(problem)
            return
        dialog.set_frozen(document.frozen_splits())

    def ask_mix(self) -> MixDialog | None:
        """Ask which datasets a run trains on."""
        studio, document = self._studio, self._studio.datasets.current
        if document is None:
            return None
        document.settle()
        planner = MixPlanner(studio.workspace)
        recipe = studio.draft.recipe.replace(dataset=document.name)
        dialog = MixDialog(self._page.window(), recipe, studio.datasets.names(), planner)
        planner.setParent(dialog)
        dialog.accepted.connect(lambda: self._mix(dialog.recipe))
        _show(dialog)
        return dialog

    def _mix(self, recipe: Recipe | None) -> None:
        if recipe is None:
            return
        draft = self._studio.draft
        parts = recipe.mix
        changes = {"mix": [part.to_mapping() for part in parts]}
        try:
            draft.edit_all(changes, "Mix datasets" if parts else "Use no mix")
        except StudioError as problem:
            self._studio.problem_met.emit(problem)
            return
        words = f"Runs train on {mix_title(parts)}" if parts else "Runs train on one dataset"
        self._studio.said.emit(words, draft.undo_stack.undo)


def _split_rows(
    workspace: Workspace,
    wish: SplitWish,
    freeze: tuple[str, ...],
    data: Dataset,
    tell: Tell,
    cancelled: Cancelled,
) -> Change:
    dealing = plan_split(data, wish, checked_alike(workspace), tell, cancelled)
    return apply_dealing(data, dealing, freeze)


def _show(dialog: QDialog) -> None:
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()
