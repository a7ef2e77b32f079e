"""Joins the Hub's list with the studio: verdicts, downloads, searches and the token."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject

from studio.app.fetchclient import FetchStopped
from studio.app.outlook import Outlook
from studio.app.studio import Studio
from studio.core.catalogue import catalogue
from studio.core.hubentry import HubEntry, entry_of
from studio.core.problems import FetchError, GatedModelError, StudioError
from studio.core.recipe import Recipe
from studio.core.units import MIB
from studio.core.workspace import file_name
from studio.machine.disk import free_bytes
from studio.ui.model.fetchbox import CONSENT, FetchState
from studio.ui.model.hubpane import HubPane
from studio.ui.model.reach import Reach, best, in_short, in_words, reaches

WRONG_TOKEN = (
    "The token that is kept does not open it: accept the terms on its page on huggingface.co with "
    "the account the token is of, or give another."
)
STEP = 64 * MIB
"""Verdicts are found again when free memory has changed by this much."""


class HubDesk(QObject):
    """Fills the pane while it is in front, and does what the user asks there."""

    def __init__(self, studio: Studio, outlook: Outlook, pane: HubPane, parent: QObject) -> None:
        super().__init__(parent)
        self._studio, self._outlook, self._pane = studio, outlook, pane
        self._found: list[HubEntry] | None = None
        self._words = ""
        self._reaches: dict[str, list[Reach]] = {}
        self._judged_at: tuple[Recipe, object] | None = None
        self._problems: dict[str, str] = {}
        self._refused: set[str] = set()
        self._connect()

    def _connect(self) -> None:
        studio, pane = self._studio, self._pane
        studio.models.listed.connect(self.refresh)
        studio.models.fetch_progressed.connect(self._on_progressed)
        studio.models.fetch_ended.connect(self._on_ended)
        studio.hub.found.connect(self._on_found)
        studio.hub.failed.connect(self._on_search_failed)
        pane.looked_at.connect(self._on_looked_at)
        pane.search_requested.connect(self._on_search_requested)
        pane.closed_search.connect(self._on_search_closed)
        pane.fetch.wanted.connect(self._on_wanted)
        pane.fetch.pause_requested.connect(studio.models.pause_fetch)
        pane.fetch.cancel_requested.connect(self._on_cancel_requested)
        pane.fetch.chosen.connect(self._on_use_requested)
        pane.fetch.token_given.connect(self._on_token_given)

    def refresh(self) -> None:
        """Show what has changed meanwhile; nothing is done while nobody looks."""
        if not self._pane.isVisible():
            return
        self._judge()
        entries = self._entries()
        marks = {entry.id: best(self._reaches.get(entry.id, [])) for entry in entries}
        here = frozenset(entry.id for entry in entries if self._is_here(entry))
        models, searched = self._studio.models, self._found is not None
        fetching = models.fetching_name if models.fetching else ""
        self._pane.show_entries(
            entries, marks, models.begun(), here, fetching=fetching, searched=searched
        )
        self._show_current()

    def _entries(self) -> list[HubEntry]:
        return self._found if self._found is not None else [entry_of(one) for one in catalogue()]

    def _judge(self) -> None:
        """Find out how each could be trained here, if memory or the recipe has changed."""
        recipe = self._studio.draft.recipe
        memory = self._outlook.memory(recipe)
        at = (recipe, memory and (memory.name, memory.free_bytes // STEP))
        if at != self._judged_at:
            self._judged_at, self._reaches = at, {}
        for entry in self._entries():
            if entry.id not in self._reaches and entry.shape is not None:
                self._reaches[entry.id] = reaches(self._outlook, recipe, entry.shape)

    def _is_here(self, entry: HubEntry) -> bool:
        return self._studio.workspace.model(file_name(entry.name, "model")).is_dir()

    def _show_current(self) -> None:
        entry, models = self._pane.current, self._studio.models
        if entry is None:
            return
        fetching = models.fetching_name if models.fetching else ""
        running = fetching == entry.id
        found = self._reaches.get(entry.id, [])
        self._pane.show_facts(entry, in_short(found), in_words(found))
        self._pane.fetch.show_state(
            entry,
            FetchState(
                begun=models.begun().get(entry.id),
                here=self._is_here(entry),
                running=running,
                other="" if running else fetching,
                consent=self._needs_token(entry),
                free_bytes=self._free(),
                problem=self._problems.get(entry.id, ""),
            ),
        )
        if running:
            self._pane.fetch.show_progress(models.progress)

    def _needs_token(self, entry: HubEntry) -> bool:
        """Whether a token is asked for: its owner has refused us, or will as far as we know."""
        return entry.id in self._refused or (entry.gated and not self._studio.tokens.holds_one)

    def _free(self) -> int:
        try:
            return free_bytes(self._studio.workspace.models)
        except StudioError:
            return 0  # a disk that does not answer has no room; the download says the same

    # what happens

    def _on_looked_at(self, _entry: HubEntry) -> None:
        self.refresh()

    def _on_wanted(self) -> None:
        entry = self._pane.current
        if entry is not None:
            self._problems.pop(entry.id, None)
            self._try(self._studio.models.fetch, entry.id)

    def _on_cancel_requested(self) -> None:
        entry, models = self._pane.current, self._studio.models
        if entry is None:
            return
        if models.fetching and models.fetching_name == entry.id:
            models.cancel_fetch()
        else:
            models.discard(entry.id)
        self.refresh()

    def _on_use_requested(self) -> None:
        entry = self._pane.current
        if entry is not None:
            folder = self._studio.workspace.model(file_name(entry.name, "model"))
            self._try(self._studio.models.choose, folder)

    def _on_token_given(self, token: str) -> None:
        self._studio.tokens.keep(token)
        self._on_wanted()

    def _on_progressed(self, _progress: object) -> None:
        entry, models = self._pane.current, self._studio.models
        if entry is not None and entry.id == models.fetching_name and self._pane.isVisible():
            self._pane.fetch.show_progress(models.progress)

    def _on_ended(self, end: Any) -> None:
        name = self._studio.models.fetching_name
        if isinstance(end, GatedModelError):
            self._refused.add(name)
            held = self._studio.tokens.holds_one
            self._problems[name] = f"{end.summary} {WRONG_TOKEN if held else CONSENT}"
        elif isinstance(end, FetchError) and not isinstance(end, FetchStopped):
            self._problems[name] = f"{end.summary} {end.hint}".strip()
        elif not isinstance(end, StudioError):
            self._refused.discard(name)
        self.refresh()

    def _on_search_requested(self, words: str) -> None:
        if self._try(self._studio.hub.search, words):
            self._words = words
            self._pane.say("Asking the Hub…")

    def _on_found(self, entries: list[HubEntry]) -> None:
        self._found = entries
        many = f"{len(entries)} models" if len(entries) != 1 else "One model"
        found = f"{many} in safetensors for “{self._words}”, the most loaded first."
        self._pane.say(found if entries else f"The Hub has nothing for “{self._words}”.")
        self.refresh()

    def _on_search_failed(self, problem: FetchError) -> None:
        self._pane.say(f"{problem.summary} {problem.hint}".strip())

    def _on_search_closed(self) -> None:
        self._found = None
        self._pane.say("")
        self._pane.field.clear()
        self.refresh()

    def _try(self, act: Callable[[Any], object], what: Any) -> bool:
        """Do something; a problem is said in the pane. Return whether it was begun."""
        try:
            act(what)
        except FetchError as problem:
            self._pane.say(f"{problem.summary} {problem.hint}".strip())
            return False
        except StudioError as problem:
            self._studio.problem_met.emit(problem)
            return False
        self.refresh()
        return True
