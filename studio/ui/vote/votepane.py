"""The Vote part of the Chat page: past votes at the left, the one in hand at the right."""

from __future__ import annotations

from studio.app.answerchoice import AnswersWanted
from studio.app.chatdesk import ChatDesk
from studio.app.studio import Studio
from studio.app.votedesk import VoteDesk
from studio.core.example import TRAIN
from studio.core.problems import StudioError
from studio.data.votes import Ballot, Pair
from studio.ui.vote.ballotview import BallotView
from studio.ui.vote.entries import entry_of, title_of
from studio.ui.vote.makingview import MakingView
from studio.ui.vote.newvote import NewVote
from studio.ui.vote.revealview import RevealView
from studio.ui.vote.voteform import VoteForm
from studio.ui.widgets.emptystate import EmptyState
from studio.ui.widgets.parts import Button
from studio.ui.widgets.pastpane import PastPane

FORM, VOTING, REVEALED, NOTHING, MAKING = range(5)


class VotePane(PastPane):
    """Each vote is kept as it is given; a ballot is gone on with where it was."""

    def __init__(self, studio: Studio, chat: ChatDesk) -> None:
        self.form, self.ballot, self.revealed = VoteForm(), BallotView(), RevealView()
        self.making = MakingView()
        self.train_button = Button("Train a run", "train", "primary")
        self.nothing = EmptyState(
            "Nothing to vote on yet",
            "A vote shows two answers to each question, and you say which is better without "
            "knowing whose it is. It takes a run that has grown a branch.",
            self.train_button,
        )
        views = (self.form, self.ballot, self.revealed, self.nothing, self.making)
        super().__init__("Votes", "New vote", *views)
        self._studio = studio
        self.desk = VoteDesk(studio.workspace, studio.datasets, self)
        self.new = NewVote(studio, chat, self.form, self.banner)
        self._ballots: list[Ballot] = []
        self._connect()

    def _connect(self) -> None:
        self.desk.listed.connect(self.refresh)
        self.entry_chosen.connect(lambda at: self.open(self._ballots[at].id))
        self.new_requested.connect(self.begin)
        self.form.started.connect(self._start)
        self.form.answers_wanted.connect(self.make)
        self.train_button.clicked.connect(lambda: self._studio.page_requested.emit("Train"))
        self._connect_making()
        self.ballot.voted.connect(self.vote)
        self.ballot.undo_requested.connect(self.undo)
        self.ballot.reveal_requested.connect(self.reveal)
        self.revealed.go_on_requested.connect(self._show_next)
        self.revealed.pairs_requested.connect(self._keep_pairs)
        self.revealed.answer_edited.connect(self._keep_answer)

    def _connect_making(self) -> None:
        maker = self._studio.answers
        maker.advanced.connect(self._on_answers_advanced)
        maker.ended.connect(self._on_answers_ended)
        maker.failed.connect(self._on_answers_failed)
        self.making.pause_requested.connect(maker.pause)
        self.making.resume_requested.connect(self._go_on_making)
        self.making.vote_requested.connect(self._show_next)

    def shown(self) -> None:
        """Look again at what there is; called when the pane comes to the front."""
        self.refresh()
        if self.desk.ballot is not None:
            return
        waiting = next((b.id for b in self._ballots if not b.done), 0)
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
        entries = [entry_of(ballot) for ballot in self._ballots]
        self.show_entries(entries, [title_of(ballot) for ballot in self._ballots], at)

    def begin(self) -> None:
        """Show the form of a new vote."""
        self.desk.ballot = None
        self.banner.clear()
        try:
            finished = self.desk.finished()
        except StudioError as problem:
            self.banner.show_problem(problem)
            finished = []
        something = self.new.fill(finished)
        self.refresh()
        self.stack.setCurrentIndex(FORM if something else NOTHING)

    def open(self, number: int) -> None:
        """Open a vote: the next question, or what came of it where all are voted on."""
        self.banner.clear()
        try:
            self.desk.open(number)
        except StudioError as problem:
            self.banner.show_problem(problem)
            return
        self.refresh()
        if self._is_open:
            self._show_making()
        else:
            self._show_next()

    def make(self, wanted: AnswersWanted) -> None:
        """Begin a vote on answers that are made first."""
        try:
            setup, asked = self.new.asked(wanted)
            self.desk.begin_on(setup, asked)
        except StudioError as problem:
            self.banner.show_problem(problem)
            return
        self._go_on_making()

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
            if self._is_open:
                self._show_making()
            else:
                self.reveal()
            return
        self.stack.setCurrentIndex(VOTING)
        self.ballot.show_pair(pair, self.desk.shown(pair), len(self.desk.votes), self.desk.total)

    # answers that are made for a vote

    @property
    def _is_open(self) -> bool:
        """Whether answers of the open vote are missing, or none could be made."""
        ballot = self.desk.ballot
        return ballot is not None and bool(ballot.left or (ballot.answers and not self.desk.pairs))

    def _go_on_making(self) -> None:
        ballot = self.desk.ballot
        if ballot is None:
            return
        self.making.banner.clear()
        try:
            self._studio.answers.start(ballot.answers)
        except StudioError as problem:
            self.making.banner.show_problem(problem)
        self._show_making()

    def _show_making(self) -> None:
        ballot = self.desk.ballot
        if ballot is None:
            return
        there = len(self.desk.pairs) - len(self.desk.votes)
        refusals = self.desk.refusals() if ballot.refused else []
        self.making.show_ballot(ballot, there, self._studio.answers, refusals)
        self.stack.setCurrentIndex(MAKING)

    def _look_again(self) -> None:
        """Take up the answers that have come; a question that is being voted on stays."""
        try:
            self.desk.look_again()
        except StudioError as problem:
            self.banner.show_problem(problem)
        if self.stack.currentIndex() == MAKING:
            self._show_making()

    def _on_answers_advanced(self) -> None:
        ballot = self.desk.ballot
        if ballot is not None and ballot.answers == self._studio.answers.number:
            self._look_again()
        self.new.say_busy()

    def _on_answers_ended(self, number: int) -> None:
        self.new.say_busy()
        self.refresh()
        ballot = self.desk.ballot
        if ballot is None or ballot.answers != number:
            return
        was_shown = self.stack.currentIndex() == MAKING
        self._look_again()
        if was_shown and not self._is_open and self.desk.next is not None:
            self._show_next()  # all is there: the vote can begin

    def _on_answers_failed(self, number: int, problem: StudioError) -> None:
        ballot = self.desk.ballot
        if ballot is not None and ballot.answers == number:
            self._look_again()
            self.making.banner.show_problem(problem)
        else:
            self._studio.problem_met.emit(problem)
        self.new.say_busy()

    def _keep_pairs(self) -> None:
        try:
            name, many = self.desk.keep_pairs()
        except StudioError as problem:
            self.banner.show_problem(problem)
            return
        words = f"{many:,} pairs are in {name}" if many else f"All pairs are in {name} already"
        if many and self.desk.rows_split != TRAIN:
            words += f"; measure what learns from them on other rows than {self.desk.rows_split}"
        self._studio.said.emit(words, None)

    def _keep_answer(self, pair: Pair, text: str, as_new: bool) -> None:
        try:
            row = self.desk.keep_answer(pair, text, as_new=as_new)
        except StudioError as problem:
            self.banner.show_problem(problem)
            return
        name = self.desk.rows_name
        words = f"Row {row:,} of {name} is corrected"
        if as_new:
            words = f"Row {row:,} of {name} is new, in its {self.desk.rows_split} split"
        self._studio.said.emit(words, None)
