"""Kills training engines at random moments, and processes that only commit checkpoints.

python -m tests.bench.kill_engine [--engines 30] [--commits 1000]

Engines save at every step. Each killed run is looked at and resumed to its end; wrong is what
could not be resumed, lost more than the step that was being taken, or left anything half-written.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from studio.core.workspace import RunFolder
from tests.helpers.killingengine import Left, kill_a_commit, kill_an_engine
from tests.helpers.runfolders import make_run
from tests.helpers.tinymodel import make_tiny_model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engines", type=int, default=30)
    parser.add_argument("--commits", type=int, default=1000)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        run = RunFolder(folder / "commits")
        tell("commits", [kill_a_commit(run, seed) for seed in range(args.commits)])
        model = make_tiny_model(folder / "tiny")
        settings = {"max_steps": 40, "save_steps": 1, "eval_steps": 20}
        runs = [make_run(folder / "ws", model, **settings) for _ in range(args.engines)]
        tell("engines", [kill_an_engine(run, seed) for seed, run in enumerate(runs)])


def tell(what: str, left: list[Left]) -> None:
    wrong = [each for each in left if each.wrong]
    lost = max((each.told - each.kept for each in left), default=0)
    print(f"{what}: {len(left)} kills, {len(wrong)} wrong, at most {max(lost, 0)} steps lost")
    for each in wrong:
        print(f"  {each}")


if __name__ == "__main__":
    main()
