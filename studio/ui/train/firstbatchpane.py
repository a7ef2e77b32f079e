"""The first batch of a run as it went into the model: tokens, and which of them are trained."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.app.runstore import RunStore
from studio.core.events import FirstBatch
from studio.core.example import TokenCounts, TokenState
from studio.ui.look import fonts
from studio.ui.look.fonts import Role
from studio.ui.widgets.parts import Button, fill, inset, label, line, prose
from studio.ui.widgets.tokenlegend import TokenLegend
from studio.ui.widgets.tokenstate import State, TokenSpan
from studio.ui.widgets.tokenview import TokenView

STATES = {
    TokenState.TRAINED.value: State.TRAINED,
    TokenState.MASKED.value: State.MASKED,
    TokenState.END.value: State.END,
    TokenState.CUT.value: State.CUT,
}
NONE = "The first batch is shown here as soon as it has gone into the model."
MOST_TOKENS = 20_000
UNKNOWN_ID = -1


class FirstBatchPane(QWidget):
    """One row of the batch at a time.

    Signals:
        row_asked(int): show the row of this id on the Data page.
    """

    row_asked = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._batch: FirstBatch | None = None
        self._rows: list[Mapping[str, Any]] = []
        self._place = 0
        self.view, self.legend = TokenView(), TokenLegend()
        self._title = label("", Role.SMALL, fonts.MEDIUM)
        self._none = inset(prose(NONE))
        self.before_button = Button("Row before", "left", "icon")
        self.next_button = Button("Next row", "right", "icon")
        self.show_button = Button("Show on the Data page", "data", compact=True)
        self._build()

    def _build(self) -> None:
        self.before_button.clicked.connect(lambda: self._turn(-1))
        self.next_button.clicked.connect(lambda: self._turn(1))
        self.show_button.clicked.connect(self._on_show_clicked)
        self._whole = QWidget()
        head = fill(
            QHBoxLayout(),
            self._title,
            None,
            self.before_button,
            self.next_button,
            edge=(14, 4, 8, 4),
        )
        foot = fill(QHBoxLayout(), self.show_button, None, edge=(14, 8, 10, 10))
        column = fill(QVBoxLayout(self._whole), head, line(), self.legend)
        column.addWidget(self.view, 1)
        column.addLayout(foot)
        outer = fill(QVBoxLayout(self), self._none)
        outer.addWidget(self._whole, 1)
        outer.addStretch(0)

    def show_run(self, store: RunStore) -> None:
        """Show the first batch of a run, if it was told."""
        batch = store.history.first_batch
        if batch is self._batch and (batch is not None or not self._none.isHidden()):
            return
        self._batch, self._place = batch, 0
        self._rows = [row for row in batch.rows if isinstance(row, Mapping)] if batch else []
        self._none.setVisible(not self._rows)
        self._whole.setVisible(bool(self._rows))
        self._show_row()

    def _show_row(self) -> None:
        if not self._rows:
            return
        row = self._rows[self._place]
        spans = _spans(row.get("tokens"))
        trained = sum(1 for span in spans if span.state in (State.TRAINED, State.END))
        words = f"Row {self._place + 1} of {len(self._rows)} · {len(spans):,} tokens"
        self._title.setText(f"{words}, {trained:,} trained")
        cut = next((n for n, span in enumerate(spans) if span.state is State.CUT), len(spans))
        self.view.set_tokens(spans, cut)
        self.legend.set_counts(_counts(spans))
        several = len(self._rows) > 1
        self.before_button.setVisible(several)
        self.next_button.setVisible(several)
        self.show_button.setVisible(isinstance(row.get("row"), int))

    def _turn(self, way: int) -> None:
        self._place = (self._place + way) % max(len(self._rows), 1)
        self._show_row()

    def _on_show_clicked(self) -> None:
        row = self._rows[self._place].get("row") if self._rows else None
        if isinstance(row, int):
            self.row_asked.emit(row)


def _spans(tokens: object) -> tuple[TokenSpan, ...]:
    found = tokens if isinstance(tokens, list) else []
    pairs = [pair for pair in found[:MOST_TOKENS] if isinstance(pair, list) and len(pair) >= 2]
    return tuple(
        TokenSpan(str(text), UNKNOWN_ID, STATES.get(str(state), State.MASKED))
        for text, state, *_ in pairs
    )


def _counts(spans: tuple[TokenSpan, ...]) -> TokenCounts:
    counted = {state: sum(1 for span in spans if span.state is state) for state in STATES.values()}
    return TokenCounts(
        trained=counted[State.TRAINED],
        masked=counted[State.MASKED],
        end=counted[State.END],
        cut=counted[State.CUT],
    )
