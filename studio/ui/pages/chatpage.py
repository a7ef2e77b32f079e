"""The Chat page: the same question to the base and to what was trained, side by side."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFileDialog

from studio.app.chatclient import ANSWERING, EMPTY, LOADING, READY
from studio.app.chatdesk import ChatDesk
from studio.app.heldout import HeldOut, HeldOutReader
from studio.app.studio import Studio
from studio.core.problems import StudioError
from studio.core.protocol import Progress
from studio.core.units import duration
from studio.data.runfiles import RunSummary
from studio.ui.chat.asking import Asking
from studio.ui.chat.chatacts import add_acts
from studio.ui.chat.chatmodes import ChatModes
from studio.ui.chat.chatparts import ChatParts
from studio.ui.chat.keeping import Keeping
from studio.ui.chat.notices import WORSE, WORSE_HERE
from studio.ui.chat.prompttokens import PromptTokens
from studio.ui.chat.statewords import SHORT, STATES, WHY_NOT
from studio.ui.runs.lineage import lineage_parts
from studio.ui.widgets.frame import Page
from studio.ui.widgets.graftline import LineagePart


class ChatPage(Page):
    """Conversation on the left; questions, past conversations and system prompt on the right."""

    def __init__(self, studio: Studio) -> None:
        super().__init__("Chat", STATES[EMPTY])
        self._studio, self._chat = studio, studio.chat
        self.desk = ChatDesk(
            studio.workspace, studio.chat, studio.runs, studio.models, studio.draft, self
        )
        self._rows_shown: Path | None = None
        self._lineage: tuple[LineagePart, ...] = ()
        self._load_began = 0.0
        self._progress, self._small = "", False
        self._reader = HeldOutReader(self)
        self._clock = QTimer(self)
        self._clock.setInterval(1_000)
        self.parts = ChatParts()
        self.parts.plain.setChecked(studio.settings.values.plain)
        self.asking = Asking(studio, self.desk, self.parts, self)
        self.keeping = Keeping(studio, self.desk, self.parts, self.asking, self)
        self.tokens = PromptTokens(studio, self.desk, self.parts, self)
        self.modes = ChatModes(self, self.parts, studio, self.desk)
        self.body.addWidget(self.modes, 1)
        add_acts(self, self.parts)
        self.set_small(False)
        self._connect_parts()
        self._connect_studio()
        self._on_choice_changed()

    def _connect_parts(self) -> None:
        parts = self.parts
        parts.composer.was_cut.connect(
            lambda most: self._studio.said.emit(f"The text was cut to {most:,} characters", None)
        )
        parts.heads.run_chosen.connect(self._on_run_chosen)
        parts.heads.branch_chosen.connect(self._on_branch_chosen)
        parts.heads.remove_requested.connect(self._on_remove_requested)
        parts.heads.train_requested.connect(lambda: self._studio.page_requested.emit("Train"))
        parts.add_button.clicked.connect(self._on_add_clicked)
        parts.menu.branch_chosen.connect(self._on_branch_added)
        parts.menu.folder_requested.connect(self._on_folder_requested)
        parts.nothing_yet.page_requested.connect(self._studio.page_requested)
        parts.held_out.chosen.connect(self._on_held_out_chosen)
        parts.loaded.load_button.clicked.connect(self._load)
        parts.loaded.unload_button.clicked.connect(self._chat.unload)
        parts.notices.cancel_requested.connect(self._on_cancelled)
        parts.notices.consented.connect(self._on_consented)
        parts.differences.toggled.connect(self._on_look_changed)
        parts.plain.toggled.connect(self._on_plain_toggled)
        parts.side.system.changed.connect(self._show_loaded)
        self._clock.timeout.connect(self._show_loading)

    def _connect_studio(self) -> None:
        self._studio.point_requested.connect(self._on_point_requested)
        self.desk.choice_changed.connect(self._on_choice_changed)
        self.desk.columns.left_out.connect(lambda words: self._studio.said.emit(words, None))
        self.desk.problem_met.connect(self.asking.fail)
        self._reader.read.connect(self._on_held_out_read)
        self._chat.state_changed.connect(self._on_state_changed)
        self._chat.progressed.connect(self._on_progressed)

    # the page

    def set_small(self, small: bool) -> None:
        super().set_small(small)
        self._small = small
        self.parts.set_small(small)
        self.modes.set_small(small)
        self.set_state((SHORT if small else STATES)[self._chat.state])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() != Qt.Key.Key_Escape or not self.parts.composer.leave():
            super().keyPressEvent(event)

    def set_lineage(self, parts: Sequence[LineagePart]) -> None:
        """Show what is talked to, not what is being prepared or was opened elsewhere."""
        self._lineage, run = tuple(parts), self.desk.run
        super().set_lineage(lineage_parts(run) if run else parts)

    def shown(self) -> None:
        self._studio.runs.refresh()  # a run that trains may have grown another branch
        self.desk.refresh()
        self.modes.shown()
        self.keeping.show()
        self.parts.composer.editor.setFocus()

    def ask(self, question: str) -> None:
        """Ask in every column, loading what is chosen first if it is not in memory."""
        self.asking.ask(question)

    def _on_held_out_chosen(self, row: HeldOut) -> None:
        # as the run was trained and is measured: a row on its own, without turns before it
        self.asking.ask(row.question, row.written, alone=True)

    def _on_look_changed(self) -> None:
        for exchange in self.parts.conversation.exchanges:
            exchange.set_differences(self.parts.differences.isChecked())

    def _on_plain_toggled(self, plain: bool) -> None:
        for exchange in self.parts.conversation.exchanges:
            exchange.set_plain(plain, self.parts.differences.isChecked())
        try:
            self._studio.settings.set("plain", plain)
        except StudioError as problem:
            self._studio.problem_met.emit(problem)

    # columns

    def _on_run_chosen(self, run_id: str, place: int) -> None:
        self.desk.columns.choose_run(run_id, place)
        self._reload_if_loaded()

    def _on_branch_chosen(self, index: int, place: int) -> None:
        self.desk.columns.choose_branch(index, place)
        self._reload_if_loaded()

    def _on_point_requested(self, run_id: str, step: int) -> None:
        self.desk.columns.choose_point(run_id, step)
        self._reload_if_loaded()

    def _on_add_clicked(self) -> None:
        button = self.parts.add_button
        self.parts.menu.fill_with(self.desk.runs)
        self.parts.menu.popup(button.mapToGlobal(QPoint(0, button.height() + 2)))

    def _on_branch_added(self, summary: RunSummary, branch: str) -> None:
        try:
            self.desk.columns.add_run(summary, branch)
        except StudioError as problem:
            self.parts.notices.show_problem(problem, None)
        else:
            self._reload_if_loaded()

    def _on_folder_requested(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, "An adapter's folder, in PEFT's layout")
        if chosen:
            self.add_folder(Path(chosen))

    def add_folder(self, folder: Path) -> None:
        """Add a column for an adapter from elsewhere; a sentence says why it cannot be."""
        self.parts.notices.clear_problem()
        try:
            self.desk.columns.add_folder(folder)
        except StudioError as problem:
            way_out = ("Choose another folder", self._on_folder_requested)
            self.parts.notices.show_problem(problem, way_out)
        else:
            self._reload_if_loaded()

    def _on_remove_requested(self, place: int) -> None:
        columns = self.desk.columns
        before, title = [c.key for c in columns.all], columns.all[place].title
        columns.remove(place)
        self._reload_if_loaded()

        def undo() -> None:
            columns.choose_keys(before)
            self._reload_if_loaded()

        self._studio.said.emit(f"{title} taken away", undo)

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
        self.asking.end("not asked")
        self.desk.cancel()

    def _reload_if_loaded(self) -> None:
        if self._chat.state in (READY, ANSWERING, LOADING) and not self.desk.is_loaded:
            self.asking.end("broken off: other columns were chosen")
            self.desk.load()

    def _on_progressed(self, progress: Progress) -> None:
        share = f" {100 * progress.done // progress.total} %" if progress.total else ""
        self._progress = f"{progress.what}{share}"
        self._show_loading()

    def _show_loading(self) -> None:
        seconds = duration(time.monotonic() - self._load_began)
        name = self.desk.adapted_name or self.desk.base_name
        how_far = f"{self._progress} · {seconds}" if self._progress else seconds
        self.parts.notices.show_loading(f"Loading {name}", how_far)

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
            self.asking.end("broken off: the model was unloaded")
        elif state == READY:
            self.asking.end_if_whole()
        self._show_loaded()

    def _on_choice_changed(self) -> None:
        desk = self.desk
        columns = desk.columns.all
        self.set_lineage(self._lineage)
        self.parts.show_conversation(bool(desk.base_name))
        self.parts.set_columns(max(len(columns), 0 if desk.runs else 1) + 1)
        self.parts.heads.show_choice(desk.base_name, desk.runs, columns, alone=bool(desk.runs))
        self.parts.side.system.set_trained(desk.columns.trained_prompt)
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
        self.parts.heads.show_loaded(loaded, WHY_NOT.get(state, "loads with the first question"))
        if loaded is not None:
            self.parts.loaded.show_loaded(base, adapted, loaded)
        elif state == LOADING:
            self.parts.loaded.show_loading(base, adapted)
        else:
            self.parts.loaded.show_chosen(base, adapted)
        odd_prompt = desk.columns.odd_prompt(self.parts.side.system.system)
        odd = [(odd_prompt, WORSE)] if odd_prompt else []
        odd += [(words, WORSE_HERE) for words in desk.columns.odd_bases()]
        self.parts.notices.show_warnings(loaded, odd)
        self.parts.composer.set_one_batch(loaded is None or loaded.one_batch)
        self.set_state((SHORT if self._small else STATES)[state])
