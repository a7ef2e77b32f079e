"""What tests of a live run on the Train page share: waiting for its end, reading its wishes."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from studio.app.runstore import RunStore
from studio.core.control import CONTROL

RUN = "2026-11-22-hotel-concierge-1"
Begin = Callable[..., RunStore]
"""Starts a made-up engine with options, waits for its first steps, and returns its store."""
LONG = ("--steps", "4000", "--pace", "0.01")


def wait_end(qtbot: QtBot, store: RunStore) -> None:
    qtbot.waitUntil(lambda: not store.alive and store.is_loaded, timeout=20_000)


def wishes(store: RunStore) -> list[str]:
    lines = store.folder.control.read_bytes().splitlines()
    return [type(CONTROL.decode(line)).__name__ for line in lines]


def click(qtbot: QtBot, button: object) -> None:
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)  # type: ignore[no-untyped-call]


# asking
