"""An engine that stands still is told from one that works, and can be woken."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from studio.app.runlibrary import RunLibrary
from studio.app.runstore import RunStore
from studio.app.runwishes import RunWishes
from studio.app.vitalsigns import wake
from studio.core import vitals
from studio.core.control import CONTROL
from studio.core.events import RunEnded
from studio.core.workspace import Workspace
from studio.data.runfiles import engine_of
from tests.helpers.fakeengine import fake_command
from tests.helpers.runs import add_events, make_run, workspace_in

RUN = "2026-11-22-hotel-concierge-1"


@pytest.fixture
def workspace(tmp_path) -> Workspace:
    return workspace_in(tmp_path)


@pytest.fixture
def runs(qtbot: QtBot, workspace: Workspace, monkeypatch) -> Iterator[RunLibrary]:
    monkeypatch.setattr(vitals, "STOPPED_SECONDS", 0.3)
    library = RunLibrary(workspace, command=fake_command("--steps", "100000", "--pace", "0.01"))
    yield library
    library.end_at_once()
    library.close()


def stop(store: RunStore) -> None:
    """Tell the engine of a run to stand still."""
    engine = engine_of(store.folder)
    assert engine is not None
    os.kill(engine.pid, signal.SIGSTOP)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows stops no process by a signal")
def test_a_stopped_engine_is_told_and_goes_on_when_it_is_woken(qtbot, runs, workspace):
    make_run(workspace, RUN)
    runs.resume(RUN)
    store = runs.current
    qtbot.waitUntil(lambda: store.state.step >= 1, timeout=20_000)
    assert store.trouble is None
    stop(store)
    qtbot.waitUntil(lambda: store.trouble is not None, timeout=20_000)
    assert (store.trouble.code, store.trouble.action) == ("process_stopped", "wake")
    step = store.state.step
    wake(store.folder)
    qtbot.waitUntil(lambda: store.trouble is None and store.state.step > step, timeout=20_000)
    stop(store)
    qtbot.waitUntil(lambda: store.trouble is not None, timeout=20_000)
    runs.end_at_once()
    qtbot.waitUntil(lambda: not store.alive, timeout=20_000)
    assert store.trouble is None


def test_a_run_that_diverged_is_resumed_to_go_back(qtbot, runs, workspace):
    folder = make_run(workspace, RUN)
    ended = RunEnded(outcome="diverged", run=RUN, step=3, summary="It left the numbers.", time=5.0)
    add_events(folder, [ended])
    runs.open(RUN)
    qtbot.waitUntil(lambda: runs.current is not None and runs.current.is_loaded, timeout=20_000)
    assert RunWishes(runs).roll_back(2, 1e-4)
    qtbot.waitUntil(lambda: runs.current.state.step >= 1, timeout=20_000)
    (wish,) = [CONTROL.decode(line) for line in folder.control.read_bytes().splitlines()]
    assert (wish.step, wish.learning_rate) == (2, 1e-4)
