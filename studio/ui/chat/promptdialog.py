"""What the model reads of a question: the tokens, the turns before it included."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from studio.core.protocol import PromptShown
from studio.core.talk import TalkColumn
from studio.ui.dialogs.frame import Dialog
from studio.ui.look.fonts import Role
from studio.ui.widgets.parts import ChoiceField, fill, label
from studio.ui.widgets.tokenstate import State, TokenSpan
from studio.ui.widgets.tokenview import TokenView

WIDEST = 380
"""Px of the choice of the column."""
WAITS = "The chat engine is asked …"


class PromptDialog(Dialog):
    """Tokens of a question as a column reads it; stays open beside the page.

    Signals:
        column_chosen(str): the key of the column whose prompt should be shown.
    """

    column_chosen = Signal(str)

    def __init__(self, parent: QWidget, columns: Sequence[TalkColumn]) -> None:
        super().__init__(
            parent,
            "What the model reads",
            "Template, system prompt and the turns before it included. The answer begins after "
            "the last token.",
        )
        self.columns = ChoiceField()
        self.columns.setAccessibleName("Column")
        self.columns.setSizeAdjustPolicy(ChoiceField.SizeAdjustPolicy.AdjustToContents)
        self.columns.setMaximumWidth(WIDEST)
        for column in columns:
            self.columns.addItem(column.title, column.key)
        self.columns.activated.connect(
            lambda row: self.column_chosen.emit(self.columns.itemData(row))
        )
        self.count = label(WAITS, Role.SMALL, tone="muted")
        self.view = TokenView()
        self.view.setMinimumHeight(260)
        self.body.addLayout(fill(QHBoxLayout(), self.columns, None, self.count, gap=8))
        self.body.addWidget(self.view, 1)
        self.add_act("Close")
        self.resize(self.sizeHint())

    def sizeHint(self) -> QSize:
        return QSize(680, 520)

    def show_prompt(self, shown: PromptShown, context: int) -> None:
        """Show the tokens.

        Args:
            shown: as the engine tells them.
            context: longest sequence in tokens; 0 if it is not known.
        """
        spans = [_span(token) for token in shown.tokens]
        self.view.set_tokens(spans, len(spans) + 1)  # nothing of it is cut
        of = f" of {context:,}" if context else ""
        self.count.setText(f"{len(shown.tokens):,}{of} tokens")

    def say(self, words: str) -> None:
        """Say why there are no tokens."""
        self.view.set_tokens([], 1)
        self.count.setText(words)


def _span(token: Any) -> TokenSpan:
    number, text = int(token[0]), str(token[1])
    special = len(text) > 4 and text.startswith("<") and text.endswith(">")
    return TokenSpan(text, number, State.MASKED, special)
