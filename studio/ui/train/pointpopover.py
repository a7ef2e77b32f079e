"""What a point of the trade-off stands for, and what can be done with its checkpoint."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from studio.app.guardreading import GuardReading
from studio.core.tradeoff import Point, Range, crossed
from studio.core.units import percent, signed
from studio.ui.look import fonts, paint
from studio.ui.look.fonts import Role
from studio.ui.look.theme import colors
from studio.ui.widgets.parts import Button, fill, label, prose

WIDTH = 400
GONE = "Its checkpoint is not on the disk any more, so it can only be looked at."
AIR = 8


def point_rows(guard: GuardReading, point: Point) -> list[tuple[str, str, str]]:
    """Return (name, value, what it is compared with) of a point."""
    rows = [
        ("Held-out loss", f"{point.target:.3f}", f"{signed(guard.gained(point))} against the base"),
        ("General loss", f"{point.general:.3f}", f"{signed(-point.lost)}{_between(point)}"),
    ]
    base = guard.base
    if point.accuracy is not None:
        before = base.accuracy if base is not None else None
        beside = f"{percent(before)} before" if before is not None else ""
        rows.append(("Questions right", percent(point.accuracy), beside))
    if point.drift is not None:
        rows.append(("Drift", f"{point.drift:.3f}", "nats a token from the base"))
    return rows


def _between(point: Point) -> str:
    found: Range | None = point.lost_range
    if found is None:
        return " against the base"
    return f", 95 %: {signed(-found[1])} to {signed(-found[0])}"


class PointPopover(QWidget):
    """A raised box beside a point; it closes when something else is clicked.

    Signals:
        chat_asked(int), keep_asked(int), back_asked(int): the user pressed the button of that name.
    """

    chat_asked = Signal(int)
    keep_asked = Signal(int)
    back_asked = Signal(int)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup | Qt.WindowType.FramelessWindowHint)
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)
        self.setFixedWidth(WIDTH)
        self._step = 0
        self._title = label("", Role.BODY, fonts.BOLD)
        self._word = label("", Role.SMALL, tone="muted")
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(2, 1)
        self._cells = [[label("", Role.SMALL, tone=tone) for tone in _TONES] for _ in range(4)]
        for row, cells in enumerate(self._cells):
            for column, cell in enumerate(cells):
                self._grid.addWidget(cell, row, column)
            cells[1].setFont(fonts.font(Role.SMALL, fonts.BOLD))
        self._why = prose("", Role.SMALL)
        self.chat_button = Button("Chat with it", "chat", compact=True)
        self.keep_button = Button("Keep it", "leaf", compact=True)
        self.back_button = Button("Go back to it", "rollback", compact=True)
        self.chat_button.clicked.connect(lambda: self._ask(self.chat_asked))
        self.keep_button.clicked.connect(lambda: self._ask(self.keep_asked))
        self.back_button.clicked.connect(lambda: self._ask(self.back_asked))
        self._lay_out()

    def _lay_out(self) -> None:
        acts = fill(QHBoxLayout(), self.chat_button, self.keep_button, self.back_button, None)
        acts.setSpacing(8)
        head = fill(QHBoxLayout(), self._title, None, self._word, gap=8)
        column = QVBoxLayout(self)
        fill(column, head, gap=8, edge=(14, 12, 14, 12))
        column.addLayout(self._grid)
        column.addWidget(self._why)
        column.addLayout(acts)

    def show_point(
        self, guard: GuardReading, point: Point, *, can_keep: bool, is_result: bool, spot: QPoint
    ) -> None:
        """Open beside a place on the screen.

        Args:
            guard: what the run's guard measured.
            point: one of its points.
            can_keep: its adapter can become the result now.
            is_result: it is the result already.
            spot: where the point is, in px of the screen.
        """
        self._step = point.step
        self._title.setText(f"Step {point.step:,}")
        past = crossed(point, guard.plan.tolerance)
        best = guard.best is not None and guard.best.step == point.step
        word = (
            "past the tolerance" if past else ("best balance" if best else "within the tolerance")
        )
        self._word.setText(word)
        rows = point_rows(guard, point)
        for at, cells in enumerate(self._cells):
            for column, cell in enumerate(cells):
                cell.setText(rows[at][column] if at < len(rows) else "")
                cell.setVisible(at < len(rows))
        self._say_acts(guard, point, can_keep, is_result)
        self.setAccessibleName(f"Step {point.step:,}, {word}")
        self.adjustSize()
        self._place(spot)
        self.show()
        next((b for b in self.buttons if b.isVisible()), self).setFocus()

    @property
    def buttons(self) -> tuple[Button, ...]:
        """What can be pressed, in reading order."""
        return self.chat_button, self.keep_button, self.back_button

    def _say_acts(self, guard: GuardReading, point: Point, can_keep: bool, is_result: bool) -> None:
        for button in self.buttons:
            button.setVisible(point.kept)
        self.keep_button.setVisible(point.kept and can_keep and not is_result)
        words = "Go back to it" if guard.alive else "Go on from it"
        self.back_button.setText(words)
        if not point.kept:
            why = GONE
        elif is_result:
            why = "This is the result of the run: what Chat, Evaluate and export take."
        elif can_keep:
            why = "Keep it: the run's adapter becomes this one, and Chat and export take it."
        else:
            why = "While the run trains it can go back to it. What is kept is decided when it ends."
        self._why.setText(why)

    def _place(self, spot: QPoint) -> None:
        """Lie above the point, or below it where there is no room, within the window."""
        owner = self.parentWidget()
        frame = owner.window() if owner is not None else self
        area = frame.rect().translated(frame.mapToGlobal(QPoint(0, 0)))
        left = min(max(spot.x() - WIDTH // 2, area.left() + AIR), area.right() - WIDTH - AIR)
        top = spot.y() - self.height() - 2 * AIR
        self.move(left, top if top > area.top() else spot.y() + 2 * AIR)

    def _ask(self, signal: object) -> None:
        self.close()
        signal.emit(self._step)  # type: ignore[attr-defined]

    def paintEvent(self, event: QPaintEvent) -> None:
        c = colors()
        box = paint.smooth(QPainter(self))
        paint.box(box, QRectF(self.rect()), 6, c.raised, c.border_strong)


_TONES = ("muted", "", "muted")
