"""Asks the system's keyring for the user's token on a thread: it may wait for being unlocked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QThread, Signal

from studio.machine.secrets import NONE, TokenStore

UNKNOWN = "The keyring is asked when the token is needed."


class _Job(QThread):
    """Does one thing with the store.

    Signals:
        done(object): what it gave.
    """

    done = Signal(object)

    def __init__(self, act: Callable[[], Any], parent: QObject) -> None:
        super().__init__(parent)
        self._act = act

    def run(self) -> None:
        self.done.emit(self._act())


class TokenKeeper(QObject):
    """Owns the token; whoever makes it calls :meth:`close`.

    Signals:
        changed(): the sentence is another one.

    Attributes:
        sentence: whether there is a token, and where.
        holds_one: whether there is one, as far as is known.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None, *, store: TokenStore | None = None) -> None:
        super().__init__(parent)
        self._store = store or TokenStore()
        self._waiting: list[tuple[Callable[[], Any], Callable[[Any], None]]] = []
        self._job: _Job | None = None
        self.sentence = UNKNOWN
        self.holds_one = False

    def ask(self, then: Callable[[str], None]) -> None:
        """Call back with the token, or with an empty text."""
        self._do(self._store.read, then)

    def look(self) -> None:
        """Find out whether there is a token; ``changed`` follows."""
        self._do(self._store.where, self._say)

    def keep(self, token: str) -> None:
        """Keep another token; ``changed`` follows."""
        self._do(lambda: self._store.keep(token) and None, lambda _kept: self.look())

    def clear(self) -> None:
        """Forget the token; ``changed`` follows."""
        self._do(self._store.clear, lambda _gone: self.look())

    def close(self) -> None:
        """Wait for what is being done; nothing else is called back."""
        self._waiting.clear()
        if self._job is not None:
            self._job.blockSignals(True)
            self._job.wait()

    def _say(self, sentence: str) -> None:
        self.sentence, self.holds_one = sentence, sentence != NONE
        self.changed.emit()

    def _do(self, act: Callable[[], Any], then: Callable[[Any], None]) -> None:
        self._waiting.append((act, then))
        if self._job is None:
            self._next()

    def _next(self) -> None:
        if not self._waiting:
            return
        act, then = self._waiting.pop(0)
        job = self._job = _Job(act, self)
        job.done.connect(then)
        job.finished.connect(self._on_finished)
        job.start()

    def _on_finished(self) -> None:
        job, self._job = self._job, None
        if job is not None:
            job.deleteLater()
        self._next()
