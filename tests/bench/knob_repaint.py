"""Measures how long the Model page takes from a change of a setting to the painted memory bar.

    python -m tests.bench.knob_repaint [--model FOLDER] [--rounds 6]

Opens the real window with the example dataset, whose rows are measured, and turns every setting of
the recipe: through its own control where the form shows one, else through the draft, as the method
cards do. A time is from the change until verdict, bar, legend and form are worked out, laid out and
painted; where a setting leaves the bar as it is, until the rest of these is. What follows the bar
(ways out, the list of models, the methods' costs) is done piece by piece and timed apart. Two
scenes: the model as it fits here, and an 8B model that does not fit on a card. Prints a table in ms
beside a frame of 60 Hz; "work" is the thread's own time, which other programs on the machine
stretch less.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit, QSpinBox

from studio.core.knobs import Knob
from studio.core.recipe import DEFAULTS, KNOBS, TYPES, Recipe
from studio.core.relevant import matters
from studio.core.workspace import Workspace
from studio.ui.modelshots import model_states
from studio.ui.pages.modelpage import ModelPage
from studio.ui.start import build_window, make_application
from studio.ui.window import StudioWindow
from tests.bench.ui_gaps import live, tiny_model

FRAME_MS = 1000 / 60
PIECES = 12
"""Turns of the event loop in which all that follows a change is done."""
NEEDS: dict[str, dict[str, Any]] = {
    "virtual_tokens": {"method": "prompt", "quantization": "none"},
    "bottleneck": {"method": "adapter", "quantization": "none"},
    "last_n": {"method": "last-n", "quantization": "none"},
    "sharding": {"gpus": 2},
}
"""What else a setting needs to matter."""
WORDS = {
    "title": ("Front desk", "Night desk"),
    "start_from": ("run-1", ""),
    "targets": ("attention", "mlp", "q_proj,v_proj", "all-linear"),
    "blocks": ("0-1", "0", ""),
    "template": ("chatml", ""),
    "system_prompt": ("Answer briefly.", ""),
}


class Painted(QObject):
    """Counts the paints of one widget."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        self.count += event.type() == QEvent.Type.Paint
        return False


def values_of(name: str, knob: Knob) -> tuple[Any, ...]:
    """Return values that are not the default, the default last."""
    default, kind = DEFAULTS[name], TYPES[name]
    if name in WORDS:
        return WORDS[name]
    if kind is bool:
        return not default, default
    if knob.choices:
        return (*(choice for choice in knob.choices if choice != default), default)
    low, high = knob.low or 0, knob.high if knob.high is not None else 1000
    near = (default * 2, default * 4, default / 2, low, default + 1)
    fit = dict.fromkeys(kind(value) for value in near if low <= value <= min(high, 8192))
    return (*(value for value in fit if value != default), default)


class Turner:
    """Turns settings of the window's Model page and takes the time."""

    def __init__(self, app: QApplication, window: StudioWindow) -> None:
        self._app, self._window = app, window
        page = window.page("Model")
        assert isinstance(page, ModelPage)
        self.page, self.painted = page, Painted()
        self.pieces: list[float] = []
        page.plan.bar.installEventFilter(self.painted)

    def settle(self) -> None:
        """Do all that waits, until nothing follows from it."""
        for _ in range(4):
            self._app.sendPostedEvents()
            self._app.processEvents()

    def timed(self, act: Callable[[], None]) -> tuple[float, float]:
        """Return the ms from an act to what it painted, and the thread's own time in them."""
        self.settle()
        before, worked, start = self.painted.count, time.thread_time(), time.perf_counter()
        act()
        for _ in range(3):  # a layout may ask for another paint; no timer fires in here
            self._app.sendPostedEvents()
            if self.painted.count > before:
                break
        took, work = time.perf_counter() - start, time.thread_time() - worked
        self._follow()
        return 1000 * took, 1000 * work

    def _follow(self) -> None:
        """Do what follows the bar, and note its longest piece."""
        for _ in range(PIECES):
            worked = time.thread_time()
            self._app.processEvents()
            self.pieces.append(1000 * (time.thread_time() - worked))

    def turn(self, name: str, value: Any) -> tuple[float, float]:
        """Give a setting a value as a user would."""
        row = self.page.settings.rows.get(name)
        if row is None or not row.isVisible():
            return self.timed(lambda: self._window.studio.draft.edit(name, value))
        return self.timed(lambda: use(self.page.settings.field(name), value))

    def knobs(self, base: Recipe, rounds: int) -> Iterator[tuple[str, list[tuple[float, float]]]]:
        """Turn every setting, and yield its name with all times."""
        draft = self._window.studio.draft
        for name, knob in KNOBS.items():
            if name in ("model", "dataset"):
                continue
            draft.take(base.replace(**NEEDS.get(name, {})))
            assert matters(name, draft.recipe), name
            self.settle()
            values = values_of(name, knob)
            yield name, [self.turn(name, value) for _ in range(rounds) for value in values]
        draft.take(base)


