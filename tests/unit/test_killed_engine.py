"""A checkpoint is there whole or not at all, whatever ends the process that writes it.

The same in great numbers: tests/bench/kill_engine.py and tests/bench/fail_writes.py.
"""

from __future__ import annotations

import shutil

import pytest

from studio.core.workspace import RunFolder
from studio.data.checkpoints import checkpoint_steps, latest_verified
from studio.engine.checkpoint import commit, drop_old
from tests.helpers.killingengine import Left, fail_a_commit, kill_a_commit, look


def test_what_a_killed_process_said_is_kept_is_kept(tmp_path):
    run = RunFolder(tmp_path / "run")
    assert [kill_a_commit(run, seed).wrong for seed in range(4)] == [""] * 4


@pytest.mark.skipif(shutil.which("strace") is None, reason="lets calls fail by strace")
@pytest.mark.parametrize("number", [2, 9, 23])
def test_a_write_that_fails_harms_nothing_that_was_kept(tmp_path, number):
    left, failed = fail_a_commit(RunFolder(tmp_path / "run"), number)
    assert failed
    assert left.wrong == ""


def test_a_checkpoint_that_is_deleted_is_never_half_there(tmp_path, monkeypatch):
    run = RunFolder(tmp_path / "run")
    run.path.mkdir()
    for step in (1, 2, 3):
        commit(run, step, lambda folder: (folder / "part").write_bytes(b"x"))

    plain, seen = shutil.rmtree, []

    def halfway(path, **options):
        if path.is_dir():
            seen.append((path.name, checkpoint_steps(run)))
        plain(path, **options)

    monkeypatch.setattr(shutil, "rmtree", halfway)
    drop_old(run, best=0, keep=2)
    assert seen == [(".staging-gone-step-000001", [3, 2])]
    assert look(run, told=3) == Left(3, 3)


def test_the_look_finds_what_is_wrong(tmp_path):
    run = RunFolder(tmp_path / "run")
    run.path.mkdir()
    for step in (1, 2):
        commit(run, step, lambda folder: (folder / "part").write_bytes(b"x"))
    assert "said 4" in look(run, told=4).wrong
    (run.checkpoint(1) / "part").write_bytes(b"y")
    assert look(run, told=2).wrong == "[1] are damaged"
    (run.checkpoint(2) / "part").write_bytes(b"y")
    assert latest_verified(run)[0] == 0
    assert "step 2 has a damaged part" in look(run, told=2).wrong
