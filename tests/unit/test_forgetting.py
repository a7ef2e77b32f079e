"""What a run forgets is measured beside what it learns, without touching how it learns."""

from __future__ import annotations

import json

import pytest

from studio.core.events import RolledBack
from studio.core.tradeoff import best_of, points_of
from studio.data.checkpoints import checkpoint_steps, file_hash
from tests.helpers.guardedruns import FAST, NARROW, evaluations, remarks, work
from tests.helpers.runfolders import events_of, make_run, steps_of

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning"),
]
NAME = "adapter_model.safetensors"
TOLERANCE = 0.2
"""Nats a token that general answers may lose."""


@pytest.fixture(scope="module")
def pair(tmp_path_factory, tiny_model):
    """The same run with and without general questions; nobody may change them."""
    place = tmp_path_factory.mktemp("pair")
    settings = {"max_steps": 6, "eval_steps": 2, "save_steps": 2, "dropout": 0.1}
    guarded = make_run(place, tiny_model, tables={"guard": FAST}, **settings)
    plain = make_run(place, tiny_model, **settings)
    assert work(guarded).outcome == work(plain).outcome == "done"
    return guarded, plain


def test_measuring_changes_nothing_about_the_run(pair):
    guarded, plain = pair
    assert file_hash(guarded.adapter / NAME) == file_hash(plain.adapter / NAME)
    told = [(e.step, e.target_loss) for e in evaluations(guarded)]
    assert told == [(e.step, e.target_loss) for e in evaluations(plain)]
    assert all(e.general_loss is None for e in evaluations(plain))


def test_each_evaluation_tells_what_was_lost_with_intervals_and_by_tag(pair):
    events = evaluations(pair[0])
    assert [e.step for e in events] == [0, 2, 4, 6]
    assert events[0].drift == 0.0
    assert events[0].general_ranges["general_loss_change"] == [0.0, 0.0]
    for event in events[1:]:
        assert event.drift > 0
        assert event.guard_seconds > 0
        for name in ("general_loss", "drift"):
            low, high = event.general_ranges[name]
            assert low < getattr(event, name) < high
        assert 0 <= event.general_accuracy <= 1
        assert set(event.general_tags) == {
            *("arithmetic", "code", "common-sense", "facts"),
            *("instructions", "language", "reasoning", "refusals"),
        }
        assert sum(tag["items"] for tag in event.general_tags.values()) == len(_asked(pair[0]))
    assert events[-1].drift > events[1].drift


def _asked(run):
    return json.loads(run.probed.read_text())["asked"]


def test_a_resumed_run_asks_the_same_questions_and_is_the_same_run(tmp_path, tiny_model):
    import shutil

    table = {"share": 2.0, "replay": 0.3, "l2": 0.5, "ewc": 0.5, "fisher_rows": 4, "kl": 0.5}
    table["layer_decay"] = 0.5
    settings = {"max_steps": 6, "eval_steps": 2, "save_steps": 2, "warmup_steps": 1}
    whole = make_run(tmp_path, tiny_model, tables={"guard": table}, **settings)
    assert work(whole).outcome == "done"
    killed = type(whole)(whole.path.with_name("killed"))
    shutil.copytree(whole.path, killed.path)
    shutil.rmtree(killed.adapter)
    for step in (4, 6):
        shutil.rmtree(killed.checkpoint(step))
    assert (killed.checkpoint(2) / "fisher.safetensors").is_file()
    assert work(killed).outcome == "done"
    assert file_hash(killed.adapter / NAME) == file_hash(whole.adapter / NAME)
    for step, event in steps_of(whole).items():
        assert steps_of(killed)[step].loss == event.loss
    first, again = evaluations(whole)[-2:], evaluations(killed)[-2:]
    assert [(e.general_loss, e.drift) for e in first] == [(e.general_loss, e.drift) for e in again]


def test_a_harsh_rate_on_narrow_rows_is_stopped_and_taken_back(tmp_path, schooled):
    """From the first step to the adapter on the disk, with a model that knows something to forget.

    Forgetting rises past the tolerance and is told; the guard ends the run before its last step; what
    is left is, byte for byte, the checkpoint that its own measure calls the best: it learnt the task,
    lost no more than the tolerance, and less than where the guard stopped.
    """
    table = FAST | {"on_crossing": "roll_back", "tolerance": TOLERANCE}
    run = make_run(
        tmp_path,
        schooled,
        NARROW,
        tables={"guard": table},
        learning_rate=1e-2,
        warmup_steps=8,
        scheduler="constant_with_warmup",
        max_steps=40,
        rank=16,
        eval_steps=2,
        save_steps=100,
    )
    ending = work(run)
    assert ending.outcome == "stopped"
    assert "went back" in ending.summary
    events = evaluations(run)
    (back,) = [e for e in events_of(run) if isinstance(e, RolledBack)]
    assert back.to_step < back.step < 40
    assert remarks(run, "guard_crossed")
    points = points_of(events)
    crossed, kept = points[-1], next(p for p in points if p.step == back.to_step)
    assert crossed.lost > TOLERANCE >= kept.lost
    assert crossed.lost_range[0] > 0  # and not by the chance of its questions
    assert [p.lost for p in points if p.step > kept.step] > [kept.lost]
    assert kept.target < points[0].target
    best = best_of(points_of(events, [p.step for p in points]), TOLERANCE)
    assert best.step == back.to_step
    assert max(checkpoint_steps(run)) == back.to_step
    assert file_hash(run.adapter / NAME) == file_hash(run.checkpoint(back.to_step) / NAME)


