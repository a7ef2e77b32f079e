"""The menu from which a column is added: branches of runs, or an adapter's folder."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QMenu, QWidget

from studio.app.chatsubject import branches_of
from studio.data.runfiles import RunSummary

MOST_RUNS = 15
MOST_BRANCHES = 12
LONGEST = 50
"""Characters of a title that a menu shows."""


class ColumnMenu(QMenu):
    """Lists what can answer beside the base.

    Signals:
        branch_chosen(object, str): a ``RunSummary`` and the title of its branch.
        folder_requested(): an adapter from elsewhere.
    """

    branch_chosen = Signal(object, str)
    folder_requested = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__("Add a column", parent)

    def fill_with(self, runs: Sequence[RunSummary]) -> None:
        """Offer these runs, those of the first ones with all of their branches."""
        self.clear()
        for summary in runs[:MOST_RUNS]:
            inner = QMenu(_plain(summary.title), self)
            for branch in branches_of(summary.folder)[:MOST_BRANCHES]:
                act = inner.addAction(_plain(branch.title))
                act.triggered.connect(
                    lambda _=False, s=summary, t=branch.title: self.branch_chosen.emit(s, t)
                )
            self.addMenu(inner)
        if runs:
            self.addSeparator()
        self.addAction("An adapter's folder…").triggered.connect(self.folder_requested)


def _plain(text: str) -> str:
    return text[:LONGEST].replace("&", "&&")
