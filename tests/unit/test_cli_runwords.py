"""What the user says about a run, and asks of one that trains, from the terminal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from studio.cli import run_command
from studio.core.control import CONTROL, RateAsked, RollBackAsked, SampleAsked
from studio.core.workspace import Workspace
from studio.data.checkpointplaces import send_elsewhere
from studio.data.checkpoints import write_manifest
from studio.data.runmeta import RunMeta, meta_of
from studio.machine.locks import RunLock
from tests.helpers.runs import make_run, workspace_in

RUN = "2026-11-22-hotel-1"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = workspace_in(tmp_path)
    make_run(made, RUN, title="old")
    return made


def called(workspace: Workspace, *argv: str) -> int:
    return run_command(["runs", *argv, "--workspace", str(workspace.path)])


def test_title_notes_and_tags_are_changed_from_the_terminal(workspace: Workspace, capfd: Any):
    assert called(workspace, "title", RUN, "new") == 0
    assert called(workspace, "note", RUN, "first") == 0
    assert called(workspace, "note", RUN, "second", "--add") == 0
    assert called(workspace, "tag", RUN, "good", "slow", "good") == 0
    assert called(workspace, "tag", RUN, "--remove", "slow", "--json") == 0
    told = json.loads(capfd.readouterr().out.splitlines()[-1])
    assert told == {"run": RUN, "title": "new", "notes": "first\nsecond", "tags": ["good"]}
    assert meta_of(workspace.run(RUN)) == RunMeta("new", "first\nsecond", ("good",))


def test_every_wish_reaches_a_run_that_trains(workspace: Workspace, capfd: Any):
    folder = workspace.run(RUN)
    whole = folder.checkpoint(20)
    whole.mkdir(parents=True)
    (whole / "weights").write_bytes(b"x")
    write_manifest(whole, 20)
    with RunLock(folder.lock).hold():
        assert called(workspace, "rate", RUN, "1e-4") == 0
        assert called(workspace, "sample", RUN, "--prompt", "Who?") == 0
        assert called(workspace, "roll-back", RUN, "20", "--rate", "5e-5") == 0
        for name in ("save", "evaluate", "stop", "pause", "discard"):
            assert called(workspace, name, RUN) == 0
        capfd.readouterr()
        assert called(workspace, "rate", RUN, "7") == 1
        assert "A learning rate of 7 cannot be." in capfd.readouterr().err
        assert called(workspace, "roll-back", RUN, "30") == 1
        assert "There is no checkpoint at step 30. There is one at 20." in capfd.readouterr().err
        (whole / "weights").write_bytes(b"y")
        assert called(workspace, "roll-back", RUN, "20") == 1
        assert "has a damaged weights" in capfd.readouterr().err
    wishes = [CONTROL.decode(line) for line in folder.control.read_bytes().splitlines()]
    rate, sample, back, *others = wishes
    assert isinstance(rate, RateAsked)
    assert rate.learning_rate == 1e-4
    assert isinstance(sample, SampleAsked)
    assert sample.prompt == "Who?"
    assert isinstance(back, RollBackAsked)
    assert (back.step, back.learning_rate) == (20, 5e-5)
    names = [type(wish).__name__ for wish in others]
    assert names == ["SaveAsked", "EvaluateAsked", "StopAsked", "PauseAsked", "DiscardAsked"]


def test_a_checkpoint_on_another_disk_can_be_gone_back_to(workspace: Workspace, tmp_path: Path):
    folder = workspace.run(RUN)
    whole = send_elsewhere(folder, tmp_path / "other disk") / folder.checkpoint(20).name
    whole.mkdir()
    (whole / "weights").write_bytes(b"x")
    write_manifest(whole, 20)
    with RunLock(folder.lock).hold():
        assert called(workspace, "roll-back", RUN, "20") == 0


def test_a_run_of_another_computer_is_not_resumed(workspace: Workspace, capfd: Any):
    folder = workspace.run(RUN)
    folder.origin.write_text('{"computer": {"name": "desk-2", "mark": "elsewhere"}}')
    assert run_command(["resume", RUN, "--workspace", str(workspace.path)]) == 1
    assert "was copied from desk-2: here it is only read." in capfd.readouterr().err
    assert called(workspace, "queue", "add", RUN) == 1
    assert called(workspace, "show", RUN, "--json") == 0
    shown = json.loads(capfd.readouterr().out)
    assert (shown["copied_from"], shown["resumable"]) == ("desk-2", False)
