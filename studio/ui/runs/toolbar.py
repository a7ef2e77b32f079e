"""What stands above the table of runs: search, filters, and the acts that are done most."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from studio.ui.runs.filters import Filters
from studio.ui.runs.runmenu import RunActions
from studio.ui.widgets.parts import Button, SearchField, fill
from studio.ui.widgets.segmented import Segmented


class RunsToolbar(QWidget):
    """One line; what cannot be done with the chosen runs is disabled.

    Signals:
        asked(str): an act is wanted, by its name.
        more_wanted(object): the place on the screen where the menu of all acts is asked for.
    """

    asked = Signal(str)
    more_wanted = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.search = SearchField("Search runs, tags and notes")
        self.search.setMaximumWidth(240)
        self.filters = Filters()
        self.below = Segmented("Shown below", "About", "Curves", ground="bg")
        self.queue = Button("Queue", "queue", tool=True)
        self.queue.setCheckable(True)
        self.open = Button("Open", "train", tool=True)
        self.resume = Button("Resume", "play", tool=True)
        self.clone = Button("Clone", "copy", tool=True)
        self.more = Button("More to do with the chosen runs", "more", "icon")
        row = fill(QHBoxLayout(self), gap=8)
        row.addWidget(self.search, 2)
        row.addWidget(self.filters)
        row.addStretch(1)
        for part in (self.below, self.queue, self.open, self.resume, self.clone, self.more):
            row.addWidget(part)
        for button, name in self._acts():
            button.clicked.connect(lambda _=False, name=name: self.asked.emit(name))
        self.more.clicked.connect(self._on_more)

    def _acts(self) -> tuple[tuple[Button, str], ...]:
        return (self.open, "open"), (self.resume, "resume"), (self.clone, "clone")

    def set_small(self, small: bool) -> None:
        """Take the form for narrow windows, or leave it."""
        self.below.setVisible(small)
        self.filters.set_small(small)

    def show_waiting(self, many: int) -> None:
        """Say how many runs wait for their turn."""
        self.queue.setText(f"Queue · {many}" if many else "Queue")

    def offer(self, acts: RunActions) -> None:
        """Enable what can be done now."""
        for button, name in self._acts():
            button.setEnabled(acts[name].isEnabled())
        self.resume.setText(acts["resume"].text())

    def _on_more(self) -> None:
        self.more_wanted.emit(self.more.mapToGlobal(QPoint(0, self.more.height())))
