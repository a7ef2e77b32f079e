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
from studio.ui.widgets.parts import Button, fill, label, plain_tip, prose

COLUMNS = 5
TAKING = "The run's adapter becomes that of this checkpoint; Chat, Evaluate and export take it."


class SummaryCard(Card):
    """Five readings, what was gained and lost, and the ways on.

    Signals:
        chat_asked(int): talk to the result (0), or to the run as it was at a step.
        take_asked(int): make this checkpoint the result.
        evaluate_asked(), report_asked(), card_asked(), continue_asked(): the user pressed the button of that
            name.
    """

    chat_asked = Signal(int)
    take_asked = Signal(int)
    evaluate_asked = Signal()
    report_asked = Signal()
    card_asked = Signal()
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
        self._balance = prose("", Role.SMALL, tone="")
        self.take_button = Button("", "leaf")
        self.take_button.clicked.connect(self._on_take_clicked)
        self.chat_button = Button("Compare in Chat", "chat", "primary")
        self.evaluate_button = Button("Evaluate", "measure")
        self.report_button = Button("Write report…", "export", "icon")
        self.report_button.clicked.connect(self.report_asked)
        self.card_button = Button("Write the model card", "tag", "icon")
        self.card_button.clicked.connect(self.card_asked)
        self.continue_button = Button("Continue", "play")
        self.chat_button.clicked.connect(self._on_chat_clicked)
        self.evaluate_button.clicked.connect(self.evaluate_asked)
        self.continue_button.clicked.connect(self.continue_asked)
        self._readings = [_Reading() for _ in range(COLUMNS)]
        self._lay_out()
        self._place(COLUMNS)
        self.hide()

    def _lay_out(self) -> None:
        self._grid = QGridLayout()
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(18)
        self._grid.setVerticalSpacing(8)
        ways = (self.take_button, self.chat_button, self.evaluate_button, self.continue_button)
        files = fill(QHBoxLayout(), self.report_button, self.card_button, gap=2)
        acts = fill(QHBoxLayout(), *ways, files, gap=8)
        head = fill(QHBoxLayout(), self._badge, gap=10)
        head.addWidget(self._verdict, 1)
        self._wide = fill(QHBoxLayout(), gap=20)
        self._wide.addLayout(fill(QVBoxLayout(), head, self._next, gap=3), 1)
        self._wide.addLayout(acts)
        self._table = QWidget()
        self._table.setLayout(self._grid)
        column = fill(QVBoxLayout(), self._wide, gap=10, edge=(15, 12, 15, 12))
        column.addWidget(self._balance)
        column.addWidget(self._table)
        self.body.addLayout(column)

    def set_small(self, small: bool) -> None:
        """Say the readings in one line, or show them."""
        self._small = small
        self._place_readings()
        self._say_below()

    def _place_readings(self) -> None:
        """Show the readings as a table where there is the height for it."""
        self._table.setVisible(not self._small and not (self._shown and self._shown.balance))

    def _say_below(self) -> None:
        if self._shown is not None:
            short = self._small or self._shown.balance
            self._next.setVisible(not (self._small and self._shown.balance))
            self._next.setText(self._shown.in_short if short else self._shown.follows)

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
        self._place_readings()
        self.chat_button.setText(found.chat_words)
        self._balance.setText(found.balance)
        self._balance.setVisible(bool(found.balance))
        self.take_button.setText(f"Take step {found.take_step:,}")
        self.take_button.setToolTip(plain_tip(TAKING))
        self.take_button.setVisible(found.take_step > 0)
        self.setAccessibleDescription(f"{found.verdict} {found.follows} {found.balance}".strip())
        for reading, values in zip(self._readings, found.readings, strict=True):
            reading.say(*values)

    def _on_take_clicked(self) -> None:
        if self._shown is not None and self._shown.take_step:
            self.take_asked.emit(self._shown.take_step)

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
