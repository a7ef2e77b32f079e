"""How far an evaluation is and how long it will still take."""

from __future__ import annotations

import time
from collections.abc import Callable

from studio.core.evaluationmessages import EvaluationAdvanced

_TELL_SECONDS = 0.25
_SURE_AFTER = 3
"""Pieces of work of a kind after which their speed is told."""

_TEXT_IN_ANSWER = 4
"""Texts that are judged in the time of an answer, as long as none was."""


class Pace:
    """Counts answers and judged texts, each kind with its own speed.

    Args:
        request: the id that messages repeat.
        tell: takes a message.
        keep: takes done and total, to be kept in the file.
    """

    def __init__(
        self,
        request: int,
        tell: Callable[[EvaluationAdvanced], None],
        keep: Callable[[int, int], None],
    ) -> None:
        self._request, self._tell, self._keep = request, tell, keep
        self._what, self._column = "", ""
        self._done = self._total = 0
        self._waits: dict[str, int] = {}
        self._made: dict[str, tuple[int, float]] = {}
        self._tokens: dict[str, tuple[int, float]] = {}
        self._told = 0.0

    def say(self, what: str, column: str = "") -> None:
        """Say what is being done."""
        self._what, self._column = what, column
        self._send()

    def begin(self, total: int) -> None:
        """Take how much there is to do in all."""
        self._total = total
        self._send()

    def known(self, n: int) -> None:
        """Count work that was done before."""
        self._done += n

    def wait(self, kind: str, n: int) -> None:
        """Count work that is to be done: "answer" or "text"."""
        self._waits[kind] = self._waits.get(kind, 0) + n

    def did(self, kind: str, n: int, seconds: float, tokens: int = 0) -> None:
        """Count work that was done, the seconds it took and the tokens it wrote."""
        self._done += n
        self._waits[kind] = self._waits.get(kind, 0) - n
        count, spent = self._made.get(kind, (0, 0.0))
        self._made[kind] = (count + n, spent + seconds)
        if kind == "answer":
            count, spent = self._tokens.get(self._column, (0, 0.0))
            self._tokens[self._column] = (count + tokens, spent + seconds)
        if time.monotonic() - self._told >= _TELL_SECONDS or self._done == self._total:
            self._send()

    def speed_of(self, column: str) -> float:
        """Return the tokens a second that a column wrote; 0 if it wrote nothing now."""
        tokens, seconds = self._tokens.get(column, (0, 0.0))
        return tokens / seconds if seconds else 0.0

    def _left(self) -> float | None:
        """Return the seconds that are left; None while a kind's speed is not known.

        Columns that are still to come ask as much of each kind as those that have begun.
        """
        speeds = {
            kind: spent / count
            for kind, (count, spent) in self._made.items()
            if count >= _SURE_AFTER
        }
        if "answer" in speeds:
            speeds.setdefault("text", speeds["answer"] / _TEXT_IN_ANSWER)
        waits = {kind: n for kind, n in self._waits.items() if n > 0}
        if not speeds or not waits.keys() <= speeds.keys():
            return None
        begun = {kind: waits.get(kind, 0) + self._made.get(kind, (0, 0.0))[0] for kind in speeds}
        mean = sum(n * speeds[kind] for kind, n in begun.items()) / sum(begun.values())
        unknown = self._total - self._done - sum(waits.values())
        return sum(n * speeds[kind] for kind, n in waits.items()) + unknown * mean

    def _send(self) -> None:
        self._told = time.monotonic()
        self._keep(self._done, self._total)
        self._tell(
            EvaluationAdvanced(
                id=self._request,
                what=self._what,
                column=self._column,
                done=self._done,
                total=self._total,
                left_seconds=self._left(),
                tokens_per_second=self.speed_of(self._column),
            )
        )
