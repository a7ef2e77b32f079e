"""Renders resources/icons/icon.svg to the PNG sizes that launchers ask for.

.venv/bin/python packaging/render_icons.py
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

ICONS = Path(__file__).resolve().parent.parent / "resources" / "icons"
SIZES = (16, 22, 24, 32, 48, 64, 128, 256, 512)


def main() -> None:
    """Write icon-SIZE.png beside the drawing, one for each size in pixels."""
    drawing = QSvgRenderer(str(ICONS / "icon.svg"))
    for size in SIZES:
        image = QImage(size, size, QImage.Format.Format_ARGB32)
        image.fill(Qt.GlobalColor.transparent)
        painter = QPainter(image)
        drawing.render(painter)
        painter.end()
        image.save(str(ICONS / f"icon-{size}.png"))


if __name__ == "__main__":
    main()
