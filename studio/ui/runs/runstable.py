"""The table of runs: several may be chosen, and those that are chosen are compared."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import (
    QEvent,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRectF,
    Qt,
    Signal,
)
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QMenu,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from studio.ui.look import fonts, paint
from studio.ui.models.runsmodel import MARK, SERIES, RunsModel, RunsProxy
from studio.ui.runs.cells import CHANGE, HEADS, RunRow
from studio.ui.runs.series import paint_tick
from studio.ui.widgets.cells import paint_ground
from studio.ui.widgets.lists import RowTable

Index = QModelIndex | QPersistentModelIndex
WIDTHS = {
    "": 34,
    "State": 138,
    "Dataset": 114,
    "Method": 94,
    "Held-out": 104,
    CHANGE: 184,
    "Tokens/s": 76,
    "Peak, GiB": 132,
    "Made": 76,
    "Tags": 92,
    "Took": 86,
}
ALWAYS = ("", "Run")
NOT_AT_FIRST = frozenset({"Held-out", "Tags"})
"""Columns that are shown when they are asked for; tags also once a run has some."""
NOT_WHEN_NARROW = NOT_AT_FIRST | {"Dataset", "Tokens/s", "Peak, GiB", "Took"}
BOX = 14


class RunsTable(RowTable):
    """Rows of runs; a click in the first column adds a run to those compared, or takes it out.

    Signals:
        menu_wanted(object): the place on the screen where a menu of acts is asked for.
        trash_wanted(): Delete was pressed.
        columns_chosen(object): the columns the user has put in or out, by their titles.
    """

    menu_wanted = Signal(object)
    trash_wanted = Signal()
    columns_chosen = Signal(object)

    def __init__(self, model: RunsModel, proxy: RunsProxy) -> None:
        super().__init__("Runs", proxy)
        self._model, self._proxy = model, proxy
        model.setParent(self)
        proxy.setParent(self)
        self.setItemDelegateForColumn(MARK, _MarkDelegate(self))
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setSortingEnabled(True)
        self.sortByColumn(HEADS.index("Made"), Qt.SortOrder.DescendingOrder)
        head = self.horizontalHeader()
        head.setSectionsClickable(True)
        head.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        head.customContextMenuRequested.connect(self._on_head_menu)
        self._small, self._chosen = False, dict[str, bool]()
        self.set_widths({HEADS.index(title): width for title, width in WIDTHS.items()})
        self.show_columns()

    def set_small(self, small: bool) -> None:
        """Take the form for narrow windows, or leave it."""
        self._small = small
        self.show_columns()

    def set_columns(self, chosen: Mapping[str, bool]) -> None:
        """Show and hide columns as the user once chose; the others are as they come."""
        self._chosen = dict(chosen)
        self.show_columns()

    def show_columns(self) -> None:
        """Show the columns that belong to this width and these runs."""
        for column, head in enumerate(HEADS):
            self.setColumnHidden(column, not self._is_wanted(head))

    def _is_wanted(self, head: str) -> bool:
        if head in ALWAYS or head in self._chosen:
            return self._chosen.get(head, True) or head in ALWAYS
        if head == "Tags" and not self._small and self._model.has_tags:
            return True
        return head not in (NOT_WHEN_NARROW if self._small else NOT_AT_FIRST)

    def column_menu(self, parent: QWidget) -> QMenu:
        """Return a menu in which columns are put in and out."""
        made = QMenu("Columns", parent)
        made.setFont(fonts.font())
        for head in HEADS:
            if head not in ALWAYS:
                act = made.addAction(head)
                act.setCheckable(True)
                act.setChecked(self._is_wanted(head))
                act.triggered.connect(lambda on, head=head: self._choose_column(head, on=on))
        made.addSeparator()
        made.addAction("As they come").triggered.connect(lambda: self._keep_columns({}))
        return made

    def _choose_column(self, head: str, *, on: bool) -> None:
        self._keep_columns(self._chosen | {head: on})

    def _keep_columns(self, chosen: dict[str, bool]) -> None:
        self.set_columns(chosen)
        self.columns_chosen.emit(chosen)

    def _on_head_menu(self, spot: QPoint) -> None:
        menu = self.column_menu(self)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.horizontalHeader().mapToGlobal(spot))

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
