"""The heads side by side: the base, and the adapters that can be chosen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from studio.app.chatcolumns import MOST_COLUMNS
from studio.app.chatdesk import identity
from studio.app.chatsubject import Column
from studio.core.protocol import ChatLoaded
from studio.data.runfiles import RunSummary
from studio.ui.chat.columnhead import AdaptedHead, BaseHead
from studio.ui.chat.exchangeview import TIGHT, column_edges
from studio.ui.chat.loadedcard import short_hash
from studio.ui.widgets.badge import Badge
from studio.ui.widgets.parts import Button, fill, line, plain_tip


class ColumnHeads(QWidget):
    """Who answers in which column.

    Attributes:
        all: heads of the adapted columns; those without a column are hidden.

    Signals:
        run_chosen(str, int): the id of another run, for an adapted column counted from 0.
        branch_chosen(int, int): the index of another of its branches, for such a column.
        remove_requested(int): such a column should go.
        train_requested(): there is nothing trained yet, and the user wants to.
    """

    run_chosen = Signal(str, int)
    branch_chosen = Signal(int, int)
    remove_requested = Signal(int)
    train_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.badge = Badge()
        self.train_button = Button("Train one", compact=True)
        self.train_button.clicked.connect(self.train_requested)
        self.base = BaseHead(self.badge)
        self.all = [AdaptedHead() for _ in range(MOST_COLUMNS - 1)]
        self.all[0].top.addWidget(self.train_button)
        self._lines = [line(vertical=True) for _ in self.all]
        self._row = row = QHBoxLayout(self)
        fill(row)
        row.addWidget(self.base, 1)
        for place, (head, rule) in enumerate(zip(self.all, self._lines, strict=True)):
            row.addWidget(rule)
            row.addWidget(head, 1)
            head.run_chosen.connect(lambda run, at=place: self.run_chosen.emit(run, at))
            head.branch_chosen.connect(lambda index, at=place: self.branch_chosen.emit(index, at))
            head.remove_requested.connect(lambda at=place: self.remove_requested.emit(at))
        self.badge.hide()
        self._tight, self._shown, self._bar = False, 2, 0
        self._columns: list[Column] = []

    @property
    def adapted(self) -> AdaptedHead:
        """The head of the first adapted column."""
        return self.all[0]

    def set_narrow(self, narrow: bool) -> None:
        """Leave out the choice of the run where there is no room for it."""
        for head in self.all:
            head.set_narrow(narrow)

    def show_choice(
        self, base: str, runs: Sequence[RunSummary], columns: Sequence[Column], *, alone: bool
    ) -> None:
        """Show what can be chosen and what is.

        Args:
            base: name of the base.
            runs: that have a branch.
            columns: the adapted ones.
            alone: whether the base answers alone by choice.
        """
        self.base.model.setText(base)
        self.train_button.setVisible(not columns and not runs)
        self._shown, self._columns = 1, list(columns)
        tight = len(columns) + 1 >= TIGHT
        if tight != self._tight:
            self._tight = tight
            for head in (self.base, *self.all):
                head.set_tight(tight)
        for place, head in enumerate(self.all):
            shown = place < len(columns) or (place == 0 and not alone)
            head.setVisible(shown)
            self._lines[place].setVisible(shown)
            self._shown = 2 + place if shown else self._shown
            head.show_column(columns[place] if place < len(columns) else None, runs)

        self.set_bar(self._bar)

    def set_bar(self, taken: int) -> None:
        """Stand above the answers, from which a scroll bar takes some px."""
        self._bar = taken
        self._row.setContentsMargins(0, 0, taken, 0)
        heads = (self.base, *self.all)[: self._shown]
        for head, (left, right) in zip(heads, column_edges(self._shown, taken), strict=True):
            head.set_edges(left, right)

    def show_loaded(self, loaded: ChatLoaded | None, why_not: str) -> None:
        """Show the evidence of what is in memory, or why there is none."""
        alone = loaded is None or len(loaded.columns) < 2
        self.badge.setVisible(not alone)
        if loaded is None:
            for head in (self.base, *self.all):
                head.evidence.setText(why_not)
            return
        if loaded.base_proven:
            self.badge.say("shield", "proven" if self._tight else "proven base", "frozen")
        else:
            self.badge.say("warning", "not proven", "warning")
        self.badge.setToolTip(plain_tip(loaded.self_test))
        logits = "logits equal" if self._tight else "logits equal to the base's"
        proof = f" · {logits}" if loaded.base_proven else ""
        off = "" if self._tight else "no adapter · " if alone else "adapter off · "
        self.base.evidence.setText(f"{off}{short_hash(loaded.base_hash)}{proof}")
        on = "" if self._tight else "adapter on · "
        for place, head in enumerate(self.all):
            told = identity(loaded, place)
            known = short_hash(str(told.get("adapter_hash", "")))
            proven = "" if told.get("proven") else " · not proven"
            proven += "" if told.get("hash_same", True) else " · changed"
            words = f"{on}{known}{proven} · {self._template(place, told)}"
            head.evidence.setText(words if told else "not loaded")

    def _template(self, place: int, told: dict[str, Any]) -> str:
        """Return how the template stands to that of training."""
        if place < len(self._columns) and self._columns[place].run is None:
            return "not from a run"  # nothing is known that it could be compared with
        if not told.get("template_same"):
            return "template differs"
        return "as trained" if self._tight else "template as trained"
