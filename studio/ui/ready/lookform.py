"""Which adapter is to be looked at before it is put to use."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.core.evaluation import ColumnSpec
from studio.data.runfiles import RunSummary
from studio.ui.evaluate.choices import offer_runs
from studio.ui.evaluate.names import short_name
from studio.ui.look.tokens import PADDING
from studio.ui.train.factlist import FactList
from studio.ui.widgets.card import Card
from studio.ui.widgets.formrow import FormRow
from studio.ui.widgets.parts import Button, ChoiceField, fill, label, line, scroller

WIDTH_FIELD = 260
PARTS = (
    ("Speed and memory", "Base and adapter answer the same prompts in turns, one at a time."),
    ("Other questions", "Are general questions still answered as the base answers them?"),
    ("A rule", "Which prompts should the base answer instead, by their words?"),
    ("Merged", "With the adapter's change added into the base's weights: are answers the same?"),
)


class LookForm(Card):
    """Chooses a run and one of its adapters.

    Signals:
        run_chosen(str): another run's adapters are to be offered.
        started(): begin with what is chosen.
    """

    run_chosen = Signal(str)
    started = Signal()

    def __init__(self) -> None:
        super().__init__("New look", "what an adapter costs before it is put to use")
        self.run, self.adapter = ChoiceField(), ChoiceField()
        self.start_button = Button("Look at it", "play", "primary")
        self.remark_line = label("", tone="muted")
        body = QWidget()
        rows = (
            FormRow("Run", self.run, "Its base, template and rows are taken."),
            FormRow("Adapter", self.adapter, "Its result, or as it stood at a checkpoint."),
        )
        for field in (self.run, self.adapter):
            field.setMinimumWidth(WIDTH_FIELD)
            field.setMaximumWidth(WIDTH_FIELD)
        about = FactList()
        about.show_facts(PARTS)
        column = fill(QVBoxLayout(body), *rows, 6, line(), 10, about, None, gap=4)
        column.setContentsMargins(PADDING, 10, PADDING, 10)
        foot = fill(QHBoxLayout(), self.remark_line, None, self.start_button, gap=10)
        foot.setContentsMargins(PADDING, 10, PADDING, 12)
        fill(self.body, scroller(body), line(), foot)
        self.run.activated.connect(lambda at: self.run_chosen.emit(self.run.itemData(at)))
        self.start_button.clicked.connect(self.started)

    def show_runs(self, runs: Sequence[RunSummary], current: str) -> None:
        """Offer runs that have grown a branch."""
        offer_runs(self.run, runs, current)

    def show_adapters(self, adapters: Sequence[ColumnSpec]) -> None:
        """Offer a run's adapters, its result first."""
        self.adapter.clear()
        for spec in adapters:
            self.adapter.addItem(short_name(spec.name), spec.adapter)

    def set_able(self, why_not: str) -> None:
        """Let it be started, or say why it cannot be now."""
        why = why_not or ("" if self.adapter.count() else "The run has no adapter")
        self.remark_line.setText(why or "A few minutes on a processor; it can be paused")
        self.remark_line.setAlignment(Qt.AlignmentFlag.AlignVCenter)
        self.start_button.setEnabled(not why)
