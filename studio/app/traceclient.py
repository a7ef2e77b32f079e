"""Asks the trace process what a step would hold, to judge the estimate; the latest request wins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QObject, Signal

from studio.app.engineclient import EngineClient
from studio.core.protocol import MemoryTraced, RequestFailed, TraceMemory
from studio.core.recipe import Recipe
from studio.core.units import GIB
from studio.machine.enginecommand import engine_command

LIMIT_MS = 180_000
LATE = "The trace did not finish within three minutes."
MEMORY_LIMIT = 6 * GIB
CANCELLED = "cancelled"


class TraceClient(QObject):
    """Owns the trace process; whoever makes it calls :meth:`close`.

    One request is in the process's hands, and the latest other one waits; those between are
    dropped without a word.

    Signals:
        traced(object): ``MemoryTraced`` for the latest request.
        failed(object): ``RequestFailed`` for the latest request; the estimate stands alone.
    """

    traced = Signal(object)
    failed = Signal(object)

    def __init__(
        self, parent: QObject | None = None, *, command: Sequence[str] | None = None
    ) -> None:
        super().__init__(parent)
        self._engine = EngineClient(
            "trace process",
            command or engine_command("trace"),
            self,
            memory_limit_bytes=MEMORY_LIMIT,
        )
        self._engine.message_came.connect(self._on_message_came)
        self._engine.request_failed.connect(self._on_request_failed)
        self._asked: TraceMemory | None = None
        self._next: TraceMemory | None = None

    @property
    def pid(self) -> int:
        """Process id of the trace process, 0 when there is none."""
        return self._engine.pid

    def trace(
        self,
        config: Mapping[str, Any],
        recipe: Recipe,
        *,
        device: str,
        precision: str,
        length: int,
        trained_share: float = 1.0,
        recompute: bool = False,
    ) -> int:
        """Ask what a step would hold, and return the request's id.

        Args:
            config: the object of the model's ``config.json``, checked before.
            recipe: the settings.
            device: "cuda" or "cpu".
            precision: bf16, fp16 or fp32.
            length: tokens of each row.
            trained_share: of all tokens, those that the loss looks at.
            recompute: whether activations are recomputed instead of kept.
        """
        request = TraceMemory(
            id=self._engine.new_id(),
            config=dict(config),
            recipe=recipe.to_mapping(),
            device=device,
            precision=precision,
            length=length,
            trained_share=trained_share,
            recompute=recompute,
        )
        self._next = request
        if self._asked is None:
            self._ask_next()
        return request.id

    def cancel(self, request: int) -> None:
        """Drop a request nobody waits for any more; the process that works on it ends at once.

        A trace takes a minute of a busy computer, and cannot be interrupted in another way.
        """
        if self._next is not None and self._next.id == request:
            self._next = None
        if self._asked is not None and self._asked.id == request:
            self._asked = None
            self._engine.kill(CANCELLED)
            self._ask_next()

    def close(self) -> None:
        """End the process, if there is one."""
        self._engine.close()

    def _ask_next(self) -> None:
        self._asked, self._next = self._next, None
        if self._asked is not None:
            self._engine.ask(self._asked, LIMIT_MS, LATE)

    def _on_message_came(self, message: Any) -> None:
        if isinstance(message, MemoryTraced):
            self._engine.settle(message.id)
            self._finish(message, self.traced)

    def _on_request_failed(self, failed: RequestFailed) -> None:
        if self._asked is not None and failed.id == self._asked.id:
            self._finish(failed, self.failed)

    def _finish(self, reply: MemoryTraced | RequestFailed, signal: Any) -> None:
        latest = self._next is None
        self._asked = None
        self._ask_next()
        if latest:
            signal.emit(reply)
