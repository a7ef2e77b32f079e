"""A run's folder can be read at any moment, also while it is written or after a power cut."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from studio.core.control import CONTROL, StopAsked
from studio.core.events import EVENTS, Evaluated, RunEnded, RunStarted, StateChanged, StepDone
from studio.core.problems import RunError
from studio.core.runstate import RunState, State, advance
from studio.data.runfiles import (
    EventTail,
    ask,
    engine_of,
    find_run,
    log_tail,
    predicted_bytes,
    read_events,
    summarize,
)
from studio.machine.locks import RunLock
from tests.helpers.runs import add_events, make_run, workspace_in


def step(n: int) -> StepDone:
    return StepDone(
        step=n,
        loss=1.0 / n,
        learning_rate=1e-4,
        grad_norm=0.5,
        tokens=100,
        trained_tokens=40,
        seconds=1.0,
        memory_bytes=n,
    )


def a_run() -> list[object]:
    return [
        RunStarted(run="r", total_steps=30, pid=1),
        Evaluated(step=0, target_loss=3.0),
        *(step(n) for n in range(1, 16)),
        Evaluated(step=15, target_loss=2.0),
        *(step(n) for n in range(16, 31)),
        RunEnded(outcome="done", run="r", step=30, measured_peak_bytes=77),
    ]


def test_a_line_that_is_being_written_is_read_once_it_is_whole(tmp_path: Path) -> None:
    path, line = tmp_path / "events.jsonl", EVENTS.encode(step(1))
    tail = EventTail(path)
    assert tail.read(10) == []
    path.write_bytes(line + line[:20])
    assert [e.step for e in tail.read(10)] == [1]
    assert tail.read(10) == []
    with path.open("ab") as file:
        file.write(line[20:])
    assert [e.step for e in tail.read(10)] == [1]


def test_events_on_a_disk_that_does_not_answer_are_none_yet(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.mkdir()
    tail = EventTail(path)
    assert tail.read(5) == []
    path.rmdir()
    path.write_bytes(EVENTS.encode(StateChanged(state="loading")))
    assert tail.read(5) == [StateChanged(state="loading")]


def test_a_torn_line_that_the_next_engine_cuts_off_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    whole = EVENTS.encode(step(1))
    path.write_bytes(whole + b'{"kind":"StepDo')
    tail = EventTail(path)
    assert len(tail.read(10)) == 1
    os.truncate(path, len(whole))
    with path.open("ab") as file:
        file.write(EVENTS.encode(step(2)))
    assert [e.step for e in tail.read(10)] == [2]


def test_events_come_in_pieces_and_bad_lines_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    good = [EVENTS.encode(step(n)) for n in range(1, 8)]
    path.write_bytes(b"not json\n" * 5 + b"".join(good) + b"[]\n")
    tail, pieces = EventTail(path), []
    while piece := tail.read(3):
        pieces.append([e.step for e in piece])
    assert [n for piece in pieces for n in piece] == list(range(1, 8))
    assert max(map(len, pieces)) <= 3


def test_a_line_longer_than_one_read_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    detail = "x" * (3 << 20)
    path.write_bytes(EVENTS.encode(StateChanged(state="loading", detail=detail)))
    assert EventTail(path).read(5)[0].detail == detail


def test_the_quick_reading_ends_in_the_same_state(tmp_path: Path) -> None:
    folder = make_run(workspace_in(tmp_path))
    long = [*a_run()[:-1], *(step(n) for n in range(31, 90)), a_run()[-1]]
    add_events(folder, long)
    quick = read_events(folder)
    assert len(quick) < len(long) - 30
    full, short = RunState(), RunState()
    for event in long:
        full = advance(full, event)  # type: ignore[arg-type]
    for event in quick:
        short = advance(short, event)
    names = ("state", "step", "best_target_loss", "best_step", "measured_peak_bytes", "loss")
    for name in (*names, "tokens_per_second"):
        assert getattr(full, name) == getattr(short, name)
    assert summarize(folder).state.seconds == pytest.approx(full.seconds)


def test_a_summary_says_what_a_list_shows(tmp_path: Path) -> None:
    folder = make_run(workspace_in(tmp_path), title="My concierge")
    add_events(folder, a_run())
    summary = summarize(folder)
    assert (summary.title, summary.dataset, summary.model) == (
        "My concierge",
        "hotel-concierge",
        "starter",
    )
    assert summary.state.state is State.DONE
    assert summary.base_target_loss == 3.0
    assert summary.evaluations == ((0, 3.0), (15, 2.0))
    assert not summary.resumable


def test_a_run_whose_engine_is_gone_without_a_word_is_lost_and_can_be_resumed(
    tmp_path: Path,
) -> None:
    folder = make_run(workspace_in(tmp_path))
    add_events(folder, a_run()[:8])
    folder.lock.write_text('{"pid": 1, "created": 5.0}')  # another process has that pid now
    assert engine_of(folder) is None
    summary = summarize(folder)
    assert summary.state.state is State.LOST
    assert summary.resumable


def test_a_run_that_never_began_can_be_started(tmp_path: Path) -> None:
    summary = summarize(make_run(workspace_in(tmp_path)))
    assert summary.state.state is State.QUEUED
    assert summary.resumable


def test_the_engine_of_a_run_is_who_holds_its_lock(tmp_path: Path) -> None:
    folder = make_run(workspace_in(tmp_path))
    with RunLock(folder.lock).hold():
        found = engine_of(folder)
        assert found is not None and found.pid == os.getpid()
        assert summarize(folder).alive
    assert engine_of(folder) is None


def test_a_damaged_recipe_is_named_and_hides_no_other_run(tmp_path: Path) -> None:
    workspace = workspace_in(tmp_path)
    good, bad = make_run(workspace, "r-1"), make_run(workspace, "r-2")
    bad.recipe.write_text("model = [")
    found = {s.run: s for s in map(summarize, workspace.run_folders())}
    assert "TOML" in found["r-2"].problem
    assert not found["r-2"].resumable
    assert not found[good.id].problem


def test_a_wish_is_one_line_of_the_control_file(tmp_path: Path) -> None:
    folder = make_run(workspace_in(tmp_path))
    ask(folder, StopAsked(time=1.0))
    ask(folder, StopAsked(time=2.0))
    lines = folder.control.read_bytes().splitlines()
    assert [CONTROL.decode(line) for line in lines] == [StopAsked(time=1.0), StopAsked(time=2.0)]


def test_an_unknown_run_is_refused_with_the_names_there_are(tmp_path: Path) -> None:
    workspace = workspace_in(tmp_path)
    make_run(workspace, "r-1")
    with pytest.raises(RunError) as caught:
        find_run(workspace.run("nothing"))
    assert "nothing" in caught.value.summary
    assert "r-1" in caught.value.hint


def test_the_end_of_a_long_log_is_read_alone(tmp_path: Path) -> None:
    folder = make_run(workspace_in(tmp_path))
    assert log_tail(folder) == ""
    folder.log.write_bytes(b"a" * 100_000 + b"the end \xff")
    text = log_tail(folder, 1_000)
    assert text.endswith("the end \ufffd")
    assert len(text) <= 1_000


@pytest.mark.parametrize(
    ("told", "found"), [(7, 7), (0, 0), (-3, 0), ("7 GB", 0), (None, 0), ([7], 0), (True, 0)]
)
def test_a_prediction_edited_by_hand_never_ends_what_reads_it(told: object, found: int):
    assert predicted_bytes({"predicted_peak_bytes": told}, "peak") == found
    assert predicted_bytes({}, "peak") == 0
