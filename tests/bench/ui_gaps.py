"""Measures how long the window's event loop stands still, idle and while a real run trains.

    python tests/bench/ui_gaps.py [--seconds 20] [--model FOLDER]

A precise timer of 4 ms beats in the real window, which shows the Train page; a gap is the time
between two beats. Prints one JSON document with p50, p99.9 and the longest gap in ms of both
phases, the longest piece of the window's own work (which a busy machine does not stretch), and
how many steps the run took meanwhile. Without a model a tiny random one is trained, whose many
steps a second are harder on the window than those of a real one.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PySide6.QtCore import QEventLoop, Qt, QTimer
from PySide6.QtWidgets import QApplication

from studio.core.recipe import Recipe
from studio.core.workspace import Workspace
from studio.ui.start import build_window, make_application
from studio.ui.window import StudioWindow

BEAT_MS = 4
SETTLE_SECONDS = 3.0


class Heartbeat:
    """Counts the milliseconds between two beats of the event loop, and its own work in them."""

    def __init__(self) -> None:
        self.gaps: list[float] = []
        self.work: list[float] = []
        self._last = self._worked = 0.0
        self._timer = QTimer(timerType=Qt.TimerType.PreciseTimer, interval=BEAT_MS)
        self._timer.timeout.connect(self._beat)

    def measure(self, seconds: float) -> dict[str, float]:
        """Let the window live for some time and return what the gaps were, in ms."""
        self.start()
        live(seconds)
        return self.stop()

    def start(self) -> None:
        """Begin to count."""
        self.gaps, self.work = [], []
        self._last, self._worked = time.perf_counter(), time.thread_time()
        self._timer.start()

    def stop(self) -> dict[str, float]:
        """Count no more, and return what the gaps were, in ms."""
        self._timer.stop()
        self._beat()
        gaps = np.array(self.gaps)
        return {
            "beats": len(gaps),
            "p50_ms": round(float(np.percentile(gaps, 50)), 2),
            "p99_9_ms": round(float(np.percentile(gaps, 99.9)), 2),
            "max_ms": round(float(gaps.max()), 2),
            "longest_work_ms": round(max(self.work), 2),
        }

    def _beat(self) -> None:
        now, worked = time.perf_counter(), time.thread_time()
        self.gaps.append(1000 * (now - self._last))
        self.work.append(1000 * (worked - self._worked))
        self._last, self._worked = now, worked


def live(seconds: float, until: object = None) -> None:
    """Run the event loop as a window does, for some time or until something is so."""
    loop = QEventLoop()
    QTimer.singleShot(round(1000 * seconds), loop.quit)
    watch = QTimer(interval=50)
    if callable(until):
        watch.timeout.connect(lambda: loop.quit() if until() else None)
        watch.start()
    loop.exec()
    watch.stop()


def measure(window: StudioWindow, recipe: Recipe, seconds: float) -> dict[str, object]:
    """Measure both phases in one window, one after the other."""
    heart, runs = Heartbeat(), window.studio.runs
    live(SETTLE_SECONDS)
    idle = heart.measure(seconds)
    runs.start(recipe)
    live(300, until=lambda: runs.live is not None and runs.live.state.step > 0)
    live(SETTLE_SECONDS)
    first = runs.live.state.step if runs.live else 0
    training = heart.measure(seconds)
    last = runs.live.state.step if runs.live else 0
    runs.stop()
    live(60, until=lambda: runs.live is None)
    return {"idle": idle, "training": training, "steps_meanwhile": last - first}


def tiny_model(workspace: Workspace) -> Path:
    """Make the tiny model in a process of its own, so that this one stays without torch."""
    folder = workspace.model("tiny")
    code = "import sys, pathlib; from tests.helpers.tinymodel import make_tiny_model as make; "
    code += "make(pathlib.Path(sys.argv[1]))"
    subprocess.run([sys.executable, "-c", code, str(folder)], check=True, capture_output=True)
    return folder


def main() -> None:
    """Open the window on a scratch workspace, measure and print."""
    asked = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    asked.add_argument("--seconds", type=float, default=20.0)
    asked.add_argument("--model", type=Path, default=None)
    options = asked.parse_args()
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["XDG_CONFIG_HOME"] = str(Path(scratch, "config"))
        workspace = Workspace(Path(scratch, "workspace")).create()
        app = make_application()
        model = options.model or tiny_model(workspace)
        window = build_window(app, workspace)
        window.show()
        window.studio.warm()
        document = window.studio.datasets.install_demo()
        recipe = Recipe(model=str(model), dataset=document.name, rank=8, max_tokens=256, epochs=500)
        window.open_page("Train")
        result = measure(window, recipe, options.seconds)
        window.close()
        QApplication.processEvents()
    result["heavy_modules"] = [name for name in ("torch", "transformers") if name in sys.modules]
    result["model"] = Path(model).name
    print(json.dumps(result))


if __name__ == "__main__":
    main()
