"""What is done with rows, as actions with shortcuts: add, duplicate, delete, split, export."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from studio.app.datasetdocument import DatasetDocument
from studio.app.rowchecks import RowChecks
from studio.app.studio import Studio
from studio.core.example import SPLITS, TRAIN, Conversation, Example, Kind, Preference, Text, Triple
from studio.core.problems import StudioError
from studio.data.packing import Ids
from studio.ui.data.editacts import EditActs, counted_rows
from studio.ui.data.exchangeacts import ExchangeActs
from studio.ui.data.leftout import LeftOutDialog
from studio.ui.data.recordcard import RecordCard
from studio.ui.data.rowsbar import RowsBar
from studio.ui.data.rowstable import RowsTable
from studio.ui.data.setacts import SetActs
from studio.ui.models.rowsmodel import RowsModel

EMPTY: dict[Kind, Example] = {
    Kind.TRIPLE: Triple(""),
    Kind.TEXT: Text(""),
    Kind.CONVERSATION: Conversation(
        ({"role": "user", "content": ""}, {"role": "assistant", "content": ""})
    ),
    Kind.PREFERENCE: Preference(""),
}
"""What a new row is, by kind."""


class RowActs(QObject):
    """Carries out what the user asks of rows; the Data page owns it.

    Attributes:
        actions: what can be done, for menus, with separators.
        buttons: those of them that are also buttons beside the tabs.
        checks: what is known of the rows.
    """

    def __init__(
        self,
        studio: Studio,
        page: QWidget,
        parts: tuple[RowsBar, RowsTable, RowsModel, RecordCard],
        checks: RowChecks,
    ) -> None:
        super().__init__(page)
        self._studio, self._page, self.checks = studio, page, checks
        self._bar, self._table, self._model, self._record = parts
        self.actions: list[QAction] = []
        self.buttons: list[QAction] = []
        self.sets, self.exchange = SetActs(studio, page), ExchangeActs(studio, page)
        edited = (self._table, self._model, self._record)
        self.edits = EditActs(studio, page, edited, self.attempt)
        self._make_actions()
        self._table.customContextMenuRequested.connect(
            lambda at: self.edits.pop(at, self.actions[:3])
        )

    def _make_actions(self) -> None:
        self._add("Add a row", self.add_row, "Ctrl+Return")
        self._add("Duplicate the row", self.duplicate_row, "Ctrl+D")
        self._add("Delete the rows", self.delete_rows, "Ctrl+Del")
        self._line()
        self._add("Row before", lambda: self.step(-1), "Ctrl+Up")
        self._add("Row after", lambda: self.step(1), "Ctrl+Down")
        self._add("Search rows", self._bar.search.setFocus, "Ctrl+F")
        self._take(self.edits.replace_action)
        self._line()
        for menu in self.edits.menus:
            self._take(menu.menuAction())
        self._line()
        for split in SPLITS:
            self._add(f"Use the rows as {split}", partial(self.use_as, split))
        self._add("Hold out a tenth", self.hold_out)
        self._line()
        self.buttons.append(self._add("Splits…", self.sets.ask_split, "Ctrl+Shift+L"))
        self.buttons.append(self._add("Mix…", self.sets.ask_mix, "Ctrl+Shift+X"))
        self.buttons.append(self._add("Export…", self.ask_export, "Ctrl+Shift+S"))
        self._add("Make it another kind…", self.exchange.ask_convert)
        self._add("Lines that were left out…", self.show_left_out)

    def _add(self, words: str, act: Callable[[], object], keys: str = "") -> QAction:
        made = QAction(words, self._page)
        if keys:
            made.setShortcut(QKeySequence(keys))
        made.triggered.connect(lambda _=False: self.attempt(act))
        return self._take(made)

    def _take(self, made: QAction) -> QAction:
        self._page.addAction(made)
        self.actions.append(made)
        return made

    def _line(self) -> None:
        made = QAction(self._page)
        made.setSeparator(True)
        self._take(made)

    def set_enabled(self, enabled: bool) -> None:
        """Let the actions and their shortcuts work, or not while another page is in front."""
        for action in self.actions:
            action.setEnabled(enabled)

    @property
    def document(self) -> DatasetDocument | None:
        """The open dataset."""
        return self._studio.datasets.current

    def attempt(self, act: Callable[[], object]) -> bool:
        """Do something that may fail with a sentence; return whether it was done."""
        try:
            act()
        except StudioError as problem:
            self._studio.problem_met.emit(problem)
            return False
        return True

    def tell(self, words: str) -> None:
        """Say something in a toast."""
        self._studio.said.emit(words, None)

    def add_row(self) -> None:
        """Add an empty row below the row in hand and go there."""
        document = self.document
        if document is None:
            return
        self._record.flush()
        self._bar.clear()  # a new row is empty: a filter would hide it
        row_id = self._record.row_id
        position = document.position(row_id) + 1 if row_id else len(document)
        split = document.row(row_id).split if row_id else TRAIN
        split = TRAIN if split in document.frozen_splits() else split
        (made,) = document.insert(position, [EMPTY[document.kind]], split)
        self._table.go_to(self._model.find(made))
        self._record.focus()

    def duplicate_row(self) -> None:
        """Put a copy of the row in hand below it and go there."""
        document, row_id = self.document, self._record.row_id
        if document is None or not row_id:
            return
        self._record.flush()
        self._table.go_to(self._model.find(document.duplicate(row_id)))

    def delete_rows(self, row_ids: Sequence[int] | None = None) -> None:
        """Take rows out, those that are selected if none are named; a toast offers the way back."""
        document = self.document
        chosen = self._chosen(row_ids)
        if document is None or not len(chosen):
            return
        self._record.flush()
        places = self._model.places(chosen)
        first = int(places[0]) if len(places) else 0
        document.delete(chosen)
        self._table.go_to(min(first, self._model.rowCount() - 1))
        self.edits.tell_done(f"{counted_rows(len(chosen))} deleted")

    def use_as(self, split: str, row_ids: Sequence[int] | None = None) -> None:
        """Put rows into a split, those that are selected if none are named."""
        chosen = self._chosen(row_ids)
        if self.document is not None and len(chosen):
            self._record.flush()
            self.document.set_split(chosen, split)
            self.edits.tell_done(f"{counted_rows(len(chosen))} used as {split}")

    def hold_out(self) -> None:
        """Hold a tenth of the training rows back for validation."""
        document = self.document
        if document is None:
            return
        count = document.offer_validation()
        held = counted_rows(count) if count else "Rows"  # many are held back on another thread
        self.edits.tell_done(f"{held} held back for validation")

    def step(self, by: int) -> None:
        """Go to the row before or after."""
        row = self._table.currentIndex().row() + by
        if 0 <= row < self._model.rowCount():
            self._record.flush()
            self._table.go_to(row)

    def ask_export(self) -> None:
        """Ask what to write to a file: all rows, those that are shown, or those selected."""
        self._record.flush()
        self.exchange.ask_export(self._model.ids, self._table.selected_ids())

    def show_left_out(self) -> None:
        """List what the import could not take in."""
        document = self.document
        if document is None:
            return
        if not document.still_out():
            self._studio.said.emit(f"Every line of the file is in {document.name}", None)
            return
        dialog = LeftOutDialog(self._page.window(), document)
        dialog.taken_in.connect(lambda row: self._table.go_to(self._model.find(row)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _chosen(self, row_ids: Sequence[int] | None) -> Ids:
        if row_ids is None and len(selected := self._table.selected_ids()):
            return selected
        named = [self._record.row_id] if row_ids is None else row_ids
        return np.array([row for row in named if row], np.int64)
