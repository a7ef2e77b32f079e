"""What runs show tells of a guarded run: curves for scripts, one sentence for people."""

from __future__ import annotations

import json

import pytest

from studio.cli import run_command
from studio.core.events import EVENTS, Evaluated, RunEnded, RunStarted
from tests.helpers.runfolders import make_run


@pytest.fixture
def run(tmp_path):
    """A run that lost something, as its events tell it; nothing was trained."""
    made = make_run(tmp_path, tmp_path / "model", tables={"guard": {"tolerance": 0.2}})
    told = [RunStarted(run=made.id, total_steps=20, pid=0)]
    for step, target, general in ((0, 3.0, 2.0), (10, 1.5, 2.1), (20, 1.2, 2.6)):
        ranges = {"general_loss_change": [general - 2.05, general - 1.95] if step else [0, 0]}
        told.append(
            Evaluated(
                step=step,
                target_loss=target,
                general_loss=general,
                general_accuracy=0.5,
                drift=general - 2.0,
                general_ranges=ranges,
                general_tags={"facts": {"loss": general, "items": 3}},
                guard_seconds=0.5,
            )
        )
    told.append(RunEnded(outcome="done", run=made.id, step=20))
    made.events.write_bytes(b"".join(EVENTS.encode(event) for event in told))
    for step in (10, 20):
        made.checkpoint(step).mkdir(parents=True)
    return made


def _shown(run, capsys, *more):
    place = str(run.path.parent.parent)
    assert run_command(["runs", "show", run.id, "--workspace", place, *more]) == 0
    return capsys.readouterr().out


def test_scripts_get_the_curves_and_the_trade_off(run, capsys):
    shown = json.loads(_shown(run, capsys, "--json"))
    assert [e["step"] for e in shown["evaluations"]] == [0, 10, 20]
    assert shown["evaluations"][1]["general_loss"] == 2.1
    assert shown["evaluations"][1]["tags"]["facts"]["items"] == 3
    assert shown["evaluations"][1]["guard_seconds"] == 0.5
    guard = shown["guard"]
    assert [(p["step"], p["kept"], p["crossed"]) for p in guard["points"]] == [
        (0, False, False),
        (10, True, False),
        (20, True, True),
    ]
    assert guard["best_step"] == 10
    zero, first, last = guard["points"]
    assert (zero["gained"], zero["lost"]) == (0.0, 0.0)  # the base is the zero of both
    assert (first["gained"], first["questions"]) == (1.5, 3)
    assert last["lost"] == pytest.approx(0.6)
    assert last["lost_range"] == pytest.approx([0.55, 0.65])
    assert guard["base"]["general_loss"] == 2.0
    assert [p["step"] for p in guard["tags"]["facts"]] == [0, 10, 20]
    assert guard["tags"]["facts"][-1]["lost"] == pytest.approx(0.6)
    assert guard["cost"] == {"seconds": 1.5, "training_seconds": 0.0, "share": None}
    assert guard["said"] == guard["went_back"] == []
    assert "take the checkpoint of step 10" in guard["verdict"]


def test_people_read_one_sentence(run, capsys):
    shown = _shown(run, capsys)
    assert "general      0: 2.000 → 10: 2.100 → 20: 2.600" in shown
    assert "measuring    3 asked of the base, and 2 times after: 2 s" in shown
    assert "held-out loss 3.000 → 1.500; general answers got worse by 0.100" in shown


def test_a_run_that_nothing_guarded_says_nothing_of_it(run, capsys):
    event = Evaluated(step=0, target_loss=1.0)
    run.events.write_bytes(EVENTS.encode(event))
    assert "general" not in _shown(run, capsys)
    guard = json.loads(_shown(run, capsys, "--json"))["guard"]
    assert (guard["points"], guard["best_step"], guard["verdict"]) == ([], None, "")
