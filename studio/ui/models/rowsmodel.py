"""Shows a dataset of any size in a table without loading it; cells are edited in place."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
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
from studio.app.rowchecks import STOP, RowChecks
from studio.core.problems import StudioError
from studio.core.units import NO_VALUE
from studio.data.order import Ids
from studio.data.store import Change, Row
from studio.ui.look import paint
from studio.ui.widgets.cells import CELL, Cell
from studio.ui.widgets.parts import plain_tip

PAGE = 128
MAX_PAGES = 32
SHOWN = 240
"""Characters of a text that a cell shows; a cell is one line, a text may be a book."""
TIP = 600
HEADS = ("#", "Instruction", "Input", "Output", "Tokens", "Split", "")
NUMBER, INSTRUCTION, INPUT, OUTPUT, TOKENS, SPLIT, SIGN = range(7)
TEXTS = {INSTRUCTION: "instruction", INPUT: "input", OUTPUT: "output"}
SHORT = {"train": "train", "validation": "val", "test": "test"}

Index = QModelIndex | QPersistentModelIndex
NO_PARENT = QModelIndex()
Roles = Qt.ItemDataRole


class RowsModel(QAbstractTableModel):
    """The rows of a document, or those of them that a filter leaves, as a table.

    Rows are read a page at a time when a view asks, and the oldest page is dropped: memory is
    bounded by ``PAGE * MAX_PAGES`` rows and one id a row.

    Signals:
        refused(object StudioError): an edit could not be saved.
    """

    refused = Signal(object)

    def __init__(self, checks: RowChecks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._checks = checks
        self._document: DatasetDocument | None = None
        self._ids: Ids = np.empty(0, np.int64)
        self._pages: OrderedDict[int, list[Row | None]] = OrderedDict()
        self._text, self._split = "", ""
        self._only: Ids | None = None
        self._limit = 0
        checks.changed.connect(self._on_checks_changed)

    # what is shown

    def set_document(self, document: DatasetDocument | None) -> None:
        """Show another dataset, or none, without a filter."""
        if self._document is not None:
            self._document.changed.disconnect(self._on_document_changed)
        self.beginResetModel()
        self._document, self._only = document, None
        self._text = self._split = ""
        self._pages.clear()
        self._ids = document.ids if document is not None else np.empty(0, np.int64)
        self.endResetModel()
        if document is not None:
            document.changed.connect(self._on_document_changed)

    def set_filter(
        self, text: str = "", split: str = "", only: Iterable[int] | None = None
    ) -> None:
        """Show the rows that hold a text, are in a split and are among some ids."""
        chosen = None if only is None else np.fromiter(only, np.int64)
        self._text, self._split, self._only = text, split, chosen
        self._show(self._found())

    def set_limit(self, limit: int) -> None:
        """Mark rows longer than this many tokens."""
        if limit != self._limit:
            self._limit = limit
            self._on_checks_changed()

    @property
    def filtered(self) -> bool:
        """Whether rows may be hidden."""
        return bool(self._text or self._split or self._only is not None)

    @property
    def ids(self) -> Ids:
        """The ids of the rows of the table, in order, (N,)."""
        return self._ids

    def row_id(self, row: int) -> int:
        """Return the id of a row of the table, 0 if there is none."""
        return int(self._ids[row]) if 0 <= row < len(self._ids) else 0

    def find(self, row_id: int) -> int:
        """Return where in the table a row is, -1 if it is not shown."""
        found = np.flatnonzero(self._ids == row_id)
        return int(found[0]) if len(found) else -1

    def _found(self) -> Ids:
        if self._document is None:
            return np.empty(0, np.int64)
        ids = self._document.find(self._text, self._split)
        return ids if self._only is None else ids[np.isin(ids, self._only)]

    def _show(self, ids: Ids) -> None:
        """Show other ids; one block that came or went leaves the rest of the view alone."""
        old, shorter = self._ids, min(len(self._ids), len(ids))
        same = old[:shorter] == ids[:shorter]
        head = int(np.argmin(same)) if not same.all() else shorter
        rest = shorter - head
        tail_same = old[len(old) - rest :][::-1] == ids[len(ids) - rest :][::-1]
        tail = int(np.argmin(tail_same)) if not tail_same.all() else rest
        self._pages.clear()
        if head + tail == len(old) == len(ids):
            return
        if head + tail == len(old):
            self.beginInsertRows(QModelIndex(), head, len(ids) - tail - 1)
            self._swap(ids)
            self.endInsertRows()
            self._renumber(head)
        elif head + tail == len(ids):
            self.beginRemoveRows(QModelIndex(), head, len(old) - tail - 1)
            self._swap(ids)
            self.endRemoveRows()
            self._renumber(head)
        else:
            self.beginResetModel()
            self._swap(ids)
            self.endResetModel()

    def _swap(self, ids: Ids) -> None:
        self._ids = ids
        self._pages.clear()  # also what was read while a view was told of the change

    def _renumber(self, first: int) -> None:
        if first < len(self._ids):
            last = self.index(len(self._ids) - 1, NUMBER)
            self.dataChanged.emit(self.index(first, NUMBER), last)

    def _on_document_changed(self, change: Change) -> None:
        if "rank" in change.fields:
            self._show(self._found())
        self._pages.clear()
        places = [at for row in change.rows[:PAGE].tolist() if (at := self.find(row)) >= 0]
        if places:
            last = len(self._ids) - 1 if len(change.rows) > PAGE else max(places)
            first = 0 if len(change.rows) > PAGE else min(places)
            self.dataChanged.emit(self.index(first, 0), self.index(last, SIGN))

    def _on_checks_changed(self) -> None:
        if len(self._ids):
            last = len(self._ids) - 1
            self.dataChanged.emit(self.index(0, TOKENS), self.index(last, TOKENS))
            self.dataChanged.emit(self.index(0, SIGN), self.index(last, SIGN))

    # QAbstractTableModel

    def rowCount(self, parent: Index = NO_PARENT) -> int:
        return 0 if parent.isValid() else len(self._ids)

    def columnCount(self, parent: Index = NO_PARENT) -> int:
        return 0 if parent.isValid() else len(HEADS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Roles.DisplayRole
    ) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Roles.TextAlignmentRole:
            return int(paint.RIGHT if section in (NUMBER, TOKENS) else paint.LEFT)
        if role == Roles.DisplayRole:
            return HEADS[section]
        return "Problems" if role == Roles.AccessibleTextRole and section == SIGN else None

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = super().flags(index)
        return flags | Qt.ItemFlag.ItemIsEditable if index.column() in TEXTS else flags

    def data(self, index: Index, role: int = Roles.DisplayRole) -> Any:
        if not index.isValid() or role not in _ROLES:
            return None
        row = self._row(index.row())
        if row is None:
            return None
        column = index.column()
        if role == Roles.EditRole:
            return row.text(TEXTS[column]) if column in TEXTS else self._cell(row, index).words
        if role == Roles.ToolTipRole:
            return plain_tip(self._tip(row, column))
        if column == NUMBER and role == Roles.DisplayRole:
            return row.id  # a row's number moves when others come and go; what names it does not
        cell = self._cell(row, index)
        return cell if role == CELL else cell.words

    def setData(self, index: Index, value: Any, role: int = Roles.EditRole) -> bool:
        if role != Roles.EditRole or not index.isValid() or index.column() not in TEXTS:
            return False
        if self._document is None:
            return False
        try:
            self._document.edit(self.row_id(index.row()), TEXTS[index.column()], str(value))
        except StudioError as problem:
            self.refused.emit(problem)
            return False
        return True

    def _row(self, row: int) -> Row | None:
        page = row // PAGE
        if page not in self._pages and self._document is not None:
            ids = self._ids[page * PAGE : (page + 1) * PAGE].tolist()
            try:
                found = {row.id: row for row in self._document.read(ids)}
                self._pages[page] = [found.get(row_id) for row_id in ids]
            except StudioError as problem:
                self._pages[page] = []  # asked once, not at every paint
                self.refused.emit(problem)
            if len(self._pages) > MAX_PAGES:
                self._pages.popitem(last=False)
        rows = self._pages.get(page, [])
        return rows[row % PAGE] if row % PAGE < len(rows) else None

    def _cell(self, row: Row, index: Index) -> Cell:
        column = index.column()
        if column == OUTPUT and not row.output.strip():
            return Cell("empty", "danger")
        if column in TEXTS:
            text = one_line(row.text(TEXTS[column]))
            return Cell(text or NO_VALUE, "text" if text else "muted")
        if column == TOKENS:
            check = self._checks.rows.get(row.id)
            over = check is not None and 0 < self._limit < check.tokens
            words = NO_VALUE if check is None else f"{check.tokens:,}"
            tone = "danger" if over else "text" if check else "muted"
            return Cell(words, tone, right=True, bold=over)
        if column == SIGN:
            return self._sign(row.id)
        if column == SPLIT:
            return Cell(SHORT[row.split], "muted")
        return Cell(f"{self._number(index.row()):,}", "muted", right=True)

    def _number(self, row: int) -> int:
        """Return the row's number in the dataset, from 1, also while others are hidden."""
        if not self.filtered or self._document is None:
            return row + 1
        return self._document.position(self.row_id(row)) + 1

    def _sign(self, row_id: int) -> Cell:
        faults = self._checks.faulty.get(row_id, ())
        if not faults:
            return Cell("")
        words = " ".join(fault.summary for fault in faults)
        if faults[0].level == STOP:
            return Cell(words, "danger", icon="error")
        same = any(fault.code == "leak" for fault in faults)
        return Cell(words, "warning", icon="duplicate" if same else "warning")

    def _tip(self, row: Row, column: int) -> str:
        if column in TEXTS:
            text = row.text(TEXTS[column])
            return text[:TIP] + (" …" if len(text) > TIP else "")
        return self._sign(row.id).words if column == SIGN else ""


def one_line(text: str) -> str:
    """Return the beginning of a text in one line, as a cell shows it."""
    head = " ".join(text[:SHOWN].split())
    return head + " …" if len(text) > SHOWN else head


_ROLES = frozenset(
    (Roles.DisplayRole, Roles.EditRole, Roles.ToolTipRole, Roles.AccessibleTextRole, CELL)
)
