"""A run is followed from a thread, whatever happens to its engine or to the window."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from pytestqt.qtbot import QtBot

from studio.app.runlibrary import RunLibrary
from studio.app.runstore import RunStore
from studio.core.control import CONTROL, PauseAsked, SaveAsked, StopAsked
from studio.core.events import RunStarted, StepDone
from studio.core.problems import StudioError
from studio.core.runstate import State
from studio.core.workspace import Workspace
from studio.data.runfiles import engine_of
from tests.helpers.fakeengine import fake_command
from tests.helpers.runs import add_events, make_run, workspace_in

RUN = "2026-11-22-hotel-concierge-1"
Make = Callable[..., RunLibrary]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return workspace_in(tmp_path)


@pytest.fixture
def library(qtbot: QtBot, workspace: Workspace) -> Iterator[Make]:
    """Give a maker of libraries on one workspace, each with a made-up engine."""
    made: list[RunLibrary] = []

    def make(*options: str, overdue_seconds: float = 60.0) -> RunLibrary:
        command = fake_command(*options)
        made.append(RunLibrary(workspace, command=command, overdue_seconds=overdue_seconds))
        return made[-1]

    yield make
    for runs in made:
        runs.end_at_once()
        runs.close()


def begun(qtbot: QtBot, runs: RunLibrary, workspace: Workspace, step: int = 1) -> RunStore:
    """Start the run and wait until it has taken some steps."""
    make_run(workspace, RUN)
    runs.resume(RUN)
    store = runs.current
    assert store is not None
    qtbot.waitUntil(lambda: store.state.step >= step, timeout=20_000)
    return store


def wishes(store: RunStore) -> list[object]:
    return [type(CONTROL.decode(line)) for line in store.folder.control.read_bytes().splitlines()]


def a_thousand_steps() -> list[StepDone]:
    shared = {"learning_rate": 1e-4, "grad_norm": 1.0, "tokens": 9, "trained_tokens": 4}
    return [StepDone(step=n, loss=1 / n, seconds=0.1, **shared) for n in range(1, 1001)]


def ended(store: RunStore) -> bool:
    return not store.alive


def test_a_run_is_followed_to_its_end(qtbot: QtBot, library: Make, workspace: Workspace) -> None:
    runs = library("--steps", "40")
    store = begun(qtbot, runs, workspace)
    qtbot.waitUntil(lambda: ended(store), timeout=20_000)
    assert store.state.state is State.DONE
    assert store.history.column("step").tolist() == list(range(1, 41))
    assert store.history.base_loss == 3.1
    assert store.kept == {20, 40}
    assert runs.live is None


def test_a_killed_engine_leaves_a_lost_run_that_can_be_resumed(
    qtbot: QtBot, library: Make, workspace: Workspace
) -> None:
    runs = library("--steps", "60", "--pace", "0.02")
    store = begun(qtbot, runs, workspace, step=25)
    engine = engine_of(store.folder)
    assert engine is not None
    psutil.Process(engine.pid).kill()
    qtbot.waitUntil(lambda: ended(store), timeout=20_000)
    assert store.state.state is State.LOST
    assert "without a word" in store.state.summary
    assert store.resumable
    runs.resume(RUN)
    again = runs.current
    assert again is not None and again is not store
    qtbot.waitUntil(lambda: again.state.state is State.DONE, timeout=20_000)
    assert again.history.column("step").tolist() == list(range(1, 61))


def test_a_closed_and_opened_window_shows_the_whole_history_and_follows_on(
    qtbot: QtBot, library: Make, workspace: Workspace
) -> None:
    first = library("--steps", "90", "--pace", "0.02")
    before = begun(qtbot, first, workspace, step=15)
    engine = engine_of(before.folder)
    first.close()
    second = library()
    with qtbot.waitSignal(second.opened, timeout=20_000):
        second.warm()
    store = second.current
    assert store is not None
    assert engine_of(store.folder) == engine
    qtbot.waitUntil(lambda: ended(store) and store.is_loaded, timeout=20_000)
    assert store.state.state is State.DONE
    assert store.history.column("step").tolist() == list(range(1, 91))
    assert [e.step for e in store.history.evaluations] == list(range(0, 91, 10))


def test_stop_and_keep_reaches_the_engine(
    qtbot: QtBot, library: Make, workspace: Workspace
) -> None:
    runs = library("--steps", "2000", "--pace", "0.01")
    store = begun(qtbot, runs, workspace)
    runs.save()
    qtbot.waitUntil(lambda: len(store.history.checkpoints) > 0, timeout=20_000)
    runs.stop()
    qtbot.waitUntil(lambda: ended(store), timeout=20_000)
    assert wishes(store) == [SaveAsked, StopAsked]
    assert store.state.state is State.STOPPED
    assert store.state.adapter == "adapter"


def test_a_paused_run_goes_on_from_its_checkpoint(
    qtbot: QtBot, library: Make, workspace: Workspace
) -> None:
    runs = library("--steps", "80", "--pace", "0.01")
    store = begun(qtbot, runs, workspace, step=5)
    runs.pause()
    qtbot.waitUntil(lambda: ended(store), timeout=20_000)
    assert wishes(store) == [PauseAsked]
    assert store.state.state is State.PAUSED
    paused_at = max(store.kept)
    runs.resume(RUN)
    again = runs.current
    assert again is not None
    qtbot.waitUntil(lambda: again.state.state is State.DONE, timeout=20_000)
    assert again.history.column("step").tolist() == list(range(1, 81))
    assert max(again.kept) == 80 > paused_at


def test_a_second_start_is_refused_with_a_sentence(
    qtbot: QtBot, library: Make, workspace: Workspace
) -> None:
    runs = library("--steps", "2000", "--pace", "0.01")
    begun(qtbot, runs, workspace)
    make_run(workspace, "another-run")
    with qtbot.waitSignal(runs.failed) as refused:
        runs.resume("another-run")
    assert "training already" in refused.args[0].summary
    elsewhere = library("--steps", "5")
    elsewhere.resume(RUN)
    store = elsewhere.current
    assert store is not None
    qtbot.waitUntil(lambda: store.problem is not None, timeout=20_000)
    assert store.problem is not None
    assert "being trained already" in store.problem.summary
    assert runs.live is not None


def test_an_engine_that_never_says_a_word_is_explained(
    qtbot: QtBot, library: Make, workspace: Workspace
) -> None:
    runs = library("--mode", "silent")
    make_run(workspace, RUN)
    runs.resume(RUN)
    store = runs.current
    assert store is not None
    qtbot.waitUntil(lambda: store.problem is not None, timeout=20_000)
    assert store.problem is not None
    assert "before it began" in store.problem.summary
    assert not store.alive


def test_a_deaf_engine_is_told_of_and_can_be_ended_at_once(
    qtbot: QtBot, library: Make, workspace: Workspace
) -> None:
    runs = library("--mode", "hang", "--steps", "40", overdue_seconds=0.3)
    store = begun(qtbot, runs, workspace, step=20)
    runs.stop()
    qtbot.waitUntil(lambda: store.stop_overdue, timeout=20_000)
    assert store.alive
    runs.end_at_once()
    qtbot.waitUntil(lambda: ended(store), timeout=20_000)
    assert store.state.state is State.LOST
    assert not store.stop_overdue


def test_an_engine_that_takes_steps_is_not_called_deaf(
    qtbot: QtBot, library: Make, workspace: Workspace
) -> None:
    runs = library("--mode", "deaf", "--steps", "120", "--pace", "0.01", overdue_seconds=5.0)
    store = begun(qtbot, runs, workspace)
    told: list[bool] = []
    store.state_changed.connect(lambda _: told.append(store.stop_overdue))
    runs.stop()
    qtbot.waitUntil(lambda: ended(store), timeout=20_000)
    assert not any(told)


def test_a_run_that_is_over_is_read_whole_without_an_engine(
    qtbot: QtBot, library: Make, workspace: Workspace
) -> None:
    runs = library("--steps", "30")
    store = begun(qtbot, runs, workspace)
    qtbot.waitUntil(lambda: ended(store), timeout=20_000)
    runs.close_current()
    assert runs.current is None
    runs.open(RUN)
    again = runs.current
    assert again is not None
    qtbot.waitUntil(lambda: again.is_loaded, timeout=20_000)
    assert again.state.state is State.DONE
    assert len(again.history) == 30
    assert not again.alive


def test_a_thousand_events_come_in_few_signals(
    qtbot: QtBot, library: Make, workspace: Workspace
) -> None:
    folder = make_run(workspace, RUN)
    add_events(folder, [RunStarted(run=RUN, total_steps=1000, pid=1), *a_thousand_steps()])
    runs, told = library(), []
    runs.state_changed.connect(told.append)
    runs.open(RUN)
    store = runs.current
    assert store is not None
    qtbot.waitUntil(lambda: store.is_loaded, timeout=20_000)
    assert len(store.history) == 1000
    assert len(told) <= 5


def test_the_list_of_runs_is_read_on_a_thread(
    qtbot: QtBot, library: Make, workspace: Workspace
) -> None:
    make_run(workspace, "r-1", "First")
    make_run(workspace, "r-2", "Second")
    runs = library()
    assert runs.all() == []
    with qtbot.waitSignal(runs.listed, timeout=20_000):
        runs.refresh()
    assert [summary.title for summary in runs.all()] == ["Second", "First"]


def test_a_list_that_could_not_be_read_once_is_read_again(
    qtbot: QtBot, library: Make, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = library()
    make_run(workspace, RUN)
    with monkeypatch.context() as broken, qtbot.waitSignal(runs.failed) as told:
        broken.setattr(runs._reader, "read", lambda _: 1 // 0)
        runs.refresh()
    assert "nobody foresaw" in told.args[0].summary
    assert "ZeroDivisionError" in told.args[0].details
    with qtbot.waitSignal(runs.listed):
        runs.refresh()
    assert [run.run for run in runs.all()] == [RUN]


def test_a_closed_library_begins_no_thread_any_more(
    qtbot: QtBot, library: Make, workspace: Workspace
) -> None:
    first = library("--steps", "2000", "--pace", "0.01")
    begun(qtbot, first, workspace)
    other = library()
    other.refresh()
    other.close()  # while the list is being read
    qtbot.waitUntil(lambda: first.live is not None and first.live.state.step > 20)
    assert other.current is None
    assert not other._threads


def test_what_cannot_be_asked_is_refused_with_a_sentence(
    qtbot: QtBot, library: Make, workspace: Workspace
) -> None:
    runs, told = library(), []
    runs.failed.connect(told.append)
    runs.stop()
    runs.open("no-such-run")
    assert [isinstance(problem, StudioError) for problem in told] == [True, True]
    assert "No run is training" in told[0].summary
    assert "no-such-run" in told[1].summary


def test_a_torn_last_line_is_waited_for(qtbot: QtBot, library: Make, workspace: Workspace) -> None:
    folder = make_run(workspace, RUN)
    add_events(folder, [])
    with folder.events.open("ab") as file:
        file.write(b'{"kind":"RunStarted","run":"r","total_st')
    runs = library()
    runs.open(RUN)
    store = runs.current
    assert store is not None
    qtbot.waitUntil(lambda: store.is_loaded, timeout=20_000)
    assert store.state.state is State.QUEUED
