"""What a dataset of a million rows costs in the real window, and what usual tables cost.

python -m tests.bench.million_rows [--rows N] [--peer-rows 100000] [--part window|peers]

Prints a line for each measure with its aim. Each part runs in a process of its own, so that
memory is that of the part alone.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import psutil

from studio.core.resources import resource
from studio.core.units import file_size
from studio.core.workspace import Workspace

JUMPS, EDITS = 200, 200
T = TypeVar("T")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--peer-rows", type=int, default=100_000)
    parser.add_argument("--part", choices=("window", "peers"))
    args = parser.parse_args()
    if args.part is None:
        for part in ("window", "peers"):
            subprocess.run([sys.executable, "-m", __spec__.name, "--part", part, *sys.argv[1:]])
        return
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CONFIG_HOME"] = str(Path(folder, "config"))
        if args.part == "window":
            measure_window(Path(folder), args.rows)
        else:
            from tests.bench.table_peers import measure_peers  # Qt's own tables, for comparison

            measure_peers(Path(folder), args.peer_rows)


def measure_window(folder: Path, rows: int) -> None:
    """Import, open, scroll, search, edit and tag in the window, and print what it took."""
    from tests.bench.rowswindow import RowsWindow  # Qt, after the platform is chosen

    source = folder / "rows.jsonl"
    write_rows(source, rows)
    print(f"{rows:,} rows, {file_size(source.stat().st_size)} of JSONL", flush=True)
    with RowsWindow(Workspace(folder / "workspace").create()) as window:
        say("window alone", f"{resident() >> 20} MiB")
        seconds, gaps = window.import_file(source)
        say("import", f"{rows / seconds:,.0f} rows/s", "at least 50,000")
        say("  gaps of the window", f"p99.9 {gaps['p99_9_ms']} ms, most {gaps['max_ms']}", "33")
        say("reopen and paint", f"{1000 * window.reopen():.0f} ms", "300")
        say_times("jump and repaint", window.jump(JUMPS), "p95 33")
        say_times("edit, on the disk", window.edit(EDITS), "20")
        say_times("insert a row", window.insert(20))
        say("build the word index", f"{window.build_index():.1f} s")
        say_times("search, first page", window.search("concierge or room", 10), "100")
        say_times("filter by what is not indexed", window.search("chars>500", 5), "1500")
        say_times("sort by length", window.search("", 3, sort="chars"))
        for name, act in window.bulk_acts():
            seconds, gaps = window.bulk(act)
            say(name, f"{seconds:.2f} s", "3")
            say("  gaps of the window", f"p99.9 {gaps['p99_9_ms']} ms, most {gaps['max_ms']}", "33")
        most = psutil.Process().memory_info().rss
        say("memory now, and at most", f"{most >> 20}, {peak() >> 20} MiB", "400")


def say(name: str, value: str, aim: str = "") -> None:
    """Print one measure."""
    print(f"{name:32} {value:36} {f'aim {aim}' if aim else ''}".rstrip(), flush=True)


def say_times(name: str, seconds: list[float], aim: str = "") -> None:
    """Print the middle and the worst twentieth of some seconds, in ms."""
    p50, p95 = (1000 * float(np.percentile(seconds, part)) for part in (50, 95))
    say(name, f"p50 {p50:.1f} ms, p95 {p95:.1f} ms", aim)


def resident() -> int:
    """Return the memory of this process in bytes."""
    return int(psutil.Process().memory_info().rss)


def peak() -> int:
    """Return the most memory this process has had, in bytes; what it has where that is unknown."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resident()
    lines = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
    return int(lines["VmHWM"].split()[0]) * 1024


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
