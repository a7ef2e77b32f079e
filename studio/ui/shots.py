"""Writes pictures of every page from the workspace's real data, with a window nobody sees."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from PySide6.QtCore import QEventLoop
from PySide6.QtGui import QFont, QFontDatabase
from PySide6.QtWidgets import QApplication

from studio.app.chatclient import FAILED, READY
from studio.core.problems import StudioError
from studio.core.workspace import Workspace
from studio.ui.chatshots import chat_states
from studio.ui.look.theme import SCHEMES
from studio.ui.modelshots import model_states
from studio.ui.start import build_window, make_application
from studio.ui.widgets.rail import PAGES

if TYPE_CHECKING:
    from studio.ui.window import StudioWindow

WIDE, NARROW = (1440, 900), (1024, 700)
FAMILY = "Inter"
PATIENCE = 60.0
"""Seconds a page may take to be complete; what it shows then is taken."""
PATIENCE_CHAT = 300.0
"""Seconds for the chat, which loads a model first."""
CALM = 0.25
"""Seconds given to whatever is still to be painted before a picture is taken."""
QUESTION = "Can I still get breakfast at half past ten?"


def write_shots(
    workspace: Workspace, folder: Path, *, chat: bool = True, tell: Callable[[str], object]
) -> list[Path]:
    """Write each page in light and dark, wide and narrow; return the files.

    An empty workspace gets the example dataset, after a picture of the first run.

    Args:
        workspace: whose data is shown.
        folder: where the pictures go; made if it is missing.
        chat: whether to load the last run's adapter and ask it a question.
        tell: gets one line about each long step.

    Raises:
        StudioError: the folder cannot be written to.
    """
    app = _application()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as err:
        raise StudioError(f"{folder} cannot be written to: {err.strerror or err}.") from err
    window = build_window(app, workspace)
    kept = window.studio.settings.values
    try:
        window.resize(*WIDE)
        window.show()
        window.studio.warm()
        _wait(lambda: window.studio.machine.reading is not None)
        first = [] if window.studio.datasets.names() else list(_first_run(window, folder))
        _open_what_is_there(window, tell)
        if chat:
            _ask(window, tell)
        pages = [*_pages(window, folder), *_chat_states(window, folder)]
        return [*first, *pages, *_model_states(window, folder)]
    finally:
        window.close()
        window.studio.settings.restore(kept)


def _application() -> QApplication:
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    app = make_application()
    if FAMILY in QFontDatabase.families():
        app.setFont(QFont(FAMILY, 10))
    return app


def _first_run(window: StudioWindow, folder: Path) -> Iterator[Path]:
    window.resize(*NARROW)
    for scheme in ("light", "dark"):
        window.theme.force(SCHEMES[scheme])
        yield _take(window, folder, "first-run", scheme)
    window.studio.datasets.install_demo()


def _open_what_is_there(window: StudioWindow, tell: Callable[[str], object]) -> None:
    """Open the dataset, the model and the last run, and wait for what they show."""
    studio = window.studio
    listed: list[bool] = []
    studio.runs.listed.connect(lambda: listed.append(True))
    studio.runs.refresh()
    _wait(lambda: bool(listed))
    last = next((run for run in studio.runs.all() if not run.problem), None)
    names = studio.datasets.names()
    if studio.datasets.current is None:
        wanted = (studio.draft.recipe.dataset, last.dataset if last else "", names[0])
        studio.datasets.open(next(name for name in wanted if name in names))
    if last is not None:
        studio.runs.open(last.run)
        _wait(lambda: studio.runs.current is not None and studio.runs.current.is_loaded)
    window.open_page("Data")
    if studio.models.current is not None:
        tell("Counting the tokens of every row")
        _wait(lambda: studio.checks.measured and not studio.checks.running)


def _ask(window: StudioWindow, tell: Callable[[str], object]) -> None:
    """Ask one question in every column, if a model is there."""
    studio = window.studio
    if studio.models.current is None:
        return
    window.open_page("Chat")
    _pause()
    tell("Asking base and adapted one question")
    ended: list[object] = []
    studio.chat.answer_ended.connect(ended.append)
    window.page("Chat").ask(QUESTION)  # type: ignore[attr-defined]
    _wait(
        lambda: studio.chat.state == FAILED or (bool(ended) and studio.chat.state == READY),
        PATIENCE_CHAT,
    )


def _pages(window: StudioWindow, folder: Path) -> Iterator[Path]:
    for size in (WIDE, NARROW):
        window.resize(*size)
        for scheme in ("light", "dark"):
            window.theme.force(SCHEMES[scheme])
            for name in (*PAGES, "Settings"):
                window.open_page(name)
                yield _take(window, folder, name.lower(), scheme)


def _chat_states(window: StudioWindow, folder: Path) -> Iterator[Path]:
    """Take evaluations, votes and readiness, which are parts of the Chat page."""
    for name in chat_states(window):
        for size in (WIDE, NARROW):
            window.resize(*size)
            for scheme in ("light", "dark"):
                window.theme.force(SCHEMES[scheme])
                yield _take(window, folder, name, scheme)


def _model_states(window: StudioWindow, folder: Path) -> Iterator[Path]:
    """Take the Model page as it is on other computers and with other recipes."""
    window.resize(*WIDE)
    for name in model_states(window):
        for scheme in ("light", "dark"):
            window.theme.force(SCHEMES[scheme])
            yield _take(window, folder, f"model-{name}", scheme)


def _take(window: StudioWindow, folder: Path, name: str, scheme: str) -> Path:
    narrow = "" if window.width() == WIDE[0] or name == "first-run" else f"-{window.width()}"
    dark = "" if scheme == "light" else "-dark"
    path = folder / f"{name}{narrow}{dark}.png"
    _pause()
    if not window.grab().save(str(path)):
        raise StudioError(f"The picture {path} could not be written.", "Is the disk full?")
    return path


def _wait(happened: Callable[[], bool], seconds: float = PATIENCE) -> None:
    """Let the window live until something has happened, or the patience is over."""
    end = monotonic() + seconds
    while not happened() and monotonic() < end:
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 50)


def _pause() -> None:
    end = monotonic() + CALM
    _wait(lambda: monotonic() >= end)
