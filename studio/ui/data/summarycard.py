"""What is in the dataset: tokens per row as bars with the limit, and the counts beside them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from studio.app.rowchecks import Lengths
from studio.core.units import NO_VALUE, percent
from studio.ui.look import fonts
from studio.ui.look.fonts import Role
from studio.ui.widgets.card import Card
from studio.ui.widgets.histogram import Histogram
from studio.ui.widgets.parts import fill, label, line, restyle

HEIGHT = 138
NAMES = ("Rows", "Train · validation · test", "Tokens, all", "Tokens, trained", "Rows cut")


class SummaryCard(Card):
    """Counts of the open dataset; owned by the Data page.

    Signals:
        limit_chosen(int): the longest sequence is to be this many tokens.
    """

    limit_chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Tokens per row")
        self._remark = label("", Role.SMALL, tone="muted")
        self.histogram = Histogram()
        self.histogram.limit_chosen.connect(self.limit_chosen)
        self._names = [label(name, Role.SMALL, tone="muted") for name in NAMES]
        self._values = [label(NO_VALUE, Role.SMALL, fonts.MEDIUM) for _ in NAMES]
        self._lengths = Lengths()
        self._limit = 0
        head = fill(
            QHBoxLayout(),
            label("Tokens per row", weight=fonts.BOLD),
            self._remark,
            None,
            gap=8,
        )
        left = fill(QVBoxLayout(), head, self.histogram, gap=4, edge=(14, 11, 16, 8))
        self.facts = self._facts()
        row = fill(QHBoxLayout())
        row.addLayout(left, 1)
        row.addWidget(self.facts)
        self.body.addLayout(row)
        self.setFixedHeight(max(HEIGHT, round(HEIGHT * fonts.user_scale())))

    def _facts(self) -> QWidget:
        made = QWidget()
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(3)
        for at, (name, value) in enumerate(zip(self._names, self._values, strict=True)):
            name.setBuddy(value)
            grid.addWidget(name, at, 0)
            grid.addWidget(value, at, 1)
        head = label("What is in it", weight=fonts.BOLD)
        words = fill(QVBoxLayout(), head, grid, None, gap=5, edge=(14, 11, 14, 8))
        fill(QHBoxLayout(made), line(vertical=True), words)
        return made

    def show_counts(self, rows: int, splits: Mapping[str, int]) -> None:
        """Show how many rows there are and where."""
        self._values[0].setText(f"{rows:,}")
        parts = (splits.get(name, 0) for name in ("train", "validation", "test"))
        self._values[1].setText(" · ".join(f"{count:,}" for count in parts))

    def show_checks(self, lengths: Lengths, limit: int, remark: str = "") -> None:
        """Show the tokens of the rows that are counted; remark says why others are not."""
        self._lengths = lengths
        self._remark.setText(remark or self._middle())
        self._show(limit)

    def show_limit(self, limit: int) -> None:
        """Show another limit."""
        if limit != self._limit:
            self._show(limit)

    def _middle(self) -> str:
        each = self._lengths.tokens
        if not len(each):
            return ""
        return f"median {int(np.median(each)):,} · longest {int(each.max()):,}"

    def _show(self, limit: int) -> None:
        self._limit = limit
        lengths = self._lengths
        self.histogram.set_values(lengths.tokens, limit)
        total, trained = int(lengths.tokens.sum()), int(lengths.trained_within(limit).sum())
        self._values[2].setText(f"{total:,}" if total else NO_VALUE)
        share = f"{trained:,} · {percent(trained / total)}" if total else NO_VALUE
        self._values[3].setText(share)
        cut = int((lengths.tokens > limit).sum())
        self._names[4].setText(f"Rows cut at {limit:,}")
        self._say(self._values[4], f"{cut:,}" if total else NO_VALUE, "danger" if cut else "")

    def _say(self, value: QLabel, words: str, tone: str) -> None:
        value.setText(words)
        if value.property("tone") != tone:
            value.setProperty("tone", tone)
            restyle(value)
