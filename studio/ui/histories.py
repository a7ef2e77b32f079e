"""Undo and redo as the window's buttons see them, whatever keeps the history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from PySide6.QtGui import QUndoStack

from studio.app.studio import Studio

if TYPE_CHECKING:
    from studio.app.datasetdocument import DatasetDocument


class History(Protocol):
    """Something that can be taken back and done again; texts are empty when nothing is."""

    @property
    def undo_text(self) -> str:
        """What undo would take back."""

    @property
    def redo_text(self) -> str:
        """What redo would do again."""

    def undo(self) -> object:
        """Take the last step back."""

    def redo(self) -> object:
        """Do the step again."""


class StackHistory:
    """A QUndoStack as a history."""

    def __init__(self, stack: QUndoStack) -> None:
        self._stack = stack

    @property
    def undo_text(self) -> str:
        """What undo would take back."""
        return self._stack.undoText() if self._stack.canUndo() else ""

    @property
    def redo_text(self) -> str:
        """What redo would do again."""
        return self._stack.redoText() if self._stack.canRedo() else ""

    def undo(self) -> None:
        """Take the last step back."""
        self._stack.undo()

    def redo(self) -> None:
        """Do the step again."""
        self._stack.redo()


def history_of(studio: Studio, page: str) -> History | None:
    """Return the history that belongs to a page, or None if it has none."""
    if page == "Data":
        document: DatasetDocument | None = studio.datasets.current
        return document
    return StackHistory(studio.draft.undo_stack) if page == "Model" else None
