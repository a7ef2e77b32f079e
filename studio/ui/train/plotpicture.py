"""A plot as a picture in a file: PNG at twice its size, or SVG."""

from __future__ import annotations

from pathlib import Path

import pyqtgraph as pg
from PySide6.QtCore import QByteArray, QRect, QRectF, QSize
from PySide6.QtGui import QColor, QImage, QImageWriter, QPainter
from PySide6.QtSvg import QSvgGenerator

from studio.core.problems import RunError
from studio.ui.look import fonts, paint
from studio.ui.look.fonts import Role
from studio.ui.look.theme import colors

SCALE = 2
HEAD = 30
"""Px above the plot for its title."""
ENDINGS = ("png", "svg")


def picture(plot: pg.PlotWidget, title: str) -> QImage:
    """Return a plot as it is drawn now, with a title, twice as large as on the screen."""
    size = _size(plot)
    made = QImage(size * SCALE, QImage.Format.Format_RGB32)
    painter = QPainter(made)
    painter.scale(SCALE, SCALE)
    _draw(painter, plot, title, size)
    painter.end()
    return made


def save_picture(plot: pg.PlotWidget, title: str, path: Path) -> None:
    """Write a plot into a file, as SVG if the name ends so, else as PNG.

    Raises:
        RunError: the disk refuses.
    """
    if path.suffix.lower() == ".svg":
        written = _save_svg(plot, title, path)
    else:
        written = QImageWriter(str(path), QByteArray(b"PNG")).write(picture(plot, title))
    if not written:
        raise RunError(f"{path.name} could not be written.", f"Is {path.parent} writable?")


def _save_svg(plot: pg.PlotWidget, title: str, path: Path) -> bool:
    size, target = _size(plot), QSvgGenerator()
    target.setFileName(str(path))
    target.setSize(size)
    target.setViewBox(QRect(0, 0, size.width(), size.height()))
    target.setTitle(title)
    painter = QPainter()
    if not painter.begin(target):
        return False
    _draw(painter, plot, title, size)
    return painter.end() and path.is_file()


def _size(plot: pg.PlotWidget) -> QSize:
    return QSize(plot.width(), plot.height() + HEAD)


def _draw(painter: QPainter, plot: pg.PlotWidget, title: str, size: QSize) -> None:
    c, whole = colors(), QRectF(0, 0, size.width(), size.height())
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.fillRect(whole, QColor(c.surface))
    head = QRectF(14, 4, size.width() - 28, HEAD - 4)
    paint.text(painter, head, title, fonts.font(Role.BODY, fonts.BOLD), c.text)
    target = QRectF(0, HEAD, size.width(), size.height() - HEAD)
    plot.render(painter, target, plot.viewport().rect())
