"""A window that was killed leaves its runs and its queue alone; the next one takes them up."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from studio.app.queuedesk import QueueDesk
from studio.app.runlibrary import RunLibrary
from studio.core.runstate import RunState, State
from studio.core.workspace import Workspace
from studio.data.queuefile import change_queue, runner_of
from studio.data.runfiles import engine_of
from studio.machine.processes import end
from tests.helpers.children import held
from tests.helpers.fakeengine import SEEN
from tests.helpers.queuerunner import runner_command
from tests.helpers.runs import make_run, workspace_in

REPOSITORY = Path(__file__).parents[2]
RUN = "2026-11-22-hotel-1"
WINDOW = """
import sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication
from studio.app.runlibrary import RunLibrary
from studio.core.workspace import Workspace
from tests.helpers.fakeengine import fake_command

app = QCoreApplication([])
command = fake_command("--steps", "80", "--pace", "0.02")
runs = RunLibrary(Workspace(Path(sys.argv[1])), command=command)
runs.state_changed.connect(lambda state: state.step >= 3 and print("begun", flush=True))
runs.resume(sys.argv[2])
app.exec()
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    made = workspace_in(tmp_path)
    yield made
    if (runner := runner_of(made)) is not None:
        end(runner)
    for folder in made.run_folders():
        if (engine := engine_of(folder)) is not None:
            end(engine)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_a_killed_window_harms_no_run_and_the_next_one_follows_it(
    qtbot: QtBot, workspace: Workspace
):
    folder = make_run(workspace, RUN, title="")
    command = [sys.executable, "-c", WINDOW, str(workspace.path), RUN]
    window = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=REPOSITORY)
    with held(window):
        assert window.stdout is not None
        assert window.stdout.readline() == b"begun\n"
        window.send_signal(signal.SIGKILL)
    engine = engine_of(folder)
    assert engine is not None, "the engine outlives the window"
    runs = RunLibrary(workspace)
    runs.warm()
    qtbot.waitUntil(lambda: runs.current is not None and runs.current.alive, timeout=20_000)
    store = runs.current
    assert store is not None
    assert engine_of(folder) == engine, "it is followed, not started again"
    qtbot.waitUntil(lambda: store.state.state is State.DONE and not store.alive, timeout=30_000)
    assert list(store.history.column("step")) == list(range(1, 81))
    runs.close()


def test_a_queue_goes_on_when_the_window_opens_and_its_runs_are_followed(
    qtbot: QtBot, workspace: Workspace
):
    for number in (1, 2):
        make_run(workspace, f"run-{number}", title="")
    change_queue(workspace, lambda queue: replace(queue.added(["run-1", "run-2"]), active=True))
    runs = RunLibrary(workspace)
    desk = QueueDesk(
        workspace,
        runs,
        command=lambda place: runner_command(place, "--steps", "30", "--mode", "unseen"),
    )
    followed: list[str] = []

    def follow(state: RunState) -> None:
        if state.step:
            followed.append(state.run)
            (workspace.run(state.run).path / SEEN).touch()

    runs.state_changed.connect(follow)
    desk.warm()
    qtbot.waitUntil(lambda: len(desk.queue.ended) == 2, timeout=60_000)
    assert desk.queue.ended == (("run-1", "done"), ("run-2", "done"))
    assert set(followed) == {"run-1", "run-2"}
    qtbot.waitUntil(lambda: runner_of(workspace) is None, timeout=10_000)
    desk.close()
    runs.close()
