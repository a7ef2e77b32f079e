"""Has real steps of a recipe measured in a process of its own, one measurement at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QObject, Signal

from studio.app.engineclient import EngineClient
from studio.core.problems import EngineError
from studio.core.protocol import MeasureMemory, MemoryMeasured, Progress, RequestFailed
from studio.core.recipe import Recipe
from studio.core.units import gib
from studio.core.workspace import Workspace
from studio.machine.enginecommand import engine_command
from studio.machine.measurefolders import sweep_measurements
from studio.machine.memorylimit import limit_memory

LIMIT_MS = 30 * 60_000
LATE = "The measurement said nothing for half an hour, so it was ended."
CANCELLED = "cancelled"
KILLED = "killed by the system"
ABORTED = "SIGABRT"
"""How a library ends its process that gets no memory, where it cannot raise an error."""
RAN_OUT = "it ended in the middle, as libraries do that get no memory."
SMALLER = (
    "Take fewer sequences at once, recompute activations, or shorten the longest sequence; "
    "Fit into… finds what is enough."
)


class MeasureClient(QObject):
    """Owns the measuring process; whoever makes it calls :meth:`close`.

    Signals:
        progressed(object): a ``Progress`` with what is done now.
        measured(object): ``MemoryMeasured``; the process is gone, and its memory with it.
        failed(object): the ``EngineError`` why there is no measurement; not after a cancel.
        ended(): whatever the end was, the process is no longer ours.
    """

    progressed = Signal(object)
    measured = Signal(object)
    failed = Signal(object)
    ended = Signal()

    def __init__(
        self, parent: QObject | None = None, *, command: Sequence[str] | None = None
    ) -> None:
        super().__init__(parent)
        self._engine = EngineClient("measurement", command or engine_command("measure"), self)
        self._engine.message_came.connect(self._on_message_came)
        self._engine.request_failed.connect(self._on_request_failed)
        self._engine.process_ended.connect(self._sweep)
        self._request = self._limit = self._held_to = 0
        self._workspace: Workspace | None = None

    @property
    def pid(self) -> int:
        """Process id of the measuring process, 0 when there is none."""
        return self._engine.pid

    @property
    def measuring(self) -> bool:
        """Whether a measurement is under way."""
        return bool(self._request)

    def start(self, workspace: Workspace, recipe: Recipe, limit_bytes: int = 0) -> None:
        """Measure a recipe; measured or failed follows.

        Args:
            workspace: where its model and its dataset are.
            recipe: the settings.
            limit_bytes: RAM the process may take for itself (Linux), so that too large a recipe
                ends the measurement and not other programs; 0 for no limit.

        Raises:
            EngineError: a measurement is under way.
        """
        if self._request:
            raise EngineError("Something is being measured already.", "Cancel it first.")
        self._request, self._limit = self._engine.new_id(), limit_bytes
        self._held_to = limit_bytes
        self._workspace = workspace
        self._engine.ask(
            MeasureMemory(
                id=self._request, workspace=str(workspace.path), recipe=recipe.to_mapping()
            ),
            LIMIT_MS,
            LATE,
        )

    def cancel(self) -> None:
        """End a measurement at once; nothing of it is kept."""
        if self._request:
            self._request = 0
            self._engine.kill(CANCELLED)
            self.ended.emit()

    def close(self) -> None:
        """End the process, if there is one."""
        self._request = 0
        self._engine.kill(CANCELLED)
        self._engine.close()
        self._sweep()

    def _on_message_came(self, message: Any) -> None:
        if message.id != self._request:
            return
        match message:
            case Progress():
                if self._limit and self.pid:
                    limit_memory(self.pid, self._limit)
                    self._limit = 0
                self.progressed.emit(message)
            case MemoryMeasured():
                self._engine.settle(message.id)
                self._over()
                self.measured.emit(message)

    def _on_request_failed(self, failed: RequestFailed) -> None:
        if failed.id != self._request:
            return
        self._over()
        summary, hint, details = failed.summary, failed.hint, failed.details
        if self._held_to and ABORTED in summary:
            details = f"{summary}\n{details}"
            summary = f"It seems to need more than the {gib(self._held_to)} it was given: {RAN_OUT}"
        if not hint and (KILLED in summary or RAN_OUT in summary):
            hint = SMALLER
        self.failed.emit(EngineError(summary, hint, details))

    def _over(self) -> None:
        """Let the process go, so that its memory is given back at once."""
        self._request = 0
        self._engine.end("")
        self.ended.emit()

    def _sweep(self, _why: str = "") -> None:
        """Take away what a process left that was ended in the middle."""
        if self._workspace is not None:
            sweep_measurements(self._workspace.path / ".staging")