def use(control: Any, value: Any) -> None:
    """Set a control of the form by hand."""
    match control:
        case QSpinBox():
            control.setValue(value)
        case QComboBox():
            at = control.findData(value)
            control.setCurrentIndex(at if at >= 0 else control.count() - 1)
            control.activated.emit(control.currentIndex())
        case QLineEdit():
            control.setText(f"{value:g}" if isinstance(value, float) else value)
            control.textEdited.emit(control.text())


def report(scene: str, found: dict[str, list[tuple[float, float]]], pieces: list[float]) -> None:
    """Print a line for each setting and one for all, in ms."""
    heads = f"{'turns':>6}{'p50':>8}{'p99':>8}{'max':>8}{'work p50':>10}{'work p99':>10}"
    print(f"\n{scene}\n{'setting':18}{heads}")
    everything = [pair for pairs in found.values() for pair in pairs]
    slow = 0
    for name, pairs in (*found.items(), ("all", everything)):
        times, work = np.array(pairs).T
        p50, p99 = np.percentile(times, (50, 99))
        slow += name != "all" and p99 > FRAME_MS
        line = f"{name:18}{len(pairs):6}{p50:8.1f}{p99:8.1f}{times.max():8.1f}"
        half, most = np.percentile(work, (50, 99))
        print(f"{line}{half:10.1f}{most:10.1f}{'' if p99 <= FRAME_MS else '  over'}")
    within, working = np.mean(np.array(everything) <= FRAME_MS, axis=0)
    print(f"{within:.1%} of all turns within {FRAME_MS:.1f} ms, {working:.1%} by their own work;")
    print(f"{slow} settings over it at p99. A piece of what follows takes", end=" ")
    print(f"{np.percentile(pieces, 99):.1f} ms at p99, {max(pieces):.1f} at most.")


def prepared(app: QApplication, workspace: Workspace, model: Path | None) -> StudioWindow:
    """Open the window with the model and the measured example."""
    chosen = model or tiny_model(workspace)
    window = build_window(app, workspace)
    studio = window.studio
    window.show()
    studio.warm()
    live(20, until=lambda: studio.machine.reading is not None)
    studio.datasets.install_demo()
    studio.models.add_folder(chosen)
    studio.models.choose(chosen)
    window.open_page("Model")
    live(120, until=lambda: studio.checks.measured and len(studio.checks.lengths) > 0)
    live(1)
    return window


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    asked.add_argument("--model", type=Path, default=None)
    asked.add_argument("--rounds", type=int, default=6)
    options = asked.parse_args()
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["XDG_CONFIG_HOME"] = str(Path(scratch, "config"))
        os.environ["XDG_DATA_HOME"] = str(Path(scratch, "data"))
        app = make_application()
        window = prepared(app, Workspace(Path(scratch, "workspace")).create(), options.model)
        turner = Turner(app, window)
        turner.page.settings.set_depth("everything")
        if not window.studio.checks.measured:
            sys.exit("The rows of the example were not measured.")
        base = window.studio.draft.recipe
        found = dict(turner.knobs(base, options.rounds))
        report("The model as it fits here", found, turner.pieces)
        for state in model_states(window):
            if state == "does-not-fit":
                base, turner.pieces = window.studio.draft.recipe, []
                found = dict(turner.knobs(base, options.rounds))
                report("An 8B model that does not fit on a card", found, turner.pieces)
        window.close()
        app.processEvents()


if __name__ == "__main__":
    main()
