"""The two heads side by side: the base, and the branch that can be chosen."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from studio.app.chatsubject import Branch
from studio.core.protocol import ChatLoaded
from studio.data.runfiles import RunSummary
from studio.ui.chat.columnhead import ColumnHead
from studio.ui.chat.loadedcard import short_hash
from studio.ui.widgets.badge import Badge
from studio.ui.widgets.parts import Button, ChoiceField, fill, line, plain_tip

WIDEST_CHOICE = 190
"""Px; a longer name is in the tooltip."""


class ColumnHeads(QWidget):
    """Who answers in which column.

    Signals:
        run_chosen(str): the id of another run.
        branch_chosen(int): the index of another of its branches.
        train_requested(): there is nothing trained yet, and the user wants to.
    """

    run_chosen = Signal(str)
    branch_chosen = Signal(int)
    train_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.badge = Badge()
        self.runs, self.branches = ChoiceField(), ChoiceField()
        for field, name in ((self.runs, "Run"), (self.branches, "Branch of the run")):
            field.setAccessibleName(name)
            field.setMaximumWidth(WIDEST_CHOICE)
            field.setSizeAdjustPolicy(ChoiceField.SizeAdjustPolicy.AdjustToContents)
        self.train_button = Button("Train one", compact=True)
        self.train_button.clicked.connect(self.train_requested)
        self.base = ColumnHead("frozen", "frozen", "Base", self.badge)
        controls = (self.runs, self.branches, self.train_button)
        self.adapted = ColumnHead("leaf", "accent", "Adapted", *controls)
        row = QHBoxLayout(self)
        fill(row)
        row.addWidget(self.base, 1)
        row.addWidget(line(vertical=True))
        row.addWidget(self.adapted, 1)
        self.runs.activated.connect(lambda i: self.run_chosen.emit(self.runs.itemData(i)))
        self.branches.activated.connect(self.branch_chosen)
        self.badge.hide()
        self._narrow = False

    def set_narrow(self, narrow: bool) -> None:
        """Leave out the choice of the run where there is no room for it."""
        self._narrow = narrow
        self.runs.setVisible(not narrow and self.runs.count() > 0)

    def show_choice(
        self,
        base: str,
        runs: Sequence[RunSummary],
        run: RunSummary | None,
        branches: Sequence[Branch],
        branch: Branch | None,
    ) -> None:
        """Show what can be chosen and what is."""
        self.base.model.setText(base)
        self.adapted.model.setText("" if run is not None else "nothing trained yet")
        self.train_button.setVisible(run is None)
        self.runs.setVisible(run is not None and not self._narrow)
        self.branches.setVisible(run is not None)
        with QSignalBlocker(self.runs), QSignalBlocker(self.branches):
            self.runs.clear()
            for summary in runs:
                self.runs.addItem(summary.title, summary.run)
            self.branches.clear()
            self.branches.addItems([each.title for each in branches])
            if run is not None and branch is not None:
                self.runs.setCurrentIndex(self.runs.findData(run.run))
                self.runs.setToolTip(plain_tip(run.title))
                self.branches.setCurrentIndex(list(branches).index(branch))

    def show_loaded(self, loaded: ChatLoaded | None, why_not: str) -> None:
        """Show the evidence of what is in memory, or why there is none."""
        alone = loaded is None or len(loaded.columns) < 2
        self.badge.setVisible(not alone)
        if loaded is None:
            self.base.evidence.setText(why_not)
            self.adapted.evidence.setText(why_not)
            return
        if loaded.base_proven:
            self.badge.say("shield", "proven base", "frozen")
        else:
            self.badge.say("warning", "not proven", "warning")
        self.badge.setToolTip(plain_tip(loaded.self_test))
        proof = " · logits equal to the base's" if loaded.base_proven else ""
        off = "no adapter" if alone else "adapter off"
        self.base.evidence.setText(f"{off} · {short_hash(loaded.base_hash)}{proof}")
        template = "template as trained" if loaded.template_same else "template differs"
        on = f"adapter on · {short_hash(loaded.adapter_hash)} · {template}"
        self.adapted.evidence.setText("not loaded" if alone else on)
