"""Downloads a model in a process of its own, the only one that may use the network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from studio.app.engineclient import EngineClient
from studio.app.tokenkeeper import TokenKeeper
from studio.core.problems import FetchError, GatedModelError
from studio.core.protocol import Fetched, Progress, RequestFailed
from studio.machine.enginecommand import engine_command, engine_environment

REQUEST = 0
"""A one-shot process answers with this id."""
CANCELLED = "The download was cancelled."
PAUSED = "The download is paused; what came is kept."


class FetchStopped(FetchError):
    """The user ended a download; what came may have been kept."""


def _command(name: str, into: Path) -> list[str]:
    return engine_command("fetch", name, "--into", str(into))


class FetchClient(QObject):
    """Owns the download process of one download at a time.

    Signals:
        progressed(object): ``Progress``; done and total in bytes.
        ended(object): ``Fetched``, or a ``FetchError``; a ``FetchStopped`` when the user ended
            it. Once for each :meth:`fetch`.
        gone(): the process of a download is no longer there.
    """

    progressed = Signal(object)
    ended = Signal(object)
    gone = Signal()

    def __init__(
        self,
        parent: QObject | None = None,
        *,
        command: Callable[[str, Path], Sequence[str]] = _command,
        tokens: TokenKeeper | None = None,
    ) -> None:
        super().__init__(parent)
        self._command, self._tokens = command, tokens
        self._busy, self._stopping, self._number = False, False, 0
        self._expected = False  # and the process was asked; before that the keyring is
        self._engine = EngineClient("download", ["-"], self, network=True)
        self._engine.message_came.connect(self._on_message_came)
        self._engine.request_failed.connect(self._on_request_failed)
        self._engine.process_ended.connect(lambda _how: self.gone.emit())

    @property
    def running(self) -> bool:
        """Whether a download is under way."""
        return self._busy

    def fetch(self, name: str, into: Path) -> None:
        """Download a model, "starter" or owner/name on the Hub, into a folder of models.

        What came of an earlier download of the same model is kept, and only the rest is fetched.

        Raises:
            FetchError: a download is under way.
        """
        if self._busy:
            raise FetchError("A download is under way.", "Wait for it, or cancel it.")
        self._busy = True
        self._number += 1
        self._engine.command = list(self._command(name, into))
        if self._tokens is None or name == "starter":
            self._start(self._number, "")
        else:
            number = self._number
            self._tokens.ask(lambda token: self._start(number, token))

    def _start(self, number: int, token: str) -> None:
        if self._busy and number == self._number:  # else it was ended while the keyring was asked
            self._engine.set_environment(engine_environment(network=True, token=token))
            self._expected = True  # not earlier: the process of the one before may still be ending
            self._engine.expect(REQUEST)
            self._engine.start()

    def cancel(self) -> None:
        """Stop the download; ``ended`` says that it was cancelled."""
        self._end(CANCELLED)

    def pause(self) -> None:
        """Stop the download; ``ended`` says that it is paused, and :meth:`fetch` goes on."""
        self._end(PAUSED)

    @property
    def there(self) -> bool:
        """Whether the process is there, perhaps about to end."""
        return self._engine.pid != 0

    def _end(self, why: str) -> None:
        self._stopping = True
        asked_nobody = self._busy and not self._expected
        self._engine.end(why)
        if asked_nobody:
            self._finish(FetchStopped(why))
        self._stopping = False

    def close(self) -> None:
        """Stop the download, if there is one, and wait for its process."""
        self._engine.close()

    def _on_message_came(self, message: Any) -> None:
        if isinstance(message, Progress):
            self.progressed.emit(message)
        elif isinstance(message, Fetched):
            self._engine.settle(REQUEST)
            self._finish(message)

    def _on_request_failed(self, failed: RequestFailed) -> None:
        kind = GatedModelError if failed.code == GatedModelError.__name__ else FetchError
        kind = FetchStopped if self._stopping else kind
        self._finish(kind(failed.summary, failed.hint, failed.details))

    def _finish(self, end: Fetched | FetchError) -> None:
        """Tell the end; the process has said its last word, so the next one can be asked for."""
        self._busy = self._expected = False
        if not self._stopping:
            self._engine.end("")
        self.ended.emit(end)
