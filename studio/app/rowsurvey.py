"""Counts the rows of files in a process of its own, while the user looks at the first of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QObject, Signal

from studio.app.engineclient import EngineClient
from studio.core.problems import DataError
from studio.core.protocol import RequestFailed, RowsSurveyed, SurveyRows
from studio.data.bytestreams import TooLarge
from studio.data.importwire import plan_body
from studio.data.looking import Plan
from studio.data.surveying import Survey
from studio.machine.enginecommand import engine_command


class RowSurvey(QObject):
    """Counts one set of files at a time; whoever makes it calls :meth:`close` in the end.

    Signals:
        counted(object Survey): what the files hold.
        failed(object DataError): they cannot be read to their end.
    """

    counted = Signal(object)
    failed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._engine = EngineClient("count of rows", engine_command("import"), self)
        self._engine.message_came.connect(self._on_message_came)
        self._engine.request_failed.connect(self._on_failed)
        self._request = 0

    def start(self, plans: Sequence[Plan]) -> None:
        """Count these files, and not those before; returns at once."""
        self.stop()
        self._request = self._engine.new_id()
        bodies = [plan_body(plan) for plan in plans]
        self._engine.ask(SurveyRows(id=self._request, plans=bodies))

    def stop(self) -> None:
        """Forget what was asked; the process writes nothing, so it is ended at once."""
        self._request = 0
        self._engine.kill("")

    def close(self) -> None:
        """Stop, and wait until the process is over."""
        self.stop()
        self._engine.close()

    def _on_message_came(self, message: Any) -> None:
        if isinstance(message, RowsSurveyed) and message.id == self._request:
            self._engine.settle(message.id)
            self.counted.emit(Survey(message.rows, message.faults, message.filled))

    def _on_failed(self, failed: RequestFailed) -> None:
        if failed.id == self._request:
            kind = TooLarge if failed.code == TooLarge.__name__ else DataError
            self.failed.emit(kind(failed.summary, failed.hint, failed.details))
