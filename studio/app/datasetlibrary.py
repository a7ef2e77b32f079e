"""The datasets of a workspace: which there are, which is open, and imports into them."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from studio.core.example import Kind
from studio.core.problems import DataError, StudioError
from studio.core.workspace import Workspace
from studio.data.datasetnames import free_name, resolve_dataset

# What opens, makes and imports datasets brings numpy and SQLite with it; every import inside a
# function below waits until somebody wants that, so that the window's first paint need not.
if TYPE_CHECKING:
    from studio.app.datasetdocument import DatasetDocument
    from studio.app.filelook import FileLook
    from studio.app.foreignfiles import ForeignFiles
    from studio.app.importjob import ImportJob
    from studio.app.importmemory import ImportMemory
    from studio.app.rowsurvey import RowSurvey
    from studio.data.importing import ImportReport
    from studio.data.looking import Plan


@dataclass(frozen=True, slots=True)
class DatasetSummary:
    """One dataset of the list; rows is None and trouble a sentence if it cannot be read."""

    name: str
    rows: int | None
    kind: Kind = Kind.TRIPLE
    trouble: str = ""


class DatasetLibrary(QObject):
    """Owns the open dataset and the running import.

    Signals:
        listed(): datasets came or went.
        opened(object DatasetDocument | None): another dataset is open now.
        import_progressed(object ImportProgress): now and then.
        import_ended(object ImportReport | StudioError): an import is over; its dataset is open.

    Attributes:
        current: the dataset that is open.
    """

    listed = Signal()
    opened = Signal(object)
    import_progressed = Signal(object)
    import_ended = Signal(object)

    def __init__(self, workspace: Workspace, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self.current: DatasetDocument | None = None
        self._job: ImportJob | None = None
        self._waiting: deque[tuple[Path, str, Sequence[Plan]]] = deque()
        self._counted: dict[str, tuple[tuple[float, float], DatasetSummary]] = {}

    @cached_property
    def look(self) -> FileLook:
        """Looks at files before they are imported."""
        from studio.app.filelook import FileLook

        return FileLook(self)

    @cached_property
    def survey(self) -> RowSurvey:
        """Counts what is in files that are looked at."""
        from studio.app.rowsurvey import RowSurvey

        return RowSurvey(self)

    @cached_property
    def memory(self) -> ImportMemory:
        """How files were imported before."""
        from studio.app.importmemory import ImportMemory

        return ImportMemory(self._workspace.imports)

    @cached_property
    def foreign(self) -> ForeignFiles:
        """Makes files of rows of what is none."""
        from studio.app.foreignfiles import ForeignFiles

        return ForeignFiles(self._workspace, self)

    def names(self) -> list[str]:
        """Return the names of the datasets, sorted."""
        return self._workspace.dataset_names()

    def summaries(self) -> list[DatasetSummary]:
        """Return each dataset with its number of rows; unchanged files are not opened again."""
        return [self._summary(name) for name in self.names()]

    def open(self, name: str) -> DatasetDocument:
        """Open a dataset in place of the current one.

        Raises:
            DataError: it is missing, locked, damaged or no dataset; the current one stays open.
        """
        from studio.app.datasetdocument import DatasetDocument

        path = resolve_dataset(self._workspace, name)
        if self.current is not None and self.current.path == path:
            return self.current
        made = DatasetDocument(path, self)
        self._replace(made)
        return made

    def create(self, name: str) -> DatasetDocument:
        """Make an empty dataset under that name, or one like it, and open it."""
        from studio.data.store import Dataset

        free = free_name(self._workspace, name)
        Dataset.create(self._workspace.dataset(free)).close()
        self.listed.emit()
        return self.open(free)

    def import_file(self, path: Path, name: str | None = None) -> None:
        """Import a file as a new dataset; more files wait their turn. Ends in import_ended."""
        self._wait(path, name or path.stem, ())

    def import_plans(self, plans: Sequence[Plan], name: str) -> None:
        """Import files that were looked at as one new dataset, when its turn comes."""
        self._wait(plans[0].part.path, name, plans)

    def _wait(self, path: Path, name: str, plans: Sequence[Plan]) -> None:
        self._waiting.append((path, name, plans))
        if self._job is None:
            self._next_import()

    @property
    def importing(self) -> bool:
        """Whether an import is running."""
        return self._job is not None

    def cancel_import(self) -> None:
        """Stop the running import and forget those that wait."""
        self._waiting.clear()
        if "foreign" in self.__dict__:
            self.foreign.cancel()
        if self._job is not None:
            self._job.cancel()

    def install_demo(self) -> DatasetDocument:
        """Put the example dataset into the workspace if it is not there, and open it."""
        from studio.data.demo import install_demo

        name = install_demo(self._workspace)
        self.listed.emit()
        return self.open(name)

    def close(self) -> None:
        """Close the open dataset; a running import ends without a trace."""
        self._waiting.clear()
        for part in ("look", "survey", "foreign"):
            if part in self.__dict__:  # else nobody has asked for it
                getattr(self, part).close()
        if self._job is not None:
            self._job.close()
            self._job = None
        self._replace(None)

    def _replace(self, made: DatasetDocument | None) -> None:
        before, self.current = self.current, made
        self.opened.emit(made)
        if before is not None:
            before.close()
            before.deleteLater()

    def _next_import(self) -> None:
        from studio.app.importjob import ImportJob

        path, name, plans = self._waiting.popleft()
        target = self._workspace.dataset(free_name(self._workspace, name))
        self._job = ImportJob(path, target, self, plans=plans)
        self._job.progressed.connect(self.import_progressed)
        self._job.ended.connect(self._on_import_ended)
        self._job.start()

    @Slot(object)
    def _on_import_ended(self, outcome: ImportReport | StudioError) -> None:
        job, self._job = self._job, None
        if job is not None:
            self.foreign.drop(job.source)
            job.deleteLater()
        if not isinstance(outcome, StudioError):
            self.listed.emit()
            try:
                self.open(outcome.dataset.stem)
            except DataError as problem:
                outcome = problem
        self.import_ended.emit(outcome)
        if self._waiting:
            self._next_import()

    def _summary(self, name: str) -> DatasetSummary:
        if self.current is not None and self.current.name == name:
            return DatasetSummary(name, len(self.current), self.current.kind)
        path = self._workspace.dataset(name)
        state = (_changed(path), _changed(path.with_name(path.name + "-wal")))
        known = self._counted.get(name)
        if known is None or known[0] != state:
            self._counted[name] = known = (state, _count(path))
        return known[1]


def _changed(path: Path) -> float:
    return path.stat().st_mtime if path.exists() else 0.0


def _count(path: Path) -> DatasetSummary:
    from studio.data.store import glance

    try:
        return DatasetSummary(path.stem, *glance(path))
    except DataError as problem:
        return DatasetSummary(path.stem, None, trouble=problem.summary)
