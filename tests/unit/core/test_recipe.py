import dataclasses
import math

import pytest

from studio.core.problems import RecipeError
from studio.core.recipe import DEFAULTS, KNOBS, TYPES, Recipe, target_names


def test_every_setting_has_a_type_a_default_and_one_sentence():
    for name, knob in KNOBS.items():
        assert isinstance(DEFAULTS[name], TYPES[name]), name
        assert knob.sentence.endswith("."), name
        assert knob.level in ("simple", "standard", "everything"), name


def test_the_table_names_what_the_design_names():
    named = (
        "model dataset start_from objective method quantization double_quant rank alpha dropout "
        "targets init rslora loraplus_ratio virtual_tokens bottleneck last_n max_tokens template "
        "system_prompt packing micro_batch grad_accum learning_rate scheduler warmup_steps "
        "weight_decay max_grad_norm epochs max_steps optimizer precision checkpointing save_steps "
        "eval_steps seed device"
    )
    assert set(named.split()) <= set(KNOBS)


def test_qlora_is_lora_on_a_4_bit_base_with_double_quantisation():
    recipe = Recipe.from_mapping({"method": "qlora", "quantization": "none"})
    assert (recipe.method, recipe.quantization, recipe.double_quant) == ("lora", "nf4", True)
    assert recipe.method_title == "QLoRA r 16"
    assert recipe.replace(quantization="none").method_title == "LoRA r 16"


def test_a_recipe_goes_to_plain_values_and_back():
    recipe = Recipe(rank=8, learning_rate=1e-3, tables={"mix": [{"dataset": "a", "weight": 1.0}]})
    assert Recipe.from_mapping(recipe.to_mapping()) == recipe


def test_a_whole_number_is_a_number_but_true_is_not():
    assert Recipe.from_mapping({"learning_rate": 1}).learning_rate == 1.0
    with pytest.raises(RecipeError) as caught:
        Recipe.from_mapping({"rank": True})
    assert "rank" in caught.value.by_field


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (field, value)
        for field, knob in KNOBS.items()
        for value in (
            *([knob.low - 1] if knob.low is not None else []),
            *([knob.high + 1] if knob.high is not None else []),
            *(["no such word"] if knob.choices else []),
            *([math.nan, math.inf] if TYPES[field] is float else []),
            *([10**400] if TYPES[field] in (int, float) else []),
        )
    ],
)
def test_a_value_out_of_range_is_refused_with_its_field(field: str, value: object):
    with pytest.raises(RecipeError) as caught:
        dataclasses.replace(Recipe(), **{field: value})  # type: ignore[arg-type]
    assert set(caught.value.by_field) == {field}


def test_all_faults_are_told_at_once_with_the_nearest_name():
    with pytest.raises(RecipeError) as caught:
        Recipe.from_mapping({"rnk": 1, "epochs": "three"})
    assert "did you mean rank" in caught.value.summary
    assert "not a whole number" in caught.value.summary


def test_target_names_are_split_at_commas():
    assert target_names("q_proj, v_proj,") == ("q_proj", "v_proj")
