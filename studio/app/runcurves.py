"""The curves of runs that are looked at side by side: read once, kept until the run goes on."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from PySide6.QtCore import QObject, Signal

from studio.app.jobs import Jobs
from studio.app.runhistory import Folder, History
from studio.app.runlibrary import RunLibrary
from studio.app.runstore import RunStore
from studio.core.workspace import RunFolder
from studio.data.runfiles import EventTail, RunSummary

PIECE = 5000
"""Events folded in one go."""

_Stamp = tuple[int, int]


class RunCurves(QObject):
    """Reads the events of runs on threads; owned by the studio.

    Signals:
        came(str): the curves of this run are there, or others than before.
    """

    came = Signal(str)

    def __init__(self, runs: RunLibrary, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._runs = runs
        self._jobs = Jobs(self)
        self._known: dict[str, tuple[_Stamp, History]] = {}
        self._reading: set[str] = set()
        self._again: dict[str, RunSummary] = {}
        """Runs that were wanted once more while they were read: they may have grown meanwhile."""

    def history(self, run: str) -> History | None:
        """Return the curves of a run as far as they are known; None before they were read."""
        store = self._followed(run)
        if store is not None:
            return store.history
        found = self._known.get(run)
        return found[1] if found is not None else None

    def _followed(self, run: str) -> RunStore | None:
        """Return the store of a run that is followed anyway, whose curves grow by themselves."""
        for store in (self._runs.live, self._runs.current):
            if store is not None and store.run == run and store.is_loaded:
                return store
        return None

    def want(self, runs: Iterable[RunSummary]) -> None:
        """Read the curves of runs that are not known or have grown; came follows for each."""
        for summary in runs:
            run, stamp = summary.run, _stamp(summary.folder)
            known = self._known.get(run)
            is_known = known is not None and known[0] == stamp
            if run in self._reading:
                self._again[run] = summary
            if is_known or run in self._reading or self._followed(run) is not None:
                continue
            self._reading.add(run)
            self._jobs.do(partial(_read, summary.folder), partial(self._take, run, stamp))

    def close(self) -> None:
        """Wait for the threads."""
        self._jobs.close()

    def _take(self, run: str, stamp: _Stamp, history: History) -> None:
        self._reading.discard(run)
        self._known[run] = (stamp, history)
        self.came.emit(run)
        if run in self._again:
            self.want([self._again.pop(run)])


def _stamp(folder: RunFolder) -> _Stamp:
    try:
        found = folder.events.stat()
    except OSError:
        return (0, 0)
    return (found.st_size, found.st_mtime_ns)


def _read(folder: RunFolder) -> History:
    history, fold, tail = History(), Folder(), EventTail(folder.events)
    while events := tail.read(PIECE):
        for batch in fold.fold(events):
            history.add(batch)
    return history
