"""The pages, each made from the studio; imported when it is first asked for."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, cast

from studio.ui.warming import pieces_of

if TYPE_CHECKING:
    from studio.app.studio import Studio
    from studio.ui.widgets.frame import Page

_CLASSES = {
    "First run": ("firstrunpage", "FirstRunPage"),
    "Data": ("datapage", "DataPage"),
    "Model": ("modelpage", "ModelPage"),
    "Train": ("trainpage", "TrainPage"),
    "Chat": ("chatpage", "ChatPage"),
    "Runs": ("runspage", "RunsPage"),
    "Settings": ("settingspage", "SettingsPage"),
}

_LATER = {"Train": ("studio.ui.train.plotcards",)}
"""What a page imports itself when it is first seen, since it is slow to load."""


def _make(module: str, name: str, studio: Studio) -> Page:
    """Import a page's module, which may bring plots with it, and make the page."""
    found = importlib.import_module(f"{__name__}.{module}")
    return cast("Page", getattr(found, name)(studio))


def page_pieces(title: str) -> Iterator[str]:
    """Import what a page is made of, a module at a time."""
    for name in (f"{__name__}.{_CLASSES[title][0]}", *_LATER.get(title, ())):
        yield from pieces_of(name)


PAGE_MAKERS: dict[str, Callable[[Studio], Page]] = {
    title: partial(_make, *where) for title, where in _CLASSES.items()
}
"""How each page is made, by its name, in the order in which they are built ahead."""
