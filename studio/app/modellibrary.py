"""The models at hand, the one chosen, and fetching the starter model."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QThread, Signal

from studio.app.draft import RecipeDraft
from studio.app.tokenkeeper import TokenKeeper
from studio.core.problems import FetchError, ModelError, StudioError
from studio.core.recipe import Recipe
from studio.core.workspace import Workspace
from studio.machine.begunfetches import BegunFetch, begun_fetches, discard_begun
from studio.machine.models import (
    STARTER,
    ModelInfo,
    RefusedModel,
    inspect_model,
    look_at_models,
    resolve_model,
)
from studio.machine.remembered import forget_folder, remember_folder

# What downloads is imported when something is downloaded, not before the window's first paint.
if TYPE_CHECKING:
    from studio.app.fetchclient import FetchClient
    from studio.core.protocol import Progress

Found = tuple[list[ModelInfo], list[RefusedModel]]


class _Look(QThread):
    """Reads the headers of all models off the GUI thread.

    Signals:
        looked(object): the models and the folders that were refused.
    """

    looked = Signal(object)

    def __init__(self, workspace: Workspace, parent: QObject) -> None:
        super().__init__(parent)
        self._workspace = workspace

    def run(self) -> None:
        self.looked.emit(look_at_models(self._workspace))


class ModelLibrary(QObject):
    """Models of a workspace; owned by the studio.

    Signals:
        listed(): the list of models is another one.
        chosen(object): another ModelInfo is current, or None.
        fetch_progressed(object): a Progress of the download.
        fetch_ended(object): a Fetched, or the StudioError that stopped it.
    """

    listed = Signal()
    chosen = Signal(object)
    fetch_progressed = Signal(object)
    fetch_ended = Signal(object)

    def __init__(
        self,
        workspace: Workspace,
        parent: QObject | None = None,
        *,
        tokens: TokenKeeper | None = None,
    ) -> None:
        super().__init__(parent)
        self._workspace, self._tokens = workspace, tokens
        self._found: Found | None = None
        self._look: _Look | None = None
        self._current: ModelInfo | None = None
        self._draft: RecipeDraft | None = None
        self._followed = ""
        self.progress: Progress | None = None
        """How far the download is; None when there is none."""
        self.fetching_name = ""
        """What is downloaded or was last: "starter", or owner/name."""
        self.offline = False
        """Whether the user wants nothing fetched."""
        self._unwanted = ""

    # what there is

    def all(self) -> list[ModelInfo]:
        """Return the models that may be loaded, smallest first; reads them if nobody has."""
        return list(self._read()[0])

    def refused(self) -> list[RefusedModel]:
        """Return the folders that may not be loaded, each with its reason."""
        return list(self._read()[1])

    def warm(self) -> None:
        """Read the list on a thread; ``listed`` follows. Called after the first paint."""
        if self._look is None:
            self._look = _Look(self._workspace, self)
            self._look.looked.connect(self._on_looked)
            self._look.finished.connect(self._on_look_finished)
            self._look.start()

    def refresh(self) -> None:
        """Read the list again, now."""
        self._take(look_at_models(self._workspace))

    def starter_present(self) -> bool:
        """Whether the starter model is in this workspace."""
        return self._workspace.model(STARTER).is_dir()

    # what is chosen

    @property
    def current(self) -> ModelInfo | None:
        """The model that is chosen."""
        return self._current

    def choose(self, folder: Path) -> None:
        """Make a model folder the current one.

        Raises:
            ModelError: it may not be loaded; the current one stays.
        """
        self._set_current(inspect_model(folder))

    def add_folder(self, path: Path) -> ModelInfo:
        """Remember a folder outside the workspace and make it the current one.

        Raises:
            ModelError: it may not be loaded.
            StudioError: the workspace's settings cannot be written.
        """
        info = inspect_model(path.expanduser().resolve())
        if info.folder.parent != self._workspace.models:
            remember_folder(self._workspace, info.folder)
        self.refresh()
        self._set_current(info)
        return info

    def remove_folder(self, folder: Path) -> None:
        """Forget a folder that was added; its files stay.

        Raises:
            StudioError: the workspace's settings cannot be written.
        """
        forget_folder(self._workspace, folder)
        if self._current is not None and self._current.folder == folder:
            self._set_current(None)
        self.refresh()

    def follow(self, draft: RecipeDraft) -> None:
        """Keep the choice and the draft's model in step from now on, undo included."""
        self._draft = draft
        draft.changed.connect(self._on_draft_changed)
        self._on_draft_changed(draft.recipe)

    def recipe_name(self, info: ModelInfo) -> str:
        """Return what a recipe calls a model: its name where that is enough, else its folder."""
        try:
            known = resolve_model(self._workspace, info.name)
        except ModelError:
            return str(info.folder)
        return info.name if known == info.folder else str(info.folder)

    # fetching

    @cached_property
    def _fetcher(self) -> FetchClient:
        from studio.app.fetchclient import FetchClient

        made = FetchClient(self, tokens=self._tokens)
        made.gone.connect(self._on_fetcher_gone)
        made.progressed.connect(self._on_fetch_progressed)
        made.ended.connect(self._on_fetch_ended)
        return made

    @property
    def fetching(self) -> bool:
        """Whether a download is under way."""
        return "_fetcher" in self.__dict__ and self._fetcher.running

    def fetch_starter(self) -> None:
        """Download the starter model, as :meth:`fetch` does; raises what that raises."""
        self.fetch("starter")

    def fetch(self, name: str) -> None:
        """Download a model of the Hub, or go on where it was paused; signals as for the starter.

        Raises:
            FetchError: a download is under way, or the user wants nothing fetched.
        """
        from studio.app.hubsearch import check_online

        check_online(self.offline)
        if self._unwanted == name:
            raise FetchError("The cancelled download is still ending.", "Try again in a moment.")
        self._fetcher.fetch(name, self._workspace.models)
        self.fetching_name = name

    def begun(self) -> dict[str, BegunFetch]:
        """Return the downloads that can go on, by owner/name."""
        return {begun.repo: begun for begun in begun_fetches(self._workspace.models)}

    def pause_fetch(self) -> None:
        """Stop the download and keep what came; ``fetch_ended`` follows."""
        self._fetcher.pause()

    def cancel_fetch(self) -> None:
        """Stop the download and remove what came; ``fetch_ended`` follows."""
        self._unwanted = self.fetching_name if self._fetcher.there else ""
        if not self._unwanted:
            discard_begun(self._workspace.models, self.fetching_name)
        self._fetcher.cancel()

    def discard(self, name: str) -> None:
        """Remove what came of a download that is paused; ``listed`` follows."""
        discard_begun(self._workspace.models, name)
        self.listed.emit()

    def close(self) -> None:
        """Stop the download and the thread, and wait for both."""
        if "_fetcher" in self.__dict__:
            self._fetcher.close()
        self._on_fetcher_gone()
        if self._look is not None:
            self._look.wait()

    # what happens

    def _read(self) -> Found:
        if self._found is None:
            self._found = look_at_models(self._workspace)
        return self._found

    def _take(self, found: Found) -> None:
        if found != self._found:
            self._found = found
            self.listed.emit()

    def _on_looked(self, found: Any) -> None:
        self._take(found)
        if self._draft is not None and self._current is None:
            self._on_draft_changed(self._draft.recipe)

    def _on_look_finished(self) -> None:
        look, self._look = self._look, None
        if look is not None:
            look.deleteLater()

    def _set_current(self, info: ModelInfo | None) -> None:
        if info == self._current:
            return
        self._current = info
        self.chosen.emit(info)
        if info is not None and self._draft is not None:
            self._draft.edit_all({"model": self.recipe_name(info)}, f"Choose {info.name}")

    def _on_draft_changed(self, recipe: Recipe) -> None:
        """Choose what the recipe names; one that cannot be loaded is no choice."""
        if self._current is not None and recipe.model == self._followed:
            return  # every change of the recipe comes here, and names are looked up on the disk
        self._followed = recipe.model
        if self._current is not None and recipe.model == self.recipe_name(self._current):
            return
        info = None
        if recipe.model:
            try:
                info = inspect_model(resolve_model(self._workspace, recipe.model))
            except ModelError:
                info = None  # the page says that no model is chosen; a start names the reason
        self._set_current(info)

    def _on_fetcher_gone(self) -> None:
        """Remove what a cancelled download left, now that nobody writes there."""
        unwanted, self._unwanted = self._unwanted, ""
        if unwanted:
            discard_begun(self._workspace.models, unwanted)
            self.listed.emit()

    def _on_fetch_progressed(self, progress: Progress) -> None:
        self.progress = progress
        self.fetch_progressed.emit(progress)

    def _on_fetch_ended(self, end: Any) -> None:
        self.progress = None
        if not isinstance(end, StudioError):
            self.refresh()
            try:
                if self._current is None or self.fetching_name != "starter":
                    self.choose(Path(end.path))
            except ModelError as problem:
                end = problem
        self.fetch_ended.emit(end)
