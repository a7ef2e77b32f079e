"""Answers that are being made for a vote, are paused, or could not be made."""

from __future__ import annotations

import time
from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.app.answermaker import AnswerMaker
from studio.core.units import duration
from studio.data.votes import Ballot
from studio.ui.look.tokens import PADDING
from studio.ui.train.factlist import FactList
from studio.ui.widgets.banner import ErrorBanner
from studio.ui.widgets.card import Card
from studio.ui.widgets.meter import Meter
from studio.ui.widgets.parts import Button, fill, prose

WIDTH_METER = 420
SHOWN_REFUSALS = 5


class MakingView(Card):
    """How far the answers are; whose they are is nowhere in it.

    Signals:
        pause_requested(): stop and give the memory back.
        resume_requested(): go on where it was.
        vote_requested(): vote on what is there.
    """

    pause_requested = Signal()
    resume_requested = Signal()
    vote_requested = Signal()

    def __init__(self) -> None:
        super().__init__("Answers for the vote", " ")
        self.words = prose("", tone="")
        self.meter = Meter("Answers", WIDTH_METER)
        self.pause_button = Button("Pause", "pause")
        self.resume_button = Button("Go on", "play", "primary")
        self.vote_button = Button("Vote", "check")
        self.banner = ErrorBanner()
        self._facts = FactList()
        self.pause_button.clicked.connect(self.pause_requested)
        self.resume_button.clicked.connect(self.resume_requested)
        self.vote_button.clicked.connect(self.vote_requested)
        buttons = (self.resume_button, self.pause_button, self.vote_button)
        acts = fill(QHBoxLayout(), *buttons, None, gap=8)
        inner = QWidget()
        fill(QVBoxLayout(inner), self.words, 6, self.meter, 12, acts, 14, self._facts)
        self.body.addWidget(self.banner)
        edge = (PADDING, 14, PADDING, PADDING)
        self.body.addLayout(fill(QVBoxLayout(), inner, edge=edge))
        self.body.addStretch(1)

    def show_ballot(
        self,
        ballot: Ballot,
        there: int,
        maker: AnswerMaker,
        refusals: Sequence[tuple[int, str]],
    ) -> None:
        """Show how far the answers of a ballot are.

        Args:
            ballot: as it stands on the disk.
            there: questions with both answers that are not voted on yet.
            maker: works on it, on another one, or on none.
            refusals: places that could not be asked, each with its reason.
        """
        mine = maker.number == ballot.answers
        done = maker.done if mine else ballot.total - ballot.left
        self.remark.setText("being made" if mine else ("paused" if ballot.left else "all made"))
        self.words.setText(_words(ballot, done, maker if mine else None))
        self.meter.set_shares(done / ballot.total if ballot.total else 0.0)
        self.pause_button.setVisible(mine)
        self.resume_button.setVisible(not mine and ballot.left > 0)
        self.resume_button.setEnabled(not maker.number)
        self.resume_button.setToolTip("Answers of another vote are being made" * bool(maker.number))
        self.vote_button.setVisible(there > 0)
        many = "one that is" if there == 1 else f"{there:,} that are"
        self.vote_button.setText(f"Vote on the {many} there")
        where = f"of {ballot.where}" if ballot.dataset else "of your own"
        facts = [("Questions", f"{ballot.total:,} {where}")]
        for place, why in refusals[:SHOWN_REFUSALS]:
            facts.append((f"Question {place + 1:,}", f"could not be asked: {why}"))
        if len(refusals) > SHOWN_REFUSALS:
            facts.append(("Left out", f"{len(refusals):,} questions in all"))
        facts.append(("Kept", "Each pair of answers as soon as it is whole"))
        self._facts.show_facts(facts)


def _words(ballot: Ballot, done: int, maker: AnswerMaker | None) -> str:
    answered = done - ballot.refused
    parts = [f"{max(answered, 0):,} of {ballot.total:,} questions are answered by both"]
    if ballot.refused:
        parts.append(f"{ballot.refused:,} could not be asked")
    if maker is not None:
        parts.insert(0, maker.words)
        if maker.left_seconds is not None:
            ready = time.strftime("%H:%M", time.localtime(time.time() + maker.left_seconds))
            parts.append(f"{duration(maker.left_seconds)} left, done at {ready}")
    return " · ".join(parts)
