"""What a split would come to, found out off the window's thread while its settings are edited."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from studio.app.latestjob import LatestJob
from studio.core.workspace import Workspace
from studio.data.mixlengths import checked_alike
from studio.data.splits import Dealing, SplitWish, deal_rows, read_rule
from studio.data.splitsurvey import Grouping, Survey, groups_of, survey
from studio.data.store import Dataset


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """A dataset as it was looked over.

    Attributes:
        known: how it was asked for: grouping, revision, frozen splits.
        groups: by what its rows can be grouped.
    """

    known: tuple[Grouping, int, frozenset[str]]
    survey: Survey
    groups: list[str]


class SplitPlanner(QObject):
    """Plans splits of one dataset; the latest wish wins. Whoever makes it calls :meth:`close`.

    Signals:
        planned(object SplitWish, object Dealing): what the latest wish comes to.
        refused(object SplitWish, object StudioError): why it cannot be.
        grouped(list): by what rows can be grouped; once.
    """

    planned = Signal(object, object)
    refused = Signal(object, object)
    grouped = Signal(list)

    def __init__(self, workspace: Workspace, dataset: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._workspace, self._dataset = workspace, dataset
        self._seen = list[Seen]()
        self._told = False
        self._stop = threading.Event()
        self._job = LatestJob(self)
        self._job.done.connect(self._on_done)
        self._job.failed.connect(self._on_failed)

    @property
    def busy(self) -> bool:
        """Whether an answer is still to come."""
        return self._job.busy

    def ask(self, wish: SplitWish) -> None:
        """Find out what a wish comes to; planned or refused follows."""
        work = partial(_plan, self._workspace, self._dataset, wish, self._seen, self._stop)
        self._job.ask(wish, work)

    def close(self) -> None:
        """Stop what is going on and wait for it."""
        self._stop.set()
        self._job.close()

    def _on_done(self, wish: SplitWish, dealing: Dealing) -> None:
        self._tell_groups()
        self.planned.emit(wish, dealing)

    def _on_failed(self, wish: SplitWish, problem: object) -> None:
        self._tell_groups()
        self.refused.emit(wish, problem)

    def _tell_groups(self) -> None:
        if self._seen and not self._told:
            self._told = True
            self.grouped.emit(self._seen[0].groups)


def _plan(
    workspace: Workspace,
    path: Path,
    wish: SplitWish,
    seen: list[Seen],
    stop: threading.Event,
) -> Dealing:
    """Return what a wish comes to; what was seen last is kept in the list, for the next time."""
    with Dataset.open(path, read_only=True) as data:
        known = (wish.grouping, data.revision, data.frozen_splits())
        if not seen or seen[0].known != known:
            alike = checked_alike(workspace)
            found = survey(data, wish.grouping, known[2], alike, cancelled=stop.is_set)
            seen[:] = [Seen(known, found, groups_of(data))]
        rule = read_rule(data)
    return deal_rows(seen[0].survey, wish, rule)
