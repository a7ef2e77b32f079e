"""The problems list: what imports left out, with line, byte and reason, to be mended or skipped."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QModelIndex, Signal
from PySide6.QtWidgets import QApplication, QFileDialog, QHBoxLayout, QWidget

from studio.app.datasetdocument import DatasetDocument
from studio.core.problems import StudioError
from studio.data.journal import Change
from studio.data.row import LeftOut
from studio.ui.data.textfield import TextField
from studio.ui.dialogs.frame import Dialog
from studio.ui.look.fonts import Role
from studio.ui.models.leftoutmodel import BYTE, LINE, WHY, LeftOutModel
from studio.ui.widgets.lists import RowTable
from studio.ui.widgets.parts import Button, ChoiceField, fill, label, prose, restyle

WIDTHS = {LINE: 110, BYTE: 110, WHY: 320}
SIZE = (860, 600)
TOO_LONG = "Only how it begins was kept: it is too long to be mended here. Mend it in the file."
FACTS = "Mend a line and take it in, skip it, or mend the file and import it again."
_TAIL = re.compile(r" (?:at (?:column|position)|that starts at) .*|, \\\\u.*")
_DETAIL = re.compile(r"0x..|'[^']*'|(?<![\w-])\d+")


def family_of(reason: str) -> str:
    """Return a reason without what differs from line to line."""
    return _DETAIL.sub("…", _TAIL.sub("", reason))


class LeftOutDialog(Dialog):
    """Lists what was left out; a line that is mended becomes a row, and undo takes it out again.

    Signals:
        taken_in(int): a line was mended and is the row of that id now.
    """

    taken_in = Signal(int)

    def __init__(self, parent: QWidget | None, document: DatasetDocument) -> None:
        super().__init__(parent, f"What is not in {document.name}", FACTS)
        self._document = document
        self._entries: list[LeftOut] = []
        self._entry: LeftOut | None = None
        self._skipped: list[list[LeftOut]] = []
        self.reasons = ChoiceField()
        self.reasons.setAccessibleName("Reasons that are shown")
        self.reasons.setMinimumWidth(320)
        self.count = label("", Role.SMALL, tone="muted")
        self.model = LeftOutModel(self)
        self.table = RowTable("Lines that were left out", self.model, WIDTHS)
        self.field = TextField("The line, to be mended", 4, 8)
        self.words = prose("")
        self.take_button = Button("Take it in")
        self.skip_button = Button("Skip it", kind="quiet")
        self.back_button = Button("Undo skip", kind="quiet")
        self._lay_out()
        self._connect()
        self.resize(*SIZE)
        self.refresh()

    def _lay_out(self) -> None:
        self.body.addLayout(fill(QHBoxLayout(), self.reasons, self.count, None, gap=10))
        self.body.addWidget(self.table, 1)
        self.body.addWidget(self.field)
        self.body.addWidget(self.words)
        for at, button in enumerate((self.take_button, self.skip_button, self.back_button)):
            self.acts.insertWidget(at, button)
        for words, act in (("Copy the list", self.copy), ("Export these lines…", self._ask_export)):
            button = Button(words, kind="quiet")
            button.clicked.connect(act)
            self.acts.addWidget(button)
        self.add_act("Close", "primary")

    def _connect(self) -> None:
        self.reasons.activated.connect(lambda _at: self._show_entries())
        self.table.selectionModel().currentChanged.connect(self._on_current_changed)
        self.table.opened.connect(lambda _row: self.field.setFocus())
        self.take_button.clicked.connect(self.take_in)
        self.skip_button.clicked.connect(self.skip)
        self.back_button.clicked.connect(self.skip_back)
        self._document.changed.connect(self._on_changed)  # a method goes with the dialog

    def _on_changed(self, _change: Change) -> None:
        self.refresh()

    def refresh(self) -> None:
        """Read the list again, as it is after a change or an undo."""
        self._entries = self._document.still_out()
        chosen = self.reasons.currentData()
        counts = Counter(family_of(entry.reason) for entry in self._entries)
        self.reasons.clear()
        self.reasons.addItem(f"All reasons · {len(self._entries):,}", "")
        for family, count in counts.most_common():
            self.reasons.addItem(f"{family} · {count:,}", family)
        self.reasons.setCurrentIndex(max(0, self.reasons.findData(chosen)))
        self._show_entries()

    def _show_entries(self) -> None:
        family = self.reasons.currentData()
        shown = [e for e in self._entries if not family or family_of(e.reason) == family]
        row = self.table.currentIndex().row()
        self.model.set_entries(shown, self._document.source_names())
        left = len(self._entries)
        self.count.setText(f"{left:,} {'line is' if left == 1 else 'lines are'} left out")
        self.back_button.setVisible(bool(self._skipped))
        if shown:
            self.table.setCurrentIndex(self.model.index(min(max(row, 0), len(shown) - 1), 0))
        else:
            self._show_entry(None)

    def _on_current_changed(self, current: QModelIndex, _before: QModelIndex) -> None:
        self._show_entry(self.model.entry(current.row()))

    def _show_entry(self, entry: LeftOut | None) -> None:
        if entry is not None and entry == self._entry:
            return
        self._entry = entry
        text = self._document.left_out_text(entry) if entry is not None else ""
        self.field.show_text(text if text is not None else entry.preview if entry else "")
        editable = entry is not None and text is not None and self.field.whole
        self.field.setReadOnly(not editable)
        self.take_button.setEnabled(editable)
        self.skip_button.setEnabled(entry is not None)
        if entry is None:
            self._say("Every line of the files is in, or was skipped.")
        else:
            self._say(f"Line {entry.line:,}: {entry.reason}." if editable else TOO_LONG)

    def _say(self, words: str, tone: str = "muted") -> None:
        self.words.setText(words)
        self.words.setProperty("tone", tone)
        restyle(self.words)

    # what is done with a line

    def take_in(self) -> None:
        """Make a row of the line as it reads now, at its place."""
        entry = self._entry
        if entry is None:
            return
        text = self.field.text()
        self._attempt(lambda: self.taken_in.emit(self._document.mend(entry, text)))

    def skip(self) -> None:
        """List the line no more."""
        if self._entry is not None:
            entries = [self._entry]
            if self._attempt(lambda: self._document.dismiss(entries)):
                self._skipped.append(entries)
                self.refresh()

    def skip_back(self) -> None:
        """List the line that was skipped last again."""
        if self._skipped:
            entries = self._skipped.pop()
            self._attempt(lambda: self._document.dismiss(entries, on=False))
            self.refresh()

    def _attempt(self, act: Callable[[], object]) -> bool:
        try:
            act()
        except StudioError as problem:
            self._say(f"{problem.summary} {problem.hint}".strip(), "danger")
            return False
        return True

    # taking the list elsewhere

    def shown(self) -> list[LeftOut]:
        """Return the lines that are listed now."""
        found = (self.model.entry(row) for row in range(self.model.rowCount()))
        return [entry for entry in found if entry is not None]

    def copy(self) -> None:
        """Put the list on the clipboard, one line each, with tabs between."""
        lines = (f"{each.line}\t{each.byte}\t{each.reason}" for each in self.shown())
        QApplication.clipboard().setText("\n".join(lines))

    def _ask_export(self) -> None:
        name = f"{self._document.name}-left-out.txt"
        chosen, _ = QFileDialog.getSaveFileName(self, "Export these lines", name, "Text (*.txt)")
        if chosen:
            self._attempt(lambda: self.export(Path(chosen)))

    def export(self, path: Path) -> None:
        """Write the lines that are listed to a file, as far as they were kept.

        Raises:
            DataError: it cannot be written.
        """
        count = self._document.export_left_out(self.shown(), path)
        self._say(f"{count:,} lines are in {path.name}.")
