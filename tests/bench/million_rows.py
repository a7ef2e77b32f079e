"""What a dataset of a million rows costs: import, open, a screenful, an edit, a search.

.venv/bin/python -m tests.bench.million_rows [--rows N]
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import TypeVar

from studio.core.resources import resource
from studio.core.units import file_size
from studio.data.importing import import_file
from studio.data.store import Dataset

SCREENFUL = 40
T = TypeVar("T")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "rows.jsonl", Path(folder) / "rows.sqlite"
        write_rows(source, rows)
        print(f"{rows:,} rows, {file_size(source.stat().st_size)} of JSONL")
        report, seconds = timed(lambda: import_file(source, target))
        print(f"import        {seconds:8.1f} s   {report.rows / seconds:,.0f} rows a second")
        print(f"on disk       {file_size(target.stat().st_size):>8}")
        dataset, seconds = timed(lambda: Dataset.open(target))
        print(f"open          {1000 * seconds:8.1f} ms")
        with dataset:
            measure(dataset)


def measure(dataset: Dataset) -> None:
    """Print what the window does all the time; medians of 20."""
    spread = [len(dataset) * i // 20 for i in range(20)]
    screen = median(timed(lambda at=at: dataset.read(at, at + SCREENFUL))[1] for at in spread)
    print(f"read {SCREENFUL} rows  {1000 * screen:8.2f} ms")
    ids = [dataset.read(at, at + 1)[0].id for at in spread]
    edit = median(timed(lambda row=row: dataset.edit(row, "output", "Changed."))[1] for row in ids)
    print(f"edit a row    {1000 * edit:8.2f} ms")
    undo = median(timed(dataset.undo)[1] for _ in ids)
    print(f"undo          {1000 * undo:8.2f} ms")
    found, seconds = timed(lambda: dataset.find(f"room {len(dataset) - 1}"))
    print(f"search        {1000 * seconds:8.1f} ms  ({len(found)} found)")


def write_rows(path: Path, rows: int) -> None:
    """Write the example's rows again and again, each with its own number."""
    text = resource("datasets", "hotel-concierge", "train.jsonl").read_text(encoding="utf-8")
    triples = [json.loads(line) for line in text.splitlines()]
    with path.open("w", encoding="utf-8") as file:
        for number in range(rows):
            triple = triples[number % len(triples)]
            numbered = triple | {"input": f"{triple['input']} room {number}".strip()}
            file.write(json.dumps(numbered, ensure_ascii=False) + "\n")


def timed(act: Callable[[], T]) -> tuple[T, float]:
    """Return what an act returns, and its seconds."""
    start = time.perf_counter()
    result = act()
    return result, time.perf_counter() - start


if __name__ == "__main__":
    main()
