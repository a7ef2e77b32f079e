"""The head of a column: who answers there, and what proves it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSignalBlocker, Signal
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from studio.app.chatsubject import Column
from studio.data.runfiles import RunSummary
from studio.ui.look import fonts, paint
from studio.ui.look.fonts import Role
from studio.ui.look.theme import colors
from studio.ui.look.tokens import HEIGHT_INPUT, PADDING, RADIUS_CARD
from studio.ui.widgets.card import Card
from studio.ui.widgets.parts import (
    Button,
    ChoiceField,
    Elided,
    IconLabel,
    fill,
    label,
    plain_tip,
)

BAR = 3
WIDEST_CHOICE = 190
"""Px; a longer name is in the tooltip."""
LEAST_CHOICE = 60


class ColumnHead(QWidget):
    """Icon, name, what it stands on, controls; a line of evidence in mono below.

    Attributes:
        model: the name beside the title; gives way first.
        evidence: the line below.
    """

    def __init__(self, icon: str, tone: str, title: str) -> None:
        super().__init__()
        self.setAccessibleName(title)
        self.model = Elided("", Role.BODY)
        self.evidence = Elided("")
        self.evidence.setFont(fonts.mono())
        self._name = label(title, Role.SECTION, fonts.BOLD)
        self._name.setMinimumHeight(HEIGHT_INPUT)
        self._stretch = QWidget()
        self._stretch.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.top, self.second = QHBoxLayout(), QHBoxLayout()
        fill(self.top, IconLabel(icon, tone, 18), self._name, gap=8)
        fill(self.second, gap=6)
        self.top.addWidget(self.model, 1)
        self._below = QWidget()
        self._below.setLayout(self.second)
        self._below.setFixedHeight(HEIGHT_INPUT)
        self._below.hide()
        rows = fill(QVBoxLayout(self), self.top, self._below, self.evidence, gap=4)
        rows.setContentsMargins(PADDING, 9, PADDING, 8)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def set_tight(self, tight: bool) -> None:
        """Give the name, or the choices, a line of their own, as narrow columns need it."""
        self._below.setVisible(tight)

    def set_edges(self, left: int, right: int) -> None:
        """Set the px on both sides of it."""
        self.layout().setContentsMargins(left, 9, right, 8)  # type: ignore[union-attr]


class BaseHead(ColumnHead):
    """The head of the base."""

    def __init__(self, badge: QWidget) -> None:
        super().__init__("frozen", "frozen", "Base")
        self._badge = badge
        self.top.addWidget(badge)

    def set_tight(self, tight: bool) -> None:
        row, index = (self.second, 0) if tight else (self.top, 2)
        row.insertWidget(index, self.model, 1)
        if tight:
            self.top.insertWidget(2, self._stretch, 1)
        super().set_tight(tight)
        self._stretch.setVisible(tight)


class AdaptedHead(ColumnHead):
    """The head of an adapted column, with the choice of who answers there.

    Signals:
        run_chosen(str): the id of another run.
        branch_chosen(int): the index of another of its branches.
        remove_requested(): the column should go.
    """

    run_chosen = Signal(str)
    branch_chosen = Signal(int)
    remove_requested = Signal()

    def __init__(self) -> None:
        super().__init__("leaf", "accent", "Adapted")
        self.runs, self.branches = ChoiceField(), ChoiceField()
        for field, name in ((self.runs, "Run"), (self.branches, "Branch of the run")):
            field.setAccessibleName(name)
            field.setMaximumWidth(WIDEST_CHOICE)
            field.setMinimumWidth(LEAST_CHOICE)
            field.setSizeAdjustPolicy(ChoiceField.SizeAdjustPolicy.AdjustToContents)
        self.runs.middle = True
        self._elsewhere = label("from a folder", tone="muted")
        self.remove_button = Button("Take the column away", "close", "icon")
        self.remove_button.clicked.connect(self.remove_requested)
        self.runs.activated.connect(lambda i: self.run_chosen.emit(self.runs.itemData(i)))
        self.branches.activated.connect(self.branch_chosen)
        self.top.addWidget(self.runs)
        self.top.addWidget(self.remove_button)
        fill(self.second, self._elsewhere, None, gap=6)
        self._narrow = self._tight = False
        self.set_tight(False)

    def set_tight(self, tight: bool) -> None:
        """Let the run stand for the title, and its branch below, as narrow columns need it."""
        self._tight = tight
        self._name.setVisible(not tight)
        row, index = (self.second, 0) if tight else (self.top, self.top.indexOf(self.runs) + 1)
        row.insertWidget(index, self.branches)
        self.top.setStretchFactor(self.runs, 1 if tight else 0)
        adjust = ChoiceField.SizeAdjustPolicy
        self.runs.setSizeAdjustPolicy(
            adjust.AdjustToMinimumContentsLengthWithIcon if tight else adjust.AdjustToContents
        )
        self.runs.setMaximumWidth(16_777_215 if tight else WIDEST_CHOICE)
        super().set_tight(tight)
        self.set_narrow(self._narrow)

    def set_narrow(self, narrow: bool) -> None:
        """Leave out the choice of the run where there is no room for it."""
        self._narrow = narrow
        self.runs.setVisible(self.runs.count() > 0 and (self._tight or not narrow))
        self.model.setVisible(bool(self.model.text()) or not self._tight)

    def show_column(self, column: Column | None, runs: Sequence[RunSummary]) -> None:
        """Show who answers and who could; None is nothing trained yet."""
        run = column.run if column is not None else None
        elsewhere = column is not None and run is None
        self.model.setText(
            column.title if column and elsewhere else "" if run else "nothing trained yet"
        )
        if column and elsewhere:
            self.model.setToolTip(plain_tip(column.key))
        with QSignalBlocker(self.runs), QSignalBlocker(self.branches):
            self.runs.clear()
            self.branches.clear()
            if column is not None and run is not None:
                for summary in runs:
                    self.runs.addItem(summary.title, summary.run)
                self.branches.addItems([each.title for each in column.branches])
                self.runs.setCurrentIndex(self.runs.findData(run.run))
                self.runs.setToolTip(plain_tip(f"{run.title}\n{run.run}"))
                self.branches.setCurrentIndex(column.branches.index(column.branch))
        self.branches.setVisible(run is not None)
        self._elsewhere.setVisible(run is None)
        self.remove_button.setVisible(column is not None)
        self.set_narrow(self._narrow)


class ColumnsCard(Card):
    """A card whose upper edge is slate over the base and green over the adapted.

    Attributes:
        columns: how many there are.
        bar: px that a scroll bar takes from them.
    """

    columns, bar = 2, 0

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter, c = paint.smooth(QPainter(self)), colors()
        area, end = QRectF(self.rect()), (self.width() - self.bar) / self.columns
        inside = QPainterPath()
        inside.addRoundedRect(area, RADIUS_CARD, RADIUS_CARD)
        painter.setClipPath(inside)
        painter.fillRect(QRectF(0, 0, end, BAR), QColor(c.frozen))
        painter.fillRect(QRectF(end, 0, self.width() - end, BAR), QColor(c.accent))
