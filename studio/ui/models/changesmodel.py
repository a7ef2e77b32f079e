"""The changes that a replacement would make, as a table; each can be left alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from studio.app.datasetdocument import DatasetDocument
from studio.core.problems import StudioError
from studio.data.passages import passages
from studio.data.pattern import Hit, Replacer
from studio.data.replacing import Found, hits_of
from studio.ui.look import paint

TICK, ROW, FIELD, BEFORE, AFTER = range(5)
HEADS = ("", "Row", "Text", "Before", "After")
AROUND, MIDDLE = 32, 80
"""Characters shown around a change, and of the change itself."""
_SIGNS = str.maketrans({"\n": "⏎", "\r": "␍", "\t": "⇥"})
PIECES = Qt.ItemDataRole.UserRole

Index = QModelIndex | QPersistentModelIndex
NO_PARENT = QModelIndex()
Roles = Qt.ItemDataRole


@dataclass(frozen=True, slots=True)
class Pieces:
    """What stands before a change, what changes, and what stands behind it."""

    head: str
    middle: str
    tail: str

    @property
    def words(self) -> str:
        """All in one."""
        return self.head + self.middle + self.tail


@dataclass(frozen=True, slots=True)
class _Cell:
    row: int
    field: str
    hits: tuple[tuple[str, Hit], ...]
    """Each hit with the passage it is in."""


class ChangesModel(QAbstractTableModel):
    """Shows what a search found; texts are read again when a change is looked at.

    Attributes:
        ticks: which changes are to be made, (N,).
    """

    def __init__(self, document: DatasetDocument, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._found: Found | None = None
        self._replacer: Replacer | None = None
        self._cell: _Cell | None = None
        self.ticks = np.zeros(0, np.bool_)

    def show_found(self, found: Found | None) -> None:
        """Show other changes, all ticked, or none."""
        self.beginResetModel()
        self._found, self._cell = found, None
        self._replacer = Replacer(found.wanted) if found is not None else None
        self.ticks = np.ones(self.rowCount(), np.bool_)
        self.endResetModel()

    @property
    def found(self) -> Found | None:
        """What is shown."""
        return self._found

    @property
    def ticked(self) -> int:
        """How many changes are to be made."""
        return int(np.count_nonzero(self.ticks))

    def tick(self, change: int, on: bool) -> None:
        """Have a change made, or left alone."""
        self.ticks[change] = on
        self.dataChanged.emit(self.index(change, 0), self.index(change, AFTER))

    def tick_all(self, on: bool) -> None:
        """Have every change made, or none."""
        self.ticks[:] = on
        if self.rowCount():
            self.dataChanged.emit(self.index(0, 0), self.index(self.rowCount() - 1, AFTER))

    # QAbstractTableModel

    def rowCount(self, parent: Index = NO_PARENT) -> int:
        return 0 if parent.isValid() or self._found is None else len(self._found)

    def columnCount(self, parent: Index = NO_PARENT) -> int:
        return 0 if parent.isValid() else len(HEADS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Roles.DisplayRole
    ) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Roles.TextAlignmentRole:
            return int(paint.RIGHT if section == ROW else paint.LEFT)
        if role == Roles.AccessibleTextRole and section == TICK:
            return "Replaced or left alone"
        return HEADS[section] if role == Roles.DisplayRole else None

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = super().flags(index)
        return flags | Qt.ItemFlag.ItemIsUserCheckable if index.column() == TICK else flags

    def data(self, index: Index, role: int = Roles.DisplayRole) -> Any:
        if not index.isValid() or self._found is None:
            return None
        if role == Roles.CheckStateRole and index.column() == TICK:
            states = Qt.CheckState
            return states.Checked if self.ticks[index.row()] else states.Unchecked
        if role not in (Roles.DisplayRole, Roles.AccessibleTextRole, PIECES):
            return None
        return self._shown(index.row(), index.column(), role)

    def setData(self, index: Index, value: Any, role: int = Roles.EditRole) -> bool:
        if role != Roles.CheckStateRole or not index.isValid():
            return False
        self.tick(index.row(), Qt.CheckState(value) is Qt.CheckState.Checked)
        return True

    def _shown(self, change: int, column: int, role: int) -> Any:
        assert self._found is not None
        place = self._found.place(change)
        if column == TICK:
            done = "replaced" if self.ticks[change] else "left alone"
            return done if role == Roles.AccessibleTextRole else ""
        if column == ROW:
            return f"{self._document.position(place.row) + 1:,}"
        if column == FIELD:
            return place.field
        after = column == AFTER and bool(self.ticks[change])
        pieces = self._pieces(place.row, place.field, place.at, after=after)
        return pieces if role == PIECES else pieces.words

    def _pieces(self, row: int, field: str, at: int, *, after: bool) -> Pieces:
        hits = self._hits(row, field)
        if at >= len(hits):
            return Pieces("", "", "")  # the row is another now; replacing asks for a new search
        text, hit = hits[at]
        middle = hit.put if after else text[hit.start : hit.end]
        head, tail = text[max(hit.start - AROUND, 0) : hit.start], text[hit.end : hit.end + AROUND]
        shown = middle if len(middle) <= MIDDLE else f"{middle[:MIDDLE]}…"
        head = ("…" if hit.start > AROUND else "") + head
        tail += "…" if len(text) > hit.end + AROUND else ""
        return Pieces(*(piece.translate(_SIGNS) for piece in (head, shown, tail)))

    def _hits(self, row_id: int, field: str) -> tuple[tuple[str, Hit], ...]:
        cell = self._cell
        if cell is None or (cell.row, cell.field) != (row_id, field):
            cell = self._cell = _Cell(row_id, field, tuple(self._read(row_id, field)))
        return cell.hits

    def _read(self, row_id: int, field: str) -> list[tuple[str, Hit]]:
        assert self._replacer is not None
        try:
            row = self._document.row(row_id)
            said = passages(field, row.text(field))
            found = hits_of(row, field, self._replacer)
        except (StudioError, ValueError):
            return []  # the row went, or is another: replacing asks for a new search
        return [(text, hit) for text, hits in zip(said, found, strict=True) for hit in hits]
