"""Kills windows while a run is at work, and opens the next one.

python -m tests.bench.kill_window [--kills 30] [--real 3]

Each window is the real one, offscreen; it starts a run, is killed with SIGKILL within three seconds
of that, and the next window has to follow the same engine. A run is harmed that was started anew,
misses a step, or could not be stopped and kept afterwards. The last few train for real, on the tiny
model; the engines of the others only keep the pace.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from studio.core.workspace import RunFolder, Workspace
from tests.helpers.killingwindow import Killed, kill_windows, workspace_at
from tests.helpers.runfolders import make_run as make_small_run
from tests.helpers.runs import make_run
from tests.helpers.tinymodel import make_tiny_model

LONG: dict[str, Any] = {"max_steps": 100_000, "save_steps": 90_000, "eval_steps": 90_000}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--real", type=int, default=3)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        paced = workspace_at(Path(place) / "paced")
        made = [make_run(paced, f"run-{n}") for n in range(args.kills - args.real)]
        tell("engines that keep the pace", kill_windows(paced, made) if made else [])
        trained, runs = _for_real(Path(place), args.real)
        tell("engines that train", kill_windows(trained, runs, "--real") if runs else [])


def _for_real(place: Path, many: int) -> tuple[Workspace, list[RunFolder]]:
    model = make_tiny_model(place / "tiny")
    runs = [make_small_run(place / "trained", model, **LONG) for _ in range(many)]
    return workspace_at(place / "trained"), runs


def tell(what: str, found: list[Killed]) -> None:
    moments = Counter(each.moment for each in found)
    harmed = [each for each in found if each.harm]
    followed = [each.seconds for each in found if each.seconds]
    at_work = len(found) - moments["begun"]
    print(f"{what}: {len(found)} kills ({dict(moments)}), {len(harmed)} runs harmed")
    if followed:
        print(
            f"  followed by the next window: {len(followed)} of {at_work} that were at work, "
            f"{min(followed):.1f} to {max(followed):.1f} s after it was started"
        )
    for each in harmed:
        print(f"  {each}")


if __name__ == "__main__":
    main()
