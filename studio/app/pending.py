"""Requests without their last reply, and how long a process may be silent about them."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass


@dataclass(slots=True)
class _Request:
    limit_ms: int
    late: str
    deadline: float = math.inf


class PendingRequests:
    """The open requests of one process; deadlines are in seconds of the monotonic clock."""

    def __init__(self) -> None:
        self._requests: dict[int, _Request] = {}

    def __contains__(self, request_id: object) -> bool:
        return request_id in self._requests

    def add(self, request_id: int, limit_ms: int = 0, late: str = "") -> None:
        """Hold a request, or change its limit; 0 lets the process be silent for ever."""
        self._requests[request_id] = _Request(limit_ms, late)

    def settle(self, request_id: int) -> None:
        """Forget a request, if it is there."""
        self._requests.pop(request_id, None)

    def take_all(self) -> list[int]:
        """Forget all requests and return their ids."""
        taken, self._requests = list(self._requests), {}
        return taken

    def renew(self, least_ms: int) -> None:
        """Let every limit count from now, and be no shorter than least_ms."""
        now = time.monotonic()
        for request in self._requests.values():
            limit = max(request.limit_ms, least_ms) if request.limit_ms else 0
            request.deadline = now + limit / 1000 if limit else math.inf

    def wait_ms(self) -> int | None:
        """Return the time to the nearest deadline, None when there is none."""
        nearest = min((r.deadline for r in self._requests.values()), default=math.inf)
        if math.isinf(nearest):
            return None
        return max(0, math.ceil((nearest - time.monotonic()) * 1000))

    def late(self) -> str | None:
        """Return the sentence of a request whose deadline has passed, None when none has."""
        now = time.monotonic()
        return next((r.late for r in self._requests.values() if r.deadline <= now), None)
