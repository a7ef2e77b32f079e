"""Progress of a download, read from the bytes that have arrived in its folder."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

Tell = Callable[[str, int, int], None]
"""Called with what is done, the bytes so far and the bytes in all (0: not known)."""
_EVERY_SECONDS = 0.25


def bytes_in(folder: Path) -> int:
    """Return the size of all files of a folder; files that come and go meanwhile are skipped."""
    total = 0
    for path in folder.rglob("*"):
        with suppress(OSError):
            total += path.stat().st_size if path.is_file() else 0
    return total


@contextmanager
def watched(
    folder: Path, what: str, total: int, tell: Tell, *, resumed: bool = False
) -> Iterator[None]:
    """Tell how a folder grows while the body runs, whoever writes into it.

    Args:
        folder: what grows.
        what: words for the user.
        total: bytes in all; 0 if it is not known.
        tell: called with the words, the bytes so far and the bytes in all.
        resumed: whether what is there already counts as done.
    """
    start, done = 0 if resumed else bytes_in(folder), threading.Event()

    def watch() -> None:
        while not done.wait(_EVERY_SECONDS):
            tell(what, min(bytes_in(folder) - start, total or 1 << 62), total)

    tell(what, bytes_in(folder) - start, total)
    thread = threading.Thread(target=watch, name="download-progress")
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
    tell(what, total, total)
