"""One question and its answers side by side."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.core.protocol import AnswerEnded, Piece
from studio.core.talk import TalkAnswer, TalkTurn
from studio.ui.chat.answerview import AnswerView
from studio.ui.chat.well import Well
from studio.ui.chat.worddiff import Span, differing_from
from studio.ui.look.fonts import Role
from studio.ui.look.tokens import PADDING
from studio.ui.widgets.parts import Button, Elided, fill, line

TIGHT = 3
"""Columns from which on letters and gaps are smaller."""
TIGHT_EDGE = 8
"""Px between a narrow column's text and its rule; outermost it is as far in as ever."""
NOT_ANSWERED = "not answered"


class ExchangeView(QWidget):
    """A question, an answer of each column, and the written answer if there is one.

    Args:
        turn: what was asked, of whom, and what is there of the answers.
        turned: said above the question when others answer from here on, else empty.
        live: the answers are still to come.
        plain: answers are shown as they were written.

    Signals:
        edit_requested(): the question should go back into the editor.
        repeat_requested(): it should be asked again.
        fork_requested(): the conversation should go on from here in a copy.
        tokens_requested(): what the model reads of it should be shown.
        copied(): an answer is on the clipboard.
    """

    edit_requested = Signal()
    repeat_requested = Signal()
    fork_requested = Signal()
    tokens_requested = Signal()
    copied = Signal()

    def __init__(
        self, turn: TalkTurn, turned: str = "", *, live: bool = False, plain: bool = False
    ) -> None:
        super().__init__()
        self.question, self._differences = turn.question, False
        self._keys = [column.key for column in turn.columns]
        self._columns: list[str] = []
        self.tight = len(turn.columns) >= TIGHT
        role = Role.BODY if self.tight else Role.CHAT
        names = ["the base", "the adapted"] if len(self._keys) == 2 else []
        names = names or [column.title for column in turn.columns]
        inks = ["frozen", *["accent"] * (len(names) - 1)]
        self.answers = [
            AnswerView(name, ink, role, plain) for name, ink in zip(names, inks, strict=True)
        ]
        for answer in self.answers:
            answer.copied.connect(self.copied)
            answer.view.formed.connect(lambda: self.set_differences(self._differences))
        column = QVBoxLayout(self)
        fill(column, gap=10)
        self._rows: list[QHBoxLayout] = []
        self._buttons: list[QWidget] = []
        if turned:
            column.addLayout(self._row(Elided(turned)))
        column.addLayout(self._row(self._asked()))
        column.addLayout(self._answered())
        self.reference = Well("Written answer", turn.written)
        self._written = bool(turn.written)
        self.reference.hide()
        column.addLayout(self._row(self.reference))
        self.set_bar(0)
        for key, answer in zip(self._keys, self.answers, strict=True):
            if key in turn.answers:
                answer.finish(turn.answers[key])
            elif not live:
                answer.break_off(NOT_ANSWERED)
        self._show_reference()

    @property
    def stops(self) -> list[QWidget]:
        """What Tab stops at, in reading order."""
        asked = [self._well.fold_button, *self._buttons]
        answers = [answer.copy_button for answer in self.answers]
        return [*asked, *answers, self.reference.fold_button]

    @property
    def open(self) -> bool:
        """Whether an answer is still to come."""
        return any(answer.open for answer in self.answers)

    @property
    def came(self) -> dict[str, TalkAnswer]:
        """What is there of the answers that are not whole, by their columns' keys."""
        pairs = zip(self._keys, self.answers, strict=True)
        return {key: answer.came for key, answer in pairs if answer.open}

    def set_bar(self, taken: int) -> None:
        """Keep the right edge in its place where a scroll bar takes some px of it."""
        for row in self._rows:
            row.setContentsMargins(PADDING, 0, PADDING - taken, 0)
        for answer, (left, right) in zip(
            self.answers, column_edges(len(self.answers), taken), strict=True
        ):
            answer.set_edges(left, right)

    def bind(self, columns: Sequence[str]) -> None:
        """Name the engine's columns, in the order of the answers."""
        self._columns = list(columns)
        for answer in self.answers[len(columns) :]:
            answer.break_off("not loaded")

    def key_of(self, column: str) -> str:
        """Return the key of one of the engine's columns; empty if it is none of these."""
        known = dict(zip(self._columns, self._keys, strict=False))
        return known.get(column, "")

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

    def set_plain(self, plain: bool, differences: bool) -> None:
        """Show answers as they were written, or with their Markdown carried out."""
        for answer in self.answers:
            answer.set_plain(plain)
        self.set_differences(differences)

    def set_differences(self, shown: bool) -> None:
        """Set the words apart that only the base or only the adapted say, or do not."""
        self._differences = shown
        if len(self.answers) < 2 or self.open:
            return
        base, *others = (answer.view for answer in self.answers)
        spans: list[Span] = []
        theirs: list[list[Span]] = [[] for _ in others]
        if shown:
            spans, theirs = differing_from(base.text, [other.text for other in others])
        base.set_marks(spans, "frozen")
        for view, marks in zip(others, theirs, strict=True):
            view.set_marks(marks, "accent")

    def _show_reference(self) -> None:
        """Show the written answer once it can no longer be taken for a hint."""
        self.reference.setVisible(self._written and not self.open)

    def _asked(self) -> Well:
        self._well = well = Well("You", self.question)
        self.edit_button = Button("Edit the question and ask from here", "edit", "icon")
        self.again_button = Button("Ask again; drawn answers take the next seed", "reset", "icon")
        self.fork_button = Button("Go on from here in a copy", "split", "icon")
        self.tokens_button = Button("Show what the model reads", "eye", "icon")
        for button, asked in (
            (self.tokens_button, self.tokens_requested),
            (self.edit_button, self.edit_requested),
            (self.again_button, self.repeat_requested),
            (self.fork_button, self.fork_requested),
        ):
            button.clicked.connect(asked)
            well.add_button(button)
            self._buttons.append(button)
        return well

    def _row(self, widget: QWidget) -> QHBoxLayout:
        self._rows.append(row := QHBoxLayout())
        row.addWidget(widget)
        return row

    def _answered(self) -> QHBoxLayout:
        row = QHBoxLayout()
        fill(row)
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


def column_edges(columns: int, bar: int = 0) -> list[tuple[int, int]]:
    """Return the px left and right inside each column; heads and answers stand at the same."""
    inner = TIGHT_EDGE if columns >= TIGHT else PADDING
    last = columns - 1
    return [(inner if n else PADDING, inner if n < last else PADDING - bar) for n in range(columns)]
