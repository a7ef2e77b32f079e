"""The Chat page: the same question to the base and to what was trained, side by side."""

from __future__ import annotations

import time
from pathlib import Path

from PySide6.QtCore import QTimer

from studio.app.chatclient import ANSWERING, EMPTY, FAILED, LOADING, READY
from studio.app.chatdesk import ChatDesk
from studio.app.heldout import HeldOut, HeldOutReader
from studio.app.processend import problem_of
from studio.app.studio import Studio
from studio.core.problems import StudioError
from studio.core.protocol import AnswerEnded, Piece, Progress, RequestFailed
from studio.core.units import duration
from studio.ui.chat.chatacts import add_acts
from studio.ui.chat.chatmodes import ChatModes
from studio.ui.chat.chatparts import ChatParts
from studio.ui.chat.exchangeview import ExchangeView
from studio.ui.widgets.frame import Page

FLUSH_MS = 40
"""New text shows at most 25 times a second."""
TITLES = ("the base", "the adapted")


class ChatPage(Page):
    """Conversation on the left; held-out questions and what is loaded on the right."""

    def __init__(self, studio: Studio) -> None:
        super().__init__("Chat", "The same question to the base and to what you trained")
        self._studio, self._chat = studio, studio.chat
        self.desk = ChatDesk(
            studio.workspace, studio.chat, studio.runs, studio.models, studio.draft, self
        )
        self._exchange: ExchangeView | None = None
        self._about = ""
        self._rows_shown: Path | None = None
        self._load_began = 0.0
        self._progress = ""
        self._reader = HeldOutReader(self)
        self._flush = QTimer(self)
        self._flush.setInterval(FLUSH_MS)
        self._clock = QTimer(self)
        self._clock.setInterval(1_000)
        self.parts = ChatParts()
        self.modes = ChatModes(self, self.parts, studio, self.desk)
        self.body.addWidget(self.modes, 1)
        add_acts(self, self.parts)
        self.set_small(False)
        self._connect_parts()
        self._connect_studio()
        self._on_choice_changed()

    def _connect_parts(self) -> None:
        self.parts.composer.sent.connect(self.ask)
        self.parts.composer.stop_requested.connect(self._chat.stop)
        self.parts.composer.was_cut.connect(
            lambda most: self._studio.said.emit(f"The text was cut to {most:,} characters", None)
        )
        self.parts.heads.run_chosen.connect(self._on_run_chosen)
        self.parts.heads.branch_chosen.connect(self._on_branch_chosen)
        self.parts.heads.train_requested.connect(lambda: self._studio.page_requested.emit("Train"))
        self.parts.nothing_yet.page_requested.connect(self._studio.page_requested)
        self.parts.held_out.chosen.connect(self._on_held_out_chosen)
        self.parts.loaded.load_button.clicked.connect(self._load)
        self.parts.loaded.unload_button.clicked.connect(self._chat.unload)
        self.parts.notices.cancel_requested.connect(self._on_cancelled)
        self.parts.notices.consented.connect(self._on_consented)
        self.parts.differences.toggled.connect(self._on_differences_toggled)
        self.parts.new_button.clicked.connect(self._on_new_clicked)
        self._flush.timeout.connect(self._on_flush_due)
        self._clock.timeout.connect(self._show_loading)

    def _connect_studio(self) -> None:
        self._studio.point_requested.connect(self._on_point_requested)
        self.desk.choice_changed.connect(self._on_choice_changed)
        self.desk.asked.connect(self._on_asked)
        self.desk.problem_met.connect(self._on_problem_met)
        self._reader.read.connect(self._on_held_out_read)
        self._chat.state_changed.connect(self._on_state_changed)
        self._chat.progressed.connect(self._on_progressed)
        self._chat.piece_came.connect(self._on_piece_came)
        self._chat.answer_ended.connect(self._on_answer_ended)
        self._chat.failed.connect(self._on_failed)

    # the page

    def set_small(self, small: bool) -> None:
        super().set_small(small)
        self.parts.set_small(small)
        self.modes.set_small(small)

    def shown(self) -> None:
        self._studio.runs.refresh()  # a run that trains may have grown another branch
        self.desk.refresh()
        self.modes.shown()
        self.parts.composer.editor.setFocus()

    # asking

    def ask(self, question: str, written: str = "") -> None:
        """Ask in every column, loading what is chosen first if it is not in memory."""
        if self._chat.state in (LOADING, ANSWERING):
            return
        if self.desk.needs_consent:
            self.parts.composer.editor.set_text(question)
            self.parts.notices.ask_consent()
            return
        self.parts.notices.clear_problem()
        titles = TITLES if self.desk.branch is not None else TITLES[:1]
        about = self.desk.adapted_name or self.desk.base_name
        turned = f"From here on: {about}" if self._about not in ("", about) else ""
        self._about = about
        exchange = ExchangeView(question, titles, written, turned)
        exchange.edit_requested.connect(self._on_edit_requested)
        exchange.repeat_requested.connect(self.ask)
        exchange.copied.connect(lambda: self._studio.said.emit("Answer copied", None))
        exchange.wait("waits for the model")
        self.parts.conversation.add(exchange)
        self._exchange = exchange
        self.desk.ask(question, self.parts.composer.sampler)

    def _on_asked(self, columns: list[str]) -> None:
        if self._exchange is not None:
            self._exchange.bind(columns)
            self._exchange.wait("reads the question")
        self._flush.start()

    def _on_piece_came(self, piece: Piece) -> None:
        if self._exchange is not None:
            self._exchange.take(piece)

    def _on_flush_due(self) -> None:
        if self._exchange is not None:
            self._exchange.flush()

    def _on_answer_ended(self, ended: AnswerEnded) -> None:
        if self._exchange is not None:
            self._exchange.finish(ended)

    def _on_failed(self, failed: RequestFailed) -> None:
        problem, gone = problem_of(failed), self._chat.state == FAILED
        problem.hint = problem.hint or "The conversation is still here."
        way_out = ("Load again", self._chat.reload) if gone else None
        self.parts.notices.show_problem(problem, way_out)
        self._end_exchange("broken off")

    def _on_problem_met(self, problem: StudioError) -> None:
        to_models = ("Choose a model", lambda: self._studio.page_requested.emit("Model"))
        self.parts.notices.show_problem(problem, to_models)
        self._end_exchange("not asked")

    def _end_exchange(self, why: str) -> None:
        self._flush.stop()
        exchange, self._exchange = self._exchange, None
        if exchange is not None:
            exchange.break_off(why)
            exchange.set_differences(self.parts.differences.isChecked())

    def _on_edit_requested(self, question: str) -> None:
        self.parts.composer.editor.set_text(question)
        self.parts.composer.editor.setFocus()

    def _on_held_out_chosen(self, row: HeldOut) -> None:
        self.ask(row.question, row.written)

    def _on_differences_toggled(self, shown: bool) -> None:
        for exchange in self.parts.conversation.exchanges:
            exchange.set_differences(shown)

    def _on_new_clicked(self) -> None:
        if self._chat.state == ANSWERING or not self.parts.conversation.exchanges:
            return
        taken = self.parts.conversation.take_all()

        def undo() -> None:
            for exchange in taken:
                self.parts.conversation.add(exchange)

        self._studio.said.emit("A new conversation begins", undo)

    # loading

    def _load(self) -> None:
        if self.desk.needs_consent:
            self.parts.notices.ask_consent()
        else:
            self.parts.notices.clear_problem()
            self.desk.load()

    def _on_consented(self) -> None:
        self.desk.consent()
        self._load()

    def _on_cancelled(self) -> None:
        self._end_exchange("not asked")
        self.desk.cancel()

    def _on_run_chosen(self, run_id: str) -> None:
        self.desk.choose_run(run_id)
        self._reload_if_loaded()

    def _on_point_requested(self, run_id: str, step: int) -> None:
        self.desk.choose_point(run_id, step)
        self._reload_if_loaded()

    def _on_branch_chosen(self, index: int) -> None:
        self.desk.choose_branch(index)
        self._reload_if_loaded()

    def _reload_if_loaded(self) -> None:
        if self._chat.state in (READY, ANSWERING, LOADING) and not self.desk.is_loaded:
            self._end_exchange("broken off: another branch was chosen")
            self.desk.load()

    def _on_progressed(self, progress: Progress) -> None:
        share = f" {100 * progress.done // progress.total} %" if progress.total else ""
        self._progress = f"{progress.what}{share}"
        self._show_loading()

    def _show_loading(self) -> None:
        seconds = duration(time.monotonic() - self._load_began)
        name = self.desk.adapted_name or self.desk.base_name
        self.parts.notices.show_loading(f"Loading {name}", f"{seconds}  {self._progress}".strip())

    # showing

    def _on_state_changed(self) -> None:
        state = self._chat.state  # further than what was told, if a question was asked at once
        self.parts.composer.set_answering(state == ANSWERING)
        self.parts.composer.set_able(state != LOADING)
        self.parts.held_out.set_able(state not in (ANSWERING, LOADING))
        if state == LOADING and not self._clock.isActive():
            self._load_began, self._progress = time.monotonic(), ""
            self._clock.start()
            self._show_loading()
        elif state != LOADING:
            self._clock.stop()
            self.parts.notices.hide_loading()
        if state == EMPTY:
            self._end_exchange("broken off: the model was unloaded")
        elif state == READY and self._exchange is not None and not self._exchange.open:
            self._end_exchange("")
        self._show_loaded()

    def _on_choice_changed(self) -> None:
        desk = self.desk
        self.parts.show_conversation(bool(desk.base_name))
        self.parts.heads.show_choice(
            desk.base_name, desk.runs, desk.run, desk.branches, desk.branch
        )
        rows = desk.run.folder.rows if desk.run is not None else None
        if rows != self._rows_shown:
            self._rows_shown = rows
            self._reader.ask(rows)
        self.parts.conversation.hint.setText(
            "Or take one of the held-out questions: the run has never seen them."
            if desk.run is not None
            else "Only the base answers until a run has grown a branch."
        )
        self._show_loaded()

    def _on_held_out_read(self, rows: list[HeldOut]) -> None:
        trained = self.desk.run is not None
        none = (
            "The run holds no row out."
            if trained
            else "Train a run, and its held-out rows are here."
        )
        self.parts.held_out.show_rows(rows, "" if rows else none)

    def _show_loaded(self) -> None:
        desk, state = self.desk, self._chat.state
        base, adapted = desk.base_name, desk.adapted_name
        loaded = self._chat.facts if desk.is_loaded else None
        words = {LOADING: "loading", FAILED: "not in memory"}.get(
            state, "loads with the first question"
        )
        self.parts.heads.show_loaded(loaded, words)
        if loaded is not None:
            self.parts.loaded.show_loaded(base, adapted, loaded)
        elif state == LOADING:
            self.parts.loaded.show_loading(base, adapted)
        else:
            self.parts.loaded.show_chosen(base, adapted)
        self.parts.notices.show_warnings(loaded)
        self.parts.composer.set_one_batch(loaded is None or loaded.one_batch)
        self.set_state(_STATES[state])


_STATES = {
    EMPTY: "The same question to the base and to what you trained",
    LOADING: "The model is being loaded",
    READY: "The same question to the base and to what you trained · ready",
    ANSWERING: "Both columns are answering",
    FAILED: "The chat engine is not running · the conversation is still here",
}
