import pytest

from studio.core.modelshape import shape_from_config
from studio.core.problems import ModelError, RecipeError
from studio.core.recipe import Recipe
from studio.core.targets import targeted
from studio.core.trained import trainable_parameters
from tests.helpers.modelfolders import LLAMA3_8B, SMOLLM2, TINY


def test_the_weights_of_known_models_are_counted_exactly():
    assert shape_from_config(SMOLLM2).parameters == 134_515_008
    assert shape_from_config(LLAMA3_8B).parameters == 8_030_261_248


def test_families_with_biases_and_more_norms_are_counted_exactly():
    qwen = {
        "model_type": "qwen2",
        "hidden_size": 896,
        "num_hidden_layers": 24,
        "num_attention_heads": 14,
        "num_key_value_heads": 2,
        "intermediate_size": 4864,
        "vocab_size": 151936,
        "tie_word_embeddings": True,
    }
    assert shape_from_config(qwen).parameters == 494_032_768
    gemma = {
        "model_type": "gemma2",
        "hidden_size": 2304,
        "num_hidden_layers": 26,
        "num_attention_heads": 8,
        "num_key_value_heads": 4,
        "head_dim": 256,
        "intermediate_size": 9216,
        "vocab_size": 256000,
    }
    assert shape_from_config(gemma).parameters == 2_614_341_888
    phi = {
        "model_type": "phi3",
        "hidden_size": 3072,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "intermediate_size": 8192,
        "vocab_size": 32064,
    }
    assert shape_from_config(phi).parameters == 3_821_079_552


def test_a_small_shape_can_be_counted_by_hand():
    shape = shape_from_config(TINY)
    assert (shape.query, shape.keys) == (8, 4)
    one_layer = 8 * 8 + 8 * 4 + 8 * 4 + 8 * 8 + 3 * 8 * 16
    assert shape.linear_weights == one_layer
    assert shape.other_weights == 32 * 8 + 2 * 8 + 8


def test_trained_weights_are_those_of_the_targets():
    shape = shape_from_config(LLAMA3_8B)
    assert trainable_parameters(shape, Recipe(rank=16)) == 41_943_040
    assert trainable_parameters(shape, Recipe(rank=32)) == 83_886_080
    attention = trainable_parameters(shape, Recipe(rank=16, targets="attention"))
    mlp = trainable_parameters(shape, Recipe(rank=16, targets="mlp"))
    assert attention + mlp == 41_943_040
    assert trainable_parameters(shape, Recipe(rank=1, targets="q_proj")) == 32 * 2 * 4096


def test_fused_layers_are_meant_by_the_groups_but_not_by_their_halves():
    shape = shape_from_config(TINY | {"model_type": "phi3"})
    assert [layer.name for layer in targeted(shape, "attention")] == ["qkv_proj", "o_proj"]
    with pytest.raises(RecipeError, match="q_proj"):
        targeted(shape, "q_proj")


@pytest.mark.parametrize("targets", ["head", "q_proj, nonsense", ""])
def test_targets_that_are_no_layers_are_refused(targets):
    with pytest.raises(RecipeError) as caught:
        targeted(shape_from_config(TINY), targets)
    assert "targets" in caught.value.by_field


@pytest.mark.parametrize(
    "change",
    [
        {"hidden_size": None},
        {"hidden_size": "576"},
        {"hidden_size": True},
        {"num_hidden_layers": 0},
        {"vocab_size": -1},
        {"intermediate_size": 10**12},
        {"num_key_value_heads": 4},
    ],
)
def test_a_config_with_impossible_dimensions_is_told(change):
    with pytest.raises(ModelError, match=r"config\.json"):
        shape_from_config(SMOLLM2 | change)
