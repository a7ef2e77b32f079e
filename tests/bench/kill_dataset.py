"""Kills processes that edit and import, and counts what they leave: old, new or a mixture.

python -m tests.bench.kill_dataset [--kills 200]
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from pathlib import Path

from tests.helpers.killing import Outcome, kill_an_editor, kill_an_importer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    kills = parser.parse_args().kills
    with tempfile.TemporaryDirectory() as folder:
        outcomes = [
            (kill_an_importer if seed % 4 == 3 else kill_an_editor)(Path(folder), seed)
            for seed in range(kills)
        ]
    print(f"{'':8} {'kills':>6} {'old':>6} {'new':>6} {'wrong':>6}  steps or rows  slowest opening")
    for what in ("edit", "import"):
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
        f"  {done:13,}  {slowest:12.1f} ms"
    )


if __name__ == "__main__":
    main()
