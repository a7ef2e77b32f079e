"""The type scale: roles in pixels at the usual 10 pt system font, scaled with the user's."""

from __future__ import annotations

from enum import Enum
from functools import lru_cache

from PySide6.QtGui import QFont, QFontDatabase
from PySide6.QtWidgets import QApplication


class Role(Enum):
    """A step of the type scale; the value is its size in px at 10 pt."""

    CAPTION = 11
    SMALL = 12
    BODY = 13
    CHAT = 14
    SECTION = 15
    TITLE = 20
    HEADING = 25


REGULAR = QFont.Weight.Normal
MEDIUM = QFont.Weight.Medium
BOLD = QFont.Weight.DemiBold


def user_scale() -> float:
    """Return the user's font size against 10 pt."""
    points = QApplication.font().pointSizeF()
    return points / 10 if points > 0 else QApplication.font().pixelSize() / 13


def font(role: Role = Role.BODY, weight: QFont.Weight = REGULAR) -> QFont:
    """Return the interface font of a role, with tabular figures."""
    return QFont(_made(QApplication.font().toString(), role, weight))


@lru_cache(maxsize=64)
def _made(users: str, role: Role, weight: QFont.Weight) -> QFont:
    """Return the font of a role beside the user's; a table asks for it a hundred times a paint."""
    del users  # tells apart what was made before the user chose another font
    made = QFont(QApplication.font())
    made.setPixelSize(_pixels(role.value))
    return _finish(made, weight)


def mono(weight: QFont.Weight = REGULAR) -> QFont:
    """Return the system's fixed font one px below body, for tokens, hashes and logs only."""
    made = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    made.setPixelSize(_pixels(Role.BODY.value - 1))
    return _finish(made, weight)


def _pixels(size: int) -> int:
    return max(1, round(size * user_scale()))


def _finish(made: QFont, weight: QFont.Weight) -> QFont:
    made.setWeight(weight)
    made.setHintingPreference(QFont.HintingPreference.PreferVerticalHinting)
    made.setFeature(QFont.Tag("tnum"), 1)
    return made
