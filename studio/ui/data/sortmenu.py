"""The menu that sorts rows, for those who do not click on titles."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

from studio.data.finding import Sort
from studio.ui.data.sortheader import SortHeader
from studio.ui.look import fonts
from studio.ui.models.rowsmodel import RowsModel

UP, DOWN = "From first to last", "From last to first"


class SortMenu(QMenu):
    """Lists the columns of the rows that are shown, when it is opened; the Data page owns it."""

    def __init__(
        self, parent: QWidget, model: RowsModel, head: SortHeader, sort_by: Callable[[Sort], object]
    ) -> None:
        super().__init__("Sort by", parent)
        self.setFont(fonts.font())
        self._model, self._head, self._sort_by = model, head, sort_by
        self.aboutToShow.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """List the columns of the kind of the rows."""
        self.clear()
        now = self._head.sort
        columns, ways = QActionGroup(self), QActionGroup(self)
        names = [(c.head or "Problems", c.sort) for c in self._model.columns if c.sort]
        for words, column in [("The dataset's order", ""), *names]:
            self._add(columns, words, Sort(column or ""), now.column == column)
        self.addSeparator()
        for words, descending in ((UP, False), (DOWN, True)):
            self._add(ways, words, Sort(now.column, descending), now.descending is descending)

    def _add(self, group: QActionGroup, words: str, sort: Sort, checked: bool) -> None:
        action = self.addAction(words)
        action.setCheckable(True)
        action.setChecked(checked)
        action.triggered.connect(lambda: self._sort_by(sort))
        group.addAction(action)
