"""How long something still takes, from how it went in the last seconds."""

from __future__ import annotations

from collections import deque

WINDOW = 15.0
"""Seconds that are looked back on."""
LEAST = 1.0
"""Seconds before anything is said."""


class TimeLeft:
    """Takes what is done at moments (seconds of any one clock)."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()

    def note(self, now: float, done: int) -> None:
        """Take in what is done now; less than before begins anew."""
        if self._seen and done < self._seen[-1][1]:
            self._seen.clear()
        self._seen.append((now, done))
        while now - self._seen[0][0] > WINDOW:
            self._seen.popleft()

    def seconds(self, total: int) -> float | None:
        """Return the time until total; None while it cannot be told."""
        if not self._seen:
            return None
        (began, first), (now, done) = self._seen[0], self._seen[-1]
        if now - began < LEAST or done <= first:
            return None
        return (total - done) * (now - began) / (done - first)
