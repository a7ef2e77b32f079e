"""The runs of a workspace as a Qt model, and the proxy that sorts and searches them."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
)

from studio.ui.look import paint
from studio.ui.runs.cells import HEADS, RIGHT, RunRow, cells_of, keys_of, searched
from studio.ui.runs.changecell import per_nat
from studio.ui.runs.filters import Wanted, fits
from studio.ui.widgets.cells import CELL, Cell
from studio.ui.widgets.parts import plain_tip

Index = QModelIndex | QPersistentModelIndex
SERIES = Qt.ItemDataRole.UserRole + 1
"""Of the first column: the series a run is drawn in where it is compared, else empty."""
KEY = Qt.ItemDataRole.UserRole + 2
"""What a cell is sorted by."""
MARK = 0
"""The column of the mark."""


class RunsModel(QAbstractTableModel):
    """Rows by the runs' ids; runs that stay keep their rows, and so selection and place."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[RunRow] = []
        self._cells: list[tuple[Cell, ...]] = []
        self._keys: list[tuple[object, ...]] = []
        self._series: dict[str, str] = {}

    def set_rows(self, rows: Sequence[RunRow], widest: int) -> None:
        """Show these runs; widest is the bytes that the bar of a peak is long for."""
        wanted = {row.summary.run for row in rows}
        for at in reversed(range(len(self._rows))):
            if self._rows[at].summary.run not in wanted:
                self.beginRemoveRows(QModelIndex(), at, at)
                del self._rows[at], self._cells[at], self._keys[at]
                self.endRemoveRows()
        scale = per_nat(row.summary for row in rows)
        now, known = time.time(), {row.summary.run: at for at, row in enumerate(self._rows)}
        new = [row for row in rows if row.summary.run not in known]
        for row in rows:
            if row.summary.run in known:
                self._replace(known[row.summary.run], row, cells_of(row, widest, now, scale))
        if new:
            end = len(self._rows)
            self.beginInsertRows(QModelIndex(), end, end + len(new) - 1)
            self._rows += new
            self._cells += [cells_of(row, widest, now, scale) for row in new]
            self._keys += [keys_of(row) for row in new]
            self.endInsertRows()

    def _replace(self, at: int, row: RunRow, cells: tuple[Cell, ...]) -> None:
        same, self._rows[at] = cells == self._cells[at], row
        self._keys[at] = keys_of(row)
        if not same:
            self._cells[at] = cells
            self.dataChanged.emit(self.index(at, 0), self.index(at, len(HEADS) - 1))

    def set_series(self, series: Mapping[str, str]) -> None:
        """Mark the runs that are compared, each with the series it is drawn in."""
        if dict(series) == self._series:
            return
        self._series = dict(series)
        if self._rows:
            end = self.index(len(self._rows) - 1, MARK)
            self.dataChanged.emit(self.index(0, MARK), end, [SERIES])

    def row_of(self, index: Index) -> RunRow | None:
        """Return the run of an index of this model."""
        return self._rows[index.row()] if index.isValid() else None

    def index_of(self, run: str) -> QModelIndex:
        """Return the index of a run's first cell; invalid when it is not there."""
        for at, row in enumerate(self._rows):
            if row.summary.run == run:
                return self.index(at, 0)
        return QModelIndex()

    @property
    def has_tags(self) -> bool:
        """Whether any run has a tag."""
        return any(row.summary.tags for row in self._rows)

    def row_at(self, at: int) -> RunRow:
        """Return the run of a row of this model."""
        return self._rows[at]

    def words_of(self, at: int) -> str:
        """Return what a row is searched by."""
        return searched(self._rows[at].summary)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(HEADS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        if index.column() == MARK:
            return self._mark(self._rows[index.row()].summary.run, role)
        cell = self._cells[index.row()][index.column() - 1]
        if role == CELL:
            return cell
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return cell.words
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(cell.tip)
        return self._keys[index.row()][index.column() - 1] if role == KEY else None

    def _mark(self, run: str, role: int) -> Any:
        series = self._series.get(run, "")
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return "compared" if series else "not compared"
        if role == KEY:
            return (not series,)
        return series if role == SERIES else None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(paint.RIGHT if section in RIGHT else paint.LEFT)
        return HEADS[section] if role == Qt.ItemDataRole.DisplayRole else None


class RunsProxy(QSortFilterProxyModel):
    """Sorts by what cells mean, not by their words, and leaves the runs that hold what is typed."""

    def __init__(self, model: RunsModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._model, self._typed = model, ""
        self._wanted: Wanted = {}
        self.setSourceModel(model)
        self.setDynamicSortFilter(True)

    def search(self, typed: str) -> None:
        """Leave the runs in which every typed word occurs."""
        self.beginFilterChange()
        self._typed = typed.lower()
        self.endFilterChange()

    def want(self, wanted: Wanted) -> None:
        """Leave the runs that are among these."""
        self.beginFilterChange()
        self._wanted = dict(wanted)
        self.endFilterChange()

    def filterAcceptsRow(self, row: int, parent: Index) -> bool:
        words = self._model.words_of(row)
        is_found = all(word in words for word in self._typed.split())
        return is_found and fits(self._model.row_at(row), self._wanted)

    def lessThan(self, left: Index, right: Index) -> bool:
        """Return what Qt asks; what is not known comes last, whichever way the others go."""
        one, other = left.data(KEY), right.data(KEY)
        if one is None or other is None:
            rises = self.sortOrder() is Qt.SortOrder.AscendingOrder
            return one is not other and (other is None if rises else one is None)
        return bool(one < other)
