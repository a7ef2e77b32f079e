"""Kills processes that edit, import and are typed in, and counts what they leave.

python -m tests.bench.kill_dataset [--kills 200]

Old and new are the states before and after the last step; anything else is wrong. The last column
is what opening took, and for typing the age of the oldest key that is lost; the aim is a second.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from pathlib import Path

from tests.helpers.killing import (
    Outcome,
    kill_a_migration,
    kill_a_typist,
    kill_an_editor,
    kill_an_importer,
)

ACTS = (*[kill_an_editor] * 13, *[kill_an_importer] * 4, kill_a_migration, *[kill_a_typist] * 2)
"""What is killed, in turns."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    kills = parser.parse_args().kills
    with tempfile.TemporaryDirectory() as folder:
        outcomes = [ACTS[seed % len(ACTS)](Path(folder), seed) for seed in range(kills)]
    print(f"{'':8} {'kills':>6} {'old':>6} {'new':>6} {'wrong':>6}  most done  most ms")
    for what in ("edit", "import", "migrate", "type"):
        print_line(what, [outcome for outcome in outcomes if outcome.what == what])
    for seed, outcome in enumerate(outcomes):
        if not outcome.good:
            print(f"kill {seed}: {outcome}")


def print_line(what: str, outcomes: list[Outcome]) -> None:
    verdicts = Counter(outcome.verdict for outcome in outcomes)
    wrong = sum(not outcome.good for outcome in outcomes)
    done = max((outcome.done for outcome in outcomes), default=0)
    slowest = max((outcome.milliseconds for outcome in outcomes), default=0.0)
    print(
        f"{what:8} {len(outcomes):6} {verdicts['old']:6} {verdicts['new']:6} {wrong:6}"
        f"  {done:9,}  {slowest:7.1f}"
    )


if __name__ == "__main__":
    main()
