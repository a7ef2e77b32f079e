"""A run that is to end while its engine loads ends then, wherever the engine is."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from studio.core.control import CONTROL, DiscardAsked, PauseAsked, StopAsked, Wish
from studio.core.workspace import RunFolder
from studio.data.runfiles import log_tail
from studio.engine.control import LeaveNowError, Wishes
from studio.engine.explain import left_early
from studio.machine.enginecommand import start_detached
from studio.machine.processes import reap

POSIX = pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
Loading = Callable[..., Wishes]


@pytest.fixture
def loading(tmp_path: Path) -> Iterator[Loading]:
    """Give the wishes of an engine that loads, after something was asked."""
    before = {sign: signal.getsignal(sign) for sign in (signal.SIGINT, signal.SIGTERM)}

    def made(*asked: Wish, keeps: bool = False) -> Wishes:
        wishes = Wishes(tmp_path / "control.jsonl", 0.0)
        wishes.at_once, wishes.keeps = True, keeps
        wishes.obey_signals()
        (tmp_path / "control.jsonl").write_bytes(b"".join(map(CONTROL.encode, asked)))
        return wishes

    yield made
    for sign, handler in before.items():
        signal.signal(sign, handler)


def _nudge(wishes: Wishes) -> None:
    wishes.nudge()
    for _ in range(1000):  # the handler runs between two instructions
        pass


@POSIX
def test_a_signal_ends_what_is_being_loaded_and_only_once(loading: Loading) -> None:
    wishes = loading()
    with pytest.raises(LeaveNowError):
        signal.raise_signal(signal.SIGTERM)
    assert left_early(wishes, 0).outcome == "stopped"
    signal.raise_signal(signal.SIGTERM)  # while the end is being written


@POSIX
@pytest.mark.parametrize(
    ("asked", "kept", "outcome"),
    [
        (StopAsked(), 0, "stopped"),
        (PauseAsked(), 0, "paused"),
        (PauseAsked(), 40, "paused"),
        (DiscardAsked(), 40, "stopped"),
    ],
)
def test_a_wish_in_the_file_is_heard_from_another_thread(
    loading: Loading, asked: Wish, kept: int, outcome: str
) -> None:
    wishes = loading(asked, keeps=bool(kept))
    with pytest.raises(LeaveNowError):
        _nudge(wishes)
    ending = left_early(wishes, kept)
    assert ending.outcome == outcome
    assert "40" in ending.summary or not (kept and isinstance(asked, DiscardAsked))


def test_a_stop_waits_for_the_weights_where_there_is_something_to_keep(loading: Loading) -> None:
    wishes = loading(StopAsked(), keeps=True)
    wishes.nudge()
    wishes.heed()
    assert isinstance(wishes.leaving, StopAsked)


def test_nobody_leaves_early_who_trains(loading: Loading) -> None:
    wishes = loading(PauseAsked())
    wishes.at_once = False
    wishes.nudge()
    wishes.heed()
    assert isinstance(wishes.leaving, PauseAsked)


def test_an_engine_works_in_the_folder_of_its_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = RunFolder(tmp_path / "run")
    run.path.mkdir()
    monkeypatch.chdir(Path(__file__).parent)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([".", str(tmp_path)]))
    code = "import os; print(os.getcwd(), os.environ['PYTHONPATH'], flush=True)"
    pid = start_detached([sys.executable, "-c", code], run.log)
    until = time.monotonic() + 30
    while "\n" not in log_tail(run) and time.monotonic() < until:
        time.sleep(0.02)
    reap(pid)
    where, paths = log_tail(run).split(maxsplit=1)
    assert Path(where) == run.path.resolve()
    assert paths.strip() == os.pathsep.join([str(Path(__file__).parent), str(tmp_path)])
