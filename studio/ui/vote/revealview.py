"""Who was who: the win rate in words, the counts, by tag, and each vote with its answers."""

from __future__ import annotations

from PySide6.QtCore import QItemSelectionModel, Signal
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from studio.app.votedesk import VoteDesk
from studio.core.units import NO_VALUE, percent
from studio.core.votes import Choice, Tally, by_tag, enough_words, is_told, win_words
from studio.data.votes import Pair
from studio.ui.chat.well import Well
from studio.ui.evaluate.names import short_name
from studio.ui.look.tokens import GAP_CARD, HEIGHT_ROW, PADDING
from studio.ui.widgets.card import Card
from studio.ui.widgets.cells import Cell
from studio.ui.widgets.lists import Rows, RowTable
from studio.ui.widgets.note import Note
from studio.ui.widgets.parts import Button, fill, line, scroller

ONE_LINE = 200
SHOWN_ROWS = 6
MOST_EDITED = 20_000
HEADS = ("", "Won", "Lost", "Ties", "Both bad", "Win rate", "95 %", "Rating")
COUNT_WIDTHS = {1: 64, 2: 64, 3: 64, 4: 88, 5: 88, 6: 132, 7: 72}
SAID = {Choice.TIE: "tie", Choice.BAD: "both bad"}


