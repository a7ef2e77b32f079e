"""What the model sees of the row in hand, and the way out of what is wrong with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from studio.app.renderclient import RowPart
from studio.core.example import Token, TokenState, count_states
from studio.core.recipe import KNOBS
from studio.ui.data.templatebar import TemplateBar
from studio.ui.look.fonts import Role
from studio.ui.widgets.card import Card
from studio.ui.widgets.note import Note
from studio.ui.widgets.parts import Button, Elided, SpinField, fill, label, line, plain_tip, prose
from studio.ui.widgets.tokenlegend import TokenLegend
from studio.ui.widgets.tokenstate import WHOSE, TokenSpan, spans_of
from studio.ui.widgets.tokenview import TokenView

CUT = ("end_cut", "answer_cut", "text_cut")
_SHOWN = 40
"""Characters of what is cut that are told."""
FACTS = {
    "end_cut": ("The end of turn is cut off.", "The model would not learn to stop here."),
    "answer_cut": ("The prompt fills the whole limit.", "Nothing of the answer is left to learn."),
    "text_cut": ("The end of the text is cut off.", "The rest is not learned."),
    "no_answer": ("The answer is empty.", "Nothing of this row is trained."),
    "only_rejected": ("Only a worse answer is known.", "Learning answers leaves the row out."),
    "no_end": ("The template does not end the turn.", "The model would not learn to stop."),
}


class TokenCard(Card):
    """Shows a rendered row; owned by the Data page.

    Signals:
        limit_chosen(int): the longest sequence is to be this many tokens.
        model_asked(): the user wants to choose a model.
    """

    limit_chosen = Signal(int)
    model_asked = Signal()

    def __init__(self) -> None:
        self.limit_field = SpinField(0)
        self.eye_button = Button("Show spaces and where tokens begin", "eye", "icon")
        caption = label("Limit", Role.SMALL, tone="muted")
        super().__init__("What the model sees", "", caption, self.limit_field, self.eye_button)
        knob = KNOBS["max_tokens"]
        self.limit_field.setRange(int(knob.low or 1), int(knob.high or 1))
        self.limit_field.setFixedWidth(82)
        self.limit_field.setKeyboardTracking(False)
        self.limit_field.setAccessibleName("Limit in tokens")
        self.limit_field.setToolTip(knob.sentence)
        self.eye_button.setCheckable(True)
        self._parts: tuple[RowPart, ...] = ()
        self._part = self._raise_to = 0
        self._finding: Sequence[str] | None = None
        self.bar, self.legend, self.view = TemplateBar(), TokenLegend(), TokenView()
        self.shares = Elided("", Role.CAPTION)
        self.shares.setAccessibleName("Tokens by whose words they are")
        self._shares_room, self._small = QWidget(), False
        fill(QVBoxLayout(self._shares_room), self.shares, edge=(14, 0, 14, 8))
        self._words = prose("", Role.BODY)
        self._words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.model_button = Button("Choose a model", "model")
        self._empty = self._empty_state()
        self.raise_button = Button("", compact=True)
        self.note = Note("", "", self.raise_button)
        self._note_room = QWidget()
        fill(QVBoxLayout(self._note_room), self.note, edge=(10, 4, 10, 10))
        self._bar_line = line()
        fill(self.body, self.bar, self._bar_line, self.legend, self._shares_room, line())
        self.body.addWidget(self.view, 1)
        self.body.addWidget(self._empty, 1)
        self.body.addWidget(self._note_room)
        self.limit_field.valueChanged.connect(self.limit_chosen)
        self.raise_button.clicked.connect(lambda: self.limit_chosen.emit(self._raise_to))
        self.model_button.clicked.connect(self.model_asked)
        self.eye_button.toggled.connect(self._on_eye_toggled)
        self.bar.part_chosen.connect(self.show_part)
        self.say("")

    def _empty_state(self) -> QWidget:
        made = QWidget()
        column = QVBoxLayout(made)
        fill(column, None, self._words, gap=10, edge=(24, 0, 24, 0))
        column.addWidget(self.model_button, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(1)
        made.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        return made

    def set_small(self, small: bool) -> None:
        """Leave out what there is no room for in a small window; the legend's tip has it."""
        self._small = small
        self._shares_room.setVisible(not small)
        if not self._note_room.isHidden():
            self.show_finding(self._finding, self._raise_to)

    def set_templated(self, on: bool) -> None:
        """Show the template and the system prompt; running text has neither."""
        self.bar.setVisible(on)
        self._bar_line.setVisible(on)

    def set_limit(self, limit: int) -> None:
        """Show another limit without sending limit_chosen."""
        if self.limit_field.value() != limit:
            self.limit_field.blockSignals(True)
            self.limit_field.setValue(limit)
            self.limit_field.blockSignals(False)
            self._show()

    def say(self, words: str, *, ask_model: bool = False) -> None:
        """Show a sentence in place of tokens."""
        self._parts = ()
        self.bar.show_parts((), 0)
        self.shares.setText("")
        self._words.setText(words)
        self.model_button.setVisible(ask_model)
        self._empty.setVisible(True)
        self.view.setVisible(False)
        self.legend.set_counts(None)
        self._note_room.setVisible(False)

    def show_parts(self, parts: Sequence[RowPart]) -> None:
        """Show a rendered row; the sequence that was shown by its name stays in front."""
        name = self._parts[self._part].name if self._parts else ""
        self._parts = tuple(parts)
        names = [part.name for part in parts]
        self._part = names.index(name) if name in names else 0
        self._empty.setVisible(False)
        self.view.setVisible(True)
        self.bar.show_parts(names, self._part)
        self._show_counts()
        self._show()

    def show_part(self, index: int) -> None:
        """Show another sequence of the row."""
        self._part = index
        self.bar.show_parts([part.name for part in self._parts], index)
        self._show_counts()
        self._show()

    @property
    def tokens(self) -> tuple[Token, ...]:
        """The tokens that are shown."""
        return self._parts[self._part].tokens if self._parts else ()

    def _show_counts(self) -> None:
        self.legend.set_counts(count_states(token.state for token in self.tokens))
        found = Counter(token.whose for token in self.tokens)
        told = [f"{words} {found[whose]:,}" for whose, words in WHOSE.items() if found[whose]]
        self.shares.setText(" · ".join(told).capitalize())
        self.legend.setToolTip(plain_tip(self.shares.text()))

    def show_finding(self, finding: Sequence[str] | None, raise_to: int = 0) -> None:
        """Show the gravest finding, a list of [code, level, summary, hint], with its way out.

        Args:
            finding: None hides the note.
            raise_to: limit in tokens that would help; 0 if none would.
        """
        self._finding = finding
        self._note_room.setVisible(finding is not None)
        if finding is None:
            return
        code, level, summary, hint = finding
        fact, consequence = FACTS.get(code, (summary, hint))
        if self._small:
            consequence = ""
        elif code in CUT:
            consequence = f"{consequence} {self._cut_words()}".strip()
        self.note.say(fact, consequence, "danger" if level == "stop" else "warning")
        self._raise_to = raise_to if code in CUT else 0
        self.raise_button.setVisible(bool(self._raise_to))
        self.raise_button.setText(f"Raise limit to {self._raise_to:,}")

    def _cut_words(self) -> str:
        """Return how much the limit cuts and how that begins."""
        cut = [token for token in self.tokens if token.state is TokenState.CUT]
        text = " ".join("".join(token.text for token in cut if not token.special).split())
        if not text:
            return ""
        short = text if len(text) <= _SHOWN else text[: _SHOWN - 1].rstrip() + "…"
        count = "1 token is" if len(cut) == 1 else f"{len(cut):,} tokens are"
        return f"{count} cut, from “{short}”"

    def _on_eye_toggled(self, on: bool) -> None:
        self.view.set_borders(on)
        self._show()

    def _show(self) -> None:
        spans: tuple[TokenSpan, ...] = spans_of(self.tokens)
        if self.eye_button.isChecked():
            spans = tuple(replace(span, text=span.text.replace(" ", "·")) for span in spans)
        self.view.set_tokens(spans, self.limit_field.value())
