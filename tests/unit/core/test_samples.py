"""The table of fixed prompts is checked before a run starts, and says what is wrong."""

from __future__ import annotations

import math

import pytest

from studio.core.actions import Action, action_text, read_action
from studio.core.problems import RecipeError
from studio.core.recipe import Recipe
from studio.core.samples import Samples, samples_of
from studio.data.recipefile import read_recipe, write_recipe


def test_without_a_table_three_held_out_rows_are_asked():
    assert Recipe().samples == Samples((), 3, 64, 0.0)
    assert not Recipe().samples.is_off


def test_a_table_goes_through_its_file_unchanged(tmp_path):
    table = Samples(("What is new?", "¿Qué tal?"), 0, 32, 5).to_mapping()
    write_recipe(Recipe.from_mapping({"samples": table}), tmp_path / "recipe.toml")
    assert read_recipe(tmp_path / "recipe.toml").samples == samples_of(table)


def test_no_prompts_and_no_held_out_rows_is_off():
    assert Recipe.from_mapping({"samples": {"held_out": 0}}).samples.is_off


@pytest.mark.parametrize(
    ("seconds", "trained", "allowed"),
    [(0, math.inf, 30), (0, 100, 10), (0, 1, 2), (0, 10_000, 30), (7.5, 1, 7.5)],
)
def test_answers_take_a_tenth_of_the_training_unless_a_time_is_set(seconds, trained, allowed):
    assert samples_of({"seconds": seconds}).allowed(trained) == allowed


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"prompts": "one"}, "not a list of texts"),
        ({"prompts": ["good", " "]}, "a prompt 2 without text"),
        ({"prompts": ["x" * 20_001]}, "more than 20000 characters"),
        ({"held_out": 33}, "a whole number from 0 to 32"),
        ({"held_out": True}, "a whole number"),
        ({"max_tokens": 0}, "from 1 to 4096"),
        ({"seconds": "long"}, "a number from 0 to 3600"),
        ({"helt_out": 3}, "did you mean held_out"),
        ({"prompts": ["a"] * 30, "held_out": 3}, "more than 32 prompts"),
        ([1], "not a table"),
    ],
)
def test_a_table_that_cannot_be_is_refused_with_the_reason(table, said):
    with pytest.raises(RecipeError) as caught:
        Recipe.from_mapping({"samples": table})
    assert said in caught.value.by_field["samples"]


def test_an_action_is_read_back_as_it_was_written():
    assert read_action(action_text("show_rows", [12, 15])) == Action("show_rows", (12, 15))
    assert read_action(action_text("stop")) == Action("stop")
    assert len(read_action(action_text("show_rows", range(100))).numbers) == 20


@pytest.mark.parametrize("text", ["", "format_disk", "roll_back:x", "show_rows:1,two"])
def test_an_action_that_is_not_known_is_none(text):
    assert read_action(text) is None
