"""Where a question is written and sent, and how answers are drawn."""

from __future__ import annotations

from PySide6.QtCore import QMimeData, Qt, Signal
from PySide6.QtGui import QKeyEvent, QTextOption
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QSizePolicy, QVBoxLayout, QWidget

from studio.core.sampler import Sampler
from studio.ui.chat.samplerpanel import SamplerPanel
from studio.ui.look import fonts
from studio.ui.look.tokens import PADDING
from studio.ui.widgets.note import Note
from studio.ui.widgets.parts import Button, Elided, IconLabel, fill

MOST = 100_000
"""Characters of a question."""
LONG = 2_000
"""Characters from which lines break anywhere: Qt's word wrap freezes on long words."""
HEIGHT = 52


class PromptEditor(QPlainTextEdit):
    """Takes plain text of several lines; Enter sends, Shift+Enter starts a new line.

    Signals:
        send_requested(): Enter or Ctrl+Enter.
        was_cut(int): a pasted text was cut to that many characters.
    """

    send_requested = Signal()
    was_cut = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setFont(fonts.font())
        self.setPlaceholderText("Ask both the same thing")
        self.setAccessibleName("Question")
        self.setAccessibleDescription("Enter sends, Shift+Enter starts a new line")
        self.setTabChangesFocus(True)
        self.setFixedHeight(HEIGHT)
        self.document().contentsChange.connect(self._on_contents_change)

    def insertFromMimeData(self, source: QMimeData) -> None:
        text = source.text()
        room = MOST - self.document().characterCount()
        if len(text) > LONG:
            self._break_anywhere()
        self.textCursor().insertText(text[: max(room, 0)])
        if len(text) > room:
            self.was_cut.emit(MOST)

    def set_text(self, text: str) -> None:
        """Show another question; it can be undone."""
        if len(text) > LONG:
            self._break_anywhere()
        cursor = self.textCursor()
        cursor.select(cursor.SelectionType.Document)
        cursor.insertText(text[:MOST])
        self.setTextCursor(cursor)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enter and not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.send_requested.emit()
        else:
            super().keyPressEvent(event)

    def _on_contents_change(self, _position: int, _removed: int, _added: int) -> None:
        if self.document().characterCount() > LONG:
            self._break_anywhere()
        else:
            self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)

    def _break_anywhere(self) -> None:
        self.setWordWrapMode(QTextOption.WrapMode.WrapAnywhere)


class Composer(QWidget):
    """Editor, button and sampler line.

    Attributes:
        edited: place of the turn whose question is being edited, or None.

    Signals:
        sent(str): a question that is not empty.
        stop_requested(): the answers should end where they are.
        was_cut(int): a pasted text was cut to that many characters.
    """

    sent = Signal(str)
    stop_requested = Signal()
    was_cut = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.edited: int | None = None
        self.editor = PromptEditor()
        self.editor.send_requested.connect(self._on_send)
        self.editor.was_cut.connect(self.was_cut)
        self.send_button = Button("Send", "send", "primary")
        self.send_button.clicked.connect(self._on_send)
        self.stop_button = Button("Stop", "stop")
        self.stop_button.setToolTip("Stop the answers where they are (Esc)")
        self.stop_button.clicked.connect(self._on_stop)
        for button in (self.send_button, self.stop_button):
            button.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
            button.setMinimumWidth(92)
        self.stop_button.hide()
        self.panel = SamplerPanel(self)
        self.panel.changed.connect(self._show_sampler)
        self.change_button = Button("Change…", kind="quiet", compact=True)
        self.change_button.setProperty("act", True)
        self.change_button.clicked.connect(lambda: self.panel.open_above(self.change_button))
        self._line = Elided("")
        self._line.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        self._line.setMinimumWidth(60)
        self._promise = Elided("")
        self._promise.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        top = fill(QHBoxLayout(), gap=8)
        top.addWidget(self.editor, 1)
        top.addWidget(self.send_button)
        top.addWidget(self.stop_button)
        below = fill(QHBoxLayout(), IconLabel("seed", size=14), gap=8)
        below.addWidget(self._line)
        below.addWidget(self.change_button)
        below.addWidget(self._promise, 1)
        self.cancel_button = Button("Cancel", compact=True)
        self.cancel_button.clicked.connect(self.stop_editing)
        self.editing = Note("", "", self.cancel_button, tone="plain")
        self.editing.hide()
        fill(QVBoxLayout(self), self.editing, top, below, gap=4, edge=(PADDING, 10, PADDING, 8))
        self._show_sampler(self.sampler)
        self.set_one_batch(True)

    @property
    def sampler(self) -> Sampler:
        """How answers are drawn."""
        return self.panel.sampler

    def edit(self, question: str, place: int, later: int) -> None:
        """Put a question that was asked into the editor; sending it replaces the turns from there.

        Args:
            question: what was asked.
            place: of its turn, from 0.
            later: how many turns come after it.
        """
        self.edited = place
        gone = "Sending replaces its answers"
        if later:
            gone += f" and the {f'{later} later turns' if later > 1 else 'later turn'}"
        self.editing.say(f"Question {place + 1} is edited.", f"{gone}.")
        self.editing.show()
        self.editor.set_text(question)
        self.editor.setFocus()

    def stop_editing(self) -> None:
        """Write a new question again."""
        if self.edited is not None:
            self.edited = None
            self.editing.hide()
            self.editor.set_text("")

    def leave(self) -> bool:
        """Stop the answers, or the editing of a question; return whether there was either."""
        if self.stop_button.isVisibleTo(self):
            self._on_stop()
            return True
        was_edited = self.edited is not None
        self.stop_editing()
        return was_edited

    def set_answering(self, answering: bool) -> None:
        """Offer to stop, or to send."""
        if answering != self.stop_button.isVisibleTo(self):
            had_focus = self.send_button.hasFocus() or self.stop_button.hasFocus()
            self.send_button.setVisible(not answering)
            self.stop_button.setVisible(answering)
            self.stop_button.setEnabled(True)
            if had_focus:
                self.editor.setFocus()

    def set_one_batch(self, one_batch: bool) -> None:
        """Say whether the columns are written in one batch or one after the other."""
        how = "one batch" if one_batch else "one after the other"
        self._promise.setText(f"Same prompt, seed and sampler in every column, {how}")

    def set_columns(self, columns: int) -> None:
        """Say how many are asked."""
        whom = {1: "Ask", 2: "Ask both the same thing"}.get(columns, "Ask all the same thing")
        self.editor.setPlaceholderText(whom)

    def set_able(self, able: bool) -> None:
        """Allow sending, or do not; writing is always possible."""
        self.send_button.setEnabled(able)

    def _on_stop(self) -> None:
        if self.stop_button.isEnabled():
            self.stop_button.setEnabled(False)
            self.stop_requested.emit()

    def _on_send(self) -> None:
        text = self.editor.toPlainText().strip()
        if text and self.send_button.isVisibleTo(self) and self.send_button.isEnabled():
            self.editor.set_text("")
            self.sent.emit(text)

    def _show_sampler(self, sampler: Sampler) -> None:
        self._line.setText("   ".join(sampler.words))
