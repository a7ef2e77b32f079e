"""The summary of a finished run: what improved, what it cost, and what to do next."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from studio.app.runstore import RunStore
from studio.ui.look import fonts
from studio.ui.look.fonts import Role
from studio.ui.train.summary import Summary, summary_of
from studio.ui.widgets.badge import Badge
from studio.ui.widgets.card import Card
from studio.ui.widgets.parts import Button, fill, label, prose

COLUMNS = 5


class SummaryCard(Card):
    """Five readings, one sentence and three ways on.

    Signals:
        chat_asked(int): talk to the result (0), or to the run as it was at a step.
        evaluate_asked(), continue_asked(): the user pressed the button of that name.
    """

    chat_asked = Signal(int)
    evaluate_asked = Signal()
    continue_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Summary of the run")
        self._shown: Summary | None = None
        self._small = False
        self._badge = Badge()
        self._verdict = prose("", Role.BODY, tone="")
        self._verdict.setFont(fonts.font(Role.BODY, fonts.BOLD))
        self._next = prose("", Role.SMALL)
        self.chat_button = Button("Compare in Chat", "chat", "primary")
        self.evaluate_button = Button("Evaluate", "measure")
        self.continue_button = Button("Continue", "play")
        self.chat_button.clicked.connect(self._on_chat_clicked)
        self.evaluate_button.clicked.connect(self.evaluate_asked)
        self.continue_button.clicked.connect(self.continue_asked)
        self._readings = [_Reading() for _ in range(COLUMNS)]
        self._grid = QGridLayout()
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(18)
        self._grid.setVerticalSpacing(8)
        acts = fill(
            QHBoxLayout(), self.chat_button, self.evaluate_button, self.continue_button, gap=8
        )
        head = fill(QHBoxLayout(), self._badge, gap=10)
        head.addWidget(self._verdict, 1)
        self._wide = fill(QHBoxLayout(), gap=20)
        self._wide.addLayout(fill(QVBoxLayout(), head, self._next, gap=3), 1)
        self._wide.addLayout(acts)
        self._table = QWidget()
        self._table.setLayout(self._grid)
        column = fill(QVBoxLayout(), self._wide, self._table, gap=10, edge=(15, 12, 15, 12))
        self.body.addLayout(column)
        self._place(COLUMNS)
        self.hide()

    def set_small(self, small: bool) -> None:
        """Say the readings in one line, or show them."""
        self._small = small
        self._table.setVisible(not small)
        self._say_below()

    def _say_below(self) -> None:
        if self._shown is not None:
            self._next.setText(self._shown.in_short if self._small else self._shown.follows)

    def _place(self, columns: int) -> None:
        for at, reading in enumerate(self._readings):
            self._grid.addWidget(reading, at // columns, at % columns)
            self._grid.setColumnStretch(at % columns, 1)

    def show_run(self, store: RunStore) -> None:
        """Show the summary of a run that has ended well; hidden for any other."""
        found = summary_of(store)
        self.setVisible(found is not None)
        if found is None or found == self._shown:
            return
        self._shown = found
        self._badge.say(*found.badge)
        self._verdict.setText(found.verdict)
        self._say_below()
        self.chat_button.setText(found.chat_words)
        self.setAccessibleDescription(f"{found.verdict} {found.follows}")
        for reading, values in zip(self._readings, found.readings, strict=True):
            reading.say(*values)

    def _on_chat_clicked(self) -> None:
        if self._shown is not None:
            self.chat_asked.emit(self._shown.chat_step)


class _Reading(QWidget):
    """A name, a value and what it is compared with."""

    def __init__(self) -> None:
        super().__init__()
        self._name = label("", Role.CAPTION, tone="muted")
        self._value = label("", Role.BODY, fonts.BOLD)
        self._beside = prose("", Role.CAPTION)
        fill(QVBoxLayout(self), self._name, self._value, self._beside, gap=1)

    def say(self, name: str, value: str, beside: str) -> None:
        self._name.setText(name)
        self._value.setText(value)
        self._beside.setText(beside)
        self.setAccessibleName(f"{name}: {value}. {beside}")
