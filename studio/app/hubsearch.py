"""Searches the Hub for models in a process of its own, when the user asks for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from PySide6.QtCore import QObject, Signal

from studio.app.engineclient import EngineClient
from studio.app.tokenkeeper import TokenKeeper
from studio.core.hubentry import HubEntry, entry_found
from studio.core.problems import FetchError
from studio.core.protocol import HubModels, RequestFailed
from studio.machine.enginecommand import engine_command, engine_environment

REQUEST = 0
LIMIT_MS = 60_000
LATE = "The Hub did not answer within a minute."


def check_online(offline: bool) -> None:
    """Refuse what needs the network if the user wants none of it.

    Raises:
        FetchError: the network is switched off in the settings.
    """
    if offline:
        raise FetchError(
            "Nothing is fetched: the network is switched off in Settings.",
            "Switch it on there, or choose a model on this computer.",
        )


def _command(words: str) -> list[str]:
    return engine_command("hubsearch", "--", words)


class HubSearch(QObject):
    """Owns the search process; whoever makes it calls :meth:`close`.

    Signals:
        found(object): a list of ``HubEntry``.
        failed(object): a ``FetchError``.

    Attributes:
        offline: whether the user wants no search.
    """

    found = Signal(object)
    failed = Signal(object)

    def __init__(
        self,
        tokens: TokenKeeper,
        parent: QObject | None = None,
        *,
        command: Callable[[str], Sequence[str]] = _command,
    ) -> None:
        super().__init__(parent)
        self._tokens, self._command = tokens, command
        self.offline = False
        self._busy = False
        self._engine = EngineClient("search of the Hub", ["-"], self, network=True)
        self._engine.message_came.connect(self._on_message_came)
        self._engine.request_failed.connect(self._on_request_failed)

    @property
    def running(self) -> bool:
        """Whether a search is under way."""
        return self._busy

    def search(self, words: str) -> None:
        """Search for models whose names hold the words; one signal follows.

        Raises:
            FetchError: the user wants no search, or one is under way.
        """
        check_online(self.offline)
        if self._busy:
            raise FetchError("A search is under way.", "Wait for its end.")
        self._busy = True
        self._engine.command = list(self._command(words))
        self._tokens.ask(self._start)

    def close(self) -> None:
        """Stop the search, if there is one, and wait for its process."""
        self._engine.close()

    def _start(self, token: str) -> None:
        self._engine.set_environment(engine_environment(network=True, token=token))
        self._engine.expect(REQUEST, LIMIT_MS, LATE)
        self._engine.start()

    def _on_message_came(self, message: Any) -> None:
        if not isinstance(message, HubModels):
            return
        self._engine.settle(REQUEST)
        self._finish()
        entries: list[HubEntry] = []
        for one in message.models:
            with suppress(ValueError):  # one without a name cannot be shown
                entries.append(entry_found(one if isinstance(one, dict) else {}))
        self.found.emit(entries)

    def _on_request_failed(self, failed: RequestFailed) -> None:
        self._finish()
        self.failed.emit(FetchError(failed.summary, failed.hint, failed.details))

    def _finish(self) -> None:
        """Take the process as done; the next search can be asked for at once."""
        self._busy = False
        self._engine.end("")
