"""A process that outlives the window is known again, woken and ended, and never taken for another."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import psutil
import pytest

from studio.core.problems import EngineError
from studio.machine.processes import ProcessMark, end, is_running, is_stopped, let_go_on, mark_of

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals are POSIX's")
Child = tuple["subprocess.Popen[bytes]", ProcessMark]


@pytest.fixture
def child() -> Iterator[Child]:
    """Give a process that does nothing, and its mark."""
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    mark = mark_of(process.pid)
    assert mark is not None
    yield process, mark
    process.kill()
    process.wait(30)


def wait_for(pid: int, status: str) -> None:
    until = time.monotonic() + 20
    while psutil.Process(pid).status() != status and time.monotonic() < until:
        os.sched_yield()
    assert psutil.Process(pid).status() == status


def test_a_process_that_was_told_to_stand_still_is_seen_and_goes_on(child: Child) -> None:
    process, mark = child
    assert not is_stopped(mark)
    process.send_signal(signal.SIGSTOP)
    wait_for(mark.pid, psutil.STATUS_STOPPED)
    assert is_stopped(mark)
    other = ProcessMark(mark.pid, mark.created - 60)  # the pid came back for another process
    assert not is_stopped(other)
    let_go_on(other)
    assert is_stopped(mark)
    let_go_on(mark)
    assert not is_stopped(mark)
    assert is_running(mark)


def test_one_that_only_waits_to_be_reaped_neither_runs_nor_stands_still(child: Child) -> None:
    process, mark = child
    os.kill(mark.pid, signal.SIGKILL)
    wait_for(mark.pid, psutil.STATUS_ZOMBIE)
    assert not is_running(mark)
    assert not is_stopped(mark)
    let_go_on(mark)
    process.wait(30)
    assert not is_stopped(mark)  # gone for good


def test_one_of_another_user_is_not_left_standing_without_a_word(
    child: Child, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(process: psutil.Process) -> None:
        raise psutil.AccessDenied(process.pid)

    monkeypatch.setattr(psutil.Process, "resume", refuse)
    with pytest.raises(EngineError, match="another user") as caught:
        let_go_on(child[1])
    assert f"kill -CONT {child[1].pid}" in caught.value.hint


def test_a_child_that_has_gone_meanwhile_does_not_save_its_parent(
    child: Child, monkeypatch: pytest.MonkeyPatch
) -> None:
    process, mark = child
    short = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    gone = psutil.Process(short.pid)
    short.communicate(b"\n")
    monkeypatch.setattr(psutil.Process, "children", lambda _process, recursive: [gone])
    end(mark)
    assert process.wait(timeout=20) == -signal.SIGKILL
