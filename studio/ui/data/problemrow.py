"""One class of problems: how grave, how many, what follows, two examples, and what can be done."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.app.rowchecks import Fault
from studio.data.checks.classes import REMARK, STOP, WARN
from studio.ui.look import fonts
from studio.ui.look.fonts import Role
from studio.ui.widgets.parts import Button, Elided, IconLabel, fill, label, line, prose

SIGNS = {STOP: ("error", "danger"), WARN: ("warning", "warning"), REMARK: ("info", "muted")}
LEVELS = {STOP: "Cannot be trained on", WARN: "Look, then decide", REMARK: "Remark"}
EXAMPLES = 2
EDGE = (14, 12, 12, 12)


class ProblemRow(QWidget):
    """Shows one fault of the dataset; the checks view owns it.

    Signals:
        rows_asked(): its rows are to be shown.
        fix_asked(): it is to be mended.
        ignore_asked(): this is as it should be.
    """

    rows_asked = Signal()
    fix_asked = Signal()
    ignore_asked = Signal()

    def __init__(self, fault: Fault) -> None:
        super().__init__()
        self.fault = fault
        self._icon = IconLabel(*SIGNS[fault.level], 18)
        self._title = label(fault.about.title, weight=fonts.BOLD)
        self._count = label("", Role.SMALL, tone="muted")
        words = prose(f"{fault.summary} {fault.hint}", Role.SMALL)
        self._examples = [Elided("", Role.SMALL, "text") for _ in range(EXAMPLES)]
        self.show_button = Button(kind="secondary", compact=True)
        self.fix_button = Button(kind="secondary", compact=True)
        self.ignore_button = Button("This is as it should be", kind="quiet", compact=True)
        self._connect()
        acts = fill(
            QHBoxLayout(), self.show_button, self.fix_button, self.ignore_button, None, gap=8
        )
        head = fill(QHBoxLayout(), self._title, self._count, None, gap=8)
        column = fill(QVBoxLayout(), head, words, *self._examples, 2, acts, gap=4)
        row = QHBoxLayout()
        fill(row, gap=10, edge=EDGE)
        row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(column, 1)
        outer = QVBoxLayout(self)
        fill(outer, line())
        outer.addLayout(row)
        self.show_fault(fault, "")

    def _connect(self) -> None:
        self.show_button.clicked.connect(self.rows_asked)
        self.ignore_button.clicked.connect(self.ignore_asked)
        self.fix_button.clicked.connect(self.fix_asked)

    def show_fault(self, fault: Fault, way: str) -> None:
        """Show other rows of the same problem, and what the button of its way out says."""
        self.fault = fault
        rows = len(fault.rows)
        count = "" if fault.about.whole else f"{rows:,} {'row' if rows == 1 else 'rows'}"
        self._count.setText(" · ".join(part for part in (count, LEVELS[fault.level]) if part))
        self.show_button.setText(f"Show {count}" if rows != 1 else "Show the row")
        self.show_button.setVisible(not fault.about.whole)
        self.fix_button.setText(way)
        self.fix_button.setVisible(bool(way))
        self.ignore_button.setVisible(fault.level != STOP)
        about = f"{fault.about.title}, {self._count.text()}. {fault.summary} {fault.hint}"
        self.setAccessibleName(fault.about.title)
        self.setAccessibleDescription(about)
        for button in (self.show_button, self.fix_button, self.ignore_button):
            button.setAccessibleDescription(fault.about.title)

    def show_examples(self, lines: Sequence[str]) -> None:
        """Show what stands in some of the rows."""
        for at, shown in enumerate(self._examples):
            words = lines[at] if at < len(lines) else ""
            shown.setText(words)
            shown.setVisible(bool(words))

    @property
    def examples(self) -> list[str]:
        """What is shown of the rows."""
        return [shown.text() for shown in self._examples if shown.text()]


class PassedRow(QWidget):
    """One class that is as it should be, says the user.

    Signals:
        look_asked(): it is to be looked at again.
    """

    look_asked = Signal()

    def __init__(self, fault: Fault) -> None:
        super().__init__()
        self.fault = fault
        count = f"{len(fault.rows):,} {'row' if len(fault.rows) == 1 else 'rows'}"
        rows = "the dataset" if fault.about.whole else count
        words = label(f"{fault.about.title} · {rows}", Role.SMALL, tone="muted")
        again = Button("Look at it again", kind="quiet", compact=True)
        again.setAccessibleDescription(fault.about.title)
        again.clicked.connect(self.look_asked)
        icon = IconLabel("okay", "muted", 16)
        row = fill(QHBoxLayout(), icon, words, None, again, gap=10, edge=(14, 6, 12, 6))
        outer = QVBoxLayout(self)
        fill(outer, line())
        outer.addLayout(row)
