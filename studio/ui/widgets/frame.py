"""The frame around every page: header with the graft line, status strip below."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from studio.ui.look import fonts, tokens
from studio.ui.look.fonts import Role
from studio.ui.widgets.graftline import GraftLine, LineagePart
from studio.ui.widgets.meter import Meter
from studio.ui.widgets.parts import Button, Elided, IconLabel, fill, label, line


class Page(QWidget):
    """A header of 64 px and a body; narrow windows take the small form.

    Subclasses put their cards into body and override set_small.
    """

    def __init__(
        self, title: str, state: str, lineage: tuple[LineagePart, ...], action: Button | None = None
    ) -> None:
        super().__init__()
        self.setObjectName("page")
        self.setAccessibleName(title)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.graft = GraftLine(lineage)
        self.body = QHBoxLayout()
        side, top = tokens.MARGIN, tokens.MARGIN_TOP
        fill(self.body, gap=tokens.GAP_COLUMN, edge=(side, top, side, top))
        column = QVBoxLayout(self)
        fill(column, self._header(title, state, action))
        column.addLayout(self.body, 1)

    def _header(self, title: str, state: str, action: Button | None) -> QFrame:
        header = QFrame()
        header.setObjectName("pageHeader")
        header.setFixedHeight(tokens.HEIGHT_HEADER)
        below = Elided(state)
        words = fill(QVBoxLayout(), None, label(title, Role.TITLE, fonts.BOLD), below, None, gap=0)
        row = QHBoxLayout(header)
        fill(row, gap=16, edge=(tokens.MARGIN, 0, tokens.MARGIN, 1))
        row.addLayout(words, 1)
        row.addWidget(self.graft)
        if action is not None:
            row.addWidget(action)
        return header

    def set_small(self, small: bool) -> None:
        """Take the form for narrow windows, or leave it."""
        self.graft.set_small(small)


class StatusStrip(QFrame):
    """Card, memory, run and network in one line; every part is a button to its page."""

    def __init__(self, ours: float, others: float, card: float, run: bool) -> None:
        super().__init__()
        self.setObjectName("statusStrip")
        self.setFixedHeight(tokens.HEIGHT_STATUS)
        meter = Meter("Card memory", ours / card, others / card)
        words = f"ours · {others:.1f} others · {card - ours - others:.1f} GiB free"
        number = label(f"{ours:.1f}", Role.SMALL, fonts.MEDIUM)
        row = QHBoxLayout(self)
        fill(
            row,
            IconLabel("gpu"),
            label("RTX 4070", Role.SMALL, fonts.MEDIUM),
            meter,
            fill(QHBoxLayout(), number, label(words, Role.SMALL, tone="muted"), gap=4),
            None,
            gap=7,
            edge=(12, 0, 20, 0),
        )
        for widget in (*self._run(run), line(vertical=True), *self._offline()):
            row.addWidget(widget)

    def _run(self, run: bool) -> tuple[QWidget, ...]:
        if not run:
            return (label("No run in progress", Role.SMALL, tone="muted"),)
        return (
            IconLabel("train", "accent"),
            label("concierge-8b", Role.SMALL, fonts.MEDIUM),
            Meter("Run progress", 184 / 275, width=110),
            label("184 of 275 · 8 min left", Role.SMALL, tone="muted"),
        )

    def _offline(self) -> tuple[QWidget, ...]:
        return (IconLabel("offline"), label("Offline", Role.SMALL, tone="muted"))


class StatusStack(QStackedWidget):
    """The status strip of each page of the gallery."""

    def __init__(self, *strips: StatusStrip) -> None:
        super().__init__()
        self.setFixedHeight(tokens.HEIGHT_STATUS)
        self.setMinimumWidth(600)
        for strip in strips:
            self.addWidget(strip)
