"""A real window that follows the run at work, or starts one; kill it at any moment.

``python -m tests.helpers.killedwindow WORKSPACE RUN [--real]`` says on standard output what it
does: ``follows RUN STEP`` once a run's steps reach it, ``starts RUN`` when it begins the one that is
named, after the run at work has ended, and ``ended RUN STATE``.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from studio.core.workspace import Workspace
from studio.data.runfiles import engine_of

PACE = "0.05"
STEPS = "100000"


class Watcher:
    """Tells what the window sees of its runs."""

    def __init__(self, runs: object, workspace: Workspace, wanted: str) -> None:
        from studio.app.runlibrary import RunLibrary

        assert isinstance(runs, RunLibrary)
        self._runs, self._workspace, self._next = runs, workspace, wanted
        self._told = ""
        runs.state_changed.connect(self._on_state_changed)
        runs.run_ended.connect(self._on_ended)
        runs.listed.connect(self._start)

    def _start(self) -> None:
        at_work = [f for f in self._workspace.run_folders() if engine_of(f) is not None]
        if self._next and not at_work and self._runs.live is None:
            wanted, self._next = self._next, ""
            say("starts", wanted)
            self._runs.resume(wanted)

    def _on_state_changed(self, _state: object) -> None:
        store = self._runs.live
        if store is not None and store.is_loaded and store.state.step and store.run != self._told:
            self._told = store.run
            say("follows", store.run, store.state.step)

    def _on_ended(self, store: object) -> None:
        say("ended", store.run, store.state.state)  # type: ignore[attr-defined]


def say(*words: object) -> None:
    """Tell the process that may kill this one."""
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def main() -> int:
    """Open the window and stay until it is killed."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from studio.ui.start import build_window, make_application
    from tests.helpers.fakeengine import fake_command

    workspace = Workspace(Path(sys.argv[1]))
    app = make_application()
    window = build_window(app, workspace)
    runs = window.studio.runs
    if "--real" not in sys.argv:
        runs._command = fake_command("--steps", STEPS, "--pace", PACE)
    watcher = Watcher(runs, workspace, sys.argv[2])
    window.show()
    window.open_page("Train")
    runs.warm()
    code = app.exec()
    del watcher
    return code


if __name__ == "__main__":
    sys.exit(main())
