"""What the Train page costs the window: redraws, and gaps of the event loop while it trains.

``python -m tests.bench.train_page [SECONDS]`` prints one JSON document; times in milliseconds.
Steps come 50 a second to a run with 200,000 of them, with every plot open: loss, a reading in
full, four small ones. A redraw has four parts, each in a turn of its own; the longest counts.
Redraws are processor time, gaps are what the clock says, so other work on the machine is in them.
"""

from __future__ import annotations

import gc
import itertools
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # before Qt is imported

import numpy as np
from PySide6.QtCore import QEventLoop, Qt, QTimer
from PySide6.QtWidgets import QApplication

from studio.app.runhistory import Folder
from studio.app.studio import Studio
from studio.core.events import CheckpointCommitted, Evaluated, Event, RunStarted, StepDone
from studio.core.workspace import Workspace
from studio.ui.look.theme import Theme
from studio.ui.pages.trainpage import TrainPage
from studio.ui.train.readings import NORM
from tests.helpers.fakeengine import fake_command
from tests.helpers.runs import make_run

TICK_MS = 4
LONG_RUN = 200_000
STEPS_A_SECOND = 50


def wait(seconds: float) -> None:
    """Let the event loop turn."""
    loop = QEventLoop()
    QTimer.singleShot(round(1000 * seconds), loop.quit)
    loop.exec()


def gaps(seconds: float) -> list[float]:
    """Return the times between two turns of the event loop, in ms."""
    found: list[float] = []
    last = time.perf_counter()

    def tick() -> None:
        nonlocal last
        now = time.perf_counter()
        found.append(1000 * (now - last))
        last = now

    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.setInterval(TICK_MS)
    timer.timeout.connect(tick)
    timer.start()
    wait(seconds)
    timer.stop()
    return found[1:]


def judged(values: list[float]) -> dict[str, float]:
    """Return what is reported of a list of times."""
    found = np.array(values)
    shares = {"p50": 50, "p99": 99, "p99.9": 99.9}
    named = {name: float(np.percentile(found, share)) for name, share in shares.items()}
    return {name: round(value, 1) for name, value in (named | {"max": float(found.max())}).items()}


def grown(page: TrainPage, n_steps: int) -> Callable[[], object]:
    """Let the run that is shown have so many steps; return what adds another one."""
    store = page.run_view._store
    assert store is not None
    folder, chance, count = Folder(), np.random.default_rng(1), itertools.count(n_steps + 1)

    def step(n: int) -> StepDone:
        loss = 1 + 2 * 0.999**n + chance.normal(0, 0.1)
        rate = 1e-4 * (1 - n / (n_steps + 10_000))
        return StepDone(
            step=n,
            loss=loss,
            learning_rate=rate,
            grad_norm=1.0,
            tokens=9,
            trained_tokens=4,
            seconds=0.1,
            memory_bytes=2 << 30,
        )

    def told(n: int) -> Iterator[Event]:
        yield step(n)
        if n % (n_steps // 100) == 0:
            yield Evaluated(step=n, target_loss=1 + 2 * 0.999**n)
            yield CheckpointCommitted(step=n, path="c")

    events: list[Event] = [RunStarted(run="r", total_steps=n_steps + 10_000, pid=1)]
    events += itertools.chain.from_iterable(told(n) for n in range(1, n_steps + 1))
    store.take(folder.fold(events))
    return lambda: store.take(folder.fold(list(told(next(count)))))


def redraws(page: TrainPage, n_steps: int) -> list[float]:
    """Return the processor times of each turn that draws and paints a run of so many steps.

    The run grows by one step each time.
    """
    add, store = grown(page, n_steps), page.run_view._store
    assert store is not None
    found = []
    for _ in range(40):
        add()
        page.run_view._redraw_timer.stop()  # each part is drawn here, and timed by itself
        for draw in page.run_view._parts():
            start = time.thread_time()
            draw(store)
            QApplication.processEvents()
            found.append(1000 * (time.thread_time() - start))
    return found[16:]


def live_gaps(page: TrainPage, n_steps: int, seconds: float) -> list[float]:
    """Return the gaps of the event loop while steps come to a long run."""
    add = grown(page, n_steps)
    timer = QTimer()
    timer.setInterval(1000 // STEPS_A_SECOND)
    timer.timeout.connect(add)
    timer.start()
    wait(1)
    found = gaps(seconds)
    timer.stop()
    return found


def main(seconds: float) -> None:
    """Measure and print."""
    app = QApplication([])
    Theme(app)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CONFIG_HOME"] = folder
        workspace = Workspace(Path(folder) / "workspace").create()
        make_run(workspace, "r-1")
        studio = Studio(workspace)
        page = TrainPage(studio)
        page.resize(1364, 842)
        page.show()
        page.shown()
        wait(1)
        gc.freeze()  # as the window does once its pages are built
        report = {"idle_gaps": judged(gaps(seconds / 2))}
        studio.runs._command = fake_command("--steps", "4000", "--pace", "0.02")
        studio.runs.resume("r-1")
        wait(3)
        report["training_gaps"] = judged(gaps(seconds))
        studio.runs.end_at_once()
        wait(1)
        plots = page.run_view.plots
        assert plots is not None
        for reading in (None, NORM):
            plots.open_reading(reading)
            for n_steps in (1_000, LONG_RUN):
                name = reading.name.lower().replace(" ", "_") if reading else "task"
                report[f"redraw_{n_steps}_steps_{name}"] = judged(redraws(page, n_steps))
        report[f"gaps_{LONG_RUN}_steps"] = judged(live_gaps(page, LONG_RUN, seconds))
        page.hidden()
        page.close()
        studio.close()
    print(json.dumps(report))


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 20.0)
