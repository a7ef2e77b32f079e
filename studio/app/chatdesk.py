"""What is talked to and what was asked: loads the chosen columns on demand, asks when ready."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QObject, Signal

from studio.app.chatclient import FAILED, READY, ChatClient
from studio.app.chatcolumns import ChatColumns
from studio.app.chatsubject import Branch, base_request, columns_request
from studio.app.draft import RecipeDraft
from studio.app.modellibrary import ModelLibrary
from studio.app.runlibrary import RunLibrary
from studio.core.problems import StudioError
from studio.core.protocol import ChatLoaded
from studio.core.talk import BASE_KEY, TalkColumn, TalkTurn, history_of
from studio.core.workspace import Workspace
from studio.data.runfiles import RunSummary


class ChatDesk(QObject):
    """Joins the chat engine with the runs and models; the chat page owns it.

    Attributes:
        columns: who answers beside the base.

    Signals:
        choice_changed(): the runs or the columns are others now.
        asked(): the question in hand has gone to the engine.
        problem_met(object): the StudioError why the choice cannot be loaded.
    """

    choice_changed = Signal()
    asked = Signal()
    problem_met = Signal(object)

    def __init__(
        self,
        workspace: Workspace,
        chat: ChatClient,
        runs: RunLibrary,
        models: ModelLibrary,
        draft: RecipeDraft,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._workspace, self._chat = workspace, chat
        self._runs, self._models, self._draft = runs, models, draft
        self.columns = ChatColumns(workspace, runs, models, self)
        self._next: Callable[[ChatLoaded], None] | None = None
        self._consented = False
        self.columns.changed.connect(self.choice_changed)
        models.chosen.connect(lambda _model: self.choice_changed.emit())
        chat.state_changed.connect(self._on_state_changed)

    @property
    def runs(self) -> list[RunSummary]:
        """The runs that have a branch, newest first."""
        return self.columns.runs

    @property
    def run(self) -> RunSummary | None:
        """The run that the first column is from."""
        return self.columns.run

    @property
    def branch(self) -> Branch | None:
        """The branch that answers in the first column."""
        return self.columns.all[0].branch if self.columns.all else None

    @property
    def base_name(self) -> str:
        """Name of the base that is talked to; empty when there is none."""
        return self.columns.base_name

    @property
    def adapted_name(self) -> str:
        """Who answers beside the base, as one line; empty for the base alone."""
        return ", ".join(column.title for column in self.columns.all)

    @property
    def is_loaded(self) -> bool:
        """Whether what is chosen is in memory."""
        wanted = self._chat.wanted
        if self._chat.facts is None or wanted is None:
            return False
        keys = [wanted.adapter, *(str(other.get("adapter", "")) for other in wanted.others)]
        if keys != ([column.key for column in self.columns.all] or [""]):
            return False
        model = self._models.current
        named = self.columns.based is not None
        return named or (model is not None and wanted.model == str(model.folder))

    @property
    def needs_consent(self) -> bool:
        """Whether loading would take memory from a run that trains, and nobody has agreed."""
        return self._runs.live is not None and not self.is_loaded and not self._consented

    def talk_columns(self) -> tuple[TalkColumn, ...]:
        """Return who answers, the base first, with the hashes of what is in memory."""
        facts = self._chat.facts if self.is_loaded else None
        found = [TalkColumn(BASE_KEY, f"Base {self.base_name}", facts.base_hash if facts else "")]
        for place, column in enumerate(self.columns.all):
            proof = identity(facts, place).get("adapter_hash", "") if facts else ""
            found.append(TalkColumn(column.key, column.title, str(proof)))
        return tuple(found)

    def refresh(self) -> None:
        """Look again at the runs and at the branches of those that answer."""
        self.columns.refresh()

    def consent(self) -> None:
        """Load although a run trains."""
        self._consented = True

    def load(self) -> None:
        """Load what is chosen; problem_met says why it cannot be."""
        try:
            request = self._request()
        except StudioError as problem:
            self._next = None
            self.problem_met.emit(problem)
            return
        if request is not None:
            self._chat.load(**request)

    def ask(self, turn: TalkTurn, before: Sequence[TalkTurn]) -> None:
        """Ask in every column, after loading what is chosen if that is not in memory."""

        def ask(facts: ChatLoaded) -> None:
            keys = [column.key for column in turn.columns]
            history = {
                name: history_of(before, key)
                for name, key in zip(facts.columns, keys, strict=False)
            }
            self._chat.generate(
                turn.question,
                turn.sampler,
                system=turn.system,
                history=None if turn.alone else history,
            )
            self.asked.emit()

        self._do(ask)

    def show_prompt(self, turn: TalkTurn, before: Sequence[TalkTurn], key: str) -> None:
        """Ask what a column reads of a turn, after loading if that is needed."""
        turns = [] if turn.alone else history_of(before, key)

        def show(_facts: ChatLoaded) -> None:
            self._chat.show_prompt(turn.question, turn.system, turns)

        self._do(show)

    def cancel(self) -> None:
        """Give up the loading, and the question that waits for it."""
        self._next = None
        self._chat.unload()

    def _do(self, act: Callable[[ChatLoaded], None]) -> None:
        self._next = act
        if self.is_loaded and self._chat.state == READY:
            self._do_next()
        else:
            self.load()

    def _request(self) -> dict[str, Any] | None:
        columns = self.columns.all
        self.columns.require_there()
        if self.columns.based is not None:
            return columns_request(self._workspace, self.columns.based, columns)
        if self._models.current is not None:
            return base_request(self._models.current.folder, self._draft.recipe, columns)
        return None

    def _do_next(self) -> None:
        if self._next is not None and self._chat.facts is not None:
            act, self._next = self._next, None
            act(self._chat.facts)

    def _on_state_changed(self, state: str) -> None:
        if state == READY:
            self._do_next()
        elif state == FAILED:
            self._next = None


def identity(facts: ChatLoaded | None, place: int) -> dict[str, Any]:
    """Return what the engine tells of an adapted column, counted from 0; empty if nothing."""
    if facts is None:
        return {}
    told = facts.identities[place] if place < len(facts.identities) else None
    if isinstance(told, dict):
        return told
    if place == 0 and len(facts.columns) > 1:
        return {
            "adapter_hash": facts.adapter_hash,
            "proven": facts.base_proven,
            "template_same": facts.template_same,
        }
    return {}
