"""Asks questions and shows the turns of the conversation that is open."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

from studio.app.chatclient import ANSWERING, FAILED, LOADING
from studio.app.chatcolumns import ColumnGone
from studio.app.chatdesk import ChatDesk
from studio.app.processend import problem_of
from studio.app.studio import Studio
from studio.app.talkdesk import Snapshot
from studio.core.problems import StudioError
from studio.core.protocol import AnswerEnded, Piece, RequestFailed
from studio.core.talk import TalkTurn
from studio.ui.chat.chatparts import ChatParts
from studio.ui.chat.exchangeview import ExchangeView

FLUSH_MS = 40
"""New text shows at most 25 times a second."""


class Asking(QObject):
    """Joins the conversation in the workspace with its view and with the chat engine."""

    def __init__(self, studio: Studio, desk: ChatDesk, parts: ChatParts, parent: QObject) -> None:
        super().__init__(parent)
        self._studio, self._chat, self._talks = studio, studio.chat, studio.talks
        self._desk, self._parts = desk, parts
        self._exchange: ExchangeView | None = None
        self._flush = QTimer(self)
        self._flush.setInterval(FLUSH_MS)
        self._flush.timeout.connect(self._on_flush_due)
        parts.composer.sent.connect(self._on_sent)
        parts.composer.stop_requested.connect(self._chat.stop)
        parts.new_button.clicked.connect(self.new)
        self._talks.turns_changed.connect(self._on_turns_changed)
        desk.asked.connect(self._on_asked)
        self._chat.piece_came.connect(self._on_piece_came)
        self._chat.answer_ended.connect(self._on_answer_ended)
        self._chat.failed.connect(self._on_failed)

    @property
    def waits(self) -> bool:
        """Whether a question is in hand whose answers are not all there."""
        return self._exchange is not None and self._exchange.open

    # asking

    def ask(
        self, question: str, written: str = "", *, alone: bool = False, place: int | None = None
    ) -> None:
        """Ask in every column, loading what is chosen first if it is not in memory.

        Args:
            question: what is asked.
            written: the row's own answer to a held-out question.
            alone: ask without the turns before it, whatever the page is set to.
            place: of the turn that is asked anew; it and those after it are cut.
        """
        if self._chat.state in (LOADING, ANSWERING):
            return
        composer = self._parts.composer
        if self._desk.needs_consent:
            composer.editor.set_text(question)
            self._parts.notices.ask_consent()
            return
        self._parts.notices.clear_problem()
        composer.stop_editing()
        if place is not None and place < len(self._talks.turns):
            before = self._talks.snapshot()
            self._talks.cut(place)
            words = f"Question {place + 1} is asked anew; what was there is cut"
            self._studio.said.emit(words, lambda: self.go_back(before))
        turn = TalkTurn(
            question=question,
            columns=self._desk.talk_columns(),
            sampler=composer.sampler,
            written=written,
            system=self._parts.side.system.system,
            alone=alone or self._parts.alone,
        )
        turns_before = list(self._talks.turns)
        self._talks.begin(turn)
        self._exchange = self._parts.conversation.exchanges[-1]
        self._exchange.wait("waits for the model")
        self._desk.ask(turn, turns_before)

    def new(self) -> None:
        """Begin a new conversation; the one before is kept."""
        if not self._talks.turns:
            return
        before = self._talks.snapshot()
        self.leave()
        self._talks.new()
        self._studio.said.emit("A new conversation begins", lambda: self.go_back(before))

    def go_back(self, before: Snapshot) -> None:
        """Show a conversation as it was."""
        self.leave()
        self._talks.go_back(before)

    def leave(self) -> None:
        """Break off what is being answered, since another conversation will be open."""
        self._parts.composer.stop_editing()
        if self._exchange is not None:
            self.end("broken off: another conversation was opened")
            if self._chat.state == ANSWERING:
                self._chat.stop()

    def end(self, why: str) -> None:
        """End the question in hand; answers that are not whole are kept with the reason."""
        self._flush.stop()
        exchange, self._exchange = self._exchange, None
        if exchange is not None:
            came = exchange.came
            exchange.break_off(why)
            exchange.set_differences(self._parts.differences.isChecked())
            self._talks.end(why, came)

    def end_if_whole(self) -> None:
        """End the question in hand when all its answers are there."""
        if self._exchange is not None and not self._exchange.open:
            self.end("")

    def _on_sent(self, question: str) -> None:
        self.ask(question, place=self._parts.composer.edited)

    # answers

    def _on_asked(self) -> None:
        facts = self._chat.facts
        if self._exchange is not None and facts is not None:
            self._exchange.bind(list(facts.columns))
            self._exchange.wait("reads the question")
            named = self._desk.talk_columns()
            if [c.key for c in named] == [c.key for c in self._talks.turns[-1].columns]:
                self._talks.name_columns(named)
        self._flush.start()

    def _on_piece_came(self, piece: Piece) -> None:
        if self._exchange is not None:
            self._exchange.take(piece)

    def _on_flush_due(self) -> None:
        if self._exchange is not None:
            self._exchange.flush()

    def _on_answer_ended(self, ended: AnswerEnded) -> None:
        if self._exchange is not None:
            key = self._exchange.key_of(ended.column)
            self._exchange.finish(ended)
            if key:
                self._talks.take(key, ended)

    def _on_failed(self, failed: RequestFailed) -> None:
        problem, gone = problem_of(failed), self._chat.state == FAILED
        problem.hint = problem.hint or "The conversation is still here."
        way_out: tuple[str, Callable[[], object]] | None = None
        if gone:
            way_out = ("Load again", self._chat.reload)
        elif self._exchange is not None and "new conversation" in problem.hint:
            way_out = ("Ask it in a new conversation", self._ask_anew)
        elif self._exchange is not None:
            last = len(self._talks.turns) - 1
            way_out = ("Edit the question", lambda: self._on_edit_requested(last))
        self._parts.notices.show_problem(problem, way_out)
        self.end("broken off" if gone else "not answered")

    def fail(self, problem: StudioError) -> None:
        """Say why what is chosen cannot be loaded."""
        way_out: tuple[str, Callable[[], object]]
        way_out = ("Choose a model", lambda: self._studio.page_requested.emit("Model"))
        if isinstance(problem, ColumnGone):
            place = problem.place
            way_out = ("Take the column away", lambda: self._desk.columns.remove(place))
        self._parts.notices.show_problem(problem, way_out)
        self.end("not asked")

    def _ask_anew(self) -> None:
        if self._talks.turns:
            question = self._talks.turns[-1].question
            self.new()
            self.ask(question)

    # the view

    def _on_turns_changed(self, place: int) -> None:
        conversation, turns = self._parts.conversation, self._talks.turns
        self._exchange = None
        conversation.drop(place)
        for number in range(place, len(turns)):
            live = self._talks.live and number + 1 == len(turns)
            conversation.add(self._view(number, live=live))

    def _view(self, place: int, *, live: bool) -> ExchangeView:
        turns = self._talks.turns
        turned = _turned(turns[place - 1], turns[place]) if place else ""
        plain = self._parts.plain.isChecked()
        view = ExchangeView(turns[place], turned, live=live, plain=plain)
        view.edit_requested.connect(lambda: self._on_edit_requested(place))
        view.repeat_requested.connect(lambda: self._on_repeat_requested(place))
        view.fork_requested.connect(lambda: self._on_fork_requested(place))
        view.tokens_requested.connect(lambda: self._parts.conversation.tokens_requested.emit(place))
        view.copied.connect(lambda: self._studio.said.emit("Answer copied", None))
        if not live:
            view.set_differences(self._parts.differences.isChecked())
        return view

    def _on_edit_requested(self, place: int) -> None:
        turns = self._talks.turns
        self._parts.composer.edit(turns[place].question, place, len(turns) - place - 1)

    def _on_repeat_requested(self, place: int) -> None:
        if self._chat.state in (LOADING, ANSWERING):
            return
        panel, turn = self._parts.composer.panel, self._talks.turns[place]
        if panel.sampler.temperature > 0:  # greedy answers are the same with every seed
            panel.seed.setValue(panel.seed.value() + 1)
        self.ask(turn.question, turn.written, alone=turn.alone, place=place)

    def _on_fork_requested(self, place: int) -> None:
        self.leave()
        self._talks.fork(place)
        self._studio.said.emit("This is a copy; the other one is kept", None)


def _turned(before: TalkTurn, turn: TalkTurn) -> str:
    """Return what is different from a question on, as one line; empty if nothing is."""
    found = []
    if [c.key for c in before.columns] != [c.key for c in turn.columns]:
        found.append(
            "From here on: " + ", ".join(c.title for c in turn.columns[1:] or turn.columns)
        )
    if before.system != turn.system:
        found.append("Another system prompt from here on")
    if before.alone != turn.alone:
        found.append(
            "Asked on its own, without the turns before"
            if turn.alone
            else "The turns before are sent along again"
        )
    return " · ".join(found)
