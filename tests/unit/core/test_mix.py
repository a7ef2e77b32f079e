"""Mixes as a recipe states them: what can be, what is refused, how many rows each part has."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.core.mix import MixFault, MixPart, mix_title, rows_of_parts
from studio.core.problems import RecipeError
from studio.core.recipe import Recipe

MINE, GENERAL = MixPart("mine", 0.9), MixPart("general", 0.1)


def test_a_recipe_has_its_mix_as_parts():
    tables = [{"dataset": "mine", "weight": 0.9}, {"dataset": "general", "rows": 50}]
    recipe = Recipe.from_mapping({"mix": tables})
    assert recipe.mix == (MINE, MixPart("general", rows=50))
    assert [part.to_mapping() for part in recipe.mix] == tables
    assert Recipe.from_mapping({"mix": []}) == Recipe()


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ({"dataset": "x"}, "is not a list of parts; each starts with [[mix]]"),
        ([3], "part 1 is 3, not a table"),
        ([{"weight": 1.0}], "part 1 names no dataset"),
        ([{"dataset": "x"}], "part 1 (x) has neither a weight nor rows; give one of them"),
        (
            [{"dataset": "x", "weight": 1, "rows": 2}],
            "part 1 (x) has both a weight and rows; give one of them",
        ),
        (
            [{"dataset": "x", "weight": -1}],
            "part 1 has the weight -1, not from 0 to 1,000,000",
        ),
        ([{"dataset": "x", "weight": float("nan")}], "part 1 has the weight nan, not a number"),
        ([{"dataset": "x", "weight": True}], "part 1 has the weight True, not a number"),
        (
            [{"dataset": "x", "weight": 10**400}],
            f"part 1 has the weight 1{'0' * 39}, not a number",
        ),
        ([{"dataset": "x", "rows": 2.5}], "part 1 has 2.5 rows, not a whole number"),
        (
            [{"dataset": "x", "share": 0.5}],
            "part 1 has share, which is none of dataset, weight, rows, split",
        ),
        (
            [{"dataset": "x", "rows": 1, "split": "dev"}],
            "part 1 takes the split 'dev', not one of train, validation, test",
        ),
        ([{"dataset": "x", "rows": 1}] * 2, "names the train rows of x twice"),
        ([{"dataset": "x", "rows": 1}] * 65, "has 65 parts, more than 64"),
    ],
)
def test_what_is_no_mix_is_refused_with_its_part(value, why):
    with pytest.raises(RecipeError) as caught:
        Recipe.from_mapping({"mix": value})
    assert caught.value.by_field == {"mix": why}


def test_weights_count_beside_the_main_dataset_whose_rows_are_each_used_once():
    assert rows_of_parts([MINE, GENERAL], [900, 5000], "mine") == [900, 100]
    assert rows_of_parts([GENERAL, MINE], [5000, 900], "mine") == [100, 900]
    assert rows_of_parts([MINE, GENERAL], [900, 5000], "other") == [900, 100]
    few = [MixPart("mine", 0.5), MixPart("small", 0.5)]
    assert rows_of_parts(few, [1000, 10], "mine") == [1000, 1000]  # it is repeated


def test_counted_rows_stand_beside_weights_and_empty_datasets_give_nothing():
    parts = [MINE, MixPart("extra", rows=7), GENERAL]
    assert rows_of_parts(parts, [90, 3, 500], "mine") == [90, 7, 10]
    assert rows_of_parts(parts, [90, 0, 500], "mine") == [90, 0, 10]
    assert rows_of_parts(parts, [0, 3, 500], "mine") == [0, 7, 500]
    assert rows_of_parts([MINE], [0], "mine") == [0]


def test_a_part_that_would_never_end_is_refused():
    parts = [MixPart("mine", 1e-9), MixPart("general", 1e6)]
    with pytest.raises(MixFault, match="rows of general; weigh it less"):
        rows_of_parts(parts, [1000, 10], "mine")


@given(st.lists(st.tuples(st.floats(0.01, 10), st.integers(1, 1000)), min_size=1, max_size=5))
def test_shares_are_those_of_the_weights_within_a_row(pairs):
    parts = [MixPart(f"d{at}", weight) for at, (weight, _) in enumerate(pairs)]
    there = [count for _, count in pairs]
    found = rows_of_parts(parts, there, "d0")
    assert found[0] == there[0]
    for part, rows in zip(parts, found, strict=True):
        assert abs(rows - there[0] * part.weight / parts[0].weight) <= 0.5 + 1e-6


def test_a_mix_is_named_by_its_shares():
    assert mix_title([MINE, GENERAL]) == "mine 90 %, general 10 %"
    assert mix_title([MINE, MixPart("x", rows=1200)]) == "mine 100 %, x 1,200 rows"
