"""Training from the terminal: events as lines, Ctrl-C as stop-and-keep, refusals as sentences."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from studio.cli import run_command
from studio.cli import train as train_module
from studio.cli.knobflags import add_knob_flags, knob_changes
from studio.cli.train import recipe_named
from studio.core.events import Evaluated, RunEnded, RunStarted
from studio.core.recipe import KNOBS
from studio.core.workspace import RunFolder, Workspace
from studio.data.recipefile import read_recipe, write_recipe
from studio.data.runfiles import engine_of, summarize
from studio.machine.processes import end
from tests.helpers.children import held
from tests.helpers.fakeengine import fake_command
from tests.helpers.runs import add_events, make_run, workspace_in

RUN = "2026-11-22-hotel-concierge-1"
POSIX = pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process")


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    made = workspace_in(tmp_path)
    yield made
    for folder in made.run_folders():
        engine = engine_of(folder)
        if engine is not None:
            end(engine)


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Give a way to say how the made-up engine behaves."""

    def behaves(*options: str) -> None:
        command = fake_command(*options)
        monkeypatch.setattr(
            train_module, "engine_command", lambda _, run: list(command(RunFolder(Path(run))))
        )

    return behaves


def called(workspace: Workspace, *argv: str) -> int:
    return run_command([*argv, "--workspace", str(workspace.path)])


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_a_resumed_run_tells_one_event_a_line(
    workspace: Workspace, engine: Any, capfdbinary: Any
) -> None:
    make_run(workspace, RUN)
    engine("--steps", "20")
    assert called(workspace, "resume", RUN, "--json") == 0
    events = lines(capfdbinary.readouterr().out.decode())
    assert events[0]["kind"] == "RunStarted"
    assert [e["step"] for e in events if e["kind"] == "StepDone"] == list(range(1, 21))
    assert events[-1] == events[-1] | {"kind": "RunEnded", "outcome": "done", "run": RUN}


def test_people_read_steps_losses_and_the_end(
    workspace: Workspace, engine: Any, capfd: Any
) -> None:
    folder = make_run(workspace, RUN)
    engine("--steps", "20")
    assert called(workspace, "resume", RUN) == 0
    out = capfd.readouterr().out
    assert "Step 12 of 20 · loss " in out
    assert "Step 0: held-out loss 3.100" in out
    assert f"Done at step 20. The adapter is in {folder.adapter}." in out


@pytest.mark.parametrize("mode", ["failed", "diverged", "oom"])
def test_a_bad_end_is_exit_code_1_and_a_sentence(
    workspace: Workspace, engine: Any, capfd: Any, mode: str
) -> None:
    make_run(workspace, RUN)
    engine("--steps", "20", "--mode", mode)
    assert called(workspace, "resume", RUN, "--json") == 1
    captured = capfd.readouterr()
    assert json.loads(captured.err)["error"]["summary"]
    assert lines(captured.out)[-1]["kind"] == "RunEnded"


def test_an_engine_that_dies_at_once_is_explained(
    workspace: Workspace, engine: Any, capfd: Any
) -> None:
    make_run(workspace, RUN)
    engine("--mode", "silent")
    assert called(workspace, "resume", RUN) == 1
    assert "before it began to train" in capfd.readouterr().err


def test_a_detached_run_is_shown_and_paused_from_the_terminal(
    workspace: Workspace, engine: Any, capfd: Any
) -> None:
    folder = make_run(workspace, RUN)
    engine("--steps", "5000", "--pace", "0.01")
    assert called(workspace, "resume", RUN, "--detach", "--json") == 0
    started = json.loads(capfd.readouterr().out)
    assert started["run"] == RUN
    _until(lambda: engine_of(folder) is not None)
    assert called(workspace, "runs", "show", RUN, "--json") == 0
    assert json.loads(capfd.readouterr().out)["pid"] == started["pid"]
    assert called(workspace, "resume", RUN) == 1
    assert "being trained already" in capfd.readouterr().err
    assert called(workspace, "runs", "pause", RUN) == 0
    _until(lambda: engine_of(folder) is None)
    capfd.readouterr()
    assert called(workspace, "runs", "show", RUN, "--json") == 0
    shown = json.loads(capfd.readouterr().out)
    assert (shown["state"], shown["resumable"], shown["pid"]) == ("paused", True, None)
    assert called(workspace, "runs", "stop", RUN) == 1
    assert "is not running: it is paused" in capfd.readouterr().err


def test_the_list_has_the_keys_that_scripts_rely_on(workspace: Workspace, capfd: Any) -> None:
    make_run(workspace, RUN)
    assert called(workspace, "runs", "list", "--json") == 0
    (found,) = json.loads(capfd.readouterr().out)["runs"]
    assert found["run"] == RUN
    assert (found["state"], found["dataset"], found["model"]) == (
        "queued",
        "hotel-concierge",
        "starter",
    )
    assert called(workspace, "runs", "show", RUN, "--json") == 0
    keys = set(json.loads(capfd.readouterr().out))
    assert keys >= {
        *("run", "state", "dataset", "model", "resumable", "pid", "step", "total_steps"),
        *("checkpoints", "predicted_peak_bytes", "measured_peak_bytes"),
    }