class RevealView(QWidget):
    """Scrolls up and down.

    Signals:
        go_on_requested(): vote on what is left.
        pairs_requested(): the votes should become preference pairs.
        answer_edited(object Pair, str, bool): an answer, and whether it becomes a new row.
    """

    go_on_requested = Signal()
    pairs_requested = Signal()
    answer_edited = Signal(object, str, bool)

    def __init__(self) -> None:
        super().__init__()
        self._desk: VoteDesk | None = None
        self.note = Note("", "", tone="plain")
        self.go_on_button = Button("Go on voting", "play", compact=True)
        self.pairs_button = Button("Keep as preference pairs", "data", compact=True)
        self.go_on_button.clicked.connect(self.go_on_requested)
        self.pairs_button.clicked.connect(self.pairs_requested)
        self._counts = Rows(HEADS, frozenset(range(1, 8)))
        self.counts = RowTable("Votes counted", self._counts, COUNT_WIDTHS)
        self._counts.setParent(self.counts)
        card = Card("Votes", " ", self.go_on_button, self.pairs_button)
        card.body.addWidget(self.counts)
        self.count_card = card
        self._rows = Rows(("Row", "Question", "Preferred", "Rating", "Tags"), frozenset((0, 3)))
        self.table = RowTable("Each vote", self._rows, {0: 70, 2: 190, 3: 70, 4: 160})
        self._rows.setParent(self.table)
        self.table.selectionModel().currentRowChanged.connect(lambda now: self._open(now.row()))
        each = Card("Each vote", "a changed answer can go back into the dataset")
        fill(each.body, self.table, line(), self._detail())
        body = QWidget()
        fill(QVBoxLayout(body), self.note, card, each, None, gap=GAP_CARD)
        fill(QVBoxLayout(self), scroller(body))

    def _detail(self) -> QBoxLayout:
        self._wells = fill(QVBoxLayout(), gap=6)
        self.editor = QPlainTextEdit()
        self.editor.setAccessibleName("Edited answer")
        self.editor.setFixedHeight(90)
        self.editor.setTabChangesFocus(True)
        self.correct_button = Button("Correct the row", "edit", compact=True)
        self.new_button = Button("Add as a new row", "add", compact=True)
        self.correct_button.clicked.connect(lambda: self._keep(as_new=False))
        self.new_button.clicked.connect(lambda: self._keep(as_new=True))
        foot = fill(QHBoxLayout(), self.correct_button, self.new_button, None, gap=8)
        edge = (PADDING, 10, PADDING, 12)
        return fill(QVBoxLayout(), self._wells, self.editor, foot, gap=8, edge=edge)

    def show_votes(self, desk: VoteDesk) -> None:
        """Show what came of the ballot in hand."""
        ballot, counted = desk.ballot, desk.tally
        if ballot is None:
            return
        self._desk = desk
        first, second = short_name(ballot.first), short_name(ballot.second)
        tone = "good" if is_told(counted) else "plain"
        self.note.say(win_words(counted, first, second), enough_words(counted), tone)
        left = desk.total - len(desk.votes)
        self.count_card.remark.setText(f"{counted.votes:,} votes, {left:,} left")
        self.go_on_button.setVisible(left > 0)
        self.pairs_button.setEnabled(counted.decided > 0)
        rows = [_count_cells(second, counted, bold=True)]
        rows += [_count_cells(f"{second}, {tag}", found) for tag, found in by_tag(desk.votes)]
        self._counts.set_rows(rows)
        self.counts.setFixedHeight(HEIGHT_ROW * (min(len(rows), SHOWN_ROWS) + 1) + 4)
        self._rows.set_rows([self._cells(at) for at in range(len(desk.votes))])
        high = min(max(len(desk.votes), 1), SHOWN_ROWS)
        self.table.setFixedHeight(HEIGHT_ROW * (high + 1) + 4)
        model, flags = self.table.selectionModel(), QItemSelectionModel.SelectionFlag
        if desk.votes:
            model.setCurrentIndex(
                self._rows.index(0, 0), flags.ClearAndSelect | flags.Rows | flags.Current
            )
        self._open(0 if desk.votes else -1)

    def _cells(self, at: int) -> tuple[Cell, ...]:
        assert self._desk is not None
        assert self._desk.ballot is not None
        vote, ballot = self._desk.votes[at], self._desk.ballot
        pair = self._desk.pairs[vote.place]
        names = {Choice.FIRST: ballot.first, Choice.SECOND: ballot.second}
        name = names.get(vote.choice, "")
        tone = {Choice.FIRST: "frozen", Choice.SECOND: "accent"}.get(vote.choice, "muted")
        question = " ".join(pair.question[:ONE_LINE].split())
        return (
            Cell(f"{pair.row or pair.place + 1:,}", tone="muted", right=True),
            Cell(question, tip=question),
            Cell(short_name(name) if name else SAID[vote.choice], tone=tone, tip=name),
            Cell(f"{vote.rating}" if vote.rating else NO_VALUE, right=True),
            Cell(", ".join(vote.tags), tone="muted"),
        )

    @property
    def _pair(self) -> Pair | None:
        at = self.table.currentIndex().row()
        if self._desk is None or not 0 <= at < len(self._desk.votes):
            return None
        return self._desk.pairs[self._desk.votes[at].place]

    def _open(self, at: int) -> None:
        while (item := self._wells.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        pair, desk = self._pair, self._desk
        there = pair is not None and desk is not None and desk.ballot is not None
        for part in (self.editor, self.correct_button, self.new_button):
            part.setEnabled(there)
        self.editor.clear()
        if pair is None or desk is None or desk.ballot is None:
            return
        self.correct_button.setVisible(pair.row > 0)
        written = [("Written", pair.reference)] if pair.reference else []
        for who, text in (
            ("Asked", pair.question),
            *written,
            (short_name(desk.ballot.first), pair.first),
            (short_name(desk.ballot.second), pair.second),
        ):
            self._wells.addWidget(Well(who, text))
        chosen = pair.first if desk.votes[at].choice is Choice.FIRST else pair.second
        self.editor.setPlainText(chosen[:MOST_EDITED])

    def _keep(self, *, as_new: bool) -> None:
        pair, text = self._pair, self.editor.toPlainText()
        if pair is not None and text.strip():
            self.answer_edited.emit(pair, text, as_new)


def _count_cells(name: str, counted: Tally, bold: bool = False) -> tuple[Cell, ...]:
    share, rating = counted.win, counted.ratings[1]
    numbers = (
        f"{counted.second:,}",
        f"{counted.first:,}",
        f"{counted.ties:,}",
        f"{counted.bad:,}",
        percent(share.value) if share else NO_VALUE,
        f"{percent(share.low)} to {percent(share.high)}" if share else NO_VALUE,
        f"{rating:.1f}" if rating is not None else NO_VALUE,
    )
    return (Cell(name, bold=bold, tip=name), *(Cell(n, bold=bold, right=True) for n in numbers))
