"""Taking back what was forgotten: from which checkpoint, with which remedies."""

from __future__ import annotations

import pytest

from studio.core.recipe import Recipe
from studio.core.takeback import taken_back, way_back
from studio.core.tradeoff import Point


def points(*losses: float, kept: tuple[int, ...] = (10, 20, 30)) -> list[Point]:
    made = [Point(0, 3.0, 2.0)]
    for at, lost in enumerate(losses, 1):
        step = 10 * at
        ends = (lost - 0.02, lost + 0.02)
        made.append(Point(step, 3.0 - 0.3 * at, 2.0 + lost, None, None, lost, ends, step in kept))
    return made


def test_it_goes_on_from_the_best_checkpoint_within_the_tolerance_with_replay():
    recipe = Recipe(title="Concierge", learning_rate=2e-3, tables={"guard": {"tolerance": 0.1}})
    way = way_back(recipe, points(0.02, 0.05, 0.4), 2e-3, 60)
    assert way.step == 20
    assert "from step 20" in way.sentence
    assert "20\u00a0%" in way.sentence
    made = taken_back(recipe, way, "/runs/a/step-20")
    assert made.start_from == "/runs/a/step-20"
    assert made.guard.replay == 0.2
    assert made.guard.tolerance == 0.1
    assert made.learning_rate == pytest.approx(1e-3)
    assert made.max_steps == 40
    assert made.title == "Concierge, taken back"


def test_it_begins_again_where_no_checkpoint_held():
    way = way_back(Recipe(), points(0.3, 0.5, 0.9), 1e-3, 60)
    assert way.step == 0
    assert "begins again at the base" in way.sentence
    assert taken_back(Recipe(), way, "").start_from == ""
    assert way_back(Recipe(), points(0.01, 0.5, kept=(20,)), 1e-3, 60).step == 0


def test_a_run_that_went_on_begins_again_with_the_same_adapter():
    recipe = Recipe(start_from="/runs/a/step-20")
    way = way_back(recipe, points(0.3, 0.5), 1e-3, 60)
    assert "begins again with the adapter it went on from" in way.sentence
    assert taken_back(recipe, way, "").start_from == "/runs/a/step-20"


@pytest.mark.parametrize("settings", [{"method": "dora"}, {"init": "pissa"}])
def test_what_cannot_be_gone_on_from_begins_again(settings):
    assert way_back(Recipe(**settings), points(0.01), 1e-3, 60).step == 0


def test_more_replay_than_usual_stays_and_a_title_grows_once():
    recipe = Recipe(title="a, taken back", tables={"guard": {"replay": 0.3, "enabled": False}})
    made = taken_back(recipe, way_back(recipe, points(0.01), 1e-3, 60), "x")
    assert made.guard.replay == 0.3
    assert made.guard.enabled
    assert made.title == "a, taken back"
