"""Follows the processes that make rows of Parquet files and of datasets of the Hub."""

from __future__ import annotations

import glob
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from PySide6.QtCore import QObject, Signal

from studio.app.engineclient import EngineClient
from studio.core.problems import DataError, FetchError, StudioError
from studio.core.protocol import Converted, HubDataset, Progress, RequestFailed
from studio.data.conversions import Way
from studio.data.exportplan import ExportPlan
from studio.machine.enginecommand import engine_command

REQUEST = 0
"""A one-shot process answers with this id."""
MEMORY_BYTES = 4 * 1024**3
"""Private memory the reader of a foreign file may have; a good file needs far less."""


class JobStopped(DataError):
    """The user stopped it; nothing of it is left."""


class ConvertJob(QObject):
    """One process that converts, looks up or takes something; whoever makes it closes it.

    Signals:
        progressed(object Progress): now and then.
        ended(object Converted | HubDataset | StudioError): once, and last.
    """

    progressed = Signal(object)
    ended = Signal(object)

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        parent: QObject | None = None,
        *,
        into: Path | None = None,
        network: bool = False,
    ) -> None:
        super().__init__(parent)
        self._name, self._into = name, into
        self._stopped = False
        self._outcome: object = None
        limit = 0 if network else MEMORY_BYTES
        self._engine = EngineClient(name, command, self, network=network, memory_limit_bytes=limit)
        self._engine.message_came.connect(self._on_message_came)
        self._engine.request_failed.connect(self._on_failed)
        self._engine.process_ended.connect(self._on_process_ended)

    @classmethod
    def rows_of(cls, file: Path, into: Path, parent: QObject | None = None) -> Self:
        """Make JSON lines of a Parquet file."""
        command = engine_command("convert", "rows", str(file), "--into", str(into))
        return cls(f"reading of {file.name}", command, parent, into=into)

    @classmethod
    def look_up(cls, repo: str, revision: str = "main", parent: QObject | None = None) -> Self:
        """Ask the Hub what it has under a dataset's name."""
        command = engine_command("hubdata", "look", repo, "--revision", revision)
        return cls("question to the Hub", command, parent, network=True)

    @classmethod
    def take(
        cls, dataset: HubDataset, config: str, split: str, into: Path, parent: QObject | None = None
    ) -> Self:
        """Make JSON lines of a dataset of the Hub, as it was when it was looked up."""
        command = engine_command("hubdata", "take", dataset.repo, "--into", str(into))
        command += ["--revision", dataset.revision, "--config", config, "--split", split]
        return cls(f"download of {dataset.repo}", command, parent, into=into, network=True)

    @classmethod
    def export(cls, dataset: Path, into: Path, plan: ExportPlan, ids: Path | None = None) -> Self:
        """Write a dataset, or the rows whose ids are in a numpy file, to a file."""
        command = engine_command("exchange", "export", str(dataset), "--into", str(into))
        command += ["--plan", json.dumps(plan.body)]
        command += ["--ids", str(ids)] if ids is not None else []
        return cls(f"export to {into.name}", command, into=into)

    @classmethod
    def convert(cls, dataset: Path, into: Path, way: Way) -> Self:
        """Make a dataset over as another one."""
        command = engine_command("exchange", "convert", str(dataset), "--into", str(into))
        command += ["--to", way.to_name, "--how", way.how]
        return cls(f"conversion of {dataset.stem}", command, into=into)

    def start(self) -> None:
        """Start and return at once."""
        self._engine.expect(REQUEST)
        self._engine.start()

    def cancel(self) -> None:
        """Stop it; it ends with JobStopped, and nothing of it is left."""
        self._stopped = True
        self._engine.end(f"The {self._name} was stopped.")

    def close(self) -> None:
        """Stop it and wait until the process is over."""
        self._engine.close()
        self._sweep()

    def _on_message_came(self, message: Any) -> None:
        if isinstance(message, Progress):
            self.progressed.emit(message)
        elif isinstance(message, Converted | HubDataset):
            self._engine.settle(REQUEST)
            self._outcome = message

    def _on_failed(self, failed: RequestFailed) -> None:
        kind: type[StudioError] = DataError
        if self._stopped:
            kind = JobStopped
        elif self._name.startswith(("question", "download")):
            kind = FetchError
        self._outcome = kind(failed.summary, failed.hint, failed.details)

    def _on_process_ended(self, _why: str) -> None:
        self._sweep()
        if self._outcome is not None:
            outcome, self._outcome = self._outcome, None
            self.ended.emit(outcome)

    def _sweep(self) -> None:
        """Remove what a process that was ended had begun."""
        if self._into is not None:
            for name in {self._into.name, self._into.stem}:
                for left in self._into.parent.glob(f".{glob.escape(name)}.*.partial"):
                    left.unlink(missing_ok=True)