@pytest.mark.parametrize(("on_crossing", "outcome"), [("warn", "done"), ("stop", "stopped")])
def test_a_crossing_is_told_with_a_way_back_and_stops_the_run_if_it_should(
    tmp_path, schooled, on_crossing, outcome
):
    table = FAST | {"on_crossing": on_crossing, "tolerance": TOLERANCE}
    run = make_run(
        tmp_path,
        schooled,
        NARROW,
        tables={"guard": table},
        learning_rate=1e-2,
        warmup_steps=8,
        scheduler="constant_with_warmup",
        max_steps=14,
        rank=16,
        eval_steps=2,
        save_steps=2,
    )
    assert work(run).outcome == outcome
    (remark,) = remarks(run, "guard_crossed")
    points = points_of(evaluations(run))
    within = [point.step for point in points if point.step and point.lost <= TOLERANCE]
    assert remark.step == min(point.step for point in points if point.lost > TOLERANCE)
    assert max(within) in checkpoint_steps(run)
    if on_crossing == "warn":
        assert remark.action == f"roll_back:{max(within)}"
        assert points[-1].step == 14
    else:
        assert points[-1].step == remark.step == max(checkpoint_steps(run))
    assert not [e for e in events_of(run) if isinstance(e, RolledBack)]


def test_questions_that_are_trained_on_are_left_out_and_named(tmp_path, tiny_model):
    rows = [*NARROW, ("train", "What is the capital city of Portugal?", "", "Lisbon")]
    run = make_run(tmp_path, tiny_model, rows, tables={"guard": FAST}, max_steps=8, eval_steps=8)
    work(run)
    (remark,) = remarks(run, "probes_leak")
    assert remark.summary.startswith("1 of 224 general questions is in the training rows")
    assert "Rows 16 " in remark.hint
    assert remark.action == "show_rows:16"
    assert "facts-01" not in _asked(run)
    assert len(_asked(run)) == 223


def test_patience_ends_a_run_that_learns_nothing_more(tmp_path, tiny_model):
    table = {"enabled": False, "patience": 2}
    run = make_run(
        tmp_path, tiny_model, tables={"guard": table}, learning_rate=1.0, max_steps=30, eval_steps=1
    )
    ending = work(run)
    assert ending.outcome == "stopped"
    assert "did not fall for 2 evaluations" in ending.summary
    assert len(steps_of(run)) < 30
    assert remarks(run, "early_stop")


def test_without_held_out_rows_it_is_said_that_nothing_is_measured(tmp_path, tiny_model):
    run = make_run(tmp_path, tiny_model, NARROW[:6], tables={"guard": FAST}, max_steps=1)
    work(run)
    assert remarks(run, "guard_blind")
    assert not evaluations(run)


def test_an_answer_counts_from_where_wrong_ones_part_from_it(tiny_model):
    from studio.core.probes import Probe
    from studio.engine.proberows import ask_probes
    from studio.engine.render import Renderer

    said, wrong = ("It is one two.", "It is one three.", "It is four."), ("three", "four")
    probe = Probe(
        "a", "facts", "What is it?", "", "two", (), wrong, said=said[0], said_wrong=said[1:]
    )
    renderer = Renderer(tiny_model)
    (asked,) = ask_probes(renderer, [probe], 256)
    decoded = [renderer.tokenizer.decode(ids) for ids in (asked.ids[: asked.start], asked.ids)]
    assert decoded[0].endswith("assistant\nIt is") or decoded[0].endswith("It is ")
    assert len(asked.rivals) == 2
    for at, right, other in asked.rivals:
        assert asked.targets[at] == right != other
    assert min(at for at, _, _ in asked.rivals) == 0
    assert decoded[1].endswith("It is one two.")  # where it ends is not counted
    short = Probe("b", "instructions", "Be short.", "", "Yes", (), ("Yes, it is",))
    (stops,) = ask_probes(renderer, [short], 256)
    assert int(stops.ids[-1]) in renderer.stop_ids  # unless to end is what makes it right
    assert ask_probes(renderer, [probe], 20) == []
