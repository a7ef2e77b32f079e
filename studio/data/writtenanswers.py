"""Answers and likelihoods that models gave, kept by what they depend on.

Another evaluation, or the same one after a crash, finds them here and does not make them again.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from studio.data.evaluationfile import EvaluationFile

_PAGE = 500
"""Keys asked for at once; SQLite takes a limited number of values."""


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """One answer as it was written.

    Attributes:
        tokens: of the answer, its end not counted.
        reason: end or length.
    """

    text: str
    tokens: int
    reason: str


class WrittenAnswers(EvaluationFile):
    """What was written so far, by keys that :mod:`studio.engine.evaluationkeys` makes."""

    def answers(self, keys: Iterable[str]) -> dict[str, KeptAnswer]:
        """Return the answers that are known already, by key."""
        found = self._by_key("SELECT key, text, tokens, reason FROM answers", keys)
        return {key: KeptAnswer(text, tokens, reason) for key, text, tokens, reason in found}

    def keep_answers(self, answers: dict[str, KeptAnswer]) -> None:
        """Keep answers; they are safe when this returns, whatever becomes of the process."""
        now = time.time()
        values = [(key, a.text, a.tokens, a.reason, now) for key, a in answers.items()]
        with self._writing():
            self._file.executemany("INSERT OR REPLACE INTO answers VALUES(?, ?, ?, ?, ?)", values)

    def likelihoods(self, keys: Iterable[str]) -> dict[str, tuple[float, int]]:
        """Return known likelihoods by key: nats and tokens of a text."""
        found = self._by_key("SELECT key, nats, tokens FROM likelihoods", keys)
        return {key: (nats, tokens) for key, nats, tokens in found}

    def keep_likelihoods(self, likelihoods: dict[str, tuple[float, int]]) -> None:
        """Keep likelihoods."""
        values = [(key, nats, tokens) for key, (nats, tokens) in likelihoods.items()]
        with self._writing():
            self._file.executemany("INSERT OR REPLACE INTO likelihoods VALUES(?, ?, ?)", values)

    def _by_key(self, select: str, keys: Iterable[str]) -> list[tuple[Any, ...]]:
        wanted, found = list(dict.fromkeys(keys)), []
        with self._explained():
            for start in range(0, len(wanted), _PAGE):
                part = wanted[start : start + _PAGE]
                marks = ",".join("?" * len(part))
                found += self._file.execute(f"{select} WHERE key IN ({marks})", part).fetchall()
        return found
