"""What is talked to and what was asked: chooses, loads on demand, asks when ready."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, Signal

from studio.app.chatclient import FAILED, READY, ChatClient
from studio.app.chatsubject import Branch, base_request, branch_request, branches_of
from studio.app.draft import RecipeDraft
from studio.app.modellibrary import ModelLibrary
from studio.app.runlibrary import RunLibrary
from studio.app.runstore import RunStore
from studio.core.problems import StudioError
from studio.core.sampler import Sampler
from studio.core.workspace import Workspace
from studio.data.runfiles import RunSummary, summarize


class ChatDesk(QObject):
    """Joins the chat engine with the runs and models; the chat page owns it.

    Without a run that has grown a branch, the chosen base alone is talked to.

    Attributes:
        runs: the runs that have a branch, newest first.
        run: the one that is talked to, or None.
        branches: its adapters.
        branch: the one that is talked to, or None.

    Signals:
        choice_changed(): runs, run, branches or branch are others now.
        asked(object): the question in hand has gone to the engine; names of the columns.
        problem_met(object): the StudioError why the choice cannot be loaded.
    """

    choice_changed = Signal()
    asked = Signal(object)
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
        self._next: tuple[str, Sampler] | None = None
        self._consented = False
        self.runs: list[RunSummary] = []
        self.run: RunSummary | None = None
        self.branches: list[Branch] = []
        self.branch: Branch | None = None
        runs.listed.connect(self.refresh)
        runs.opened.connect(self._on_run_opened)
        models.chosen.connect(self._on_model_chosen)
        chat.state_changed.connect(self._on_state_changed)

    @property
    def base_name(self) -> str:
        """Name of the base that is talked to; empty when there is none."""
        if self.run is not None:
            return self.run.model
        return self._models.current.name if self._models.current is not None else ""

    @property
    def adapted_name(self) -> str:
        """Run and branch that are talked to; empty for the base alone."""
        if self.run is None or self.branch is None:
            return ""
        return f"{self.run.title} · {self.branch.title}"

    @property
    def is_loaded(self) -> bool:
        """Whether what is chosen is in memory."""
        wanted = self._chat.wanted
        if self._chat.facts is None or wanted is None:
            return False
        if self.branch is not None:
            return wanted.adapter == str(self.branch.folder)
        model = self._models.current
        return not wanted.adapter and model is not None and wanted.model == str(model.folder)

    @property
    def needs_consent(self) -> bool:
        """Whether loading would take memory from a run that trains, and nobody has agreed."""
        return self._runs.live is not None and not self.is_loaded and not self._consented

    def refresh(self) -> None:
        """Look again at the runs and at the branches of the one that is talked to."""
        self.runs = [s for s in self._runs.all() if s.adapter is not None or s.state.checkpoints]
        known = {summary.run: summary for summary in self.runs}
        wanted = self.run.run if self.run is not None else ""
        shown = self._runs.current
        if wanted not in known and shown is not None:
            wanted = shown.run
        self._take(known.get(wanted) or next(iter(self.runs), None))

    def choose_run(self, run_id: str) -> None:
        """Talk to another run's result."""
        self._take(next((s for s in self.runs if s.run == run_id), None))

    def choose_branch(self, index: int) -> None:
        """Talk to another branch of the run."""
        self.branch = self.branches[index]
        self.choice_changed.emit()

    def choose_point(self, run_id: str, step: int) -> None:
        """Talk to a run as it was at a step; 0, or a step that was not kept, is its first branch."""
        if all(summary.run != run_id for summary in self.runs):
            self.runs = [summarize(self._workspace.run(run_id)), *self.runs]
        self._take(next(summary for summary in self.runs if summary.run == run_id))
        at = next((n for n, b in enumerate(self.branches) if step and b.step == step), None)
        if at is not None:
            self.choose_branch(at)
        elif not step and self.branches:
            self.choose_branch(0)

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

    def ask(self, question: str, sampler: Sampler) -> None:
        """Ask in every column, after loading what is chosen if that is not in memory."""
        self._next = question, sampler
        if self.is_loaded and self._chat.state == READY:
            self._ask_next()
        else:
            self.load()

    def cancel(self) -> None:
        """Give up the loading, and the question that waits for it."""
        self._next = None
        self._chat.unload()

    def _request(self) -> dict[str, Any] | None:
        if self.run is not None and self.branch is not None:
            return branch_request(self._workspace, self.run.folder, self.branch)
        if self._models.current is not None:
            return base_request(self._models.current.folder, self._draft.recipe)
        return None

    def _ask_next(self) -> None:
        if self._next is None or self._chat.facts is None:
            return
        (question, sampler), self._next = self._next, None
        self._chat.generate(
            question,
            max_new_tokens=sampler.max_new_tokens,
            temperature=sampler.temperature,
            top_p=sampler.top_p,
            seed=sampler.seed,
        )
        self.asked.emit(list(self._chat.facts.columns))

    def _take(self, summary: RunSummary | None) -> None:
        before = self.branch.title if self.branch is not None else ""
        same = summary is not None and self.run is not None and summary.run == self.run.run
        self.run = summary
        self.branches = branches_of(summary.folder) if summary is not None else []
        kept = next((b for b in self.branches if same and b.title == before), None)
        self.branch = kept or next(iter(self.branches), None)
        if self.branch is None:
            self.run = None
        self.choice_changed.emit()

    def _on_run_opened(self, store: RunStore | None) -> None:
        if store is not None and any(summary.run == store.run for summary in self.runs):
            self.choose_run(store.run)

    def _on_model_chosen(self, _model: object) -> None:
        self.choice_changed.emit()

    def _on_state_changed(self, state: str) -> None:
        if state == READY:
            self._ask_next()
        elif state == FAILED:
            self._next = None
