"""The real engine through the window's thread: a tiny model, real NF4, a pause and a resume."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from studio.app.runlibrary import RunLibrary
from studio.app.runstore import RunStore
from studio.core.runstate import State
from studio.core.workspace import Workspace
from studio.machine.locks import RunLock
from studio.machine.peakhistory import read_peaks
from tests.helpers.tinytraining import RECIPE as TINY
from tests.helpers.tinytraining import training_workspace

LONG_MS = 180_000
STEPS = 60
RECIPE = replace(TINY, max_steps=STEPS, quantization="nf4")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return training_workspace(tmp_path)


@pytest.fixture
def runs(qtbot: QtBot, workspace: Workspace) -> Iterator[RunLibrary]:
    made = RunLibrary(workspace)
    yield made
    made.end_at_once()
    made.close()


def shown(qtbot: QtBot, runs: RunLibrary) -> RunStore:
    qtbot.waitUntil(lambda: runs.current is not None, timeout=LONG_MS)
    assert runs.current is not None
    return runs.current


@pytest.mark.slow
def test_a_run_is_paused_resumed_and_ends_with_what_it_learned(
    qtbot: QtBot, workspace: Workspace, runs: RunLibrary
) -> None:
    runs.start(RECIPE)
    store = shown(qtbot, runs)
    qtbot.waitUntil(lambda: store.state.step >= 9, timeout=LONG_MS)
    runs.pause()
    qtbot.waitUntil(lambda: not store.alive, timeout=LONG_MS)
    assert store.state.state is State.PAUSED, store.state.summary
    assert not RunLock(store.folder.lock).alive()
    paused_at = store.state.step
    assert paused_at < STEPS
    runs.resume(store.run)
    again = shown(qtbot, runs)
    qtbot.waitUntil(lambda: not again.alive and again.is_loaded, timeout=LONG_MS)
    assert again.state.state is State.DONE, again.state.summary
    assert again.history.column("step").tolist() == list(range(1, STEPS + 1))
    assert np.isfinite(again.history.column("loss")).all()
    assert [e.step for e in again.history.evaluations] == [0, 20, 40, 60]
    base, best = again.history.base_loss, again.state.best_target_loss
    assert base is not None and best is not None and best < base
    assert (again.folder.adapter / "adapter_config.json").is_file()
    assert again.state.quantization == "nf4"
    assert again.state.measured_peak_bytes > 0
    (kept,) = read_peaks()
    assert (kept.run, kept.measured) == (again.run, again.state.measured_peak_bytes)
    assert kept.plain == sum(kept.parts.values()) > 0
