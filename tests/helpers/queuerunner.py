"""The process behind a queue with a made-up engine: ``python -m tests.helpers.queuerunner WORKSPACE``.

Further arguments go to the engine of each run; a run whose title is "bad" fails.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from studio.cli.queuework import QueueWork
from studio.core.workspace import RunFolder, Workspace
from studio.data.runfiles import read_meta
from tests.helpers.fakeengine import fake_command


def runner_command(workspace: Workspace, *options: str) -> list[str]:
    """Return the command of the process."""
    return [sys.executable, "-m", "tests.helpers.queuerunner", str(workspace.path), *options]


def main(argv: Sequence[str]) -> int:
    """Work on a queue until no run waits."""
    workspace, options = Workspace(Path(argv[0])), argv[1:]

    def command(folder: RunFolder) -> Sequence[str]:
        is_bad = read_meta(folder).get("title") == "bad"
        return fake_command(*options, *(("--mode", "failed") if is_bad else ()))(folder)

    return 0 if QueueWork(workspace, command=command, poll_seconds=0.02).work() else 3


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
