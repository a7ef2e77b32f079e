"""Work on runs that is too slow for the window's thread: reading the list, freezing rows."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QThread, Signal

from studio.app.runstore import RunStore
from studio.core.problems import RunError, StudioError
from studio.core.workspace import Workspace
from studio.data.runfiles import RunSummary, summarize


def read_all(workspace: Workspace) -> list[RunSummary]:
    """Return all runs of a workspace, newest first."""
    return [summarize(folder) for folder in workspace.run_folders()]


class Job(QThread):
    """Does one piece of work off the window's thread.

    The work must not hold the owner: freed as a part of its own child, it would be freed twice.

    Signals:
        done(object): what the work returned.
        failed(object): the StudioError that stopped it.
    """

    done = Signal(object)
    failed = Signal(object)

    def __init__(self, work: Callable[[], object], parent: QObject) -> None:
        super().__init__(parent)
        self._work = work

    def run(self) -> None:
        try:
            result = self._work()
        except StudioError as problem:
            self.failed.emit(problem)
        except OSError as err:
            self.failed.emit(
                RunError(
                    f"The disk refused: {err.strerror or err}.", f"It concerns {err.filename}."
                )
            )
        else:
            self.done.emit(result)


def busy(live: RunStore | None) -> RunError:
    """Return why no run can be started while one trains, or is being prepared."""
    name = live.title if live is not None else "A run"
    return RunError(
        f"{name} is training already; one run at a time has the machine.",
        "Pause it or stop it first. A paused run can be resumed.",
    )
