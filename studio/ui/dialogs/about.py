"""What this program is, which versions run, and under which licences."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from importlib import metadata

from PySide6.QtCore import QSize, Qt, qVersion
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from studio import __version__
from studio.machine.devices import MachineReading
from studio.ui.dialogs.frame import Dialog
from studio.ui.look import fonts
from studio.ui.look.fonts import Role
from studio.ui.widgets.parts import Button, fill, label, scroller

PARTS = (
    ("torch", "BSD-3-Clause"),
    ("transformers", "Apache-2.0"),
    ("peft", "Apache-2.0"),
    ("bitsandbytes", "MIT"),
    ("accelerate", "Apache-2.0"),
    ("datasets", "Apache-2.0"),
    ("safetensors", "Apache-2.0"),
    ("PySide6-Essentials", "LGPL-3.0"),
    ("pyqtgraph", "MIT"),
    ("numpy", "BSD-3-Clause"),
)
"""What the program stands on, with the licence each part is under."""
NOT_INSTALLED = "not installed"


def versions() -> list[tuple[str, str, str]]:
    """Return (part, version, licence) of everything that matters, without importing any of it."""
    found = [("Graft Studio", __version__, "Apache-2.0")]
    found.append(("Python", platform.python_version(), "PSF-2.0"))
    found.append(("Qt", qVersion(), "LGPL-3.0"))
    for name, licence in PARTS:
        try:
            found.append((name, metadata.version(name), licence))
        except metadata.PackageNotFoundError:
            found.append((name, NOT_INSTALLED, licence))
    return found


def report(reading: MachineReading | None) -> str:
    """Return versions and machine as text, for a message to whoever helps."""
    lines = [f"{name} {version}" for name, version, _ in versions()]
    lines.append(platform.platform())
    if reading is not None:
        pool = reading.memory()
        lines.append(f"{pool.name} {pool.total_bytes / 2**30:.1f} GiB {reading.note}".strip())
    return "\n".join(lines)


class AboutDialog(Dialog):
    """Versions and licences, with a button that copies them."""

    def __init__(self, parent: QWidget | None, reading: MachineReading | None) -> None:
        facts = (
            "Fine-tunes language models on your own workstation. Nothing is sent anywhere: "
            "there is no telemetry, and a download is asked for each time."
        )
        super().__init__(parent, "Graft Studio", facts)
        self._report = report(reading)
        grid = QGridLayout()
        grid.setHorizontalSpacing(24)
        grid.setVerticalSpacing(4)
        for row, (name, version, licence) in enumerate(versions()):
            grid.addWidget(label(name, Role.SMALL, fonts.MEDIUM), row, 0)
            grid.addWidget(label(version, Role.SMALL), row, 1)
            grid.addWidget(label(licence, Role.SMALL, tone="muted"), row, 2)
        grid.setColumnStretch(2, 1)
        self.body.addLayout(grid)
        self.copy_button = Button("Copy", "copy", "quiet")
        self.copy_button.clicked.connect(self._copy)
        self.acts.insertWidget(0, self.copy_button)
        self.add_act("Close")

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._report)


class ShortcutsDialog(Dialog):
    """Every shortcut, menu by menu."""

    def __init__(self, parent: QWidget | None, acts: Sequence[tuple[str, QAction]]) -> None:
        super().__init__(parent, "Shortcuts")
        body = QWidget()
        column = QVBoxLayout(body)
        fill(column, gap=3, edge=(0, 0, 12, 0))
        before = ""
        for menu, act in acts:
            keys = act.shortcut().toString(act.shortcut().SequenceFormat.NativeText)
            if not keys:
                continue
            if menu != before:
                column.addSpacing(8 if before else 0)
                column.addWidget(label(menu, Role.SMALL, fonts.BOLD))
                before = menu
            words = label(act.text().replace("&", ""), Role.SMALL, tone="muted")
            column.addLayout(fill(QHBoxLayout(), words, None, label(keys, Role.SMALL)))
        column.addStretch(1)
        area = scroller(body)
        area.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        area.setAccessibleName("Shortcuts")
        area.setMinimumHeight(380)
        self.body.addWidget(area)
        self.add_act("Close")

    def sizeHint(self) -> QSize:
        return QSize(460, 520)
