"""What went wrong with the run that is shown, and what of it is safe; it stays while that is so."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QColor,
    QGuiApplication,
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


class ProblemStrip(QWidget):
    """A problem in two lines; the ways out are the run card's buttons above it."""

    def __init__(self) -> None:
        super().__init__()
        self._problem: StudioError | None = None
        self._what = prose("", Role.BODY, tone="")
        self._what.setFont(fonts.font(weight=fonts.BOLD))
        self._why = prose("", Role.SMALL, tone="")
        self.copy_button = Button("Copy details", "copy", "quiet", compact=True)
        self.copy_button.clicked.connect(self._copy)
        words = fill(QVBoxLayout(), self._what, self._why, gap=2)
        row = QHBoxLayout(self)
        fill(row, gap=12, edge=(16, 10, 10, 10))
        row.addWidget(IconLabel("error", "danger", 18), 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        row.addWidget(self.copy_button)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self.hide()

    def say(self, problem: StudioError | None) -> None:
        """Show a problem, or none; screen readers are told of another one."""
        self.setVisible(problem is not None)
        if problem is None or self._is_said(problem):
            self._problem = problem
            return
        self._problem = problem
        self._what.setText(problem.summary)
        self._why.setText(problem.hint)
        self._why.setVisible(bool(problem.hint))
        self.setAccessibleName(f"{problem.summary} {problem.hint}".strip())
        QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.Alert))

    def _is_said(self, problem: StudioError) -> bool:
        before = self._problem
        return before is not None and (before.summary, before.hint) == (
            problem.summary,
            problem.hint,
        )

    def _copy(self) -> None:
        if self._problem is not None:
            p = self._problem
            text = "\n".join(part for part in (p.summary, p.hint, p.details) if part)
            QGuiApplication.clipboard().setText(text)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, c, area = paint.smooth(QPainter(self)), colors(), QRectF(self.rect())
        inside = QPainterPath()
        inside.addRoundedRect(area, RADIUS_CONTROL, RADIUS_CONTROL)
        painter.setClipPath(inside)
        painter.fillRect(area, QColor(c.surface))
        painter.fillRect(QRectF(0, 0, BAR, area.height()), QColor(c.danger))
        painter.setClipping(False)
        paint.box(painter, area, RADIUS_CONTROL, edge=c.danger)
