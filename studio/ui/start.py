"""Builds the application and its window; the one composition root."""

from __future__ import annotations

import gc
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QLockFile
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from studio import __version__
from studio.core.problems import StudioError
from studio.core.resources import resource
from studio.core.workspace import Workspace
from studio.machine.places import default_workspace
from studio.ui.widgets.roles import install_roles

if TYPE_CHECKING:
    from studio.ui.window import StudioWindow

ICON_SIZES = (16, 24, 32, 48, 64, 128, 256)
OPENING = ("Data", "Model", "Train", "Chat", "Runs", "Settings")
"""Pages that the window may open on: the one it was left on."""
LOCK = "window.lock"
"""File in the workspace that the window holds, so that there is one at a time."""


def open_studio(*, demo: bool = False, workspace: str | None = None) -> int:
    """Open the window and run until it is closed; return the exit code."""
    app = make_application()
    try:
        place = _workspace(workspace)
    except StudioError as problem:
        return _refuse(app, problem)
    lock = QLockFile(str(place.path / LOCK))
    lock.setStaleLockTime(0)  # only a lock whose process is gone is stale, however old it is
    if not lock.tryLock(0):
        return _refuse(app, _in_use(place, lock))
    from studio.ui.crash import CrashWatch  # after the check: a second start leaves no trace

    watch = CrashWatch()
    watch.start()
    try:
        window = build_window(app, place)
        watch.problem_met.connect(window.studio.problem_met)
        report = watch.last_report()
        if report is not None:
            window.studio.problem_met.emit(report)
        window.painted.connect(lambda: _on_painted(window, demo))
        window.warmed.connect(gc.freeze)  # a full collection over it all would take some 40 ms
        close_on_signals(window)
        window.show()
        return int(app.exec())
    finally:
        watch.stop()
        lock.unlock()


def close_on_signals(window: StudioWindow) -> None:
    """Close the window in order on Ctrl-C or an end of session; heard at the next reading."""
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, lambda _number, _frame: window.close())


def make_application() -> QApplication:
    """Return the application with its name, icon and desktop file; made once a process."""
    app = QApplication.instance()
    if isinstance(app, QApplication):
        return app
    app = QApplication(sys.argv[:1])
    app.setApplicationName("graft-studio")
    app.setApplicationDisplayName("Graft Studio")
    app.setApplicationVersion(__version__)
    app.setDesktopFileName("io.github.graft_studio.GraftStudio")  # names the launcher
    icon = QIcon()
    for size in ICON_SIZES:
        icon.addFile(str(resource("icons", f"icon-{size}.png")))
    app.setWindowIcon(icon)
    install_roles()
    return app


def build_window(app: QApplication, workspace: Workspace) -> StudioWindow:
    """Return the window on a workspace, its first page open, not shown yet."""
    from studio.app.studio import Studio  # the application is built once the lock is held
    from studio.ui.look.theme import SCHEMES, Theme
    from studio.ui.window import StudioWindow

    studio = Studio(workspace)
    theme = Theme(app)
    theme.force(SCHEMES[studio.settings.values.theme])
    window = StudioWindow(studio, theme)
    last = studio.settings.values.page
    window.open_soon(last if last in OPENING else "Data")
    return window


def _on_painted(window: StudioWindow, demo: bool) -> None:
    """Start what may take its time: the window is there already."""
    studio = window.studio
    studio.warm()
    last = studio.draft.recipe.dataset
    try:
        if demo:
            studio.datasets.install_demo()
            window.open_page("Data")
        elif last in studio.datasets.names():
            studio.datasets.open(last)
    except StudioError as problem:
        studio.problem_met.emit(problem)
    window.warm_pages()


def _workspace(named: str | None) -> Workspace:
    """Return the workspace that is named, made if it is missing."""
    chosen = named or os.environ.get("GRAFT_WORKSPACE")
    path = Path(chosen).expanduser().resolve() if chosen else default_workspace()
    return Workspace(path).create()


def _in_use(place: Workspace, lock: QLockFile) -> StudioError:
    pid, host, _ = lock.getLockInfo()
    who = f" (process {pid} on {host})" if pid else ""
    return StudioError(
        f"The workspace {place.path} is open in another window{who}.",
        "Go on there, or open another folder with graft-studio --workspace DIR.",
    )


def _refuse(app: QApplication, problem: StudioError) -> int:
    """Say why no window opens, on the terminal and in a dialog; return the exit code."""
    sys.stderr.write(f"{problem.summary} {problem.hint}\n")
    from studio.ui.dialogs.frame import tell  # the look is only needed to say this
    from studio.ui.look.theme import Theme

    Theme(app)
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # nothing is open that an end could harm
    tell(None, problem.summary, problem.hint)
    return 1
