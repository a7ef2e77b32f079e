"""The [guard] table of a recipe: what it may hold, and what it says where it may not."""

from __future__ import annotations

import pytest

from studio.core.capabilities import check_together
from studio.core.guardbudget import FEWEST, GOOD, LEAST, TRAINING, affordable, replay_rows
from studio.core.guardplan import GUARD_DEFAULTS, GUARD_KNOBS, GuardFault, Source, guard_of
from studio.core.memory import estimate_memory
from studio.core.modelshape import shape_from_config
from studio.core.problems import RecipeError
from studio.core.recipe import Recipe
from studio.core.timecost import work
from tests.helpers.modelfolders import SMOLLM2

SHAPE = shape_from_config(SMOLLM2)


def test_a_recipe_without_a_table_is_guarded_by_the_bundled_questions_and_no_remedy():
    plan = Recipe().guard
    assert plan.enabled
    assert plan.sources == (Source("general"),)
    assert plan.remedies == ()
    assert not plan.wants_rows
    assert plan.to_mapping() == {}


def test_a_table_is_read_and_written_back():
    table = {"probes": ["general", "dataset:a:b:test"], "replay": 0.2, "on_crossing": "roll_back"}
    plan = Recipe(tables={"guard": table}).guard
    assert plan.sources[1] == Source("dataset", "a:b", "test")
    assert plan.remedies == ("replay",)
    assert plan.to_mapping() == table
    assert guard_of(plan.to_mapping()) == plan


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"replai": 0.1}, "did you mean replay"),
        ({"replay": 1.0}, "not from 0 to 0.9"),
        ({"on_crossing": "explode"}, "not one of warn, stop, roll_back"),
        ({"probes": "general"}, "not a list"),
        ({"probes": []}, "probes is empty"),
        ({"probes": ["general", "general"]}, "twice"),
        ({"probes": ["own"]}, "general or dataset:NAME:SPLIT"),
        ({"replay_from": "dataset:x:nowhere"}, "the split 'nowhere'"),
        ({"replay_from": "dataset:"}, "general, own or dataset"),
        ({"kl_rows": 1.5}, "a whole number"),
        ({"enabled": 1}, "true or false"),
        ([1], "not a table"),
    ],
)
def test_a_table_that_cannot_be_is_refused_by_a_sentence(table, words):
    with pytest.raises(GuardFault, match=words):
        guard_of(table)
    with pytest.raises(RecipeError, match="guard"):
        Recipe(tables={"guard": table})


def test_a_dataset_is_named_with_its_split_or_by_what_it_holds_out():
    assert guard_of({"replay_from": "dataset:notes"}).replay_source == Source("dataset", "notes")
    taken = guard_of({"replay_from": "dataset:notes:train"}).replay_source
    assert taken == Source("dataset", "notes", "train")


def test_every_setting_has_a_sentence_and_the_remedies_name_their_cost():
    assert set(GUARD_KNOBS) == set(GUARD_DEFAULTS)
    assert all(knob.sentence for knob in GUARD_KNOBS.values())
    assert all("cost" in knob.sentence.lower() for knob in GUARD_KNOBS.values())


@pytest.mark.parametrize("steps", [10, 60, 1000, 100_000])
@pytest.mark.parametrize("step_tokens", [100, 400, 4000])
def test_measuring_costs_no_more_than_its_share(steps, step_tokens):
    every = max(1, steps // 10)
    asked, rarely = affordable(
        there=224,
        tokens_each=45.0,
        step_tokens=step_tokens,
        evaluate_every=every,
        steps=steps,
        share=0.1,
    )
    assert FEWEST <= asked <= 224
    evaluations = -(-steps // every)
    measured = -(-evaluations // rarely)
    cost = (1 + measured) * asked * 45.0  # the base is asked, too
    assert cost <= max(0.1 * steps * step_tokens * TRAINING, 2 * FEWEST * 45.0)
    if cost > 0.1 * steps * step_tokens * TRAINING:
        assert measured == 1  # the shortest run is measured at its end


def test_a_run_that_cannot_ask_enough_each_time_asks_less_often():
    known = {"there": 224, "tokens_each": 30.0, "step_tokens": 400, "share": 0.1}
    found = {
        steps: affordable(evaluate_every=-(-steps // 9), steps=steps, **known)
        for steps in (10, 24, 60, 120, 300)
    }
    often = {steps: -(-9 // rarely) for steps, (_, rarely) in found.items() if steps >= 60}
    assert often == {60: 3, 120: 3, 300: 9}  # a curve first, then as many points as there are
    assert found[60][0] >= LEAST
    assert found[120][0] >= GOOD
    assert found[300][0] >= GOOD
    assert found[24][0] >= FEWEST
    asked, rarely = affordable(evaluate_every=7, steps=60, goes_on=True, **known)
    assert asked * (2 + -(-9 // rarely)) <= found[60][0] * (1 + often[60]) + 4
    assert asked < found[60][0]  # what it began with is asked, too


def test_a_long_run_asks_all_questions_at_each_evaluation():
    known = {"there": 224, "tokens_each": 45.0, "evaluate_every": 100, "steps": 1000, "share": 0.1}
    assert affordable(step_tokens=2000, **known) == (224, 1)
    assert affordable(step_tokens=2000, **known | {"there": 5}) == (5, 1)


def test_the_estimate_knows_what_the_remedies_hold():
    def states(**guard):
        return estimate_memory(SHAPE, Recipe(tables={"guard": guard}), "cpu").parts

    plain, l2, ewc = states(), states(l2=1.0), states(ewc=1.0)
    weights = plain["adapter"]
    assert l2["optimizer"] - plain["optimizer"] == weights
    assert ewc["optimizer"] - plain["optimizer"] == 2 * weights
    assert states(kl=1.0, replay=0.2) == plain


def test_the_time_knows_what_kl_passes_once_more():
    plain, near = Recipe(), Recipe(tables={"guard": {"kl": 1.0, "kl_rows": 4}})
    assert work(near, "cpu", 45.0) == pytest.approx(2 * work(plain, "cpu", 45.0))
    own = Recipe(tables={"guard": {"kl": 1.0, "kl_rows": 4, "replay_from": "dataset:x"}})
    assert work(own, "cpu", 900.0) == pytest.approx(2 * work(plain, "cpu", 900.0))
    assert work(near, "cpu", 900.0) == pytest.approx(1.05 * work(plain, "cpu", 900.0))


def test_a_fifth_of_all_rows_is_a_quarter_of_the_trained_ones():
    assert replay_rows(80, 0.2) == 20
    assert replay_rows(80, 0.0) == 0


def test_keeping_to_a_base_that_is_trained_itself_is_refused():
    near = {"guard": {"kl": 1.0}}
    check_together(Recipe(tables=near))
    with pytest.raises(RecipeError, match=r"guard has kl.* Full trains the base"):
        check_together(Recipe(method="full", quantization="none", tables=near))
