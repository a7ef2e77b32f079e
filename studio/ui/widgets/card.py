"""The card: a surface with a hairline, a header of 40 px and a body; never inside another card."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from studio.ui.look import fonts, tokens
from studio.ui.look.fonts import Role
from studio.ui.widgets.parts import fill, label


class Card(QFrame):
    """A titled surface; body is the layout that takes the content.

    The body keeps 1 px to the edge, so that a list in it never paints over the hairline.
    """

    def __init__(self, title: str = "", remark: str = "", *controls: QWidget) -> None:
        super().__init__()
        self.setAccessibleName(title)
        self.body = QVBoxLayout()
        outer = QVBoxLayout(self)
        fill(outer, gap=0, edge=1)
        if title:
            outer.addWidget(self._header(title, remark, controls))
        fill(self.body)
        outer.addLayout(self.body, 1)

    def _header(self, title: str, remark: str, controls: tuple[QWidget, ...]) -> QFrame:
        self.header = QFrame()
        self.header.setObjectName("cardHeader")
        self.header.setMinimumHeight(tokens.HEIGHT_CARD_HEADER)
        self.header.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.remark: QLabel = label(remark, Role.SMALL, tone="muted")
        self.title = label(title, weight=fonts.BOLD)
        row = QHBoxLayout(self.header)
        fill(row, self.title, self.remark, None, *controls, gap=8, edge=(13, 5, 9, 5))
        return self.header

    def plain(self) -> Card:
        """Drop the hairline below the header and return the card."""
        self.header.setProperty("plain", True)
        return self
