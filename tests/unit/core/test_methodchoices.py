import pytest

from studio.core.capabilities import check_capabilities, check_together
from studio.core.knobreasons import REASONS, about, range_words
from studio.core.memory import estimate_memory
from studio.core.methodchoices import CHOICES, MORE_CHOICES, OBJECTIVES, QLORA, choice_of
from studio.core.modelshape import shape_from_config
from studio.core.problems import RecipeError
from studio.core.recipe import KNOBS, METHODS, Recipe
from studio.core.relevant import matters, settings_that_matter
from tests.helpers.modelfolders import LLAMA3_8B

SHAPE = shape_from_config(LLAMA3_8B)
ALL = (*CHOICES, *MORE_CHOICES)
STARTS = (
    Recipe(),
    Recipe(packing=True, checkpointing="offload"),
    Recipe(method="full", quantization="none", checkpointing="on"),
    Recipe(init="pissa", quantization="none", rslora=True, loraplus_ratio=8.0),
)


@pytest.mark.parametrize("choice", ALL, ids=lambda choice: choice.title)
def test_from_any_recipe_a_method_can_be_chosen_recognised_and_estimated(choice):
    for start in STARTS:
        recipe = start.replace(**choice.changes(start))
        assert choice_of(recipe) == choice
        check_together(recipe)
        assert estimate_memory(SHAPE, recipe, "cuda").total_bytes > 0


@pytest.mark.parametrize("choice", ALL, ids=lambda choice: choice.title)
def test_a_card_promises_training_only_where_the_engine_takes_the_recipe(choice):
    recipe = Recipe(**choice.changes(Recipe()))
    if choice.not_yet:
        assert choice.title in choice.not_yet
        with pytest.raises(RecipeError):
            check_capabilities(recipe)
    else:
        check_capabilities(recipe)
    assert choice.sense.count(".") >= 2


def test_every_method_of_the_recipe_is_offered():
    assert {choice.values["method"] for choice in ALL} == set(METHODS)
    assert {one.value for one in OBJECTIVES} == set(KNOBS["objective"].choices)
    assert [one.value for one in OBJECTIVES if not one.not_yet] == ["instruction"]


def test_a_gaussian_start_survives_a_change_of_method():
    recipe = Recipe(init="gaussian", method="full", quantization="none")
    assert QLORA.changes(recipe)["init"] == "gaussian"


def test_every_setting_has_a_sentence_a_reason_and_a_range():
    assert set(REASONS) == set(KNOBS)
    for name, knob in KNOBS.items():
        assert about(name).startswith(knob.sentence)
        assert (knob.low is None) == (range_words(name) == "")
    assert "Default 4. Fills a card" in about("micro_batch")
    assert "From 1 to 1,024 rows." in about("micro_batch")
    assert "Default on. " in about("double_quant")
    assert "Default 1. " in about("grad_accum")


def test_only_settings_that_the_method_looks_at_matter():
    assert matters("rank", Recipe())
    full = Recipe(method="full", quantization="none")
    assert not {"rank", "targets", "quantization", "last_n"} & set(settings_that_matter(full))
    assert matters("last_n", full.replace(method="last-n"))
    assert matters("virtual_tokens", Recipe(method="prefix"))
    assert not matters("checkpointing", Recipe(method="prefix"))
    assert not matters("sharding", Recipe())
    assert not matters("epochs", Recipe(max_steps=10))
    assert not matters("double_quant", Recipe(quantization="int8"))
