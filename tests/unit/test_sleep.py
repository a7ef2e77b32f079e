"""The machine is kept awake while an engine works, and a suspend is heard of before it comes."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from studio.core.clocks import Clocks
from studio.core.control import SaveAsked
from studio.core.events import CheckpointCommitted, Remark
from studio.core.workspace import RunFolder
from studio.engine import vigil as vigils
from studio.engine.control import Wishes
from studio.engine.emit import EventLog
from studio.engine.vigil import Vigil
from studio.machine.sleep import SleepGuard, sleep_signals
from tests.helpers.children import held
from tests.helpers.runfolders import events_of

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="logind is Linux's")
INHIBIT = """#!/bin/sh
echo "$@" >> "{place}/asked"
trap 'echo ended >> "{place}/asked"' EXIT
for last; do :; done
"$last"
"""
REFUSE = """#!/bin/sh
echo "Failed to inhibit: Access denied" >&2
exit 1
"""
MONITOR = """#!/bin/sh
echo "The name org.freedesktop.login1 is owned by :1.3"
while read -r line; do echo "/org/freedesktop/login1: {signal} ($line,)"; done < "{place}/suspends"
"""
SIGNAL = "org.freedesktop.login1.Manager.PrepareForSleep"


def until(met: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait until something is met."""
    end = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < end, "it was never met"
        time.sleep(0.01)


@pytest.fixture
def system(tmp_path, monkeypatch):
    """Give a folder first on PATH, with made-up programs; it stands for a running logind too."""
    place = tmp_path / "bin"
    place.mkdir()
    monkeypatch.setenv("PATH", f"{place}{os.pathsep}{os.environ['PATH']}")
    os.mkfifo(place / "suspends")

    def install(name: str, text: str) -> None:
        (place / name).write_text(text.replace("{place}", str(place)).replace("{signal}", SIGNAL))
        (place / name).chmod(0o755)

    install("systemd-inhibit", INHIBIT)
    install("gdbus", MONITOR)
    return place, install


def asked(place: Path) -> list[str]:
    path = place / "asked"
    return path.read_text().splitlines() if path.is_file() else []


@pytest.fixture
def suspends(system):
    """Give what announces a suspend (True) or its end (False) to whoever listens."""
    place, _ = system
    opened = os.open(place / "suspends", os.O_RDWR)
    yield lambda going: os.write(opened, b"true\n" if going else b"false\n")
    os.close(opened)


def test_the_machine_is_kept_awake_between_hold_and_close(system, suspends):
    place, _ = system
    guard = SleepGuard("Training hotel-1", lambda going: None, booted=place)
    guard.hold()
    until(lambda: len(asked(place)) == 2)
    assert (guard.look(), guard.fault, guard.deaf) == ("", "", "")
    block, delay = sorted(asked(place))
    assert "--what=sleep --who=Graft Studio --why=Training hotel-1 --mode=delay" in delay + block
    assert (
        "--what=sleep:idle --who=Graft Studio --why=Training hotel-1 --mode=block" in block + delay
    )
    guard.close()
    assert asked(place)[2:] == ["ended", "ended"]


def test_a_system_that_refuses_is_told_once_with_its_words(system, suspends):
    place, install = system
    install("systemd-inhibit", REFUSE)
    guard = SleepGuard("Training", lambda going: None, booted=place)
    guard.hold()
    told: list[str] = []
    until(lambda: bool(told.append(guard.look()) or told[-1]))
    assert told[-1] == "The system refused to stay awake: Failed to inhibit: Access denied."
    assert guard.look() == ""
    guard.close()


def test_without_logind_nothing_is_started_and_it_is_said(system):
    place, _ = system
    guard = SleepGuard("Training", lambda going: None, booted=place / "missing")
    guard.hold()
    assert "no logind" in guard.fault
    guard.close()
    assert asked(place) == []


def test_a_suspend_is_heard_and_waits_until_it_is_let_go(system, suspends):
    place, _ = system
    heard: list[bool] = []
    guard = SleepGuard("Training", heard.append, booted=place)
    guard.hold()
    until(lambda: len(asked(place)) == 2)
    suspends(True)
    until(lambda: heard == [True])
    guard.let_sleep()
    assert asked(place).count("ended") == 1
    suspends(False)
    until(lambda: heard == [True, False])
    until(lambda: sum("--mode=delay" in line for line in asked(place)) == 2)
    guard.close()
    assert asked(place).count("ended") == 3


def test_the_guard_ends_with_an_engine_that_is_killed(system, suspends, tmp_path):
    place, _ = system
    code = (
        "import time; from pathlib import Path; from studio.machine.sleep import SleepGuard\n"
        f"SleepGuard('Training', print, booted=Path({str(place)!r})).hold(); time.sleep(600)"
    )
    with held(subprocess.Popen([sys.executable, "-c", code])) as engine:
        until(lambda: len(asked(place)) == 2)
        engine.kill()
    until(lambda: asked(place).count("ended") == 2)


def test_both_monitors_are_understood():
    gdbus = [b"/org/freedesktop/login1: %s (true,)\n" % SIGNAL.encode(), b"other (true,)\n"]
    dbus = [
        b"signal sender=:1.3 member=PrepareForSleep\n",
        b"   boolean false\n",
        b"  boolean true\n",
    ]
    assert list(sleep_signals(gdbus)) == [True]
    assert list(sleep_signals(dbus)) == [False]


@pytest.fixture
def run(tmp_path):
    folder = tmp_path / "run-1"
    folder.mkdir()
    return RunFolder(folder)


def test_a_suspend_brings_a_checkpoint_first(system, suspends, run):
    place, _ = system
    wishes = Wishes(run.control, 0.0)
    with EventLog(run.events) as log, Vigil(run, log, beat=0.01, booted=place):
        until(lambda: len(asked(place)) == 2)
        suspends(True)
        until(lambda: (wishes.look() or wishes.take(SaveAsked)) is not None)
        assert "ended" not in asked(place)
        log.emit(CheckpointCommitted(step=4, path="checkpoints/step-000004"))
        until(lambda: asked(place).count("ended") == 1)


def test_the_heart_beats_while_the_engine_lives(run, tmp_path):
    with EventLog(run.events) as log, Vigil(run, log, beat=0.01, booted=tmp_path / "none"):
        first = run.heartbeat.stat().st_mtime_ns
        until(lambda: run.heartbeat.stat().st_mtime_ns > first)
    assert not run.heartbeat.exists()
    assert "vigil" not in [thread.name for thread in threading.enumerate()]


def test_lost_time_is_told_when_the_engine_wakes(run, tmp_path, monkeypatch):
    moments = iter([Clocks(0, 0, 0), Clocks(2, 2, 2), Clocks(7204, 7204, 4)])
    last = Clocks(7204, 7204, 4)
    monkeypatch.setattr(vigils, "read_clocks", lambda: next(moments, last))
    with EventLog(run.events) as log, Vigil(run, log, beat=0.01, booted=tmp_path / "none"):
        until(lambda: bool(events_of(run)))
    (remark,) = events_of(run)
    assert isinstance(remark, Remark)
    assert remark.summary == "The machine was suspended for 2 h."
