"""Lets every call that writes fail once, the first, the second and so on, as on a full disk.

python -m tests.bench.fail_writes [--commits 400] [--engines 0] [--from 1] [--by 1]

Processes that only commit checkpoints are tried until no call is left to fail, at most so many;
engines take about half a minute each. Needs strace. Wrong is a checkpoint that does not verify, one
that was said to be kept and is not, or a run that cannot go on.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from studio.core.workspace import RunFolder
from tests.helpers.killingengine import fail_a_commit, fail_an_engine
from tests.helpers.runfolders import make_run
from tests.helpers.tinymodel import make_tiny_model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--commits", type=int, default=400)
    parser.add_argument("--engines", type=int, default=0)
    parser.add_argument("--from", type=int, default=1, dest="start")
    parser.add_argument("--by", type=int, default=1)
    args = parser.parse_args()
    numbers = range(args.start, 1_000_000, args.by)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        commits = (fail_a_commit(RunFolder(folder / "run"), number) for number in numbers)
        tell("commits", commits, args.commits)
        model = make_tiny_model(folder / "tiny")
        settings = {"max_steps": 4, "save_steps": 2, "eval_steps": 4}
        engines = (
            fail_an_engine(make_run(folder / "ws", model, **settings), number) for number in numbers
        )
        tell("engines", engines, args.engines)


def tell(what, outcomes, most: int) -> None:
    tried = wrong = 0
    while tried < most:
        left, failed = next(outcomes)
        if not failed:
            break
        tried += 1
        if left.wrong:
            wrong += 1
            print(f"  {what} {tried}: {left}")
    print(f"{what}: {tried} calls failed one at a time, {wrong} wrong")


if __name__ == "__main__":
    main()
