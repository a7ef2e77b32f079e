"""The list of what was checked before a start: a sign, a sentence, and the way out as a button."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.app.findings import GOOD, STOP, WARN, Action, Finding
from studio.ui.look import fonts
from studio.ui.look.fonts import Role
from studio.ui.widgets.badge import Badge
from studio.ui.widgets.card import Card
from studio.ui.widgets.parts import Button, IconLabel, fill, inset, label, line, prose, scroller

SIGNS = {GOOD: ("check", "accent"), WARN: ("warning", "warning"), STOP: ("error", "danger")}
SPOKEN = {GOOD: "Good", WARN: "Look", STOP: "Stops the start"}
ORDER = {STOP: 0, WARN: 1, GOOD: 2}


class FindingRow(QWidget):
    """One finding.

    Signals:
        acted(object): the Action the user chose.
    """

    acted = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._action: Action | None = None
        self._sign = IconLabel("check", "accent", 18)
        self._summary = prose("", Role.BODY, tone="")
        self._summary.setFont(fonts.font(weight=fonts.MEDIUM))
        self._hint = prose("", Role.SMALL)
        self.button = Button("", compact=True)
        self.button.clicked.connect(self._on_clicked)
        words = fill(QVBoxLayout(), self._summary, self._hint, gap=1)
        row = QHBoxLayout()
        fill(row, gap=12, edge=(15, 9, 12, 9))
        row.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        row.addWidget(self.button)
        fill(QVBoxLayout(self), row, line())

    def say(self, finding: Finding) -> None:
        """Show another finding."""
        self._sign.set_icon(*SIGNS[finding.level])
        self._summary.setText(finding.summary)
        self._hint.setText(finding.hint)
        self._hint.setVisible(bool(finding.hint))
        self._action = finding.action
        self.button.setVisible(finding.action is not None)
        if finding.action is not None:
            self.button.setText(finding.action.label)
            self.button.setAccessibleDescription(finding.summary)
        self.setAccessibleName(f"{SPOKEN[finding.level]}: {finding.summary} {finding.hint}".strip())

    def _on_clicked(self) -> None:
        if self._action is not None:
            self.acted.emit(self._action)


class PreflightCard(Card):
    """All findings, what stops the start first.

    Signals:
        acted(object): the Action of a finding the user chose.
    """

    acted = Signal(object)

    def __init__(self) -> None:
        self._badge = Badge()
        super().__init__("Before the start", "", self._badge)
        self._rows: list[FindingRow] = []
        self._list = QWidget()
        self._column = QVBoxLayout(self._list)
        fill(self._column, None)
        waiting = label("Looking at dataset, model and machine", Role.SMALL, tone="muted")
        self._waiting = inset(waiting, (15, 14, 15, 0))
        self.body.addWidget(self._waiting)
        self.body.addWidget(scroller(self._list), 1)

    def show_findings(self, findings: list[Finding]) -> None:
        """Show other findings; rows that are there are used again."""
        self._waiting.setVisible(not findings)
        while len(self._rows) < len(findings):
            row = FindingRow()
            row.acted.connect(self.acted)
            self._column.insertWidget(len(self._rows), row)
            self._rows.append(row)
        for row in self._rows[len(findings) :]:
            row.hide()
        for row, finding in zip(
            self._rows, sorted(findings, key=lambda f: ORDER[f.level]), strict=False
        ):
            row.say(finding)
            row.show()
        self._say_badge(findings)

    def _say_badge(self, findings: list[Finding]) -> None:
        stops = sum(finding.level == STOP for finding in findings)
        looks = sum(finding.level == WARN for finding in findings)
        if stops:
            self._badge.say("error", "Cannot start yet", "danger")
        elif looks:
            self._badge.say("warning", f"{looks} to look at", "warning")
        elif findings:
            self._badge.say("check", "Ready", "good")
        else:
            self._badge.say("", "", "plain")
