"""The questions and answers from top to bottom; stays at the end while text comes."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QScrollArea, QStackedLayout, QVBoxLayout, QWidget

from studio.ui.chat.exchangeview import ExchangeView
from studio.ui.look import fonts
from studio.ui.look.fonts import Role
from studio.ui.look.tokens import PADDING
from studio.ui.widgets.parts import fill, label, prose, scroller

NEAR_END = 24
"""Px from the end within which a reader is taken to follow."""


class Conversation(QWidget):
    """Owns the exchanges; what they mean is the page's matter.

    Signals:
        tokens_requested(int): what the model reads of an exchange should be shown.
        bar_changed(int): the scroll bar takes so many px now.
    """

    tokens_requested = Signal(int)
    bar_changed = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Conversation")
        self.exchanges: list[ExchangeView] = []
        self._following, self._taken = True, 0
        self._body = QWidget()
        self._rows = QVBoxLayout(self._body)
        fill(self._rows, None, gap=16, edge=(0, 12, 0, PADDING))
        self._area: QScrollArea = scroller(self._body)
        self._area.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._area.setAccessibleName("Questions and answers")
        self.hint = prose("", Role.BODY)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self._empty())
        self._stack.addWidget(self._area)
        bar = self._area.verticalScrollBar()
        bar.rangeChanged.connect(self._on_range_changed)
        bar.valueChanged.connect(self._on_scrolled)

    def _empty(self) -> QWidget:
        made = QWidget()
        title = label("Ask the first question", Role.SECTION, fonts.BOLD)
        title.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        fill(QVBoxLayout(made), None, title, self.hint, None, gap=6, edge=(40, 0, 40, 0))
        return made

    def add(self, exchange: ExchangeView) -> None:
        """Put an exchange at the end and show it."""
        exchange.set_bar(self._taken)
        self.exchanges.append(exchange)
        self._rows.insertWidget(self._rows.count() - 1, exchange)
        self._put_in_reading_order()
        self._following = True
        self._stack.setCurrentIndex(1)

    def drop(self, place: int) -> None:
        """Take away the exchanges from a place on."""
        for exchange in self.exchanges[place:]:
            self._rows.removeWidget(exchange)
            exchange.hide()
            exchange.deleteLater()
        del self.exchanges[place:]
        self._stack.setCurrentIndex(1 if self.exchanges else 0)

    def _put_in_reading_order(self) -> None:
        """Let Tab walk from the exchange before the last one on; made last, it would come last."""
        before = self.exchanges[-2].stops if len(self.exchanges) > 1 else []
        last: QWidget = before[-1] if before else self._area
        for stop in self.exchanges[-1].stops:
            QWidget.setTabOrder(last, stop)
            last = stop

    def _on_range_changed(self, _least: int, most: int) -> None:
        taken = self._area.verticalScrollBar().sizeHint().width() if most else 0
        if taken != self._taken:
            self._taken = taken
            for exchange in self.exchanges:
                exchange.set_bar(taken)
            self.bar_changed.emit(taken)
        if self._following:
            self._area.verticalScrollBar().setValue(most)

    def _on_scrolled(self, value: int) -> None:
        self._following = value >= self._area.verticalScrollBar().maximum() - NEAR_END
