"""The offer of the starter model, and its download."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout

from studio.core.protocol import Progress
from studio.core.units import file_size
from studio.machine.models import STARTER_BYTES
from studio.ui.look.fonts import Role
from studio.ui.widgets.meter import Meter
from studio.ui.widgets.parts import Button, fill, prose

OFFER = "A small model to begin with: 135 M, Apache-2.0."


class StarterBox(QFrame):
    """Offers the starter model while it is missing; shows its download with a way to stop it."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("foot")
        self._words = prose(OFFER, Role.SMALL)
        size = file_size(STARTER_BYTES)
        self.get_button = Button(f"Get the starter model, {size}", "download", "secondary")
        self.cancel_button = Button("Cancel", "close", "quiet", compact=True)
        self.cancel_button.setAccessibleName("Cancel the download")
        self._bar = Meter("Download", 140)
        row = fill(QHBoxLayout(), self._bar, None, self.cancel_button, gap=8)
        fill(QVBoxLayout(self), self._words, self.get_button, row, gap=6, edge=(12, 10, 12, 10))
        self.show_idle()

    def show_idle(self, problem: str = "") -> None:
        """Offer the download; a problem is what stopped the last one."""
        self._words.setText(problem or OFFER)
        self.get_button.show()
        self._bar.hide()
        self.cancel_button.hide()

    def show_progress(self, progress: Progress | None) -> None:
        """Show how far a download is; None before its first word."""
        self.get_button.hide()
        self.cancel_button.show()
        what = progress.what if progress else "Starting the download"
        total = progress.total if progress else 0
        done = progress.done if progress else 0
        if total:
            what = f"{what}: {file_size(done)} of {file_size(total)}"
            self._bar.set_shares(done / total)
        self._bar.setVisible(bool(total))
        self._words.setText(what)
