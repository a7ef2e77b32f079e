"""A branch in some of a model's blocks is where the recipe says, and nowhere else."""

from __future__ import annotations

import pytest

from studio.core.modelshape import shape_from_config
from studio.core.problems import ModelError, RecipeError
from studio.core.recipe import Recipe
from studio.core.trained import trainable_parameters
from studio.machine.modelgate import read_json

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning")  # PEFT's own, about its names


@pytest.fixture(scope="module")
def folder(tiny_model):
    return tiny_model


def branched(folder, **settings):
    from studio.engine.branches import attach_branch, parameter_counts
    from studio.engine.load import load_base

    recipe = Recipe(device="cpu", quantization="none", rank=4, **settings)
    model = attach_branch(load_base(folder, recipe).model, recipe)
    names = {n for n, weight in model.named_parameters() if weight.requires_grad}
    shape = shape_from_config(read_json(folder / "config.json"))
    assert parameter_counts(model)[0] == trainable_parameters(shape, recipe)
    return names


def test_only_the_named_blocks_learn(folder):
    everywhere = branched(folder)
    upper = branched(folder, blocks="1")
    assert upper == {name for name in everywhere if ".layers.1." in name}
    assert {name.split(".")[-4] for name in branched(folder, blocks="0", targets="attention")} == {
        "q_proj",
        "k_proj",
        "v_proj",
        "o_proj",
    }


def test_blocks_and_layers_that_are_not_there_are_refused(folder):
    with pytest.raises(RecipeError, match="blocks 0 to 1"):
        branched(folder, blocks="1-2")
    with pytest.raises(ModelError, match="no linear layer named nothing"):
        branched(folder, blocks="1", targets="nothing")
