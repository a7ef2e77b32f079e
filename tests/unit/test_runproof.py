"""What differs between a run and what answers for it, as sentences."""

from __future__ import annotations

import hashlib
import json

import pytest

from studio.core.events import EVENTS, RunEnded
from studio.core.workspace import Workspace
from studio.data.checkpoints import write_manifest
from studio.engine.runproof import adapter_words, differences

STEPS = (10, 20)


def weights(step):
    return f"weights of step {step}".encode()


def sha(body):
    return hashlib.sha256(body).hexdigest()


@pytest.fixture
def run(tmp_path):
    made = Workspace(tmp_path / "ws").create().run("2026-11-22-hotel-1")
    for step in STEPS:
        folder = made.checkpoint(step)
        folder.mkdir(parents=True)
        (folder / "adapter_model.safetensors").write_bytes(weights(step))
        write_manifest(folder, step)
    made.adapter.mkdir()
    made.events.write_bytes(EVENTS.encode(RunEnded(outcome="done", run=made.id, step=20)))
    made.origin.write_text(json.dumps({"model": "/models/tiny", "versions": {}}))
    return made


def test_a_result_and_checkpoints_as_the_run_wrote_them_are_no_news(run, tmp_path):
    assert adapter_words(run, run.adapter, sha(weights(20))) == ""
    assert adapter_words(run, run.adapter, sha(weights(10))) == ""  # one that was taken back to
    assert adapter_words(run, run.checkpoint(10), sha(weights(10))) == ""
    assert differences(run, run.adapter, sha(weights(20)), tmp_path / "tiny", "t") == []


def test_a_changed_adapter_is_told_with_both_hashes(run):
    told = adapter_words(run, run.adapter, "abcd1234" * 8)
    assert told.startswith("The adapter is not as the run wrote it: its hash is abcd 1234")
    assert sha(weights(20))[:4] in told
    assert sha(weights(10))[:4] in adapter_words(run, run.checkpoint(10), sha(weights(20)))


def test_nothing_is_claimed_where_the_last_checkpoint_is_gone(run):
    run.events.write_bytes(EVENTS.encode(RunEnded(outcome="done", run=run.id, step=30)))
    assert adapter_words(run, run.adapter, "abcd1234" * 8) == ""
    (run.checkpoint(10) / "manifest.json").write_text("{")
    assert adapter_words(run, run.checkpoint(10), "abcd1234" * 8) == ""


def test_another_base_and_other_libraries_are_told(run, tmp_path):
    versions = {"transformers": "5.0.0", "torch": "1.0", "graft-studio": 7}
    run.origin.write_text(json.dumps({"model": "/models/other", "versions": versions}))
    told = differences(run, run.adapter, sha(weights(20)), tmp_path / "tiny", "t")
    assert told[0] == "The run was trained on other, not on tiny."
    assert told[1].startswith("The run's rows were made by transformers 5.0.0, here ")
    assert len(told) == 2
    run.origin.write_text("[]")
    told = differences(run, run.adapter, sha(weights(20)), tmp_path / "tiny", "t")
    assert told == ["The run does not say which model it was trained on."]
