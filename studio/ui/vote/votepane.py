"""The Vote part of the Chat page: past votes at the left, the one in hand at the right."""

from __future__ import annotations

import time
from pathlib import Path

from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from studio.app.studio import Studio
from studio.app.votedesk import VoteDesk
from studio.core.problems import StudioError
from studio.core.units import percent
from studio.data.votes import Ballot, Pair
from studio.ui.evaluate.evaluatepane import WIDTH_LIST
from studio.ui.evaluate.names import short_name
from studio.ui.look import tokens
from studio.ui.vote.ballotview import BallotView
from studio.ui.vote.revealview import RevealView
from studio.ui.vote.voteform import VoteForm
from studio.ui.widgets.banner import ErrorBanner
from studio.ui.widgets.card import Card
from studio.ui.widgets.emptystate import EmptyState
from studio.ui.widgets.lists import Entry, EntryList
from studio.ui.widgets.parts import Button, ChoiceField, fill

FORM, VOTING, REVEALED, NOTHING = range(4)


class VotePane(QWidget):
    """Each vote is kept as it is given; a ballot is gone on with where it was."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self._studio = studio
        self.desk = VoteDesk(studio.workspace, studio.datasets, self)
        self._ballots: list[Ballot] = []
        self.add_button = Button("New vote", "add", "icon")
        self.new_button = Button("New vote", "add", compact=True)
        self.list = EntryList("Votes", 52)
        self.choice = ChoiceField()
        self.choice.setAccessibleName("Votes")
        self.choice.setMinimumWidth(320)
        self.banner = ErrorBanner()
        self.form, self.ballot, self.revealed = VoteForm(), BallotView(), RevealView()
        self.evaluate_button = Button("Evaluate a run", "measure", "primary")
        self.nothing = EmptyState(
            "Nothing to vote on yet",
            "A vote takes the answers of a finished evaluation: each question with two answers, "
            "and you say which is better without knowing whose it is.",
            self.evaluate_button,
        )
        self.stack = QStackedWidget()
        for view in (self.form, self.ballot, self.revealed, self.nothing):
            self.stack.addWidget(view)
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        self.side = Card("Votes", "", self.add_button)
        self.side.setFixedWidth(WIDTH_LIST)
        self.side.body.addWidget(self.list, 1)
        self.small_bar = QWidget()
        fill(QHBoxLayout(self.small_bar), self.choice, None, self.new_button, gap=8)
        right = fill(QVBoxLayout(), self.small_bar, self.banner, gap=10)
        right.addWidget(self.stack, 1)
        row = QHBoxLayout(self)
        fill(row, self.side, gap=tokens.GAP_COLUMN)
        row.addLayout(right, 1)

    def _connect(self) -> None:
        self.desk.listed.connect(self.refresh)
        self.list.chosen.connect(lambda at: self.open(self._ballots[at].id))
        self.choice.activated.connect(lambda at: self.open(self._ballots[at].id))
        self.add_button.clicked.connect(self.begin)
        self.new_button.clicked.connect(self.begin)
        self.form.started.connect(self._start)
        self.ballot.voted.connect(self.vote)
        self.ballot.undo_requested.connect(self.undo)
        self.ballot.reveal_requested.connect(self.reveal)
        self.revealed.go_on_requested.connect(self._show_next)
        self.revealed.pairs_requested.connect(self._keep_pairs)
        self.revealed.answer_edited.connect(self._keep_answer)

    def set_small(self, small: bool) -> None:
        """Turn the list into a drop-down, or back."""
        self.side.setVisible(not small)
        self.small_bar.setVisible(small)

    def shown(self) -> None:
        """Look again at what there is; called when the pane comes to the front."""
        self.refresh()
        if self.desk.ballot is not None:
            return
        waiting = next((b.id for b in self._ballots if b.voted < b.total), 0)
        if waiting:
            self.open(waiting)
        else:
            self.begin()

    def refresh(self) -> None:
        """Read the list of votes again."""
        try:
            self._ballots = self.desk.ballots()
        except StudioError as problem:
            self.banner.show_problem(problem)
            self._ballots = []
        current = self.desk.ballot.id if self.desk.ballot is not None else 0
        numbers = [ballot.id for ballot in self._ballots]
        at = numbers.index(current) if current in numbers else -1
        self.list.set_entries([_entry(ballot) for ballot in self._ballots], at)
        self.choice.clear()
        self.choice.addItems([_title(ballot) for ballot in self._ballots])
        self.choice.setCurrentIndex(at)
        self.choice.setEnabled(bool(numbers))
        self.side.remark.setText(f"{len(numbers):,}" if numbers else "none yet")

    def begin(self) -> None:
        """Show the form of a new vote."""
        self.desk.ballot = None
        self.banner.clear()
        try:
            finished = self.desk.finished()
        except StudioError as problem:
            self.banner.show_problem(problem)
            finished = []
        self.form.show_evaluations(finished)
        self.refresh()
        self.stack.setCurrentIndex(FORM if finished else NOTHING)

    def open(self, number: int) -> None:
        """Open a vote: the next question, or what came of it where all are voted on."""
        self.banner.clear()
        try:
            self.desk.open(number)
        except StudioError as problem:
            self.banner.show_problem(problem)
            return
        self.refresh()
        self._show_next()

    def vote(self, side: str) -> None:
        """Vote on the question that is shown: left, right, tie or bad."""
        if self.stack.currentIndex() != VOTING:
            return
        try:
            self.desk.vote(side, *self.ballot.given)
        except StudioError as problem:
            self.banner.show_problem(problem)
            return
        self._show_next()

    def undo(self) -> None:
        """Take the last vote back and show its question again."""
        try:
            taken = self.desk.undo()
        except StudioError as problem:
            self.banner.show_problem(problem)
            return
        if taken is not None:
            self._show_next()
            self.ballot.show_given(taken.rating, taken.tags)

    def reveal(self) -> None:
        """Show who is who, and what the votes say."""
        self.revealed.show_votes(self.desk)
        self.stack.setCurrentIndex(REVEALED)

    def _start(self, evaluation: int, first: str, second: str) -> None:
        try:
            self.desk.begin(evaluation, first, second)
        except StudioError as problem:
            self.banner.show_problem(problem)
            return
        self._show_next()

    def _show_next(self) -> None:
        pair = self.desk.next
        if pair is None:
            self.reveal()
            return
        self.stack.setCurrentIndex(VOTING)
        voted, total = len(self.desk.votes), len(self.desk.pairs)
        self.ballot.show_pair(pair, self.desk.shown(pair), voted, total)

    def _keep_pairs(self) -> None:
        try:
            name, many = self.desk.keep_pairs()
        except StudioError as problem:
            self.banner.show_problem(problem)
            return
        words = f"{many:,} pairs are in {name}" if many else f"All pairs are in {name} already"
        self._studio.said.emit(words, None)

    def _keep_answer(self, pair: Pair, text: str, as_new: bool) -> None:
        try:
            row = self.desk.keep_answer(pair, text, as_new=as_new)
        except StudioError as problem:
            self.banner.show_problem(problem)
            return
        name = Path(self.desk.ballot.dataset).stem if self.desk.ballot is not None else ""
        words = f"Row {row:,} of {name} is new" if as_new else f"Row {row:,} of {name} is corrected"
        self._studio.said.emit(words, None)


def _title(ballot: Ballot) -> str:
    return f"{ballot.id} · {short_name(ballot.first)} and {short_name(ballot.second)}"


def _entry(ballot: Ballot) -> Entry:
    done = ballot.voted >= ballot.total
    share = ballot.voted / ballot.total if ballot.total else 0.0
    when = time.strftime("%d %b %H:%M", time.localtime(ballot.made)).lstrip("0")
    words = "done" if done else f"at {percent(share)}"
    icon, tone = ("okay", "good") if done else ("pause", "plain")
    tip = f"{ballot.first}\n{ballot.second}\n{Path(ballot.dataset).stem}, {ballot.split}"
    return Entry(_title(ballot), when, icon=icon, mark=words, tone=tone, tip=tip)
