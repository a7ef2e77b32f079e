"""The main line from the terminal, with real processes and a tiny model."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from studio.core.resources import resource
from tests.helpers.tinymodel import make_tiny_model

pytestmark = pytest.mark.slow
EXAMPLE = resource("datasets", "hotel-concierge", "train.jsonl")
RECIPE = """\
model = "tiny"
dataset = "hotel"
method = "qlora"
rank = 4
max_tokens = 128
micro_batch = 2
learning_rate = 1e-2
seed = 7
device = "cpu"
"""


class Terminal:
    """Runs the studio's commands on one workspace."""

    def __init__(self, workspace: Path) -> None:
        self.workspace = workspace

    def run(self, *args: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "studio", *args, "--workspace", str(self.workspace)]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == code, done.stdout + done.stderr
        return done

    def lines(self, *args: str) -> list[dict[str, Any]]:
        """The JSON documents a command prints, one a line."""
        return [json.loads(line) for line in self.run(*args, "--json").stdout.splitlines()]

    def json(self, *args: str) -> dict[str, Any]:
        """The one JSON document a command prints."""
        return dict(json.loads(self.run(*args, "--json").stdout))


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    make_tiny_model(tmp_path / "models" / "tiny")
    terminal = Terminal(tmp_path)
    imported = terminal.json("data", "import", str(EXAMPLE), "--name", "hotel")
    assert (imported["dataset"], imported["rows"], imported["problems"]) == ("hotel", 264, [])
    return terminal


def write_recipe(terminal: Terminal, **more: int) -> str:
    path = terminal.workspace / "recipe.toml"
    path.write_text(RECIPE + "".join(f"{name} = {value}\n" for name, value in more.items()))
    return str(path)


def losses(events: list[dict[str, Any]]) -> dict[int, float]:
    return {e["step"]: e["loss"] for e in events if e["kind"] == "StepDone"}


def test_from_a_file_to_two_answers(terminal: Terminal):
    tokens = terminal.json("preview", "hotel", "--row", "0", "--model", "tiny")["tokens"]
    states = [token["state"] for token in tokens]
    assert states.count("end") == 1
    assert "cut" not in states
    trained = "".join(t["text"] for t in tokens if t["state"] == "trained")
    assert trained.strip().endswith("A quiet stay to you, Alder House.")

    recipe = write_recipe(terminal, max_steps=12)
    estimate = terminal.json("estimate", recipe, "--memory", "64GiB")
    assert estimate["verdict"] == "fits"
    assert estimate["low_bytes"] <= estimate["total_bytes"] <= estimate["high_bytes"]

    events = terminal.lines("train", recipe)
    assert events[-1]["kind"] == "RunEnded"
    assert events[-1]["outcome"] == "done"
    loss = losses(events)
    assert list(loss) == list(range(1, 13))
    assert loss[12] < loss[1]

    [listed] = terminal.json("runs", "list")["runs"]
    assert (listed["state"], listed["dataset"], listed["model"]) == ("done", "hotel", "tiny")
    shown = terminal.json("runs", "show", listed["run"])
    assert shown["step"] == shown["total_steps"] == 12
    assert shown["pid"] is None
    assert shown["measured_peak_bytes"] > 0
    assert all(checkpoint["verified"] for checkpoint in shown["checkpoints"])

    asked = ("chat", listed["run"], "--prompt", "When is breakfast?")
    columns = terminal.json(*asked)["columns"]
    assert columns[0]["name"] == "base"
    assert len(columns) == 2
    assert columns[0]["text"] != columns[1]["text"]


def test_a_killed_run_goes_on_as_if_nothing_had_happened(terminal: Terminal):
    recipe = write_recipe(terminal, max_steps=16, save_steps=4)
    whole = losses(terminal.lines("train", recipe))

    started = terminal.json("train", recipe, "--detach")
    run, engine = started["run"], psutil.Process(started["pid"])
    events_file = terminal.workspace / "runs" / run / "events.jsonl"
    try:
        wait_until(lambda: '"step":10,' in read_plain(events_file), "step 10")
    finally:
        engine.kill()
    wait_until(lambda: is_gone(engine), "the end of the engine")

    lost = terminal.json("runs", "show", run)
    assert lost["state"] == "lost"
    assert lost["resumable"]
    assert lost["pid"] is None

    events = terminal.lines("resume", run)
    assert events[-1]["outcome"] == "done"
    resumed_from = next(e["resumed_from"] for e in events if e["kind"] == "RunStarted")
    assert resumed_from >= 8
    again = losses(events)
    assert min(again) == resumed_from + 1
    assert again == pytest.approx({s: whole[s] for s in again}, abs=1e-6)


def read_plain(path: Path) -> str:
    return path.read_text(encoding="utf-8").replace(": ", ":") if path.exists() else ""


def is_gone(process: psutil.Process) -> bool:
    """Whether a process has ended; one that nobody collects has ended too."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def wait_until(fact: Callable[[], bool], what: str) -> None:
    """Look again and again: nothing tells another process that a file has grown."""
    deadline = time.monotonic() + 120
    while not fact():
        assert time.monotonic() < deadline, f"waited for {what}"
        time.sleep(0.02)


def test_a_problem_is_a_sentence_for_people_and_json_for_scripts(terminal: Terminal):
    for_people = terminal.run("runs", "show", "nothing-here", code=1)
    assert for_people.stdout == ""
    assert "nothing-here" in for_people.stderr
    assert "Traceback" not in for_people.stderr
    for_scripts = terminal.run("runs", "show", "nothing-here", "--json", code=1)
    assert for_scripts.stdout == ""
    assert set(json.loads(for_scripts.stderr)["error"]) >= {"summary", "hint"}
    assert terminal.run("train", code=2).stdout == ""
