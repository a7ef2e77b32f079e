"""The conversation that is open, and those that were: each turn is kept as soon as it is there."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from studio.core.problems import StudioError
from studio.core.protocol import AnswerEnded
from studio.core.talk import (
    TalkAnswer,
    TalkColumn,
    TalkTurn,
    as_markdown,
    title_of,
    turn_body,
)
from studio.data.conversations import Conversations, ConversationSummary


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What was open at a time, to go back to."""

    conversation: int
    title: str
    turns: tuple[TalkTurn, ...]


class TalkDesk(QObject):
    """Holds the turns in hand and keeps them in the workspace; the studio owns it.

    A file that cannot be written costs only the keeping: the conversation in hand goes on, and
    ``failed`` says so once.

    Attributes:
        turns: of the conversation that is open.
        conversation: its number in the file; 0 before its first question.
        title: its title.
        live: whether the last turn is being answered.

    Signals:
        turns_changed(int): the turns from this place on are others now.
        listed(): the list of conversations may be another.
        failed(object): the StudioError why conversations cannot be kept or read.
    """

    turns_changed = Signal(int)
    listed = Signal()
    failed = Signal(object)

    def __init__(self, path: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._path = path
        self._file: Conversations | None = None
        self._broken = False
        self.turns: list[TalkTurn] = []
        self.conversation = 0
        self.title = ""
        self.live = False

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    # the turns in hand

    def begin(self, turn: TalkTurn) -> None:
        """Add a turn that is asked now."""
        if not self.turns and not self.conversation:
            self.title = title_of(turn.question)
        self.turns.append(turn)
        self.live = True
        self._keep(len(self.turns) - 1)
        self.turns_changed.emit(len(self.turns) - 1)

    def name_columns(self, columns: Sequence[TalkColumn]) -> None:
        """Say by what hashes the turn in hand is answered."""
        self.turns[-1] = replace(self.turns[-1], columns=tuple(columns))

    def take(self, key: str, ended: AnswerEnded) -> None:
        """Take a column's whole answer to the turn in hand."""
        answer = TalkAnswer(
            ended.text,
            ended.reason,
            ended.tokens,
            ended.seconds,
            ended.first_seconds,
            ended.prompt_tokens,
        )
        self._answer({key: answer})

    def end(self, why: str, came: Mapping[str, TalkAnswer]) -> None:
        """End the turn in hand; what came of answers that are not whole is kept with the reason."""
        self.live = False
        there = self.turns[-1].answers
        self._answer({k: replace(a, reason=why) for k, a in came.items() if k not in there})

    def _answer(self, answers: Mapping[str, TalkAnswer]) -> None:
        for key, answer in answers.items():
            self.turns[-1] = self.turns[-1].answered(key, answer)
        if answers:
            self._keep(len(self.turns) - 1)

    # changing what is open

    def snapshot(self) -> Snapshot:
        """Return what is open, for :meth:`go_back`."""
        return Snapshot(self.conversation, self.title, tuple(self.turns))

    def go_back(self, before: Snapshot) -> None:
        """Open what was open, as it was."""
        self._show(before.conversation, before.title, before.turns)
        self._keep(0)

    def new(self) -> None:
        """Begin a conversation; the one before stays on the list."""
        self._show(0, "", ())

    def cut(self, place: int) -> None:
        """Take away the turns from a place on."""
        del self.turns[place:]
        self._keep(place)
        self.turns_changed.emit(place)

    def fork(self, place: int) -> None:
        """Open a copy of the conversation up to and with a turn; this one stays as it is."""
        turns = self.turns[: place + 1]
        self._show(0, f"{self.title} (copy)", turns)
        self._keep(0)

    def open(self, conversation: int) -> None:
        """Open a conversation from the list."""
        file = self._opened()
        if file is None:
            return
        try:
            turns = file.turns(conversation)
            found = next((s for s in file.all() if s.id == conversation), None)
        except StudioError as problem:
            self.failed.emit(problem)
            return
        self._show(conversation, found.title if found else "", turns)

    def _show(self, conversation: int, title: str, turns: Sequence[TalkTurn]) -> None:
        self.live = False
        self.conversation, self.title, self.turns = conversation, title, list(turns)
        self.turns_changed.emit(0)
        self.listed.emit()

    # the list

    def all(self) -> list[ConversationSummary]:
        """Return the conversations, the one that changed last first; none if they cannot be read."""
        found: list[ConversationSummary] = []
        self._try(lambda file: found.extend(file.all()))
        return found

    def rename(self, conversation: int, title: str) -> None:
        """Give a conversation another title."""
        if conversation == self.conversation:
            self.title = title
        self._try(lambda file: file.rename(conversation, title))
        self.listed.emit()

    def delete(self, conversation: int) -> Callable[[], None]:
        """Take a conversation off the list; return what puts it back."""
        was_open = conversation == self.conversation
        self._try(lambda file: file.delete(conversation))
        if was_open:
            self.new()
        self.listed.emit()

        def put_back() -> None:
            self._try(lambda file: file.put_back(conversation))
            self.listed.emit()
            if was_open and not self.turns:
                self.open(conversation)

        return put_back

    def export(self, path: Path) -> None:
        """Write what is open into a file: Markdown, or JSON by its ending.

        Raises:
            StudioError: the file cannot be written.
        """
        text = as_markdown(self.title, self.turns)
        if path.suffix.lower() == ".json":
            body = {"title": self.title, "turns": [turn_body(turn) for turn in self.turns]}
            text = json.dumps(body, indent=2, ensure_ascii=False) + "\n"
        try:
            path.write_bytes(text.encode("utf-8", "replace"))
        except OSError as err:
            raise StudioError(
                f"{path.name} could not be written: {err.strerror or err}.",
                "Choose another folder.",
            ) from err

    # the file

    def _keep(self, place: int) -> None:
        """Write the turns from a place on."""

        def write(file: Conversations) -> None:
            begins = not self.conversation
            if begins and not self.turns:
                return
            if begins:
                self.conversation = file.begin(self.title)
            start = 0 if begins else place
            file.replace(self.conversation, start, self.turns[start:])

        self._try(write)
        self.listed.emit()

    def _try(self, act: Callable[[Conversations], None]) -> None:
        file = self._opened()
        if file is None:
            return
        try:
            act(file)
        except StudioError as problem:
            self._tell(problem)
        else:
            self._broken = False

    def _opened(self) -> Conversations | None:
        if self._file is None:
            try:
                self._file = Conversations(self._path)
            except StudioError as problem:
                self._tell(problem)
        return self._file

    def _tell(self, problem: StudioError) -> None:
        if not self._broken:  # once, not at every answer
            self._broken = True
            self.failed.emit(problem)
