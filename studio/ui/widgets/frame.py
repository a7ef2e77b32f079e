"""The frame around every page: a header with title, state, lineage and one action; a body."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from studio.ui.look import fonts, tokens
from studio.ui.look.fonts import Role
from studio.ui.widgets.graftline import GraftLine, LineagePart
from studio.ui.widgets.parts import Button, Elided, fill, label


class Page(QWidget):
    """A header of 64 px and a body; the base of every page.

    Subclasses put their cards into body and override what they need of set_small, shown and
    hidden. The window owns the pages, pushes the lineage and listens to its parts.

    Attributes:
        title: the page's name, also on the rail.
        body: the layout that takes the content, from left to right.
        action: the primary button, or None.
        graft: the lineage in the header.
        small: whether the page has its form for narrow windows.
    """

    def __init__(self, title: str, state: str = "", action: Button | None = None) -> None:
        super().__init__()
        self.title, self.action, self.small = title, action, False
        self.setObjectName("page")
        self.setAccessibleName(title)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.graft = GraftLine()
        self._state = Elided(state)
        self.body = QHBoxLayout()
        side, top = tokens.MARGIN, tokens.MARGIN_TOP
        fill(self.body, gap=tokens.GAP_COLUMN, edge=(side, top, side, top))
        column = QVBoxLayout(self)
        fill(column, self._header())
        column.addLayout(self.body, 1)

    def _header(self) -> QFrame:
        header = QFrame()
        header.setObjectName("pageHeader")
        header.setFixedHeight(tokens.HEIGHT_HEADER)
        title = label(self.title, Role.TITLE, fonts.BOLD)
        words = fill(QVBoxLayout(), None, title, self._state, None, gap=0)
        self._header_row = row = QHBoxLayout(header)
        fill(row, gap=16, edge=(tokens.MARGIN, 0, tokens.MARGIN, 1))
        row.addLayout(words, 1)
        row.addWidget(self.graft)
        if self.action is not None:
            row.addWidget(self.action)
        return header

    def put_in_header(self, widget: QWidget) -> None:
        """Let something stand between the title and the lineage."""
        self._header_row.insertWidget(1, widget)

    def set_state(self, text: str) -> None:
        """Say in one line what is open and how it stands."""
        self._state.setText(text)
        self.setAccessibleDescription(text)

    def set_lineage(self, parts: Sequence[LineagePart]) -> None:
        """Show what belongs together: dataset, base, method, run."""
        self.graft.set_parts(parts)

    def set_small(self, small: bool) -> None:
        """Take the form for narrow windows, or leave it; overriders call this too."""
        self.small = small
        self.graft.set_small(small)

    def shown(self) -> None:
        """Take up what is needed while the page is in front; called each time it comes there."""

    def hidden(self) -> None:
        """Let go of what costs time while another page is in front."""