def test_an_unknown_run_is_a_sentence(workspace: Workspace, capfd: Any) -> None:
    assert called(workspace, "runs", "show", "nothing") == 1
    assert "There is no run named nothing" in capfd.readouterr().err


@POSIX
@pytest.mark.parametrize(("presses", "outcome"), [(1, "stopped"), (2, "lost")])
def test_ctrl_c_stops_and_keeps_and_a_second_one_ends_at_once(
    workspace: Workspace, presses: int, outcome: str
) -> None:
    folder = make_run(workspace, RUN)
    mode = ("--mode", "deaf") if presses == 2 else ()
    options = ["--steps", "5000", "--pace", "0.01", *mode]
    script = (
        "import sys; from pathlib import Path; from studio.cli import run_command, train;"
        "from tests.helpers.fakeengine import fake_command;"
        "from studio.core.workspace import RunFolder;"
        f"train.engine_command = lambda _, run: fake_command(*{options!r})(RunFolder(Path(run)));"
        f"sys.exit(run_command(['resume', {RUN!r}, '--workspace', {str(workspace.path)!r}]))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    with held(process):
        assert any(line.startswith("Step 5 ") for line in process.stdout), process.stderr.read()
        process.send_signal(signal.SIGINT)
        if presses == 2:
            assert "Ctrl-C again ends at once" in process.stderr.readline()
            process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=120)
    assert process.returncode == (0 if presses == 1 else 1), errors
    assert engine_of(folder) is None
    if presses == 2:
        assert "Ended at once at step " in errors
        assert f"graft-studio resume {RUN} goes on" in errors
    control = folder.control.read_bytes()
    assert b"StopAsked" in control
    assert run_command(["runs", "list", "--workspace", str(workspace.path)]) == 0
    assert summarize(folder).state.state == outcome


def test_a_name_is_no_path_because_a_folder_beside_the_recipe_is_called_so(
    workspace: Workspace, tmp_path: Path
) -> None:
    folder = make_run(workspace, RUN)  # which has folders of its own, data among them
    folder.rows.parent.mkdir(exist_ok=True)
    again = read_recipe(folder.recipe).replace(dataset="data")
    write_recipe(again, folder.recipe)
    assert recipe_named(workspace, RUN, {}).dataset == "data"
    (tmp_path / "hotel").mkdir()
    (tmp_path / "own.sqlite").touch()
    write_recipe(again.replace(dataset="hotel", model="own"), tmp_path / "mine.toml")
    assert recipe_named(workspace, str(tmp_path / "mine.toml"), {}).dataset == "hotel"
    write_recipe(again.replace(dataset="own.sqlite"), tmp_path / "mine.toml")
    named = recipe_named(workspace, str(tmp_path / "mine.toml"), {})
    assert named.dataset == str(tmp_path / "own.sqlite")


def test_every_setting_has_a_flag_and_one_that_is_not_given_changes_nothing() -> None:
    import argparse

    parser = argparse.ArgumentParser()
    add_knob_flags(parser)
    assert knob_changes(parser.parse_args([])) == {}
    given = parser.parse_args(["--epochs", "1", "--learning-rate", "1e-3", "--no-double-quant"])
    assert knob_changes(given) == {"epochs": 1, "learning_rate": 1e-3, "double_quant": False}
    assert all(f"--{name.replace('_', '-')}" in parser.format_help() for name in KNOBS)


def _until(fact: Any, seconds: float = 20.0) -> None:
    end_at = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < end_at, "it never came true"
        time.sleep(0.02)


def test_runs_are_listed_newest_first_with_what_they_forgot(
    workspace: Workspace, capfd: Any
) -> None:
    for number in (2, 9, 10):
        make_run(workspace, f"2026-11-22-hotel-{number}", title=f"run\x1b[2J {number}")
    add_events(
        workspace.run("2026-11-22-hotel-9"),
        [
            RunStarted(run="2026-11-22-hotel-9", total_steps=4, pid=1),
            Evaluated(step=0, target_loss=2.0, general_loss=1.0),
            Evaluated(step=4, target_loss=1.5, general_loss=1.25),
            RunEnded(outcome="done", run="2026-11-22-hotel-9", step=4),
        ],
    )
    workspace.run("2026-11-22-hotel-2").recipe.write_text("this is [ not")
    assert called(workspace, "runs", "list") == 0
    head, *rows = capfd.readouterr().out.splitlines()
    assert head.split() == ["run", "state", "step", "held-out", "general", "title"]
    assert [row.split()[0].rpartition("-")[2] for row in rows] == ["10", "9", "2"]
    assert rows[1].split()[1:] == ["done", "4", "of", "4", "1.500", "−0.250", "run\ufffd[2J", "9"]
    assert rows[2].split()[1] == "unreadable"
    assert called(workspace, "runs", "list", "--json") == 0
    listed = json.loads(capfd.readouterr().out)["runs"]
    assert [run["general_change"] for run in listed] == [None, -0.25, None]
    assert called(workspace, "runs", "show", "nope") == 1
    assert "newest runs are 2026-11-22-hotel-10, 2026-11-22-hotel-9, " in capfd.readouterr().err
