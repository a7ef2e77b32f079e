"""One engine at a time works on a run, also after another was killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from studio.core.problems import DataError, RunError
from studio.data import datasetlock
from studio.machine.locks import LockHeldError, RunLock
from tests.helpers.children import held

HOLDER = """
import sys
from pathlib import Path
from studio.machine.locks import RunLock
with RunLock(Path(sys.argv[1])).hold():
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path / "lock")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with held(process):
        assert process.stdout.readline() == b"held\n"
        yield process
        process.kill()


def test_a_second_process_is_refused_with_the_first_ones_pid(tmp_path, holder):
    lock = RunLock(tmp_path / "lock")
    assert lock.alive()
    assert lock.owner().pid == holder.pid
    with pytest.raises(RunError, match=f"process {holder.pid}"):
        lock.hold()


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_a_killed_holder_leaves_the_lock_free(tmp_path, holder):
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait(30)
    lock = RunLock(tmp_path / "lock")
    assert lock.owner().pid == holder.pid
    assert not lock.alive()
    with lock.hold():
        assert lock.owner().pid == os.getpid()
        assert lock.alive()
    assert lock.owner() is None


def test_a_lock_never_held_has_no_owner(tmp_path):
    lock = RunLock(tmp_path / "lock")
    assert lock.owner() is None
    assert not lock.alive()
    lock.release()


def test_a_note_of_nonsense_is_no_owner(tmp_path):
    path = tmp_path / "lock"
    path.write_bytes(b"\xff{")
    assert RunLock(path).owner() is None
    path.write_text("[1]")
    assert RunLock(path).owner() is None


def test_a_folder_that_is_gone_is_a_sentence(tmp_path):
    with pytest.raises(RunError, match="cannot be used"):
        RunLock(tmp_path / "gone" / "lock").hold()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has such a device")
def test_a_lock_that_cannot_be_written_is_told_and_not_held(tmp_path):
    (tmp_path / "lock").symlink_to("/dev/full")
    with pytest.raises(RunError, match="cannot be used") as caught:
        RunLock(tmp_path / "lock").hold()
    assert not isinstance(caught.value, LockHeldError)
    (tmp_path / "lock").unlink()
    with RunLock(tmp_path / "lock").hold():
        pass


def test_a_dataset_is_open_elsewhere_though_the_lock_does_not_say_where(tmp_path):
    with RunLock(tmp_path / ".hotel.lock").hold():
        os.truncate(tmp_path / ".hotel.lock", 0)  # as between taking it and writing who did
        with pytest.raises(DataError, match="open for editing in another window"):
            datasetlock.hold(tmp_path / "hotel.sqlite")


def test_a_lock_counts_what_was_killed_for_memory_since_it_was_taken(tmp_path, monkeypatch):
    from studio.machine import locks, memorykills

    counters = tmp_path / "vmstat"
    monkeypatch.setattr(memorykills, "_COUNTERS", counters)
    lock = locks.RunLock(tmp_path / "lock")
    assert lock.memory_kills() is None
    counters.write_text("oom_kill 3\n")
    with lock.hold():
        counters.write_text("pgfault 9\noom_kill 4\n")
        assert lock.memory_kills() == 1
        counters.unlink()
        assert lock.memory_kills() is None
