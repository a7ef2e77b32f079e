"""A grid from the terminal with real engines: made, trained one after another, compared, repeated."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from studio.core.runstate import State
from studio.core.workspace import Workspace
from studio.data.queuefile import read_queue, runner_of
from studio.data.runfiles import engine_of, summarize
from studio.machine.processes import end
from tests.e2e.test_commands import RECIPE, Terminal
from tests.helpers.tinymodel import make_tiny_model

pytestmark = pytest.mark.slow
ROWS = [
    {"instruction": f"What is {n} times {n}?", "input": "", "output": f"It is {n * n}."}
    for n in range(12)
]


@pytest.fixture
def terminal(tmp_path: Path):
    make_tiny_model(tmp_path / "models" / "tiny")
    source = tmp_path / "rows.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    terminal = Terminal(tmp_path)
    assert terminal.json("data", "import", str(source), "--name", "hotel")["rows"] == len(ROWS)
    yield terminal
    workspace = Workspace(tmp_path)
    if (runner := runner_of(workspace)) is not None:
        end(runner)
    for folder in workspace.run_folders():
        if (engine := engine_of(folder)) is not None:
            end(engine)


def test_a_grid_is_queued_trained_compared_and_made_again(terminal: Terminal):
    recipe = terminal.workspace / "recipe.toml"
    recipe.write_text(RECIPE.replace("max_tokens", "max_steps = 3\nmax_tokens"))
    asked = ("runs", "queue", "add", str(recipe), "--grid", "learning_rate=1e-3,1e-2")
    plan = terminal.json(*asked, "--plan")
    assert [run["title"] for run in plan["runs"]] == ["learning rate 1e-3", "learning rate 0.01"]
    assert not list((terminal.workspace / "runs").glob("*")), "a plan makes nothing"
    runs = terminal.json(*asked, "--start")["runs"]
    workspace = Workspace(terminal.workspace)
    assert len({workspace.run(run).rows.stat().st_ino for run in runs}) == 1, "one file of rows"
    until = time.monotonic() + 240
    while len(read_queue(workspace).ended) < 2:
        assert time.monotonic() < until, terminal.run("runs", "queue", "list").stdout
        time.sleep(0.2)
    assert read_queue(workspace).ended == tuple((run, "done") for run in runs)
    found = terminal.json("runs", "diff", *runs)
    assert [(d["name"], d["values"]) for d in found["settings"]] == [
        ("learning_rate", [1e-3, 1e-2])
    ]
    assert (found["rows"]["rows"], found["rows"]["changed"]) == ([12, 12], 0)
    compared = terminal.json("runs", "reproduce", runs[0])["compared"]
    assert {c["what"]: c["verdict"] for c in compared} == dict.fromkeys(
        ("Model", "Rows", "Dataset", "Versions", "Device"), "same"
    )
    terminal.run("runs", "reproduce", runs[0], "--start")
    (again,) = {path.name for path in (terminal.workspace / "runs").iterdir()} - set(runs)
    first, second = (summarize(workspace.run(run)) for run in (runs[0], again))
    assert second.state.state is State.DONE
    assert second.title.endswith("again")
    assert second.evaluations == first.evaluations
    assert second.state.loss == first.state.loss, "on a processor it is the same to the last digit"
