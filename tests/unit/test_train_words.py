"""What the Train page says of a run: its course, its answers over time, its summary, its table."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from studio.app.curvefile import HEAD, CurveTable
from studio.app.runhistory import Folder, History
from studio.app.runstore import RunStore
from studio.core.events import (
    CheckpointCommitted,
    Evaluated,
    MemoryShort,
    PlanChanged,
    RolledBack,
    RoomWanted,
    RunEnded,
    RunStarted,
    Sampled,
    StepDone,
)
from studio.core.problems import RunError
from studio.core.recipe import Recipe
from studio.ui.train.film import LONGEST, frame_at, frames_of, plain, prompts_of
from studio.ui.train.happenings import happenings_of
from studio.ui.train.plotsync import PlotSync
from studio.ui.train.summary import summary_of
from tests.helpers.runs import make_run, workspace_in

RECIPE = Recipe(micro_batch=4, grad_accum=1)


def step(n: int, loss: float = 1.0) -> StepDone:
    return StepDone(
        step=n,
        loss=loss,
        learning_rate=1e-4,
        grad_norm=0.5,
        tokens=100,
        trained_tokens=40,
        seconds=2.0,
    )


def told(*events: object) -> History:
    history = History()
    for batch in Folder().fold([RunStarted(run="r", total_steps=100, pid=1), *events]):  # type: ignore[list-item]
        history.add(batch)
    return history


def sampled(at: int, answer: str, **more: object) -> Sampled:
    facts = {"id": "row 3", "prompt": "Why?", "answer": answer, "reference": "So.", "ended": "end"}
    return Sampled(step=at, answers=[{**facts, **more}])


# the course of a run


def test_memory_that_ran_out_is_said_with_what_changed_and_what_stays() -> None:
    history = told(
        MemoryShort(step=37, where="training", summary="No memory."),
        PlanChanged(step=30, changes={"micro_batch": 2, "grad_accum": 2}, reason="No memory."),
        RunStarted(run="r", total_steps=100, pid=2, resumed_from=30),
    )
    first, second = happenings_of(history, RECIPE)
    assert (first.step, first.kind) == (37, "memory")
    assert first.words == (
        "Micro-batch 4 → 2, accumulation 1 → 2: memory ran out at step 37; the batch stays 4"
    )
    assert (second.step, second.kind) == (30, "resume")


def test_a_second_change_is_compared_with_the_first() -> None:
    history = told(
        PlanChanged(step=5, changes={"learning_rate": 1e-4}, reason="You asked."),
        PlanChanged(step=9, changes={"learning_rate": 5e-5}, reason=""),
    )
    words = [h.words for h in happenings_of(history, RECIPE)]
    assert words == ["Learning rate 2e-4 → 1e-4: You asked", "Learning rate 1e-4 → 5e-5"]


def test_a_way_back_forgets_the_steps_and_is_never_forgotten_itself() -> None:
    history = told(
        *(step(n) for n in range(1, 31)),
        Evaluated(step=25, target_loss=1.0),
        sampled(25, "late"),
        RolledBack(step=30, to_step=20, reason="A spike.", learning_rate=5e-5),
    )
    assert history.column("step")[-1] == 20
    assert history.evaluations == []
    assert history.samples == []
    (found,) = happenings_of(history, RECIPE)
    assert (found.step, found.kind) == (20, "rollback")
    assert "from step 30 to 20: A spike; the learning rate is 5e-5" in found.words


@pytest.mark.parametrize(
    ("event", "waits"),
    [
        (None, True),
        (CheckpointCommitted(step=10, path="c"), False),
        (step(11), False),
        (RunEnded(outcome="stopped", run="r", step=10), False),
        (RoomWanted(step=10, folder="/other", needed_bytes=5, free_bytes=1), True),
    ],
)
def test_the_wish_for_room_stands_until_something_follows(event: object, waits: bool) -> None:
    wanted = RoomWanted(step=10, folder="/f", needed_bytes=9, free_bytes=1)
    history = told(*(step(n) for n in range(1, 11)), wanted, *([event] if event else []))
    assert (history.room is not None) is waits


# answers over the run


def test_the_answers_of_a_prompt_are_a_film_that_marks_what_is_new() -> None:
    history = told(
        sampled(0, "The pool is open."), sampled(20, "The pool opens at 7:00."), sampled(40, "No.")
    )
    (prompt,) = prompts_of(history)
    assert (prompt.text, prompt.reference) == ("Why?", "So.")
    base, second, third = frames_of(history, prompt.id)
    assert base.changed == ()
    assert [second.text[a:b] for a, b in second.changed] == ["opens at 7:00."]
    assert [third.text[a:b] for a, b in third.changed] == ["No."]


def test_a_prompt_of_ones_own_joins_later() -> None:
    history = told(sampled(0, "a"), sampled(20, "b"))
    mine = {"id": "prompt 1", "prompt": "Mine?", "answer": "Yes.", "reference": ""}
    history.samples[-1].answers.append(mine)
    assert [p.text for p in prompts_of(history)] == ["Why?", "Mine?"]
    assert [f.step for f in frames_of(history, "prompt 1")] == [20]


def test_the_frame_of_a_step_is_the_last_one_before_it() -> None:
    frames = frames_of(told(*(sampled(n, str(n)) for n in (0, 20, 40))), "row 3")
    places = {None: 2, 0: 0, 19: 0, 20: 1, 39: 1, 90: 2}
    assert {at: frame_at(frames, at) for at in places} == places
    assert frame_at([], 5) == -1


def test_hostile_answers_are_cut_and_cannot_turn_what_stands_around_them() -> None:
    assert plain("a\u202eb\u2066c") == "abc"
    assert plain("one\r\ntwo\u2028three") == "one\ntwo\nthree"
    assert len(plain("x" * 300_000)) == LONGEST
    assert plain(None) == ""
    history = told(Sampled(step=0, answers=["no mapping", {"id": 7}]))
    assert [p.id for p in prompts_of(history)] == ["7"]
    assert frames_of(history, "7")[0].text == ""


# what the plots share


def test_zooming_keeps_the_step_under_the_pointer_in_its_place() -> None:
    sync = PlotSync()
    sync.set_run(100, 100)
    sync.zoom(0.5, 20)
    assert sync.view == (10.0, 60.0)
    sync.pan(-50)
    assert sync.view == (0.0, 50.0)
    sync.zoom(100.0)
    assert sync.view is None


def test_a_view_stays_inside_the_run_and_is_never_narrower_than_a_few_steps() -> None:
    sync = PlotSync()
    sync.set_run(100, 100)
    sync.show_range(97, 103)
    assert sync.view == (92.0, 100.0)
    sync.show_range(-5, 200)
    assert sync.view is None


def test_the_crosshair_goes_back_to_the_step_that_was_picked() -> None:
    sync = PlotSync()
    sync.set_run(50, 100)
    sync.pick(20)
    sync.set_cross(90)
    assert sync.cross == 50  # no later than the run is
    sync.leave()
    assert sync.cross == 20


# the end


def ended(tmp_path: Path, *events: object, outcome: str = "done") -> RunStore:
    folder = make_run(workspace_in(tmp_path), "r")
    store = RunStore(folder)
    last = RunEnded(
        outcome=outcome, run="r", step=40, adapter="adapter", measured_peak_bytes=2 * 1024**3
    )
    start = RunStarted(run="r", total_steps=40, pid=1)
    store.take(Folder().fold([start, *events, last]))  # type: ignore[list-item]
    store.set_loaded()
    return store


def losses(*found: tuple[int, float]) -> list[object]:
    return [Evaluated(step=at, target_loss=loss) for at, loss in found]


def test_the_summary_says_what_improved_and_what_it_cost(tmp_path: Path) -> None:
    found = summary_of(ended(tmp_path, *losses((0, 3.0), (40, 1.0))))
    assert found is not None
    assert found.verdict == "Held-out loss fell by 2.00 nats."
    assert found.readings[1] == ("Perplexity", "20.1 → 2.7", "7.4 times less unsure")
    assert found.readings[4] == ("Peak memory", "2.00 GiB", "predicted 1.90")
    assert found.chat_step == 0


def test_a_run_that_got_worse_leads_to_its_best_checkpoint(tmp_path: Path) -> None:
    store = ended(tmp_path, *losses((0, 3.0), (20, 1.0), (40, 1.5)))
    store.kept = frozenset({20, 40})
    found = summary_of(store)
    assert found is not None
    assert (found.chat_step, found.chat_words) == (20, "Chat with step 20")
    assert "best at step 20" in found.follows
    assert found.verdict == "Held-out loss fell by 2.00 nats by step 20."
    assert found.in_short.startswith("Held-out loss at step 20 3.00 → 1.00 · ")


def test_nothing_is_called_better_that_is_not(tmp_path: Path) -> None:
    found = summary_of(ended(tmp_path, *losses((0, 1.0), (40, 1.2))))
    assert found is not None
    assert found.badge[2] == "warning"
    assert "did not fall: 1.00 before, 1.20 after" in found.verdict


def test_a_run_without_held_out_rows_says_that_it_was_not_measured(tmp_path: Path) -> None:
    found = summary_of(ended(tmp_path, step(1)))
    assert found is not None
    assert found.verdict == "No row was held out to judge by."


def test_a_run_that_failed_has_no_summary(tmp_path: Path) -> None:
    assert summary_of(ended(tmp_path, outcome="failed")) is None


# the table


def test_the_table_holds_every_step_and_what_is_no_number(tmp_path: Path) -> None:
    nan = float("nan")
    history = told(*losses((0, 3.0), (2, 2.5)), step(1, 2.0), step(2, nan), step(3, 0.0))
    written = CurveTable(history).write(tmp_path / "curves.csv")
    rows = list(csv.reader(written.read_text(encoding="utf-8").splitlines()))
    assert rows[0] == list(HEAD)
    assert [row[0] for row in rows[1:]] == ["0", "1", "2", "3"]
    assert [row[1] for row in rows[1:]] == ["", "2.0", "nan", "0.0"]
    assert [row[-1] for row in rows[1:]] == ["3.0", "", "2.5", ""]
    assert CurveTable(history).text().count("\n") == 5


def test_a_table_that_cannot_be_written_leaves_what_was_there(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="could not be written"):
        CurveTable(told(step(1))).write(tmp_path / "no such folder" / "curves.csv")
    assert list(tmp_path.iterdir()) == []
