"""Shows a dataset of any size in a table without loading it; cells are edited in place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from studio.app.datasetdocument import DatasetDocument
from studio.app.rowchecks import RowChecks
from studio.core.example import Kind
from studio.core.problems import StudioError
from studio.data.packing import Ids, rising
from studio.data.store import Change, Row
from studio.ui.look import paint
from studio.ui.models.rowcells import RowCells
from studio.ui.models.rowcolumns import COLUMNS, NUMBER, SIGN, SPLIT, TAGS, TOKENS, Column
from studio.ui.models.rowpages import MAX_PAGES, PAGE, Places, RowPages
from studio.ui.widgets.cells import CELL
from studio.ui.widgets.parts import plain_tip

MOST_ROWS = 50_000_000
"""Rows a view can show: beyond about 70 million its height in px is no 32-bit number any more."""

Index = QModelIndex | QPersistentModelIndex
NO_PARENT = QModelIndex()
NO_IDS: Ids = np.empty(0, np.int64)
Roles = Qt.ItemDataRole


class RowsModel(QAbstractTableModel):
    """The rows of a document, or those of them that were found, as a table.

    Rows are read a page at a time when a view asks; what is kept is bounded, but for one id a row.

    Attributes:
        columns: of the kind of the rows.

    Signals:
        refused(object StudioError): an edit could not be saved, or rows could not be read.
    """

    refused = Signal(object)

    def __init__(self, checks: RowChecks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document: DatasetDocument | None = None
        self.columns: tuple[Column, ...] = COLUMNS[Kind.TRIPLE]
        self._cells = RowCells(checks)
        self._pages = RowPages(self._read)
        self._places = Places(NO_IDS)
        self._found = False
        checks.changed.connect(self._on_checks_changed)

    # what is shown

    def set_document(self, document: DatasetDocument | None) -> None:
        """Show all rows of another dataset, or none."""
        if self._document is not None:
            self._document.changed.disconnect(self._on_document_changed)
        self.beginResetModel()
        self._document, self._found = document, False
        self.columns = COLUMNS[document.kind if document is not None else Kind.TRIPLE]
        self._swap(document.ids if document is not None else NO_IDS)
        self.endResetModel()
        if document is not None:
            document.changed.connect(self._on_document_changed)

    @property
    def is_found(self) -> bool:
        """Whether the rows are those that were found, not all as they stand."""
        return self._found

    def show_all(self) -> None:
        """Show all rows as they stand."""
        self._found = False
        self._show(self._document.ids if self._document is not None else NO_IDS)

    def show_found(self, ids: Ids) -> None:
        """Show these rows (N,) in this order, until others are found."""
        self._found = True
        self._show(ids)

    def set_limit(self, limit: int) -> None:
        """Mark rows longer than this many tokens."""
        if self._cells.set_limit(limit):
            self._on_checks_changed()

    @property
    def ids(self) -> Ids:
        """The ids of the rows of the table, in order, (N,)."""
        return self._places.ids

    def row_id(self, row: int) -> int:
        """Return the id of a row of the table, 0 if there is none."""
        return int(self.ids[row]) if 0 <= row < len(self.ids) else 0

    def find(self, row_id: int) -> int:
        """Return where in the table a row is, -1 if it is not shown."""
        return self._places.of(row_id)

    def places(self, row_ids: Ids) -> Ids:
        """Return where in the table rows (M,) are, rising; those not shown are left out."""
        found = self._places.of_all(row_ids)
        return rising(found[found >= 0])

    def column(self, name: str) -> int:
        """Return the place of a column by its name, -1 if this kind has none."""
        return next((at for at, each in enumerate(self.columns) if each.name == name), -1)

    def _show(self, ids: Ids) -> None:
        """Show other ids; one block that came or went leaves the rest of the view alone."""
        ids = ids[:MOST_ROWS]
        old, shorter = self.ids, min(len(self.ids), len(ids))
        head = _same(old[:shorter], ids[:shorter])
        rest = shorter - head
        tail = _same(old[len(old) - rest :][::-1], ids[len(ids) - rest :][::-1])
        self._pages.clear()
        if head + tail == len(old) == len(ids):
            return
        if head + tail == len(old):
            self.beginInsertRows(QModelIndex(), head, len(ids) - tail - 1)
            self._swap(ids)
            self.endInsertRows()
            self._tell_changed(head, len(ids) - 1, (NUMBER,))
        elif head + tail == len(ids):
            self.beginRemoveRows(QModelIndex(), head, len(old) - tail - 1)
            self._swap(ids)
            self.endRemoveRows()
            self._tell_changed(head, len(ids) - 1, (NUMBER,))
        else:
            self.beginResetModel()
            self._swap(ids)
            self.endResetModel()

    def _swap(self, ids: Ids) -> None:
        self._places = Places(ids[:MOST_ROWS])
        self._pages.clear()  # also what was read while a view was told of the change

    def _tell_changed(self, first: int, last: int, names: Sequence[str]) -> None:
        for at in filter(lambda at: at >= 0, map(self.column, names)):
            if 0 <= first <= last:
                self.dataChanged.emit(self.index(first, at), self.index(last, at))

    def _on_document_changed(self, change: Change) -> None:
        if "rank" in change.fields and self._document is not None:
            whole = self._document.ids
            self._show(self._still(whole, change.rows) if self._found else whole)
        self._pages.clear()
        many = len(change.rows) > PAGE * MAX_PAGES
        places = np.array([0, len(self.ids) - 1]) if many else self.places(change.rows)
        if len(places) and len(self.ids):
            first, last = self.index(int(places[0]), 0), int(places[-1])
            self.dataChanged.emit(first, self.index(last, len(self.columns) - 1))

    def _still(self, whole: Ids, changed: Ids) -> Ids:
        """Return the rows shown that are still there, and those that came, until it is asked anew.

        Those that came stand below the row that they are below in the dataset, if that is shown.
        """
        there = Places(whole)
        stayed = there.of_all(changed) >= 0
        shown = np.extract(~np.isin(self.ids, changed[~stayed]), self.ids)
        came = changed[stayed & (self._places.of_all(changed) < 0)]
        if not len(came):
            return shown
        before = whole[max(there.of(int(came[0])) - 1, 0)]
        at = Places(shown).of(int(before)) + 1 or len(shown)
        return np.insert(shown, at, came)

    def _number(self, at: int, row_id: int) -> int:
        """Return the number of a row in the dataset, from 1."""
        if not self._found or self._document is None:
            return at + 1
        return self._document.position(row_id) + 1

    def _on_checks_changed(self) -> None:
        self._tell_changed(0, len(self.ids) - 1, (TOKENS, SIGN))

    # QAbstractTableModel

    def rowCount(self, parent: Index = NO_PARENT) -> int:
        return 0 if parent.isValid() else len(self.ids)

    def columnCount(self, parent: Index = NO_PARENT) -> int:
        return 0 if parent.isValid() else len(self.columns)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Roles.DisplayRole
    ) -> Any:
        if orientation is not Qt.Orientation.Horizontal or section >= len(self.columns):
            return None
        column = self.columns[section]
        if role == Roles.TextAlignmentRole:
            return int(paint.RIGHT if column.right else paint.LEFT)
        if role == Roles.DisplayRole:
            return column.head
        return "Problems" if role == Roles.AccessibleTextRole and column.name == SIGN else None

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = super().flags(index)
        editable = index.isValid() and self.columns[index.column()].field
        return flags | Qt.ItemFlag.ItemIsEditable if editable else flags

    def data(self, index: Index, role: int = Roles.DisplayRole) -> Any:
        if not index.isValid() or role not in _ROLES:
            return None
        row = self._row(index.row())
        if row is None:
            return None
        column = self.columns[index.column()]
        if role == Roles.EditRole and column.field:
            return row.text(column.field)
        if role == Roles.ToolTipRole:
            return plain_tip(self._cells.tip(row, column))
        if column.name == NUMBER and role == Roles.DisplayRole:
            return row.id  # a row's number moves when others come and go; what names it does not
        number = self._number(index.row(), row.id) if column.name == NUMBER else 0
        cell = self._cells.cell(row, column, number)
        return cell if role == CELL else cell.words

    def setData(self, index: Index, value: Any, role: int = Roles.EditRole) -> bool:
        return role == Roles.EditRole and self.type_in(index, str(value), goes_on=False)

    def type_in(self, index: Index, text: str, *, goes_on: bool) -> bool:
        """Set the text of a cell; one step with the edit before if it goes on with that.

        Returns:
            Whether it was saved; if not, refused was emitted, or there is nothing to edit.
        """
        field = self.columns[index.column()].field if index.isValid() else ""
        if not field or self._document is None:
            return False
        try:
            self._document.edit(self.row_id(index.row()), field, text, merge=goes_on)
        except StudioError as problem:
            self.refused.emit(problem)
            return False
        return True

    def _row(self, at: int) -> Row | None:
        return self._pages.row(at, self.ids)

    def _read(self, row_ids: Sequence[int]) -> list[Row]:
        try:
            return self._document.read(row_ids) if self._document is not None else []
        except StudioError as problem:
            self.refused.emit(problem)  # once a page, not at every paint
            return []


def _same(one: Ids, other: Ids) -> int:
    """Return how many values at the beginning of two arrays (N,) are the same."""
    same = one == other
    return len(same) if same.all() else int(np.argmin(same))


_ROLES = frozenset(
    (Roles.DisplayRole, Roles.EditRole, Roles.ToolTipRole, Roles.AccessibleTextRole, CELL)
)
__all__ = ["MOST_ROWS", "NUMBER", "PAGE", "SIGN", "SPLIT", "TAGS", "TOKENS", "RowsModel"]
