"""One question with two answers, and the keys to vote with."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from studio.core.units import percent
from studio.core.votes import kept_tags
from studio.data.votes import Pair
from studio.ui.chat.textview import TextView
from studio.ui.chat.well import Well
from studio.ui.look.tokens import GAP_COLUMN, PADDING
from studio.ui.widgets.card import Card
from studio.ui.widgets.meter import Meter
from studio.ui.widgets.parts import Button, fill, label, scroller
from studio.ui.widgets.segmented import Segmented
from studio.ui.widgets.toggle import Toggle

SIDES = (
    ("left", "1  Left is better", ("1", "Left")),
    ("right", "2  Right is better", ("2", "Right")),
    ("tie", "3  Tie", ("3", "Up")),
    ("bad", "4  Both bad", ("4", "Down")),
)
ARROWS = frozenset(("Left", "Right", "Up", "Down"))
SHOWN = 20_000
"""Characters shown of an answer."""


class BallotView(QWidget):
    """Votes by button, by number and by arrow; whose answers they are is nowhere in it.

    Signals:
        voted(str): left, right, tie or bad.
        undo_requested(): take the last vote back.
        reveal_requested(): stop here and show who is who.
    """

    voted = Signal(str)
    undo_requested = Signal()
    reveal_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Vote")
        self._head()
        self._answers_part()
        self._foot()
        fill(QVBoxLayout(self), self.top, self.area, self.bottom, gap=10)
        for side, _, keys in SIDES:
            for key in keys:
                self._on_key(key, partial(self._vote, side))
        self._on_key("Ctrl+Z", self.undo_requested.emit)
        self._on_key("Backspace", self.undo_requested.emit)

    def _head(self) -> None:
        self.words = label("", tone="muted")
        self.meter = Meter("Votes", 160)
        self.undo_button = Button("Undo the last", "undo", compact=True)
        self.undo_button.setToolTip("Ctrl+Z or Backspace")
        self.reveal_button = Button("Reveal", "eye", compact=True)
        self.reveal_button.setToolTip("Show who is who; one can go on voting afterwards")
        self.undo_button.clicked.connect(self.undo_requested)
        self.reveal_button.clicked.connect(self.reveal_requested)
        acts = (self.undo_button, self.reveal_button)
        self.top = QWidget()
        fill(QHBoxLayout(self.top), self.meter, self.words, None, *acts, gap=10)

    def _answers_part(self) -> None:
        self._question = QVBoxLayout()
        self.left = TextView("Left answer")
        self.right = TextView("Right answer")
        sides = fill(QHBoxLayout(), gap=GAP_COLUMN)
        for title, view in (("Left", self.left), ("Right", self.right)):
            card = Card(title)
            edge = (PADDING, 12, PADDING, PADDING)
            card.body.addLayout(fill(QVBoxLayout(), view, None, edge=edge))
            sides.addWidget(card, 1)
        self._written = QVBoxLayout()
        self.written = Toggle("Show the written answer")
        self.written.toggled.connect(self._show_written)
        body = QWidget()
        fill(QVBoxLayout(body), self._question, sides, self.written, self._written, None, gap=12)
        self.area = scroller(body)

    def _foot(self) -> None:
        self.buttons: dict[str, Button] = {}
        row = fill(QHBoxLayout(), gap=8)
        for side, words, keys in SIDES:
            button = Button(words)
            button.setToolTip(f"{keys[0]} or the {keys[1].lower()} arrow")
            button.clicked.connect(partial(self._vote, side))
            self.buttons[side] = button
            row.addWidget(button, 1)
        self.rating = Segmented("Rating of the better one", "No rating", "1", "2", "3", "4", "5")
        self.tags = QLineEdit()
        self.tags.setPlaceholderText("Tags of this question, with commas between")
        self.tags.setAccessibleName("Tags of this question")
        self.tags.returnPressed.connect(self.setFocus)
        more = fill(QHBoxLayout(), label("Rating", tone="muted"), self.rating, gap=8)
        more.addWidget(self.tags, 1)
        self.bottom = QWidget()
        fill(QVBoxLayout(self.bottom), row, more, gap=8)

    def show_pair(self, pair: Pair, answers: tuple[str, str], voted: int, total: int) -> None:
        """Show a question and its answers; how many were voted on so far."""
        self._replace(self._question, Well("Asked", pair.question))
        for view, answer in zip((self.left, self.right), answers, strict=True):
            rest = len(answer) - SHOWN
            more = f"\n… {rest:,} characters more" if rest > 0 else ""
            view.set_text((answer[:SHOWN] + more) or "(nothing)")
        self._replace(self._written, Well("Written", pair.reference))
        self.written.setVisible(bool(pair.reference))
        self._show_written(self.written.isChecked() and bool(pair.reference))
        share = voted / total if total else 0.0
        self.meter.set_shares(share)
        self.words.setText(f"{voted:,} of {total:,} voted, {percent(share)}")
        self.undo_button.setEnabled(voted > 0)
        self.reveal_button.setEnabled(voted > 0)
        self.rating.set_current(0)
        self.tags.clear()
        self.area.verticalScrollBar().setValue(0)
        self.setFocus()

    @property
    def given(self) -> tuple[int, tuple[str, ...]]:
        """The rating, 0 for none, and the tags."""
        return self.rating.current(), kept_tags(self.tags.text())

    def show_given(self, rating: int, tags: tuple[str, ...]) -> None:
        """Put a rating and tags back that were given before."""
        self.rating.set_current(rating)
        self.tags.setText(", ".join(tags))

    def _show_written(self, shown: bool) -> None:
        item = self._written.itemAt(0)
        if item is not None and (widget := item.widget()) is not None:
            widget.setVisible(shown)

    def _vote(self, side: str, _checked: bool = False) -> None:
        self.voted.emit(side)

    def _replace(self, box: QVBoxLayout, widget: QWidget) -> None:
        while (item := box.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        box.addWidget(widget)

    def _on_key(self, key: str, act: Callable[[], object]) -> None:
        made = QShortcut(QKeySequence(key), self)
        context = Qt.ShortcutContext.WidgetWithChildrenShortcut
        if key in ARROWS:
            context = Qt.ShortcutContext.WidgetShortcut  # elsewhere arrows move what has the focus
        made.setContext(context)
        made.setAutoRepeat(False)
        made.activated.connect(act)
