"""The graft line of a run: trunk below, branch above, buds are checkpoints, a leaf on the best."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.ui.look import fonts, paint
from studio.ui.look.fonts import Role
from studio.ui.look.icons import paint_icon
from studio.ui.look.theme import colors
from studio.ui.look.tokens import RADIUS_BADGE

HEIGHT = 62
BRANCH_Y = 22
TRUNK_Y = 40
START = 68
"""Px from the left edge to step 0, where the branch has risen."""
END = 22


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run is; all numbers are optimizer steps."""

    step: int
    total: int
    buds: tuple[int, ...]
    best: int | None = None

    def spoken(self) -> str:
        """Return the progress as a sentence."""
        if not self.total:
            return "Not started"
        best = f", best at step {self.best}" if self.best is not None else ""
        kept = sum(1 for bud in self.buds if bud <= self.step)
        return f"Step {self.step} of {self.total}, {kept} checkpoints kept{best}"


class RunLine(QWidget):
    """The progress of a run; arrow keys move between checkpoints, Enter opens one.

    Signals:
        bud_chosen(int): the step of the checkpoint the user opened.
    """

    bud_chosen = Signal(int)

    def __init__(self, progress: Progress | None = None) -> None:
        super().__init__()
        progress = progress or Progress(0, 0, ())
        self._progress = progress
        self._cursor: int | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Run progress")
        self.set_progress(progress)

    def sizeHint(self) -> QSize:
        return QSize(600, HEIGHT)

    def set_progress(self, progress: Progress) -> None:
        """Show another state of the run."""
        if progress == self._progress and self.accessibleDescription():
            return
        self._progress = progress
        self.setAccessibleDescription(progress.spoken())
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        kept = [bud for bud in self._progress.buds if bud <= self._progress.step]
        move = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if move and kept:
            at = kept.index(self._cursor) + move if self._cursor in kept else len(kept) - 1
            self._cursor = kept[max(0, min(len(kept) - 1, at))]
            self.setAccessibleDescription(f"Checkpoint at step {self._cursor}")
            self.update()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._cursor is not None:
            self.bud_chosen.emit(self._cursor)
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._cursor = None
        self.setAccessibleDescription(self._progress.spoken())
        super().focusOutEvent(event)
        self.update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def _x(self, step: float) -> float:
        share = step / self._progress.total if self._progress.total else 0.0
        return START + share * (self.width() - START - END)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = paint.smooth(QPainter(self))
        self._paint_trunk(painter)
        self._paint_branch(painter)
        right = -1.0
        for bud in self._progress.buds:
            right = self._paint_bud(painter, bud, right)
        if self._progress.total:
            self._paint_now(painter)
        if self.hasFocus():
            self._paint_focus(painter)

    def _paint_trunk(self, painter: QPainter) -> None:
        c = colors()
        painter.setPen(paint.pen(c.slate, 1.5))
        painter.drawLine(QPointF(0, TRUNK_Y), QPointF(self.width(), TRUNK_Y))
        font = fonts.font(Role.CAPTION, fonts.BOLD)
        paint.text(painter, QRectF(0, TRUNK_Y + 3, 60, 16), "base", font, c.frozen)

    def _paint_branch(self, painter: QPainter) -> None:
        c, now = colors(), self._x(self._progress.step)
        path = QPainterPath(QPointF(30, TRUNK_Y))
        path.cubicTo(QPointF(52, TRUNK_Y), QPointF(44, BRANCH_Y), QPointF(START, BRANCH_Y))
        path.lineTo(now, BRANCH_Y)
        painter.setPen(paint.pen(c.accent, 3))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(path)
        if self._progress.step >= self._progress.total > 0:
            return
        painter.setPen(paint.pen(c.accent, 1.8, (1.8, 4)))
        painter.drawLine(QPointF(now, BRANCH_Y), QPointF(self.width() - END, BRANCH_Y))

    def _paint_bud(self, painter: QPainter, step: int, taken: float) -> float:
        """Draw a bud, and its number where it is free of the one before; return its end, px."""
        c, spot = colors(), QPointF(self._x(step), BRANCH_Y)
        lived = step <= self._progress.step
        painter.setPen(paint.pen(c.surface, 3))
        painter.setBrush(QColor(c.accent if lived else c.surface))
        painter.drawEllipse(spot, 5.5, 5.5)
        if not lived:
            painter.setPen(paint.pen(c.accent, 1.6))
            painter.drawEllipse(spot, 4, 4)
        if step == self._progress.best:
            area = QRectF(spot.x() - 5, spot.y() - 20, 20, 20)
            paint_icon(painter, "leaf-solid", area, c.accent)
        font, said = fonts.font(Role.CAPTION), f"{step:,}"
        half = paint.width(said, font) / 2 + 4
        if spot.x() - half < taken:
            return taken
        words = QRectF(spot.x() - half, TRUNK_Y + 3, 2 * half, 16)
        paint.text(painter, words, said, font, c.muted, paint.CENTRE)
        return spot.x() + half

    def _paint_now(self, painter: QPainter) -> None:
        now = self._x(self._progress.step)
        painter.fillRect(QRectF(now - 2, BRANCH_Y - 9, 4, 18), QColor(colors().text))

    def _paint_focus(self, painter: QPainter) -> None:
        ring = paint.pen(colors().focus, 2)
        if self._cursor is None:
            paint.box(painter, QRectF(self.rect()), RADIUS_BADGE, edge=ring)
            return
        x = self._x(self._cursor)
        paint.box(painter, QRectF(x - 10, BRANCH_Y - 10, 20, 20), 10, edge=ring)
