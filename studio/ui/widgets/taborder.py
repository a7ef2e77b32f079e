"""Lets Tab lead through widgets in the order in which they are laid out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLayout, QWidget


def in_layout_order(widget: QWidget) -> list[QWidget]:
    """Return what Tab stops at inside of a widget, shown or not, as the layouts have it."""
    return list(_leaves(widget))


def set_tab_order(order: Sequence[QWidget]) -> None:
    """Let Tab lead from each widget to the next."""
    for one, two in pairwise(order):
        QWidget.setTabOrder(one, two)


def _leaves(widget: QWidget) -> Iterator[QWidget]:
    layout = widget.layout()
    inner = getattr(widget, "widget", None)
    content = inner() if callable(inner) else None
    if isinstance(content, QWidget):  # what is scrolled
        yield from _leaves(content)
    elif widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
        yield widget
    elif layout is not None:
        yield from _in(layout)


def _in(layout: QLayout) -> Iterator[QWidget]:
    for at in range(layout.count()):
        item = layout.itemAt(at)
        inside, below = (item.widget(), item.layout()) if item is not None else (None, None)
        if inside is not None:
            yield from _leaves(inside)
        elif below is not None:
            yield from _in(below)
