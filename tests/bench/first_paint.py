"""How long a start takes until the window is drawn: a fresh process, no screen needed.

.venv/bin/python -m tests.bench.first_paint [--times N] [--rows N]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from studio.data.importing import import_file
from tests.bench.million_rows import write_rows

CHILD = """
import sys, time
from pathlib import Path
from studio.core.workspace import Workspace
from studio.ui.start import build_window, make_application
app = make_application()
window = build_window(app, Workspace(Path(sys.argv[1])).create())
def painted():
    print(time.time(), flush=True)
    window.close()
window.painted.connect(painted)
window.show()
app.exec()
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=7)
    parser.add_argument("--rows", type=int, default=0, help="of a dataset in the workspace")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        workspace = Path(folder)
        if args.rows:
            (workspace / "datasets").mkdir()
            write_rows(workspace / "rows.jsonl", args.rows)
            import_file(workspace / "rows.jsonl", workspace / "datasets" / "rows.sqlite")
        starts = [start(workspace) for _ in range(args.times + 1)][1:]  # the first fills caches
    shown = ", ".join(f"{seconds:.2f}" for seconds in sorted(starts))
    print(f"first paint   {median(starts):.2f} s from the start of the process ({shown})")


def start(workspace: Path) -> float:
    """Open and close the window once; return the seconds until it was drawn."""
    home = {name: str(workspace) for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME")}
    environment = {"QT_QPA_PLATFORM": "offscreen"} | os.environ | home
    begun = time.time()
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(workspace)],
        env=environment,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return float(done.stdout.split()[-1]) - begun


if __name__ == "__main__":
    main()
