"""Imports files in a process of its own; progress and outcome arrive as signals."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from studio.app.engineclient import EngineClient
from studio.core.problems import DataError
from studio.core.protocol import Imported, ImportRows, RequestFailed, RowsComing
from studio.data.bytestreams import TooLarge
from studio.data.importing import ImportCancelled, ImportProgress
from studio.data.importwire import plan_body, report_of
from studio.data.loading import sweep_staged
from studio.data.looking import Plan
from studio.machine.enginecommand import engine_command


class ImportJob(QObject):
    """One import; whoever makes it calls :meth:`close` before dropping it.

    Args:
        source: the file, to be imported as it is recognised.
        dataset: where the dataset appears.
        plans: what was looked at and is to be imported in place of the file.

    Signals:
        progressed(object ImportProgress): now and then.
        ended(object ImportReport | StudioError): once, and last.
    """

    progressed = Signal(object)
    ended = Signal(object)

    def __init__(
        self,
        source: Path,
        dataset: Path,
        parent: QObject | None = None,
        *,
        plans: Sequence[Plan] = (),
    ) -> None:
        super().__init__(parent)
        self.source, self.dataset = source, dataset
        self._plans = [plan_body(plan) for plan in plans]
        self._request = 0
        self._cancelled = False
        self._engine = EngineClient("import", engine_command("import"), self)
        self._engine.message_came.connect(self._on_message_came)
        self._engine.request_failed.connect(self._on_failed)
        self._engine.process_ended.connect(self._on_process_ended)
        self._outcome: object = None

    def start(self) -> None:
        """Start and return at once."""
        self._request = self._engine.new_id()
        self._engine.ask(
            ImportRows(
                id=self._request,
                dataset=str(self.dataset),
                source=str(self.source),
                plans=self._plans,
            )
        )

    def cancel(self) -> None:
        """Ask it to stop; it ends with ImportCancelled, and nothing of it is left."""
        self._cancelled = True
        self._engine.end(f"The import of {self.source.name} was stopped.")

    def close(self) -> None:
        """Cancel and wait until the process is over."""
        self._engine.close()
        sweep_staged(self.dataset.parent)

    def _on_message_came(self, message: Any) -> None:
        if isinstance(message, RowsComing):
            so_far = ImportProgress(message.file, message.done, message.total, message.rows)
            self.progressed.emit(so_far)
        elif isinstance(message, Imported):
            self._engine.settle(self._request)
            self._outcome = report_of(message.report)
            self._engine.end("")

    def _on_failed(self, failed: RequestFailed) -> None:
        kind = TooLarge if failed.code == TooLarge.__name__ else DataError
        kind = ImportCancelled if self._cancelled else kind
        self._outcome = kind(failed.summary, failed.hint, failed.details)
        self._engine.end("")

    def _on_process_ended(self, _why: str) -> None:
        sweep_staged(self.dataset.parent)
        if self._outcome is not None:
            outcome, self._outcome = self._outcome, None
            self.ended.emit(outcome)
