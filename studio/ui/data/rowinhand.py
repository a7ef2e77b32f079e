"""The row in hand: what the table points at, shown in the record card and saved from there."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from PySide6.QtCore import QObject, Signal

from studio.app.datasetdocument import DatasetDocument
from studio.data.store import Change
from studio.ui.data.preview import Preview
from studio.ui.data.recordcard import RecordCard
from studio.ui.data.recordfoot import NOTE
from studio.ui.data.rowacts import RowActs
from studio.ui.data.rowsview import RowsView
from studio.ui.models.rowsmodel import RowsModel


class RowInHand(QObject):
    """Keeps table, record card and preview at the same row; the Data page owns it.

    Signals:
        unsaved(): what was typed could not be saved; it is still in its field.
    """

    unsaved = Signal()

    def __init__(
        self, view: RowsView, model: RowsModel, record: RecordCard, preview: Preview, acts: RowActs
    ) -> None:
        super().__init__(view)
        self._table, self._model, self._record = view.table, model, record
        self._preview, self._acts = preview, acts
        self._document: DatasetDocument | None = None
        self._table.row_chosen.connect(self.choose)
        self._table.delete_asked.connect(lambda: acts.attempt(acts.delete_rows))
        self._table.long_asked.connect(record.focus)
        model.modelReset.connect(self._on_rows_replaced)
        model.rowsInserted.connect(self._on_rows_came)
        record.edited.connect(self._on_edited)
        record.step_asked.connect(acts.step)
        record.duplicate_asked.connect(lambda: acts.attempt(acts.duplicate_row))
        record.delete_asked.connect(self._on_delete_asked)
        record.split_chosen.connect(self._on_split_chosen)
        record.changed.connect(self._on_record_changed)
        record.tag_added.connect(self._on_tag_added)
        record.tag_removed.connect(self._on_tag_removed)
        record.dropped.connect(acts.tell)

    def set_document(self, document: DatasetDocument | None) -> None:
        """Save what was typed and have the rows of another dataset in hand."""
        self._record.show_row(None, 0)
        self._record.foot.tags.offer = document.tag_counts if document is not None else tuple
        self._document = document

    def choose(self, at: int) -> None:
        """Take a row of the table in hand, or none."""
        document, row_id = self._document, self._model.row_id(at)
        found = document.read([row_id]) if document is not None and row_id else []
        row = found[0] if found else None
        number = document.position(row_id) + 1 if document is not None and row else 0
        frozen = document.frozen_splits() if document is not None else ()
        self._record.show_row(row, number, frozen)
        self._record.set_steps(at > 0, 0 <= at < self._model.rowCount() - 1)
        self.show_faults()
        self._preview.show(row)

    def show_faults(self) -> None:
        """Show what checks found in the row."""
        self._record.set_faults(self._acts.checks.faults_of(self._record.row_id))

    def follow(self, change: Change) -> None:
        """Show the row anew if a change was about it, and one that is there if it went."""
        row = self._table.currentIndex().row()
        if row < 0 and self._model.rowCount():
            self._table.go_to(max(self._model.find(int(change.rows[0])), 0))
        elif "rank" in change.fields or self._record.row_id in change.rows:
            self.choose(row)

    def _on_rows_replaced(self) -> None:
        """Keep the row in hand if it is still shown, else take the first."""
        row = self._model.find(self._record.row_id)
        if self._model.rowCount():
            self._table.go_to(max(row, 0))
        else:
            self.choose(-1)

    def _on_rows_came(self) -> None:
        """Take a row in hand where there was none, such as after a search without result."""
        if not self._table.currentIndex().isValid():
            self._on_rows_replaced()

    def _on_edited(self, row_id: int, field: str, text: str, goes_on: bool) -> None:
        document = self._document
        if document is None:
            return
        edit = partial(document.edit, row_id, field, text, merge=goes_on)
        if field == NOTE:
            edit = partial(document.set_note, row_id, text, merge=goes_on)
        if not self._acts.attempt(edit):
            self._record.show_unsaved()
            self.unsaved.emit()

    def _on_record_changed(self, row_id: int, name: str, texts: Mapping[str, str]) -> None:
        document = self._document
        if document is not None:
            cells = [(row_id, field, text) for field, text in texts.items()]
            self._acts.attempt(lambda: document.edit_cells(name, cells))

    def _on_tag_added(self, row_id: int, tag: str) -> None:
        document = self._document
        if document is not None:
            self._acts.attempt(lambda: document.add_tag([row_id], tag))

    def _on_tag_removed(self, row_id: int, tag: str) -> None:
        document = self._document
        if document is not None:
            self._acts.attempt(lambda: document.remove_tag([row_id], tag))

    def _on_delete_asked(self) -> None:
        self._acts.attempt(lambda: self._acts.delete_rows([self._record.row_id]))

    def _on_split_chosen(self, row_id: int, split: str) -> None:
        self._acts.attempt(lambda: self._acts.use_as(split, [row_id]))
