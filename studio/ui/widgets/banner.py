"""The error banner: what happened, why and what is safe; the best way out first."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QMargins, QRectF, Qt
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QColor,
    QGuiApplication,
    QKeyEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
)
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from studio.core.problems import StudioError
from studio.ui.look import fonts, paint
from studio.ui.look.fonts import Role
from studio.ui.look.theme import colors
from studio.ui.look.tokens import RADIUS_CONTROL
from studio.ui.widgets.parts import Button, IconLabel, fill, prose

BAR = 4
AIR = QMargins(20, 12, 20, 12)
"""Px around the frame."""
QUIET = 11
"""Px of air inside a quiet button, by which its words stand in when it comes first."""


class ErrorBanner(QWidget):
    """Shows one problem; the window owns it and puts it above the pages.

    Attributes:
        copy_button: puts the problem and its technical details on the clipboard.
        close_button: takes the banner away.
    """

    def __init__(self) -> None:
        super().__init__()
        self.problem: StudioError | None = None
        self._what = prose("", Role.BODY, tone="")
        self._what.setFont(fonts.font(weight=fonts.BOLD))
        self._why = prose("", Role.SMALL, tone="")
        self._way_out: Button | None = None
        self.copy_button = Button("Copy details", "copy", "quiet", compact=True)
        self.copy_button.clicked.connect(self._copy)
        self.close_button = Button("Close", "close", "icon")
        self.close_button.clicked.connect(self.clear)
        self._acts = QHBoxLayout()
        fill(self._acts, self.copy_button, None, gap=8)
        words = fill(QVBoxLayout(), self._what, self._why, 6, self._acts, gap=2)
        row = QHBoxLayout(self)
        fill(row, gap=12, edge=(36, 24, 30, 22))
        row.addWidget(IconLabel("error", "danger", 18), 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        row.addWidget(self.close_button, 0, Qt.AlignmentFlag.AlignTop)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self.hide()

    def show_problem(
        self, problem: StudioError, way_out: tuple[str, Callable[[], object]] | None = None
    ) -> None:
        """Show a problem, and first of its buttons a way out as (words, act)."""
        self.problem = problem
        self._what.setText(problem.summary)
        self._why.setText(problem.hint)
        self._why.setVisible(bool(problem.hint))
        self.setAccessibleName(f"{problem.summary} {problem.hint}".strip())
        self._drop_way_out()
        if way_out is not None:
            words, act = way_out
            self._way_out = Button(words, compact=True)
            self._way_out.clicked.connect(self.clear)
            self._way_out.clicked.connect(lambda _=False: act())
            self._acts.insertWidget(0, self._way_out)
        self._acts.setContentsMargins(0 if way_out else -QUIET, 0, 0, 0)
        self.show()
        QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.Alert))

    def clear(self) -> None:
        """Take the problem away."""
        self.problem = None
        self.hide()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.clear()
        else:
            super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            self.update()

    def _drop_way_out(self) -> None:
        if self._way_out is not None:
            self._way_out.setParent(None)
            self._way_out.deleteLater()
            self._way_out = None

    def _copy(self) -> None:
        if self.problem is not None:
            p = self.problem
            text = "\n".join(part for part in (p.summary, p.hint, p.details) if part)
            QGuiApplication.clipboard().setText(text)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, c, area = (
            paint.smooth(QPainter(self)),
            colors(),
            QRectF(self.rect().marginsRemoved(AIR)),
        )
        inside = QPainterPath()
        inside.addRoundedRect(area, RADIUS_CONTROL, RADIUS_CONTROL)
        painter.setClipPath(inside)
        painter.fillRect(area, QColor(c.surface))
        painter.fillRect(QRectF(area.left(), area.top(), BAR, area.height()), QColor(c.danger))
        painter.setClipping(False)
        paint.box(painter, area, RADIUS_CONTROL, edge=c.danger)
