"""Limits for chat templates, which are code from strangers: time, memory and length."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType

from studio.core.units import MIB

SECONDS = 2.0
"""A template that writes longer at one conversation will not end."""
MEMORY = 512 * MIB
"""Bytes that a template may take while it writes one conversation."""
MOST_CHARACTERS = 64 * 1024**2
"""Of what a template may write for one conversation."""
TOO_LARGE = f"it takes more than {MEMORY // MIB} MiB of memory"
TOO_SLOW = f"it did not finish within {SECONDS:g} s"
_LOOKS = 0.1
"""Seconds between two looks at the clock."""


class TemplateGuard:
    """Holds limits while a template writes; one for the process, entered on its main thread.

    It does nothing until :meth:`arm`, which the process calls whose work is rendering. Memory is
    limited on Linux alone: there a process can lower what it may take, and raise it again.
    """

    def __init__(self) -> None:
        self._armed = False
        self._since = 0.0
        self._depth = 0
        self._sharers = 0
        self._before: tuple[int, int] | None = None

    def arm(self, late: Callable[[], None]) -> None:
        """Hold limits from now on.

        Args:
            late: called from another thread once a template takes longer than :data:`SECONDS`;
                it must end the process, since nothing else ends the template.
        """
        self._armed = True
        threading.Thread(target=self._watch, args=(late,), daemon=True).start()

    def _watch(self, late: Callable[[], None]) -> None:
        while True:
            time.sleep(_LOOKS)
            since = self._since
            if since and time.monotonic() - since > SECONDS:
                late()
                return

    @contextmanager
    def room(self) -> Iterator[None]:
        """Hold the memory limit over many conversations: setting it for each one is slow."""
        self._depth += 1
        if self._armed and self._depth == 1 and not self._sharers:
            self._lower()
        try:
            yield
        finally:
            self._depth -= 1
            if not self._depth:
                self._lift()

    @contextmanager
    def shared(self) -> Iterator[None]:
        """Hold no memory limit while another thread works, which it would hit as well."""
        self._sharers += 1
        try:
            yield
        finally:
            self._sharers -= 1

    def __enter__(self) -> None:
        self._since = time.monotonic()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._since = 0.0

    def _lower(self) -> None:
        if sys.platform != "linux":
            return
        import resource  # not on Windows

        soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
        wanted = _data_bytes() + MEMORY
        if soft == resource.RLIM_INFINITY or wanted < soft:
            resource.setrlimit(resource.RLIMIT_DATA, (wanted, hard))
            self._before = soft, hard

    def _lift(self) -> None:
        if self._before is not None:
            import resource  # not on Windows

            resource.setrlimit(resource.RLIMIT_DATA, self._before)
            self._before = None


def _data_bytes() -> int:
    """Return the bytes that the system counts against the limit for data."""
    import resource  # not on Windows

    with open("/proc/self/statm", "rb") as file:
        return int(file.read().split()[5]) * resource.getpagesize()


GUARD = TemplateGuard()
"""The guard of this process."""
