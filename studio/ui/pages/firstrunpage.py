"""The first run: four steps from nothing to a training run, each with one button."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from studio.app.studio import Studio
from studio.core.problems import StudioError
from studio.core.units import file_size
from studio.ui.environment import EnvironmentStrip
from studio.ui.look import fonts, tokens
from studio.ui.look.fonts import Role
from studio.ui.menus import FILES
from studio.ui.widgets.card import Card
from studio.ui.widgets.drawing import GraftDrawing
from studio.ui.widgets.frame import Page
from studio.ui.widgets.meter import Meter
from studio.ui.widgets.parts import Button, IconLabel, fill, label, prose

if TYPE_CHECKING:
    from studio.core.protocol import Progress

STEPS = (
    ("Open the example.", "Questions to a hotel's concierge, with answers."),
    ("Get the starter model.", "Up to 271 MB once, Apache-2.0."),
    ("Start.", "The run goes on when this window is closed."),
    ("Ask both.", "Base and adapted side by side."),
)
IDEA = "The model stays frozen. A small branch is grafted on it and learns from your examples, on this computer."
WIDTH = 460
MARK = 14
"""Px of the sign that a step is done; its number takes as much, so that nothing moves."""


class FirstRunPage(Page):
    """Leads through the first run; the window shows it as Data while there is no dataset.

    Attributes:
        leading: the user is on the way through the steps, so it stays although data is open.
        act_button: the one thing to do next.
        other_button: the other way, quieter.
    """

    def __init__(self, studio: Studio) -> None:
        super().__init__("Data", "No datasets yet")
        self._studio, self.leading, self._measured = studio, False, False
        self.act_button = Button("", kind="primary")
        self.act_button.clicked.connect(self._on_act_asked)
        self.other_button = Button("", "")
        self.other_button.clicked.connect(self._on_other_asked)
        self._marks = [IconLabel("check", "accent", MARK) for _ in STEPS]
        self._numbers = [label(str(n), weight=fonts.BOLD, tone="muted") for n in range(1, 5)]
        self._wait = label("", Role.SMALL, tone="muted")
        self._meter = Meter("Download", WIDTH)
        self._environment = EnvironmentStrip(studio)
        card = Card()
        card.body.addStretch(1)
        card.body.addLayout(fill(QHBoxLayout(), None, GraftDrawing(), 60, self._words(), None))
        card.body.addStretch(1)
        column = fill(QVBoxLayout(), gap=tokens.GAP_CARD)
        column.addWidget(card, 1)
        column.addWidget(self._environment)
        self.body.addLayout(column, 1)
        for signal in (
            studio.datasets.listed,
            studio.datasets.opened,
            studio.models.listed,
            studio.models.fetch_ended,
        ):
            signal.connect(self._show_step)
        studio.models.fetch_progressed.connect(self._on_fetch_progressed)
        studio.models.fetch_ended.connect(self._on_fetch_ended)
        self._show_step()

    def _words(self) -> QWidget:
        made = QWidget()
        made.setFixedWidth(WIDTH)
        title = label("Teach a model something of yours", Role.HEADING, fonts.BOLD)
        steps = QGridLayout()
        steps.setVerticalSpacing(9)
        steps.setHorizontalSpacing(10)
        steps.setColumnMinimumWidth(0, MARK)
        for row, (what, sense) in enumerate(STEPS):
            for sign in (self._numbers[row], self._marks[row]):
                steps.addWidget(sign, row, 0, Qt.AlignmentFlag.AlignCenter)
            words = fill(QHBoxLayout(), label(what, weight=fonts.MEDIUM), gap=5)
            words.addWidget(label(sense, tone="muted"))
            words.addStretch(1)
            steps.addLayout(words, row, 1)
        acts = fill(QHBoxLayout(), self.act_button, self.other_button, None, gap=10)
        idea = prose(IDEA, Role.CHAT)
        wait = fill(QVBoxLayout(), self._wait, self._meter, gap=5)
        fill(QVBoxLayout(made), title, 10, idea, 16, steps, 16, wait, 10, acts)
        return made

    def shown(self) -> None:
        """Put the keyboard on the next step."""
        self.act_button.setFocus()

    def hidden(self) -> None:
        """Stop leading: the user has gone elsewhere."""
        self.leading = False

    @property
    def step(self) -> int:
        """The step that comes next: 0 data, 1 model, 2 start."""
        if self._studio.datasets.current is None:
            return 0
        return 2 if self._studio.models.current or self._studio.models.starter_present() else 1

    def _show_step(self) -> None:
        at, fetching = self.step, self._studio.models.fetching
        for n, (mark, number) in enumerate(zip(self._marks, self._numbers, strict=True)):
            mark.setVisible(n < at)
            number.setVisible(n >= at)
        words = ("Open the example", "Get the starter model", "Check and start")[at]
        self.act_button.setText("Getting the starter model" if fetching else words)
        other = "Cancel the download" if fetching else "Look at the rows"
        self.other_button.setText(other if at else "Import my data…")
        self.other_button.set_icon("" if at else "import")
        self._let_act(not fetching)
        self._wait.setVisible(fetching)
        self._meter.setVisible(fetching and self._measured)
        data = self._studio.datasets.current
        self.set_state(f"{data.name} is open" if data is not None else "No datasets yet")

    def _let_act(self, may: bool) -> None:
        """Let the next step be taken or not; the keyboard never falls to what cancels it."""
        began = may and not self.act_button.isEnabled()
        if not may and self.act_button.hasFocus():
            self.setFocus()
        self.act_button.setEnabled(may)
        if began and (self.hasFocus() or self.other_button.hasFocus()):
            self.act_button.setFocus()

    def _on_fetch_progressed(self, progress: Progress) -> None:
        self._show_progress(progress)
        self._show_step()

    def _show_progress(self, progress: Progress) -> None:
        words, self._measured = progress.what, progress.total > 0
        if progress.total:
            words += f" · {file_size(progress.done)} of {file_size(progress.total)}"
            self._meter.set_shares(progress.done / progress.total)
        self._wait.setText(words)

    def _on_fetch_ended(self, end: object) -> None:
        if isinstance(end, StudioError) and self.isVisible():
            self._studio.problem_met.emit(end)

    def _on_act_asked(self) -> None:
        try:
            self._act()
        except StudioError as problem:
            self._studio.problem_met.emit(problem)
        self._show_step()

    def _act(self) -> None:
        if self.step == 0:
            self.leading = True
            self._studio.datasets.install_demo()
        elif self.step == 1:
            try:
                self._studio.models.fetch_starter()
            except StudioError as problem:
                self._studio.problem_met.emit(problem)
                return
            self._wait.setText("Looking for the starter model")
            self._measured = False
        else:
            self._studio.page_requested.emit("Train")

    def _on_other_asked(self) -> None:
        if self.step and self._studio.models.fetching:
            self._studio.models.cancel_fetch()
            return
        if self.step:
            self.leading = False
            self._studio.page_requested.emit("Data")
            return
        names, _ = QFileDialog.getOpenFileNames(self, "Import my data", "", FILES)
        if names:
            self._studio.page_requested.emit("Data")  # which shows what the files are
            self._studio.datasets.foreign.take([Path(name) for name in names])
