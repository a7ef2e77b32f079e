"""Looks at files on a thread of its own, before they are imported."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from PySide6.QtCore import QObject, QThread, Signal, Slot

from studio.core.problems import DataError, StudioError
from studio.data.datasetinfo import looks_like_info, read_info
from studio.data.importing import no_rows
from studio.data.looking import Plan, look_at
from studio.data.textrows import Each

logger = logging.getLogger(__name__)
_MOST_IN_FOLDER = 10_000


@dataclass(frozen=True, slots=True)
class Incoming:
    """A file that comes in.

    Attributes:
        path: where it is; a folder stands for the files in it.
        called: what people call it, if it was made of another for the import.
    """

    path: Path
    called: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which files are looked at, and how.

    Attributes:
        files: in the order in which they came.
        each: what becomes a row, of running text.
        encoding: of all of them; empty to find out.
        unlimited: read packed files however large they become.
    """

    files: tuple[Incoming, ...]
    each: Each = Each.FILE
    encoding: str = ""
    unlimited: bool = False


@dataclass(frozen=True, slots=True)
class Looked:
    """What files are.

    Attributes:
        asked: what was asked.
        plans: how each would be imported, in the order of the files.
        problems: why others cannot be.
        apart: whether they are datasets of their own, with names of their own.
    """

    asked: Asked
    plans: list[Plan] = field(default_factory=list)
    problems: list[StudioError] = field(default_factory=list)
    apart: bool = False


class _Look(QThread):
    """The work; reads the beginnings of the files and no more."""

    def __init__(self, asked: Asked, parent: QObject) -> None:
        super().__init__(parent)
        self.setObjectName("look at files")
        self.looked = Looked(asked)

    def run(self) -> None:
        asked, plans, apart = self.looked.asked, list[Plan](), False
        problems: list[StudioError] = []
        for incoming in _files(asked.files):
            if self.isInterruptionRequested():
                return
            try:
                if looks_like_info(incoming.path):
                    plans += _listed(incoming.path, problems)
                    apart = True
                else:
                    plans += look_at(
                        incoming.path,
                        each=asked.each,
                        encoding=asked.encoding,
                        unlimited=asked.unlimited,
                        called=incoming.called,
                    )
            except StudioError as problem:
                problems.append(problem)
            except Exception as err:
                logger.exception("a look at %s", incoming.path)
                said = f"{incoming.path.name} cannot be looked at: {err}."
                problems.append(DataError(said, details=repr(err)))
        problems += (no_rows(plan.name, plan.fault) for plan in plans if not plan.columns)
        self.looked = Looked(asked, [plan for plan in plans if plan.columns], problems, apart)


def _files(files: Sequence[Incoming]) -> list[Incoming]:
    """Return the files, with those in a folder in its place."""
    found: list[Incoming] = []
    for incoming in files:
        if not incoming.path.is_dir():
            found.append(incoming)
            continue
        inside = sorted(path for path in incoming.path.rglob("*") if not path.name.startswith("."))
        found += [Incoming(path) for path in inside[:_MOST_IN_FOLDER] if path.is_file()]
    return found


def _listed(path: Path, problems: list[StudioError]) -> list[Plan]:
    """Return a plan for each file that a dataset_info.json names and that is there."""
    plans = []
    for entry in read_info(path):
        if entry.path is None or entry.trouble:
            said = entry.trouble or f"It is on the Hub, as {entry.hub}."
            problems.append(DataError(f"{entry.name}: {said}"))
            continue
        try:
            for plan in look_at(entry.path):
                known = entry.reading is not None and set(entry.reading.roles) <= set(plan.columns)
                reading = entry.reading if known else plan.reading
                part = replace(plan.part, called=entry.name)
                plans.append(replace(plan, part=part, reading=reading))
        except StudioError as problem:
            problems.append(problem)
    return plans


class FileLook(QObject):
    """One look at files at a time; a newer one takes the place of an older.

    Signals:
        looked(object Looked): what the files of the newest look are.
    """

    looked = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._work: _Look | None = None
        self._next: Asked | None = None

    def look(self, asked: Asked) -> None:
        """Look at files; ends in looked."""
        if self._work is not None:
            self._next = asked
            self._work.requestInterruption()
            return
        self._work = _Look(asked, self)
        self._work.finished.connect(self._on_finished)
        self._work.start()

    def close(self) -> None:
        """Wait until the thread is over."""
        self._next = None
        if self._work is not None:
            self._work.requestInterruption()
            self._work.finished.disconnect(self._on_finished)
            self._work.wait()
            self._work = None

    @Slot()
    def _on_finished(self) -> None:
        work, self._work = self._work, None
        asked, self._next = self._next, None
        if work is None:
            return
        work.wait()
        work.deleteLater()
        if asked is not None:
            self.look(asked)
        else:
            self.looked.emit(work.looked)
