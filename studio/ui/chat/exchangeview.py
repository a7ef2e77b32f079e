"""One question and its answers side by side."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.core.protocol import AnswerEnded, Piece
from studio.ui.chat.answerview import AnswerView
from studio.ui.chat.textview import TextView
from studio.ui.chat.worddiff import differing_words
from studio.ui.look import fonts, paint
from studio.ui.look.fonts import Role
from studio.ui.look.theme import colors
from studio.ui.look.tokens import PADDING, RADIUS_CONTROL
from studio.ui.widgets.parts import Button, Elided, fill, label, line

SHOWN = 4_000
"""Characters shown of a question; a longer one is sent whole."""
LINE = 28
"""Px of the first line of a well; its buttons are as high."""
EDGE = 4
"""Px right of an exchange; the conversation adds what its scroll bar does not take."""
INKS = ("frozen", "accent")


class Well(QWidget):
    """A sunken bar with a word in front: what was said, and who said it."""

    def __init__(self, who: str, text: str) -> None:
        super().__init__()
        rest = len(text) - SHOWN
        self.view = TextView(who, role=Role.BODY)
        self.view.set_text(text if rest <= 0 else f"{text[:SHOWN]}\n… {rest:,} characters more")
        self.row = QHBoxLayout(self)
        fill(self.row, gap=14, edge=(PADDING, 4, 8, 4))
        name = label(who, weight=fonts.MEDIUM, tone="muted")
        name.setMinimumHeight(LINE)
        self.row.addWidget(name, 0, Qt.AlignmentFlag.AlignTop)
        air = (LINE - self.view.sizeHint().height()) // 2
        self.row.addLayout(fill(QVBoxLayout(), self.view, None, edge=(0, air, 0, air)), 1)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = paint.smooth(QPainter(self))
        paint.box(painter, QRectF(self.rect()), RADIUS_CONTROL, colors().sunken)


class ExchangeView(QWidget):
    """A question, an answer of each column, and the written answer if there is one.

    Args:
        question: asked in every column.
        titles: of the columns, the base first.
        written: the row's own output for a held-out question, else empty.
        turned: said above the question when other models answer from here on, else empty.

    Signals:
        edit_requested(str): the question should go back into the editor.
        repeat_requested(str, str): it should be asked again, with its written answer.
        copied(): an answer is on the clipboard.
    """

    edit_requested = Signal(str)
    repeat_requested = Signal(str, str)
    copied = Signal()

    def __init__(
        self, question: str, titles: Sequence[str], written: str = "", turned: str = ""
    ) -> None:
        super().__init__()
        self.question, self.written = question, written
        self._columns: list[str] = []
        self.answers = [AnswerView(t, i) for t, i in zip(titles, INKS, strict=False)]
        for answer in self.answers:
            answer.copied.connect(self.copied)
        column = QVBoxLayout(self)
        fill(column, gap=10, edge=(PADDING, 0, EDGE, 0))
        if turned:
            column.addWidget(Elided(turned))
        column.addWidget(self._asked())
        column.addLayout(self._answered())
        self.reference = Well("Written answer", written)
        self.reference.hide()
        column.addWidget(self.reference)

    @property
    def open(self) -> bool:
        """Whether an answer is still to come."""
        return any(answer.open for answer in self.answers)

    def bind(self, columns: Sequence[str]) -> None:
        """Name the engine's columns, in the order of the answers."""
        self._columns = list(columns)
        for answer in self.answers[len(columns) :]:
            answer.break_off("not loaded")

    def wait(self, why: str) -> None:
        """Say what the answers wait for."""
        for answer in self.answers:
            answer.wait(why)

    def take(self, piece: Piece) -> None:
        """Take new text of a column."""
        answer = self._answer(piece.column)
        if answer is not None:
            answer.take(piece)

    def flush(self) -> None:
        """Show what was taken since the last time."""
        for answer in self.answers:
            answer.flush()

    def finish(self, ended: AnswerEnded) -> None:
        """Show a column's whole answer."""
        answer = self._answer(ended.column)
        if answer is not None:
            answer.finish(ended)
        self._show_reference()

    def break_off(self, why: str) -> None:
        """Keep what is there of the answers that are not whole."""
        for answer in self.answers:
            answer.break_off(why)
        self._show_reference()

    def set_differences(self, shown: bool) -> None:
        """Set the words apart that only one of two whole answers has, or do not."""
        if len(self.answers) < 2 or self.open:
            return
        one, other = (answer.view for answer in self.answers)
        marks = differing_words(one.text, other.text) if shown else ([], [])
        for view, spans, kind in zip((one, other), marks, INKS, strict=True):
            view.set_marks(spans, kind)

    def _show_reference(self) -> None:
        """Show the written answer once it can no longer be taken for a hint."""
        self.reference.setVisible(bool(self.written) and not self.open)

    def _asked(self) -> Well:
        well = Well("You", self.question)
        edit = Button("Put the question into the editor", "edit", "icon")
        edit.clicked.connect(lambda: self.edit_requested.emit(self.question))
        again = Button("Ask again", "reset", "icon")
        again.clicked.connect(lambda: self.repeat_requested.emit(self.question, self.written))
        for button in (edit, again):
            well.row.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        return well

    def _answered(self) -> QHBoxLayout:
        row = QHBoxLayout()
        fill(row, gap=PADDING)
        for number, answer in enumerate(self.answers):
            if number:
                row.addWidget(line(vertical=True))
            row.addWidget(answer, 1)
        return row

    def _answer(self, column: str) -> AnswerView | None:
        if column not in self._columns:
            return None
        index = self._columns.index(column)
        return self.answers[index] if index < len(self.answers) else None
