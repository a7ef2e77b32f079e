"""The card about one run: its title, tags and notes, which may be changed, and its facts."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QFocusEvent, QTextOption
from PySide6.QtWidgets import QFormLayout, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from studio.core.units import NO_VALUE, gib
from studio.data.runfiles import RunSummary
from studio.data.runmeta import parsed_tags
from studio.ui.look.fonts import Role
from studio.ui.runs.cells import RunRow, held_out
from studio.ui.widgets.card import Card
from studio.ui.widgets.note import Note
from studio.ui.widgets.parts import Button, Elided, fill, label, scroller

SETTLE_MS = 800
"""After the last key the notes are written."""
MOST_TITLE = 200
MOST_NOTES = 20_000


class AboutCard(Card):
    """Shows one run.

    Signals:
        said(object, object): the RunSummary whose words changed, and the new ones by name.
        mine_wanted(object): the RunSummary of another computer is to be made one of this.
    """

    said = Signal(object, object)
    mine_wanted = Signal(object)

    def __init__(self) -> None:
        super().__init__("About this run")
        self._run: RunSummary | None = None
        self._filled: dict[str, object] = {}
        """What the fields said when they were filled: they cannot hold every text as it is."""
        self.title_field, self.tags_field = QLineEdit(), QLineEdit()
        self.title_field.setMaxLength(MOST_TITLE)
        self.tags_field.setMaxLength(MOST_TITLE)
        self.tags_field.setPlaceholderText("Tags, with commas between")
        self.notes_field = _Notes()
        self.mine_button = Button("Make it mine", "copy", compact=True)
        self.mine_button.clicked.connect(self._want_mine)
        self._foreign = Note("", "", self.mine_button, tone="plain")
        self._fault = Note("This run cannot be read.", "", tone="danger")
        self._facts = {name: Elided("") for name in ("Comes from", "Held-out", "Steps", "Peak")}
        self._facts["Comes from"].middle = True
        self.body.addWidget(scroller(self._inside()))
        self.title_field.editingFinished.connect(self.keep)
        self.tags_field.editingFinished.connect(self.keep)
        self.notes_field.left.connect(self.keep)
        self._settle = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._settle.timeout.connect(self.keep)
        self.notes_field.textChanged.connect(self._settle.start)

    def _inside(self) -> QWidget:
        form = QFormLayout()
        form.setContentsMargins(0, 0, 0, 0)
        form.setHorizontalSpacing(12)
        form.setVerticalSpacing(7)
        for name, field in (("Title", self.title_field), ("Tags", self.tags_field)):
            words = label(name, Role.SMALL, tone="muted")
            words.setBuddy(field)
            field.setAccessibleName(name)
            form.addRow(words, field)
        facts = QFormLayout()
        facts.setContentsMargins(0, 0, 0, 0)
        facts.setHorizontalSpacing(12)
        facts.setVerticalSpacing(7)
        for name, value in self._facts.items():
            facts.addRow(label(name, Role.SMALL, tone="muted"), value)
        notes = label("Notes", Role.SMALL, tone="muted")
        notes.setBuddy(self.notes_field)
        made = QWidget()
        column = QVBoxLayout(made)
        fill(column, self._fault, self._foreign, gap=8, edge=(14, 12, 14, 12))
        column.addLayout(form)
        form.addRow(notes, self.notes_field)
        column.addLayout(facts)
        column.addStretch(1)
        return made

    def show_run(self, row: RunRow | None, lineage: Sequence[str]) -> None:
        """Show a run; what is being typed about the same run stays."""
        run = row.summary if row is not None else None
        if self._run is not None and (run is None or run.run != self._run.run):
            self.keep()
        other = run is None or self._run is None or run.run != self._run.run
        self._run = run
        self.setEnabled(run is not None)
        if other or not self._typing():
            self._fill_words(run)
        fault = run.problem if run is not None else ""
        self._fault.setVisible(bool(fault))
        self._fault.say("This run cannot be read.", fault)
        for field in (self.title_field, self.tags_field, self.notes_field):
            field.setEnabled(not fault)
        foreign = run.foreign if run is not None and not fault else ""
        self._foreign.setVisible(bool(foreign))
        self._foreign.say(
            f"Copied from {foreign}.",
            "It can be read, compared and chatted with, not trained further here.",
        )
        self.remark.setText(run.run if run is not None else "")
        for name, value in _facts(row, lineage).items():
            self._facts[name].setText(value)

    def _typing(self) -> bool:
        fields = (self.title_field, self.tags_field, self.notes_field)
        return any(field.hasFocus() for field in fields) or self._settle.isActive()

    def _fill_words(self, run: RunSummary | None) -> None:
        words = (run.title, ", ".join(run.tags), run.notes) if run is not None else ("", "", "")
        self.title_field.setText(words[0])
        self.title_field.setCursorPosition(0)
        self.tags_field.setText(words[1])
        self.tags_field.setCursorPosition(0)
        if self.notes_field.toPlainText() != words[2]:
            before = self.notes_field.blockSignals(True)
            self.notes_field.setPlainText(words[2])
            self.notes_field.blockSignals(before)
        self._filled = self._typed()

    def _typed(self) -> dict[str, object]:
        return {
            "title": self.title_field.text().strip(),
            "tags": parsed_tags(self.tags_field.text()),
            "notes": self.notes_field.toPlainText()[:MOST_NOTES],
        }

    def keep(self) -> None:
        """Tell what was changed about the run, if anything was."""
        self._settle.stop()
        run = self._run
        if run is None or run.problem:
            return
        words = self._typed()
        changed = {name: v for name, v in words.items() if v != self._filled.get(name)}
        if changed:
            self._filled = words
            self.said.emit(run, changed)

    def _want_mine(self) -> None:
        if self._run is not None:
            self.mine_wanted.emit(self._run)


class _Notes(QPlainTextEdit):
    """A field for notes that wraps any line.

    Signals:
        left(): the keyboard went elsewhere.
    """

    left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Notes")
        self.setTabChangesFocus(True)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setFixedHeight(64)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.left.emit()


def _facts(row: RunRow | None, lineage: Sequence[str]) -> dict[str, str]:
    if row is None:
        return dict.fromkeys(("Comes from", "Held-out", "Steps", "Peak"), NO_VALUE)
    state = row.state
    measured = state.measured_peak_bytes or state.memory_bytes
    predicted = state.predicted_peak_bytes
    peak = " · ".join(
        part
        for part in (
            f"{gib(measured, 2)} measured" if measured else "",
            f"{gib(predicted, 2)} predicted" if predicted else "",
        )
        if part
    )
    steps = f"{state.step:,} of {state.total_steps:,}" if state.total_steps else NO_VALUE
    return {
        "Comes from": " → ".join(lineage[:-1]) if len(lineage) > 1 else "the base",
        "Held-out": held_out(row.summary, state),
        "Steps": f"{steps} · {state.summary}" if state.summary else steps,
        "Peak": peak or NO_VALUE,
    }
