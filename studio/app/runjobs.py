"""Work on runs that is too slow for the window's thread: reading the list, freezing rows."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QThread, Signal

from studio.core.problems import RunError, StudioError
from studio.core.workspace import RunFolder, Workspace

if TYPE_CHECKING:
    from studio.app.runstore import RunStore
    from studio.data.runfiles import RunSummary

logger = logging.getLogger(__name__)

_Stamp = tuple[tuple[int, int], ...]


class RunReader:
    """Reads the list of runs; one whose files are as they were is not read again."""

    def __init__(self) -> None:
        self._known: dict[Path, tuple[_Stamp, RunSummary]] = {}

    def read(self, workspace: Workspace) -> list[RunSummary]:
        """Return all runs of a workspace, newest first; asked on one thread at a time."""
        from studio.data.runfiles import summarize  # on the thread: not before the first paint

        before, self._known = self._known, {}
        found = []
        for folder in workspace.run_folders():
            stamp = _stamp(folder)  # first: what changes while it is read is read once more
            known = before.get(folder.path)
            same = known is not None and known[0] == stamp and not known[1].alive
            summary = known[1] if known is not None and same else summarize(folder)
            self._known[folder.path] = (stamp, summary)
            found.append(summary)
        return found


def _stamp(folder: RunFolder) -> _Stamp:
    """Return size and time of the files that a summary is made of."""
    return tuple(
        _facts_of(path)
        for path in (
            folder.events,
            folder.recipe,
            folder.meta,
            folder.origin,
            folder.lock,
            folder.adapter,
        )
    )


def _facts_of(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return (0, 0)
    return (found.st_size, found.st_mtime_ns)


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
        except Exception as err:
            logger.exception("work off the window's thread")
            said = "".join(traceback.format_exception(err))
            self.failed.emit(
                StudioError(
                    f"It could not be done, for a reason that nobody foresaw: {err!r:.200}.",
                    "Copy the details into a report, then try again.",
                    said,
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
