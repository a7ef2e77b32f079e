"""A checkpoint becomes the result of its run, whole or not at all."""

from __future__ import annotations

import json

import pytest

from studio.core.problems import RunError
from studio.data import results
from studio.data.checkpoints import write_manifest
from studio.data.results import NOTE, take_as_result, taken_step
from studio.machine.locks import RunLock
from tests.helpers.runfolders import make_run

WEIGHTS = "adapter_model.safetensors"


@pytest.fixture
def run(tmp_path):
    """A run with a result and two checkpoints; no weights are real."""
    made = make_run(tmp_path, tmp_path / "model")
    for step in (10, 20):
        folder = made.checkpoint(step)
        folder.mkdir(parents=True)
        (folder / "adapter_config.json").write_text("{}")
        (folder / WEIGHTS).write_bytes(f"weights of {step}".encode())
        (folder / "optimizer.pt").write_bytes(b"not for use")
        write_manifest(folder, step)
    made.adapter.mkdir()
    (made.adapter / WEIGHTS).write_bytes(b"weights of 20")
    (made.adapter / "adapter_config.json").write_text("{}")
    return made


def test_its_adapter_is_copied_and_the_step_is_noted(run):
    assert taken_step(run) == 0
    take_as_result(run, 10)
    assert (run.adapter / WEIGHTS).read_bytes() == b"weights of 10"
    assert taken_step(run) == 10
    assert sorted(path.name for path in run.adapter.iterdir()) == [
        "adapter_config.json",
        WEIGHTS,
        NOTE,
    ]
    assert not [path for path in run.path.iterdir() if path.name.startswith(".adapter")]
    take_as_result(run, 20)
    assert taken_step(run) == 20


def test_the_note_is_on_the_disk_before_the_folder_takes_its_place(run, monkeypatch):
    synced = []
    monkeypatch.setattr(results, "sync", lambda path: synced.append(path.name))
    take_as_result(run, 10)
    assert {path.name for path in run.adapter.iterdir()} <= set(synced)


def test_a_damaged_or_missing_checkpoint_changes_nothing(run):
    (run.checkpoint(10) / WEIGHTS).write_bytes(b"weights of 11")
    for step in (10, 30):
        with pytest.raises(RunError, match=f"step {step}"):
            take_as_result(run, step)
    assert (run.adapter / WEIGHTS).read_bytes() == b"weights of 20"
    assert taken_step(run) == 0


def test_a_run_that_is_worked_on_keeps_its_result(run):
    with RunLock(run.lock).hold(), pytest.raises(RunError, match="already being worked on"):
        take_as_result(run, 10)
    assert taken_step(run) == 0


@pytest.mark.parametrize("body", ["", "[]", "{}", json.dumps({"step": "x"})])
def test_a_note_that_says_nothing_is_none(run, body):
    (run.adapter / NOTE).write_text(body)
    assert taken_step(run) == 0
