"""The outline icons on a 24 grid, drawn in any colour of the palette."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from studio.ui.look.iconpaths import MARK_BRANCH, MARK_TRUNK, PATHS

SCALES = (1, 2, 3)
"""Device pixel ratios an icon of a button is rendered for."""


def paint_icon(painter: QPainter, name: str, rect: QRectF, colour: str) -> None:
    """Draw the icon into the rectangle, in one colour."""
    _renderer(name, colour, 1.8 if rect.width() <= 16 else 1.5).render(painter, rect)


def paint_mark(painter: QPainter, rect: QRectF, trunk: str, branch: str) -> None:
    """Draw the product's mark, 36 units high, into the rectangle."""
    _mark(trunk, branch).render(painter, rect)


@lru_cache(maxsize=512)
def icon(
    name: str, colour: str, size: int = 16, disabled: str = "", air: tuple[int, int] = (0, 0)
) -> QIcon:
    """Return the icon for a button, in px, with its disabled colour and air left and right."""
    made = QIcon()
    for scale in SCALES:
        made.addPixmap(_pixmap(name, colour, size, scale, air), QIcon.Mode.Normal)
        if disabled:
            made.addPixmap(_pixmap(name, disabled, size, scale, air), QIcon.Mode.Disabled)
    return made


def _pixmap(name: str, colour: str, size: int, scale: int, air: tuple[int, int]) -> QPixmap:
    pixmap = QPixmap(QSize(size + sum(air), size) * scale)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    width = 1.8 if size <= 16 else 1.5
    _renderer(name, colour, width).render(
        painter, QRectF(air[0] * scale, 0, size * scale, size * scale)
    )
    painter.end()
    pixmap.setDevicePixelRatio(scale)
    return pixmap


@lru_cache(maxsize=512)
def _renderer(name: str, colour: str, width: float) -> QSvgRenderer:
    fill = colour if name.endswith("-solid") else "none"
    return _svg(
        "0 0 24 24",
        f'<path d="{PATHS[name]}" fill="{fill}" stroke="{colour}" stroke-width="{width}"'
        ' stroke-linecap="round" stroke-linejoin="round"/>',
    )


@lru_cache(maxsize=8)
def _mark(trunk: str, branch: str) -> QSvgRenderer:
    body = f'<path d="{MARK_TRUNK}" fill="{trunk}"/><path d="{MARK_BRANCH}" fill="{branch}"/>'
    return _svg("1 0 36 36", body)


def _svg(box: str, body: str) -> QSvgRenderer:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}">'
    return QSvgRenderer(QByteArray(f"{head}{body}</svg>".encode()))
