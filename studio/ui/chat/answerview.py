"""One column's answer to one question: the text as it comes, and how it came."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from studio.core.protocol import AnswerEnded, Piece
from studio.core.talk import ENDINGS, TalkAnswer
from studio.core.units import duration, rate
from studio.ui.chat.factline import FactLine
from studio.ui.chat.textview import TextView
from studio.ui.look.fonts import Role
from studio.ui.widgets.parts import Button, fill

LONG = 3_000
"""Characters from which an answer that streamed is formatted in the turns after its end."""


class AnswerView(QWidget):
    """Text, facts about it and a copy button.

    Text is taken at any rate by :meth:`take` and shown at the rate its owner calls
    :meth:`flush`.

    Signals:
        copied(): the answer is on the clipboard.
    """

    copied = Signal()

    def __init__(self, name: str, ink: str, role: Role = Role.CHAT, plain: bool = False) -> None:
        super().__init__()
        self.view = TextView(f"Answer of {name}", cursor_ink=ink, role=role)
        self._plain = plain
        self.facts = FactLine()
        self.copy_button = Button(f"Copy the answer of {name}", "copy", "icon")
        self.copy_button.clicked.connect(self._copy)
        self._waiting: list[str] = []
        self._first: Piece | None = None
        self._last: Piece | None = None
        self._open = True
        row = fill(QHBoxLayout(), self.facts, gap=8)
        row.addWidget(self.copy_button, 0, Qt.AlignmentFlag.AlignTop)
        fill(QVBoxLayout(self), self.view, row, None, gap=2)
        self.view.hide()
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.copy_button.setVisible(False)

    def set_edges(self, left: int, right: int) -> None:
        """Set the px on both sides of it."""
        self.layout().setContentsMargins(left, 0, right, 0)  # type: ignore[union-attr]

    @property
    def open(self) -> bool:
        """Whether the answer is still to come, wholly or in part."""
        return self._open

    def wait(self, why: str) -> None:
        """Say what the answer waits for."""
        self.facts.show_facts([why])

    def take(self, piece: Piece) -> None:
        """Take new text; the first shows at once, all else at the next flush."""
        begins = self._first is None
        self._first = self._first or piece
        self._last = piece
        self._waiting.append(piece.text)
        if begins:
            self.flush()

    def flush(self) -> None:
        """Show what was taken since the last time."""
        if not self._open or self._last is None:
            return
        if self._waiting:
            text, self._waiting = "".join(self._waiting), []
            self.view.append(text)
        self.view.show()
        self.view.set_writing(True)
        self.copy_button.setVisible(True)
        self.facts.show_facts([*self._pace(self._last), "streaming"])

    @property
    def came(self) -> TalkAnswer:
        """What is there of an answer that is not whole."""
        text = self.view.text + "".join(self._waiting)
        last = self._last
        return TalkAnswer(text, "", last.tokens if last else 0, last.seconds if last else 0.0)

    def set_plain(self, plain: bool) -> None:
        """Show the answer as it was written, or with its Markdown carried out."""
        self._plain = plain
        self.view.set_plain(plain)

    def finish(self, ended: AnswerEnded | TalkAnswer) -> None:
        """Show the whole answer and how it ended."""
        self._close()
        if self._plain:
            self.view.set_source(ended.text)
        elif self._last is not None and len(ended.text) > LONG:
            self.view.form_markdown(ended.text)
        else:
            self.view.set_markdown(ended.text)
        self._show_text()
        pace, told = [], []
        after_first = ended.seconds - ended.first_seconds
        if ended.tokens > 1 and after_first > 0 and ended.first_seconds:
            pace.append(f"{rate((ended.tokens - 1) / after_first)} tokens/s")
        if ended.first_seconds:
            pace.append(f"first after {_short(ended.first_seconds)}")
            told.append(f"The first token came {_short(ended.first_seconds)} after the question.")
        mark = "✓ " if ended.reason in ("end", "stop_text") else ""
        parts = [*pace, mark + ENDINGS.get(ended.reason, ended.reason)]
        if ended.prompt_tokens:
            parts.append(f"read {ended.prompt_tokens:,}")
            told.append(f"The question with all before it is {_tokens(ended.prompt_tokens)}.")
        began = bool(ended.tokens) or ended.reason in ENDINGS
        came = [_tokens(ended.tokens)] if began else []
        self.facts.show_facts([*came, *parts], "\n".join(told))

    def break_off(self, why: str) -> None:
        """Keep what is there of an answer that will not be finished."""
        if not self._open:
            return
        self.view.append("".join(self._waiting))
        self._close()
        self._show_text()
        came = [_tokens(self._last.tokens)] if self._last else []
        self.facts.show_facts([*came, why])

    def _show_text(self) -> None:
        """Show the text and what copies it, if there is any."""
        self.view.setVisible(bool(self.view.text))
        self.copy_button.setVisible(bool(self.view.text))

    def _close(self) -> None:
        self._open, self._waiting = False, []
        self.view.set_writing(False)

    def _pace(self, last: Piece) -> list[str]:
        assert self._first is not None
        parts = [_tokens(last.tokens)]
        seconds = last.seconds - self._first.seconds
        if seconds > 0:
            parts.append(f"{rate((last.tokens - self._first.tokens) / seconds)} tokens/s")
        return parts

    def _copy(self) -> None:
        self.view.copy()
        self.copied.emit()


def _tokens(n: int) -> str:
    return f"{n:,} token{'s' if n != 1 else ''}"


def _short(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else duration(seconds)
