"""The pages, each made from the studio; imported when it is first asked for."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, cast

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


def _make(module: str, name: str, studio: Studio) -> Page:
    """Import a page's module, which may bring plots with it, and make the page."""
    found = importlib.import_module(f"studio.ui.pages.{module}")
    return cast("Page", getattr(found, name)(studio))


PAGE_MAKERS: dict[str, Callable[[Studio], Page]] = {
    title: partial(_make, *where) for title, where in _CLASSES.items()
}
"""How each page is made, by its name, in the order in which they are built ahead."""
