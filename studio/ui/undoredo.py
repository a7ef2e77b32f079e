"""Undo and redo of the page in front: two actions, and two buttons in the menu bar's corner."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QMenuBar, QWidget

from studio.app.studio import Studio
from studio.ui.actions import Actions, Keys
from studio.ui.histories import History, history_of
from studio.ui.look.tokens import HEIGHT_MENU
from studio.ui.widgets.parts import Button, fill
from studio.ui.widgets.toast import Toast

if TYPE_CHECKING:
    from studio.app.datasetdocument import DatasetDocument

LONGEST = 60
"""Characters of what is undone that a menu shows."""


class UndoRedo:
    """Owned by the window, which says which page is in front.

    What a toast offers to take back was done last, so that undo is that, on whichever page. With
    the next step of any history the toast offers it no more: a step back would be another one.

    Attributes:
        undo_action, redo_action: in the menu Edit, with what they would do.
        undo_button, redo_button: in the menu bar's corner.
    """

    def __init__(self, studio: Studio, acts: Actions, toast: Toast) -> None:
        self._studio, self._toast, self._page = studio, toast, ""
        self.undo_action = acts.add("Edit", "Undo", self._undo, Keys.Undo)
        self.redo_action = acts.add("Edit", "Redo", self._redo, Keys.Redo)
        self.undo_button = Button("Undo", "undo", "icon")
        self.redo_button = Button("Redo", "redo", "icon")
        self.undo_button.clicked.connect(self.undo_action.trigger)
        self.redo_button.clicked.connect(self.redo_action.trigger)
        toast.way_back_changed.connect(lambda: self.show_page(self._page))
        studio.draft.undo_stack.indexChanged.connect(lambda _index: toast.forget_way_back())
        studio.datasets.opened.connect(self._on_dataset_opened)

    def _on_dataset_opened(self, document: DatasetDocument | None) -> None:
        if document is not None:
            document.changed.connect(lambda _change: self._toast.forget_way_back())

    def place(self, bar: QMenuBar) -> None:
        """Put the buttons into the corner of the menu bar."""
        corner = QWidget(bar)
        fill(QHBoxLayout(corner), self.undo_button, self.redo_button, edge=(0, 0, 12, 0))
        corner.setMaximumHeight(HEIGHT_MENU - 1)
        bar.setCornerWidget(corner)

    def show_page(self, page: str) -> None:
        """Follow the history of a page from now on, and show what can be undone."""
        self._page = page
        history = self._history()
        undo, redo = (history.undo_text, history.redo_text) if history else ("", "")
        undo = self._toast.offered or undo
        for act, button, verb, text in (
            (self.undo_action, self.undo_button, "Undo", undo),
            (self.redo_action, self.redo_button, "Redo", redo),
        ):
            words = text[:LONGEST].replace("&", "&&")
            act.setText(f"{verb}: {words}" if text else verb)
            act.setEnabled(bool(text))
            button.setEnabled(bool(text))

    def _history(self) -> History | None:
        return history_of(self._studio, self._page)

    def _undo(self) -> None:
        history = self._history()
        if self._toast.offered:
            self._toast.take_back()
        elif history is not None and history.undo_text:
            history.undo()
        self.show_page(self._page)

    def _redo(self) -> None:
        history = self._history()
        if history is not None and history.redo_text:
            history.redo()
        self.show_page(self._page)
