"""Ranges of blocks: what they name, what they train, and what that takes."""

from __future__ import annotations

import pytest

from studio.core.blocks import block_numbers, fault_of_blocks
from studio.core.memory import estimate_memory
from studio.core.modelshape import shape_from_config
from studio.core.problems import RecipeError
from studio.core.recipe import Recipe
from studio.core.trained import branched_layers, trainable_parameters, trained_layers
from tests.helpers.modelfolders import LLAMA3_8B

LLAMA = shape_from_config(LLAMA3_8B)


def test_ranges_have_both_ends_in_them_and_may_be_open_at_the_top():
    assert block_numbers("8-11", 32) == (8, 9, 10, 11)
    assert block_numbers(" 3, 30- ", 32) == (3, 30, 31)
    assert block_numbers("", 3) == (0, 1, 2)


@pytest.mark.parametrize("text", ["a", "9-2", "1,,2", "-3", "1-2-3", "99999999"])
def test_what_is_no_range_is_no_recipe(text):
    assert fault_of_blocks(text)
    with pytest.raises(RecipeError, match="blocks"):
        Recipe(blocks=text)


def test_blocks_that_a_model_does_not_have_are_told_with_those_it_has():
    with pytest.raises(RecipeError, match="blocks 0 to 31"):
        estimate_memory(LLAMA, Recipe(blocks="8-32"), "cuda")


def test_half_of_the_blocks_train_half_of_the_parameters():
    whole, half = Recipe(), Recipe(blocks="16-")
    assert trainable_parameters(LLAMA, half) * 2 == trainable_parameters(LLAMA, whole)
    assert branched_layers(LLAMA, half) == trained_layers(LLAMA, half) == 16
    middle = Recipe(blocks="8-11")
    assert (branched_layers(LLAMA, middle), trained_layers(LLAMA, middle)) == (4, 24)


def test_below_the_first_block_nothing_is_kept():
    kept = {
        blocks: estimate_memory(LLAMA, Recipe(blocks=blocks, checkpointing="off"), "cuda").parts[
            "activations"
        ]
        for blocks in ("", "0-15", "16-")
    }
    assert kept["16-"] < 0.55 * kept[""] < kept["0-15"] < kept[""]
