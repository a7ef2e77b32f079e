"""The Statistics view: what is in the dataset, drawn; and how well the tokenizer fits it."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from studio.app.rowchecks import STOP, Lengths
from studio.core.units import percent
from studio.data.checks.classes import WARN
from studio.ui.data.fieldlengths import FieldLengths
from studio.ui.data.pagecontext import PageContext
from studio.ui.data.tokenizerfit import TokenizerFit
from studio.ui.look import tokens
from studio.ui.look.fonts import Role
from studio.ui.widgets.bars import Bar, Bars
from studio.ui.widgets.card import Card
from studio.ui.widgets.histogram import Histogram
from studio.ui.widgets.parts import Button, fill, prose, scroller

EDGE = (14, 10, 14, 12)
NO_MODEL = "A model decides how text becomes tokens. Without one, texts alone are counted."
TONES = {STOP: "danger", WARN: "warning"}


class StatisticsView(QWidget):
    """Draws what is known of the open dataset; the Data page owns it."""

    def __init__(self, context: PageContext) -> None:
        super().__init__()
        self._context, self._checks = context, context.checks
        self.histogram = Histogram()
        self.histogram.limit_chosen.connect(self._choose_limit)
        self.token_words = prose("", Role.SMALL)
        self.choose = Button("Choose a model", compact=True)
        self.choose.clicked.connect(lambda: context.studio.page_requested.emit("Model"))
        self.splits, self.tags = Bars("Rows by split"), Bars("Rows by tag", "No row has a tag")
        self.problems = Bars("Rows by problem", "Nothing is wrong")
        self.openings = Bars("How answers begin", "No two answers begin the same")
        self.fields, self.fit = FieldLengths(), TokenizerFit()
        self._lay_out()
        self._checks.changed.connect(self.refresh)
        context.studio.models.chosen.connect(self.refresh)
        context.studio.datasets.opened.connect(self.refresh)
        self.refresh()

    def _lay_out(self) -> None:
        body = QWidget()
        self._grid = QGridLayout(body)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(tokens.GAP_CARD)
        self._cards = (
            _card("Tokens per row", self.histogram, self.token_words, self.choose),
            _card("Characters per text", self.fields),
            _card("Splits and tags", self.splits, self.tags),
            _card("Problems", self.problems),
            _card("How answers begin", self.openings),
            _card("How the tokenizer fits", self.fit),
        )
        self._places: tuple[int, ...] = ()
        self._arrange(2)
        fill(QVBoxLayout(self), scroller(body))

    def _arrange(self, columns: int) -> None:
        """Put the cards into so many columns; the histogram and the words take a whole line."""
        if self._grid.count() and self._places == (columns,):
            return
        self._places = (columns,)
        for card in self._cards:
            self._grid.removeWidget(card)
        row = at = 0
        for card in self._cards:
            wide = card in (self._cards[0], self._cards[-1])
            if at and (wide or at == columns):
                row, at = row + 1, 0
            self._grid.addWidget(card, row, at, 1, columns if wide else 1)
            row, at = (row + 1, 0) if wide else (row, at + 1)
        for column in range(2):
            self._grid.setColumnStretch(column, 1 if column < columns else 0)
        self._grid.setRowStretch(row + 1, 1)

    def set_small(self, small: bool) -> None:
        """Give every card the whole width, or let two share it."""
        self._arrange(1 if small else 2)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def refresh(self, _what: object = None) -> None:
        """Show what is known now."""
        if self.isVisible():
            self._context.attempt(self._refresh)

    def _refresh(self) -> None:
        checks, studio = self._checks, self._context.studio
        document, model = studio.datasets.current, studio.models.current
        notes = checks.notes
        numbers: dict[str, Any] = notes.get("statistics") or {}
        self._show_tokens(checks.lengths, checks.limit, model is None)
        self.fields.show_fields(numbers.get("fields", []))
        if document is not None:
            counts = document.split_counts()
            self.splits.set_bars(_shares(counts, len(document)))
            tags = sorted(document.tag_counts().items(), key=lambda item: -item[1])[:12]
            self.tags.set_bars(_shares(dict(tags), len(document)))
        self.problems.set_bars(
            [
                Bar(
                    f.about.title, len(f.rows), f"{len(f.rows):,}", TONES.get(f.level, "embeddings")
                )
                for f in checks.faults
                if not f.about.whole
            ]
        )
        self.openings.set_bars(
            [
                Bar(
                    f"{each['words']} …",
                    each["rows"],
                    _counted(each["rows"], each["share"]),
                )
                for each in numbers.get("openings", [])
            ]
        )
        self.fit.show_fit(notes.get("fit") if model is not None else None, checks.lengths)

    def _show_tokens(self, lengths: Lengths, limit: int, no_model: bool) -> None:
        self.choose.setVisible(no_model)
        self.histogram.setVisible(not no_model)
        self.histogram.set_values(lengths.tokens, limit)
        if no_model or not len(lengths):
            self.token_words.setText(NO_MODEL if no_model else "Nothing is counted yet.")
            return
        total, trained = int(lengths.tokens.sum()), int(lengths.trained_within(limit).sum())
        cut = int((lengths.tokens > limit).sum())
        self.token_words.setText(
            f"{total:,} tokens, of which {trained:,} ({percent(trained / max(total, 1))}) are"
            f" trained. Median {int(np.median(lengths.tokens)):,}, longest"
            f" {int(lengths.tokens.max()):,}. {cut:,} {'row is' if cut == 1 else 'rows are'} cut"
            f" at {limit:,}."
        )

    def _choose_limit(self, limit: int) -> None:
        draft = self._context.studio.draft
        self._context.attempt(lambda: draft.edit("max_tokens", limit))


def _card(title: str, *parts: QWidget) -> Card:
    made = Card(title)
    made.body.addLayout(fill(QVBoxLayout(), *parts, None, gap=8, edge=EDGE))
    for part in parts:
        if isinstance(part, Button):
            made.body.setAlignment(part, Qt.AlignmentFlag.AlignLeft)
    return made


def _counted(rows: int, share: float) -> str:
    """Return a count with its share, unless that is next to nothing."""
    return f"{rows:,} · {percent(share)}" if share >= 0.005 else f"{rows:,}"


def _shares(counts: dict[str, int], rows: int) -> list[Bar]:
    return [
        Bar(name, count, _counted(count, count / max(rows, 1))) for name, count in counts.items()
    ]
