"""The doctor's report in a window: each check as it comes, and a button that copies them."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QCloseEvent, QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.app.doctorclient import DoctorClient
from studio.core.problems import StudioError
from studio.core.protocol import Check
from studio.ui.dialogs.frame import Dialog
from studio.ui.look import fonts
from studio.ui.look.fonts import Role
from studio.ui.widgets.parts import Button, IconLabel, fill, label, prose, scroller

SIGNS = {"good": ("okay", "accent"), "warn": ("warning", "warning"), "bad": ("error", "danger")}
WAIT = "Trying a real 4-bit training step. This takes up to a minute."


class DoctorDialog(Dialog):
    """Examines this machine in a process of its own; closing the dialog ends it."""

    def __init__(self, parent: QWidget | None, client: DoctorClient | None = None) -> None:
        super().__init__(parent, "What works on this computer")
        self._client = client or DoctorClient(self)
        self._client.setParent(self)  # so that it goes with the dialog
        self._checks: list[Check] = []
        self._state = label(WAIT, Role.SMALL, tone="muted")
        body = QWidget()
        self._rows = QVBoxLayout(body)
        fill(self._rows, None, gap=10, edge=(0, 4, 12, 4))
        area = scroller(body)
        area.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        area.setAccessibleName("Checks")
        self.body.addWidget(self._state)
        self.body.addWidget(area, 1)
        self.copy_button = Button("Copy report", "copy", "quiet")
        self.copy_button.setEnabled(False)
        self.copy_button.clicked.connect(self._copy)
        self.acts.insertWidget(0, self.copy_button)
        self.add_act("Close")
        self._client.checked.connect(self._on_checked)
        self._client.ended.connect(self._on_ended)
        self.finished.connect(lambda _code: self._client.close())

    def examine(self) -> None:
        """Start the examination."""
        self._client.check()

    def sizeHint(self) -> QSize:
        return QSize(560, 460)

    def closeEvent(self, event: QCloseEvent) -> None:
        self._client.close()
        super().closeEvent(event)

    def _on_checked(self, check: Check) -> None:
        self._checks.append(check)
        icon, tone = SIGNS.get(check.level, ("info", "muted"))
        words = fill(QVBoxLayout(), label(check.name, Role.SMALL, fonts.BOLD), gap=1)
        words.addWidget(prose(check.summary, Role.SMALL, tone=""))
        if check.hint:
            words.addWidget(prose(check.hint, Role.SMALL))
        row = fill(QHBoxLayout(), gap=10)
        row.addWidget(IconLabel(icon, tone, 18), 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        self._rows.insertLayout(self._rows.count() - 1, row)

    def _on_ended(self, result: object) -> None:
        if isinstance(result, StudioError):
            self._state.setText(f"{result.summary} {result.hint}".strip())
            return
        bad = sum(check.level == "bad" for check in self._checks)
        watch = sum(check.level == "warn" for check in self._checks)
        self._state.setText(_verdict(bad, watch))
        self.copy_button.setEnabled(True)

    def _copy(self) -> None:
        lines = [f"[{c.level}] {c.name}: {c.summary} {c.hint}".strip() for c in self._checks]
        QGuiApplication.clipboard().setText("\n".join(lines))


def _verdict(bad: int, watch: int) -> str:
    if bad:
        return f"{bad} of the checks failed; each says what to do."
    if watch:
        return f"Training works here. {watch} of the checks want a look."
    return "Everything that training needs works here."
