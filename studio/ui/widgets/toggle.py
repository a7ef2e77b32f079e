"""A box to tick, with its words."""

from __future__ import annotations

from PySide6.QtWidgets import QCheckBox

from studio.ui.look import fonts
from studio.ui.look.fonts import Role


class Toggle(QCheckBox):
    """One thing that is done or not."""

    def __init__(self, words: str, on: bool = False) -> None:
        super().__init__(words)
        self.setFont(fonts.font(Role.SMALL))
        self.setChecked(on)
