"""Joins the list of models with the studio: what is there, what is chosen, and the starter."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from studio.app.fetchclient import FetchStopped
from studio.app.outlook import Outlook
from studio.app.studio import Studio
from studio.core.problems import GatedModelError, StudioError
from studio.core.protocol import Progress
from studio.ui.model.modelcard import ModelCard
from studio.ui.model.reach import best, in_short, in_words, reaches


class ModelDesk(QObject):
    """Fills the list and does what the user asks there."""

    def __init__(self, studio: Studio, outlook: Outlook, card: ModelCard, parent: QObject) -> None:
        super().__init__(parent)
        self._studio, self._outlook, self._card = studio, outlook, card
        models = studio.models
        models.listed.connect(self.refresh)
        models.fetch_progressed.connect(self._on_fetch_progressed)
        models.fetch_ended.connect(self._on_fetch_ended)
        card.chosen.connect(lambda folder: self.attempt(models.choose, folder))
        card.add_requested.connect(self._on_add_requested)
        card.remove_requested.connect(lambda folder: self.attempt(models.remove_folder, folder))
        card.starter_requested.connect(self._on_starter_requested)
        card.cancel_requested.connect(models.cancel_fetch)

    def refresh(self) -> None:
        """Show what has changed meanwhile."""
        library, starter = self._studio.models, self._card.starter
        infos = library.all()
        recipe, current = self._studio.draft.recipe, library.current
        fits = {info.folder: reaches(self._outlook, recipe, info.shape) for info in infos}
        marks = {folder: best(found) for folder, found in fits.items()}
        if current is not None and marks.get(current.folder) == "no":
            marks[current.folder] = "over"
        self._card.show_models(infos, library.refused(), current, marks)
        found = reaches(self._outlook, recipe, current.shape) if current is not None else []
        self._card.show_fits(in_short(found), in_words(found))
        fetching = library.fetching and self._of_starter
        starter.setVisible(fetching or not library.starter_present())
        if fetching:
            starter.show_progress(library.progress)

    @property
    def _of_starter(self) -> bool:
        """Whether the download is or was that of the starter, which has its own place."""
        return self._studio.models.fetching_name in ("", "starter")

    def attempt(self, act: Callable[..., object], *args: object) -> bool:
        """Do something and return whether it came about; a problem goes to the error banner."""
        try:
            act(*args)
        except StudioError as problem:
            self._studio.problem_met.emit(problem)
            self.refresh()
            return False
        return True

    def _on_add_requested(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self._card, "Folder of a model")
        if chosen:
            self.attempt(self._studio.models.add_folder, Path(chosen))

    def _on_starter_requested(self) -> None:
        self._card.starter.show_progress(None)
        self.attempt(self._studio.models.fetch_starter)

    def _on_fetch_progressed(self, progress: Progress) -> None:
        if self._of_starter:
            self._card.starter.show_progress(progress)

    def _on_fetch_ended(self, end: Any) -> None:
        if self._of_starter:
            self._card.starter.show_idle(end.summary if isinstance(end, StudioError) else "")
        if isinstance(end, StudioError) and not isinstance(end, (FetchStopped, GatedModelError)):
            self._studio.problem_met.emit(end)
        self.refresh()
