"""Times real starts of the window: from the start of the process to its first paint.

    python tests/bench/cold_start.py [--starts 9] [--workspace DIR]

Prints one JSON document: median, least and most seconds, the CPU time used (which a busy machine
stretches less), and which heavy modules were loaded.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile

HEAVY = ("torch", "transformers", "peft", "bitsandbytes", "datasets", "pyqtgraph")
CHILD = """
import os, sys, time, psutil
from pathlib import Path
from studio.core.workspace import Workspace
from studio.ui.start import build_window, make_application
app = make_application()
window = build_window(app, Workspace(Path(sys.argv[1])).create())
def painted():
    seconds = time.time() - psutil.Process().create_time()
    heavy = [name for name in sys.argv[2:] if name in sys.modules]
    used = psutil.Process().cpu_times()
    print(seconds, used.user + used.system, *heavy, flush=True)
    window.close()
window.painted.connect(painted)
window.show()
sys.exit(app.exec())
"""


def start_once(workspace: str) -> tuple[float, float, list[str]]:
    """Start the window in a process of its own.

    Returns:
        seconds to the first paint, seconds of CPU used until then, heavy modules loaded.
    """
    env = {**os.environ, "XDG_CONFIG_HOME": os.path.join(workspace, "config")}
    done = subprocess.run(
        [sys.executable, "-c", CHILD, workspace, *HEAVY],
        capture_output=True,
        text=True,
        env=env,
        check=True,
    )
    seconds, used, *heavy = done.stdout.split()
    return float(seconds), float(used), heavy


def main() -> None:
    """Start the window some times and print what it took."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--starts", type=int, default=9)
    asked.add_argument("--workspace", default="")
    options = asked.parse_args()
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as scratch:
        place = options.workspace or scratch
        start_once(place)  # the disk's cache is warm from here on
        runs = [start_once(place) for _ in range(options.starts)]
    seconds = sorted(run[0] for run in runs)
    result = {
        "starts": len(seconds),
        "median_seconds": round(statistics.median(seconds), 3),
        "least_seconds": round(seconds[0], 3),
        "most_seconds": round(seconds[-1], 3),
        "median_cpu_seconds": round(statistics.median(run[1] for run in runs), 3),
        "heavy_modules": sorted({name for run in runs for name in run[2]}),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
