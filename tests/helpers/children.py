"""Child processes that do not outlive the test that started them, however it ends."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def held(process: subprocess.Popen[Any]) -> Iterator[subprocess.Popen[Any]]:
    """Wait for a child at the end of the block, but kill it first if the block fails.

    `Popen` alone waits then too: for ever, if the child waits for what the block had still to say.
    """
    with process:
        try:
            yield process
        except BaseException:
            process.kill()
            raise
