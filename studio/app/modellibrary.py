"""The models at hand, the one chosen, and fetching the starter model."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from studio.core.workspace import Workspace
from studio.machine.models import ModelInfo


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

    def __init__(self, workspace: Workspace, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._models: list[ModelInfo] | None = None
        self._current: ModelInfo | None = None
