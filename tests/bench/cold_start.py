"""Times real starts of the window: from the start of the process to its first paint.

    python tests/bench/cold_start.py [--starts 9] [--workspace DIR]

Prints one JSON document: median, least and most seconds, the CPU time used (which a busy machine
stretches less), how many modules were loaded and which heavy ones. The modules are compiled once
before, as those of an installed program are, wherever the environment keeps bytecode or not.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile

HEAVY = (
    *("torch", "transformers", "peft", "bitsandbytes", "datasets"),
    *("pyqtgraph", "numpy", "sqlite3", "pyarrow"),
)
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
    print(seconds, used.user + used.system, len(sys.modules), *heavy, flush=True)
    window.close()
window.painted.connect(painted)
window.show()
sys.exit(app.exec())
"""


def start_once(workspace: str, bytecode: str) -> tuple[float, float, int, list[str]]:
    """Start the window in a process of its own, its bytecode in that folder.

    Returns:
        seconds to the first paint, seconds of CPU used until then, how many modules were loaded,
        the heavy ones of them.
    """
    env = {**os.environ, "XDG_CONFIG_HOME": os.path.join(workspace, "config")}
    env["PYTHONPYCACHEPREFIX"] = bytecode
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    done = subprocess.run(
        [sys.executable, "-c", CHILD, workspace, *HEAVY],
        capture_output=True,
        text=True,
        env=env,
        check=True,
        timeout=300,
    )
    seconds, used, modules, *heavy = done.stdout.split()
    return float(seconds), float(used), int(modules), heavy


def main() -> None:
    """Start the window some times and print what it took."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--starts", type=int, default=9)
    asked.add_argument("--workspace", default="")
    options = asked.parse_args()
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as scratch, tempfile.TemporaryDirectory() as bytecode:
        place = options.workspace or scratch
        start_once(place, bytecode)  # compiled, and the disk's cache is warm from here on
        runs = [start_once(place, bytecode) for _ in range(options.starts)]
    seconds = sorted(run[0] for run in runs)
    result = {
        "starts": len(seconds),
        "median_seconds": round(statistics.median(seconds), 3),
        "least_seconds": round(seconds[0], 3),
        "most_seconds": round(seconds[-1], 3),
        "median_cpu_seconds": round(statistics.median(run[1] for run in runs), 3),
        "modules": max(run[2] for run in runs),
        "heavy_modules": sorted({name for run in runs for name in run[3]}),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
