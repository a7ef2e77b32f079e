"""The table of runs: several may be chosen, and those that are chosen are compared."""

from __future__ import annotations

from PySide6.QtCore import (
    QEvent,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QRectF,
    Qt,
    Signal,
)
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from studio.ui.look import paint
from studio.ui.models.runsmodel import MARK, SERIES, RunsModel, RunsProxy
from studio.ui.runs.cells import HEADS, RunRow
from studio.ui.runs.series import paint_tick
from studio.ui.widgets.cells import paint_ground
from studio.ui.widgets.lists import RowTable

Index = QModelIndex | QPersistentModelIndex
WIDTHS = {
    "": 34,
    "State": 138,
    "Dataset": 116,
    "Method": 98,
    "Held-out": 104,
    "Tokens/s": 78,
    "Peak, GiB": 142,
    "Made": 84,
    "Tags": 92,
    "Took": 88,
}
NARROW = {"": 34, "State": 138, "Method": 92, "Held-out": 104, "Tokens/s": 76, "Made": 78}
HIDDEN_WHEN_NARROW = ("Dataset", "Peak, GiB", "Tags", "Took")
BOX = 14


class RunsTable(RowTable):
    """Rows of runs; a click in the first column adds a run to those compared, or takes it out.

    Signals:
        menu_wanted(object): the place on the screen where a menu of acts is asked for.
        trash_wanted(): Delete was pressed.
    """

    menu_wanted = Signal(object)
    trash_wanted = Signal()

    def __init__(self, model: RunsModel, proxy: RunsProxy) -> None:
        super().__init__("Runs", proxy)
        self._model, self._proxy = model, proxy
        model.setParent(self)
        proxy.setParent(self)
        self.setItemDelegateForColumn(MARK, _MarkDelegate(self))
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setSortingEnabled(True)
        self.sortByColumn(HEADS.index("Made"), Qt.SortOrder.DescendingOrder)
        self.horizontalHeader().setSectionsClickable(True)
        self.set_small(False)

    def set_small(self, small: bool) -> None:
        """Take the form for narrow windows, or leave it."""
        widths = NARROW if small else WIDTHS
        for column, head in enumerate(HEADS):
            self.setColumnHidden(column, small and head in HIDDEN_WHEN_NARROW)
        self.set_widths({HEADS.index(head): width for head, width in widths.items()})

    def run_at(self, index: Index) -> RunRow | None:
        """Return the run of an index of the table."""
        return self._model.row_of(self._proxy.mapToSource(index))

    def current(self) -> RunRow | None:
        """Return the run the keyboard is at."""
        return self.run_at(self.currentIndex())

    def chosen(self) -> list[RunRow]:
        """Return the chosen runs, from top to bottom."""
        indexes = sorted(self.selectionModel().selectedRows(), key=lambda index: index.row())
        return [row for index in indexes if (row := self.run_at(index)) is not None]

    def choose(self, *runs: str) -> None:
        """Choose runs by their ids; those that are not shown are left out."""
        flags = QItemSelectionModel.SelectionFlag
        selection = self.selectionModel()
        found = [self._proxy.mapFromSource(self._model.index_of(run)) for run in runs]
        found = [index for index in found if index.isValid()]
        if found:
            selection.setCurrentIndex(found[0], flags.NoUpdate)
            selection.clearSelection()
        for index in found:
            selection.select(index, flags.Select | flags.Rows)

    def selectionCommand(
        self, index: Index, event: QEvent | None = None
    ) -> QItemSelectionModel.SelectionFlag:
        flags = QItemSelectionModel.SelectionFlag
        is_press = event is not None and event.type() is QEvent.Type.MouseButtonPress
        if is_press and index.isValid() and index.column() == MARK:
            return flags.Toggle | flags.Rows
        return super().selectionCommand(index, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        index = self.currentIndex()
        if event.key() == Qt.Key.Key_Space and index.isValid():
            flags = QItemSelectionModel.SelectionFlag
            self.selectionModel().select(index, flags.Toggle | flags.Rows)
        elif event.key() == Qt.Key.Key_Delete and self.chosen():
            self.trash_wanted.emit()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.menu_wanted.emit(event.globalPos())


class _MarkDelegate(QStyledItemDelegate):
    """Paints whether a run is compared, in the colour it is drawn in."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        area = paint_ground(painter, option, True)
        spot = QRectF(area.center().x() - BOX / 2 + 2, area.center().y() - BOX / 2, BOX, BOX)
        paint_tick(paint.smooth(painter), spot, str(index.data(SERIES) or ""))
