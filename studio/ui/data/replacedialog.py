"""Find and replace over many rows, with every change shown before it is made."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QLineEdit, QWidget

from studio.app.bulkjob import Cancelled, Tell
from studio.app.datasetdocument import DatasetDocument
from studio.app.searchjob import SearchJob
from studio.core.problems import StudioError
from studio.data.packing import Ids
from studio.data.passages import TURNS, written_fields
from studio.data.pattern import Wanted
from studio.data.replacing import Found, replace
from studio.data.store import Change, Dataset
from studio.ui.data.changestable import ChangesTable
from studio.ui.dialogs.frame import Dialog
from studio.ui.look import fonts
from studio.ui.look.fonts import Role
from studio.ui.models.changesmodel import ChangesModel
from studio.ui.widgets.parts import Button, ChoiceField, fill, label, prose, restyle
from studio.ui.widgets.segmented import Segmented
from studio.ui.widgets.toggle import Toggle

TYPING_MS = 250
"""A pause in typing after which the search begins."""
SIZE = (860, 600)
ALL_TEXTS = "All texts"
HELP = r"\1 and \g<name> put groups in; ^ and $ are the ends of lines"


class ReplaceDialog(Dialog):
    """Searches as one types; the acts of editing make the changes it was accepted with.

    Args:
        parent: the window.
        document: what is searched; nothing of it changes while the dialog is open.
        scopes: (words, rows (N,)) of each choice of rows, the last of all rows.
        current: which of them is chosen at first.
    """

    def __init__(
        self,
        parent: QWidget | None,
        document: DatasetDocument,
        scopes: list[tuple[str, Ids]],
        current: int,
    ) -> None:
        super().__init__(parent, "Find and replace")
        self._document, self._scopes = document, scopes
        self.find_line, self.put_line = _line("Find"), _line("Replace with")
        self.case = Toggle("Match case", on=True)
        self.word = Toggle("Whole words")
        self.expression = Toggle("Regular expression")
        self.field = ChoiceField(ALL_TEXTS, *map(_named, written_fields(document.fields)))
        self.field.setAccessibleName("In which texts")
        self.field.setMinimumContentsLength(14)
        self.scope = Segmented("In which rows", *(words for words, _ in scopes), current=current)
        self.sentence = prose("", Role.SMALL)
        self.model = ChangesModel(document, self)
        self.table = ChangesTable(self.model)
        self.all_button = Button("Tick all", kind="quiet", compact=True)
        self.none_button = Button("Leave all alone", kind="quiet", compact=True)
        self._job = SearchJob(document, self)
        self._timer = QTimer(self, singleShot=True, interval=TYPING_MS)
        self._lay_out()
        self.add_act("Cancel").setAutoDefault(False)
        self.replace_button = self.add_act("Replace", "primary")
        self.replace_button.setDefault(False)
        self.replace_button.setAutoDefault(False)  # Return in a line must not replace
        self._connect()
        self.resize(*SIZE)
        self._ask()

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(1, 1)
        for at, (words, line) in enumerate(
            (("Find", self.find_line), ("Replace with", self.put_line))
        ):
            grid.addWidget(_label(words, line), at, 0)
            grid.addWidget(line, at, 1)
        ways = fill(QHBoxLayout(), self.case, self.word, self.expression, None, gap=16)
        where = fill(QHBoxLayout(), self.field, self.scope, None, gap=12)
        grid.addLayout(ways, 2, 1)
        grid.addWidget(_label("In", self.field), 3, 0)
        grid.addLayout(where, 3, 1)
        self.body.addLayout(grid)
        said = QHBoxLayout()
        said.addWidget(self.sentence, 1)
        fill_row = fill(QHBoxLayout(), self.all_button, self.none_button, gap=4)
        said.addLayout(fill_row)
        self.body.addLayout(said)
        self.body.addWidget(self.table, 1)

    def _connect(self) -> None:
        self._timer.timeout.connect(self._ask)
        for line in (self.find_line, self.put_line):
            line.textChanged.connect(lambda _: self._timer.start())
        for box in (self.case, self.word, self.expression):
            box.toggled.connect(self._ask)
        self.field.activated.connect(self._ask)
        self.scope.chosen.connect(self._ask)
        self._job.progressed.connect(self._on_progressed)
        self._job.ended.connect(self._on_ended)
        self.all_button.clicked.connect(lambda: self.model.tick_all(True))
        self.none_button.clicked.connect(lambda: self.model.tick_all(False))
        self.model.dataChanged.connect(self._say_found)
        self.finished.connect(self._on_finished)

    @property
    def wanted(self) -> Wanted:
        """What is asked for now."""
        return Wanted(
            self.find_line.text(),
            self.put_line.text(),
            self.case.isChecked(),
            self.word.isChecked(),
            self.expression.isChecked(),
        )

    def work(self) -> tuple[str, Callable[[Dataset, Tell, Cancelled], Change]] | None:
        """Return the title and the work of what is ticked; None if nothing is."""
        found = self.model.found
        if found is None or not self.model.ticked:
            return None
        ticked = self.model.ticks.copy()

        def work(data: Dataset, tell: Tell, cancelled: Cancelled) -> Change:
            return replace(data, found, ticked, tell, cancelled)

        return found.wanted.name, work

    def _ask(self) -> None:
        self._timer.stop()
        self.model.show_found(None)
        wanted = self.wanted
        if not wanted.find:
            self._job.cancel()
            self._say(HELP if wanted.expression else "")
            return
        at = self.field.currentIndex()
        fields = written_fields(self._document.fields)
        self._say("Searching")
        self._job.ask(self._scopes[self.scope.current()][1], fields[at - 1 : at] or fields, wanted)

    def _on_progressed(self, done: int, total: int) -> None:
        if done:
            self._say(f"Searching: {done:,} of {total:,} rows")

    def _on_ended(self, outcome: Found | StudioError) -> None:
        if isinstance(outcome, StudioError):
            self._say(f"{outcome.summary} {outcome.hint}", tone="danger")
            return
        self.model.show_found(outcome)
        self._say_found()

    def _say_found(self) -> None:
        found = self.model.found
        if found is None:
            return
        if not len(found):
            words = "Nothing to change"
        else:
            changes = "1 change" if len(found) == 1 else f"{len(found):,} changes"
            rows = "1 row" if found.row_count == 1 else f"{found.row_count:,} rows"
            words = f"{changes} in {rows}"
        left = len(found) - self.model.ticked
        words += f", {left:,} left alone" if left else ""
        if found.unreadable:
            words += f". In {found.unreadable:,} rows the turns are no JSON and were not searched"
        self._say(words)

    def _say(self, words: str, tone: str = "muted") -> None:
        self.sentence.setText(words)
        self.sentence.setProperty("tone", tone)
        restyle(self.sentence)
        count = self.model.ticked
        self.replace_button.setEnabled(count > 0)
        self.replace_button.setText(f"Replace {count:,}" if count else "Replace")
        for button in (self.all_button, self.none_button):
            button.setVisible(self.model.rowCount() > 1)

    def _on_finished(self) -> None:
        self._timer.stop()
        self._job.close()


def scopes_of(selected: Ids, shown: Ids, every: Ids) -> tuple[list[tuple[str, Ids]], int]:
    """Return the choices of rows, and which is meant at first: several selected, else the shown."""
    scopes, current = [], 0
    if len(selected):
        scopes.append((f"Selected {len(selected):,}", selected))
    if not np.array_equal(shown, every):
        scopes.append((f"Shown {len(shown):,}", shown))
    scopes.append((f"All {len(every):,}", every))
    if len(selected) == 1:
        current = 1
    return scopes, current


def _line(name: str) -> QLineEdit:
    made = QLineEdit()
    made.setFont(fonts.font())
    made.setAccessibleName(name)
    made.setMaxLength(10_000)
    return made


def _label(words: str, buddy: QWidget) -> QLabel:
    made = label(words, weight=fonts.MEDIUM)
    made.setBuddy(buddy)
    return made


def _named(field: str) -> str:
    return "What turns say" if field == TURNS else field.capitalize()
