"""Downloads a model in a process of its own, the only one that may use the network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from studio.app.engineclient import EngineClient
from studio.core.problems import FetchError
from studio.core.protocol import Fetched, Progress, RequestFailed
from studio.machine.enginecommand import engine_command

REQUEST = 0
"""A one-shot process answers with this id."""
CANCELLED = "The download was cancelled."


def _command(name: str, into: Path) -> list[str]:
    return engine_command("fetch", name, "--into", str(into))


class FetchClient(QObject):
    """Owns the download process of one download at a time.

    Signals:
        progressed(object): ``Progress``; done and total in bytes.
        ended(object): ``Fetched``, or a ``FetchError`` (also when it was cancelled); once for
            each :meth:`fetch`.
    """

    progressed = Signal(object)
    ended = Signal(object)

    def __init__(
        self,
        parent: QObject | None = None,
        *,
        command: Callable[[str, Path], Sequence[str]] = _command,
    ) -> None:
        super().__init__(parent)
        self._command = command
        self._busy = False
        self._engine = EngineClient("download", ["-"], self, network=True)
        self._engine.message_came.connect(self._on_message_came)
        self._engine.request_failed.connect(self._on_request_failed)

    @property
    def running(self) -> bool:
        """Whether a download is under way."""
        return self._busy

    def fetch(self, name: str, into: Path) -> None:
        """Download a model by its name in the catalogue, for example "starter", into a folder.

        Raises:
            FetchError: a download is under way.
        """
        if self._busy:
            raise FetchError("A download is under way.", "Wait for it, or cancel it.")
        self._busy = True
        self._engine.command = list(self._command(name, into))
        self._engine.expect(REQUEST)
        self._engine.start()

    def cancel(self) -> None:
        """Stop the download; ``ended`` says that it was cancelled."""
        self._engine.end(CANCELLED)

    def close(self) -> None:
        """Stop the download, if there is one, and wait for its process."""
        self._engine.close()

    def _on_message_came(self, message: Any) -> None:
        if isinstance(message, Progress):
            self.progressed.emit(message)
        elif isinstance(message, Fetched):
            self._engine.settle(REQUEST)
            self._busy = False
            self.ended.emit(message)

    def _on_request_failed(self, failed: RequestFailed) -> None:
        self._busy = False
        self.ended.emit(FetchError(failed.summary, failed.hint, failed.details))
