"""Blind votes of the window: begun, gone on with, taken back, revealed, and made into rows."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from studio.app.datasetdocument import DatasetDocument
from studio.app.datasetlibrary import DatasetLibrary
from studio.core.answerlist import AnswerSetup
from studio.core.evaluation import EvaluationRow, EvaluationState
from studio.core.example import TRAIN, Kind
from studio.core.problems import DataError
from studio.core.votes import Tally, Vote, choice_of_side, tally
from studio.core.workspace import Workspace, file_name
from studio.data.answerlists import AnswerLists
from studio.data.evaluations import Evaluations, EvaluationSummary
from studio.data.store import Dataset
from studio.data.votedrows import TAG, corrected, new_row, pair_of, pairs_name, provenance
from studio.data.votes import Ballot, Pair, Votes

_SEEDS = 2**31


class VoteDesk(QObject):
    """The ballot in hand; every vote is on the disk before the next question is shown.

    Signals:
        listed(): there is another ballot, or one has another number of votes.

    Attributes:
        ballot: the one that is open, or None.
        pairs: its questions that both columns answered, by place.
        votes: those that were given, in their order.
    """

    listed = Signal()

    def __init__(
        self, workspace: Workspace, datasets: DatasetLibrary, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._workspace, self._datasets = workspace, datasets
        self._path = workspace.evaluations
        self.ballot: Ballot | None = None
        self.pairs: dict[int, Pair] = {}
        self.votes: list[Vote] = []

    def finished(self) -> list[EvaluationSummary]:
        """Return the evaluations that can be voted on, newest first.

        Raises:
            DataError: their file cannot be read.
        """
        if not self._path.exists():
            return []
        with Evaluations(self._path) as store:
            found = [s for s in store.all() if s.state is EvaluationState.DONE]
        return [summary for summary in found if len(summary.setup.columns) > 1]

    def ballots(self) -> list[Ballot]:
        """Return the ballots, newest first.

        Raises:
            DataError: their file cannot be read.
        """
        if not self._path.exists():
            return []
        with Votes(self._path) as store:
            return store.ballots()

    def begin(self, evaluation: int, first: str, second: str) -> None:
        """Begin a ballot between two columns and open it.

        Raises:
            StudioError: it cannot be kept, or no question has an answer of both.
        """
        with Votes(self._path) as store:
            number = store.begin(evaluation, first, second, random.randrange(_SEEDS))
        self.open(number)
        self.listed.emit()

    def open(self, number: int) -> None:
        """Open a ballot.

        Raises:
            StudioError: it is not there, or its answers are not.
        """
        with Votes(self._path) as store:
            ballot = store.one(number)
            pairs, votes = store.pairs(ballot), store.votes(number)
        if not pairs and not ballot.answers:
            raise DataError("No question has an answer of both.", "Choose other columns.")
        self.ballot, self.votes = ballot, votes
        self.pairs = {pair.place: pair for pair in pairs}

    def begin_on(self, setup: AnswerSetup, questions: Sequence[EvaluationRow]) -> None:
        """Begin a ballot on answers that are still to be made, and open it.

        Raises:
            StudioError: it cannot be kept.
        """
        with AnswerLists(self._path) as lists:
            answers = lists.add(setup, questions)
        with Votes(self._path) as store:
            number = store.begin(0, *setup.names, random.randrange(_SEEDS), answers=answers)
        self.open(number)
        self.listed.emit()

    def look_again(self) -> None:
        """Take up the answers that have come since the ballot was opened.

        Raises:
            StudioError: the file cannot be read.
        """
        if self.ballot is not None:
            self.open(self.ballot.id)

    def refusals(self) -> list[tuple[int, str]]:
        """Return the places of the open ballot that could not be asked, each with its reason.

        Raises:
            DataError: the file cannot be read.
        """
        if self.ballot is None or not self.ballot.answers:
            return []
        with AnswerLists(self._path) as lists:
            return lists.refusals(self.ballot.answers)

    @property
    def next(self) -> Pair | None:
        """The question that is voted on next; None when all are."""
        if self.ballot is None:
            return None
        done = {vote.place for vote in self.votes}
        waiting = (at for at in self.ballot.order if at in self.pairs and at not in done)
        place = next(waiting, None)
        return self.pairs[place] if place is not None else None

    @property
    def total(self) -> int:
        """Questions that can be voted on, those that are still to be answered among them."""
        return len(self.pairs) + (self.ballot.left if self.ballot is not None else 0)

    @property
    def rows_name(self) -> str:
        """Name of the dataset that answers are kept in; empty where there is none."""
        if self.ballot is not None and self.ballot.dataset:
            return Path(self.ballot.dataset).stem
        return self._datasets.current.name if self._datasets.current is not None else ""

    @property
    def rows_split(self) -> str:
        """Split of the questions, which their new rows stay in; training for somebody's own."""
        return (self.ballot.split if self.ballot is not None else "") or TRAIN

    @property
    def tally(self) -> Tally:
        """The votes counted."""
        return tally(self.votes)

    def shown(self, pair: Pair) -> tuple[str, str]:
        """Return a question's answers as they stand, left and right."""
        assert self.ballot is not None
        both = (pair.first, pair.second)
        return both if self.ballot.sides[pair.place] else (both[1], both[0])

    def vote(self, side: str, rating: int = 0, tags: tuple[str, ...] = ()) -> None:
        """Vote on the next question; side is left, right, tie or bad.

        Raises:
            StudioError: the vote could not be kept.
        """
        pair, ballot = self.next, self.ballot
        if pair is None or ballot is None:
            return
        choice = choice_of_side(side, ballot.sides[pair.place])
        given = Vote(pair.place, choice, rating, tags)
        with Votes(self._path) as store:
            store.vote(ballot.id, given)
        self.votes.append(given)
        self.listed.emit()

    def undo(self) -> Vote | None:
        """Take the last vote back; its question is next again.

        Raises:
            StudioError: it could not be taken back.
        """
        if self.ballot is None or not self.votes:
            return None
        with Votes(self._path) as store:
            store.take_back(self.ballot.id)
        taken = self.votes.pop()
        self.listed.emit()
        return taken

    # rows

    def keep_pairs(self) -> tuple[str, int]:
        """Put the decided votes into a dataset of preferences; return its name and how many are new.

        Raises:
            StudioError: the dataset holds other rows, or cannot be written to.
        """
        assert self.ballot is not None
        name = file_name(pairs_name(self.ballot), "votes")
        path = self._workspace.dataset(name)
        if not path.exists():
            Dataset.create(path, Kind.PREFERENCE).close()
            self._datasets.listed.emit()
        with Dataset.open(path, read_only=True) as data:
            if data.kind is not Kind.PREFERENCE:
                raise DataError(f"{name} holds {data.kind} rows.", "Rename it on the Data page.")
            known, end = {row.texts[:3] for row in data.rows()}, len(data)
        made = []
        for vote in self.votes:
            pair = self.pairs[vote.place]
            example = pair_of(pair, vote)
            if example is not None:
                texts = (example.prompt, example.chosen, example.rejected)
                if texts not in known:
                    made.append((example, provenance(self.ballot, pair, vote)))
        if made:
            with self._writable(path) as rows:
                words = f"Keep {len(made):,} votes as pairs"
                ids = _ids(rows.insert(end, [example for example, _ in made], name=words))
                for row, (_, note) in zip(ids, made, strict=True):
                    rows.set_note(row, note)
                rows.add_tag(ids, TAG)
        return name, len(made)

    def keep_answer(self, pair: Pair, answer: str, *, as_new: bool) -> int:
        """Put an edited answer into the row it was asked of, or into a new one; return its id.

        Raises:
            StudioError: the dataset or the row is gone, or has no answer to put it in.
        """
        assert self.ballot is not None
        path, note = self._dataset_of_rows(self.ballot), provenance(self.ballot, pair)
        with Dataset.open(path, read_only=True) as data:
            kind, end = data.kind, len(data)
            row = None if as_new else data.row(pair.row)
        with self._writable(path) as rows:
            if row is not None:
                field, text = corrected(row, answer)
                rows.edit(row.id, field, text)
                number = row.id
            else:
                words = "Add an edited answer"
                made = rows.insert(end, [new_row(kind, pair, answer)], self.rows_split, name=words)
                number = _ids(made)[0]
            rows.set_note(number, note)
        return number

    def _dataset_of_rows(self, ballot: Ballot) -> Path:
        """Return where answers are kept: the dataset of the rows, or the one that is open."""
        if ballot.dataset:
            return Path(ballot.dataset)
        if self._datasets.current is None:
            raise DataError(
                "These questions are of no dataset, and none is open.",
                "Open the one that the new row should go into on the Data page.",
            )
        return self._datasets.current.path

    @contextmanager
    def _writable(self, path: Path) -> Iterator[Dataset | DatasetDocument]:
        """Give the dataset as the window has it open, or open it for a moment."""
        current = self._datasets.current
        if current is not None and current.path == path:
            yield current
            return
        data = Dataset.open(path)
        try:
            yield data
        finally:
            data.close()


def _ids(made: object) -> list[int]:
    """Return the ids of new rows, as a document or a dataset tells them."""
    rows = made if isinstance(made, list) else getattr(made, "rows", [])
    return [int(row) for row in rows]
