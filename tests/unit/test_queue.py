"""The queue of runs: its order as a value, and the process behind it, which may be killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from studio.cli import run_command
from studio.core.problems import RunError
from studio.core.runqueue import Queue
from studio.core.runstate import State
from studio.core.workspace import Workspace
from studio.data.queuefile import change_queue, read_queue, runner_of
from studio.data.runfiles import engine_of, summarize
from studio.machine.processes import end
from tests.helpers.children import held
from tests.helpers.queuerunner import main as runner_at_work
from tests.helpers.queuerunner import runner_command
from tests.helpers.runs import make_run, workspace_in

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    made = workspace_in(tmp_path)
    yield made
    if (runner := runner_of(made)) is not None:
        end(runner)
    for folder in made.run_folders():
        if (engine := engine_of(folder)) is not None:
            end(engine)


def started(workspace: Workspace, *options: str) -> subprocess.Popen[bytes]:
    change_queue(workspace, lambda queue: replace(queue, active=True))
    return subprocess.Popen(runner_command(workspace, *options), cwd=REPOSITORY)


def until(fact: Callable[[], object], seconds: float = 60.0) -> None:
    end_at = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < end_at, "it never came true"
        time.sleep(0.02)


def test_runs_keep_their_order_whatever_is_moved_and_taken_out():
    queue = Queue().added(["a", "b", "c"]).added(["b", "d"])
    assert queue.waiting == ("a", "b", "c", "d")
    assert queue.moved("d", 0).waiting == ("d", "a", "b", "c")
    assert queue.moved("a", 99).waiting == ("b", "c", "d", "a")
    assert queue.removed("b").added(["b"], 1) == queue
    begun = queue.begun("a")
    assert (begun.current, begun.runs) == ("a", ("a", "b", "c", "d"))
    assert begun.added(["a"]) == begun
    assert begun.done("failed").ended == (("a", "failed"),)
    with pytest.raises(RunError, match="at work already"):
        begun.removed("a")
    with pytest.raises(RunError, match="does not wait"):
        begun.moved("x", 0)


def test_a_queue_survives_its_file_and_what_others_wrote_in_it(tmp_path: Path):
    queue = replace(Queue().added(["a", "b"]).begun("a"), active=True, engine=(12, 3.5))
    assert Queue.from_mapping(queue.to_mapping()) == queue
    odd = {"waiting": "a", "ended": [["a"], 3], "engine": ["x", 1], "active": 1, "more": {}}
    assert Queue.from_mapping(odd) == Queue()
    workspace = workspace_in(tmp_path)
    workspace.queue.write_text("{ torn")
    assert read_queue(workspace) == Queue()


def test_a_queue_that_cannot_be_changed_says_why_at_once(workspace: Workspace):
    workspace.queue.with_suffix(".change").mkdir()
    with pytest.raises(RunError, match="cannot be used"):
        change_queue(workspace, lambda queue: queue.added(["a"]))


def test_a_run_is_told_the_place_that_it_has(workspace: Workspace, capfd: Any):
    change_queue(workspace, lambda queue: queue.added(["a", "b", "c"]))
    for place, told in (("99", 3), ("0", 1), ("2", 2)):
        run_command(["runs", "queue", "move", "a", place, "--workspace", str(workspace.path)])
        assert capfd.readouterr().out == f"a is number {told} now.\n"


def test_a_run_that_fails_does_not_stop_the_queue(workspace: Workspace):
    for number, title in enumerate(("one", "bad", "three"), 1):
        make_run(workspace, f"run-{number}", title=title)
    change_queue(workspace, lambda queue: queue.added(["run-1", "run-2", "gone", "run-3"]))
    with held(started(workspace, "--steps", "4")) as runner:
        assert runner.wait(60) == 0
    queue = read_queue(workspace)
    assert queue.ended == (
        ("run-1", "done"),
        ("run-2", "failed"),
        ("gone", "gone"),
        ("run-3", "done"),
    )
    assert (queue.runs, queue.active) == ((), False)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
@pytest.mark.parametrize("engine_dies", [False, True])
def test_a_queue_whose_process_is_killed_goes_on_with_the_next(
    workspace: Workspace, engine_dies: bool
):
    folders = [make_run(workspace, f"run-{n}", title="") for n in (1, 2)]
    change_queue(workspace, lambda queue: queue.added(["run-1", "run-2"]))
    first = started(workspace, "--steps", "60", "--pace", "0.05")
    until(lambda: summarize(folders[0]).state.step >= 3)
    first.send_signal(signal.SIGKILL)
    first.wait(10)
    engine = engine_of(folders[0])
    assert engine is not None, "the engine outlives what started it"
    if engine_dies:  # as when the power fails
        end(engine)
        until(lambda: engine_of(folders[0]) is None)
    with held(started(workspace, "--steps", "60", "--pace", "0")) as second:
        assert second.wait(60) == 0
    assert read_queue(workspace).ended == (("run-1", "done"), ("run-2", "done"))
    assert [summarize(folder).state.state for folder in folders] == [State.DONE, State.DONE]
    starts = folders[0].events.read_bytes().count(b'"RunStarted"')
    assert starts == (2 if engine_dies else 1)


def test_a_queue_that_is_stopped_ends_its_run_and_begins_no_other(workspace: Workspace):
    folders = [make_run(workspace, f"run-{n}", title="") for n in (1, 2)]
    change_queue(workspace, lambda queue: queue.added(["run-1", "run-2"]))
    with held(started(workspace, "--steps", "60", "--pace", "0.05")) as runner:
        until(lambda: runner_of(workspace) is not None)
        assert runner_at_work([str(workspace.path)]) == 3, "one process at a time works on a queue"
        until(lambda: summarize(folders[0]).state.step >= 2)
        change_queue(workspace, lambda queue: replace(queue, active=False))
        assert runner.wait(60) == 0
    assert summarize(folders[0]).state.state is State.DONE
    assert read_queue(workspace).waiting == ("run-2",)
    assert not folders[1].events.exists()


def test_many_processes_change_the_queue_and_lose_nothing(workspace: Workspace):
    code = (
        "import sys; from pathlib import Path; from studio.core.workspace import Workspace;"
        "from studio.data.queuefile import change_queue\n"
        "for n in range(12):\n"
        "    change_queue(Workspace(Path(sys.argv[1])),"
        " lambda queue: queue.added([f'{sys.argv[2]}-{n}']))"
    )
    command = [sys.executable, "-c", code, str(workspace.path)]
    adding = [subprocess.Popen([*command, name]) for name in "ab"]
    assert [process.wait(60) for process in adding] == [0, 0]
    waiting = read_queue(workspace).waiting
    assert len(waiting) == 24
    assert [run for run in waiting if run[0] == "a"] == [f"a-{n}" for n in range(12)]
