import pytest

from studio.core.capabilities import CAPABILITIES, check_capabilities
from studio.core.presets import DEMO_RECIPES, PRESETS, changed_settings, demo_recipe, preset_of
from studio.core.problems import RecipeError
from studio.core.recipe import METHODS, Recipe


def test_every_method_says_what_it_can_do_or_why_not_yet():
    assert tuple(CAPABILITIES) == METHODS
    for can in CAPABILITIES.values():
        assert can.trainable_now != bool(can.not_yet)
        assert can.sense.endswith(".")


def test_lora_passes_and_what_cannot_be_trained_is_told_by_field():
    check_capabilities(Recipe())
    with pytest.raises(RecipeError) as caught:
        check_capabilities(Recipe(method="dora"))
    assert "DoRA cannot be trained" in caught.value.by_field["method"]
    with pytest.raises(RecipeError) as caught:
        check_capabilities(Recipe(objective="dpo"))
    assert set(caught.value.by_field) == {"objective"}


def test_every_preset_is_a_valid_recipe_and_is_recognised():
    for preset in PRESETS:
        recipe = Recipe(**preset.values)
        assert preset_of(recipe) is preset
        assert preset_of(recipe.replace(rank=3)) is None
    assert preset_of(Recipe()) is not None


@pytest.mark.parametrize("name", list(DEMO_RECIPES))
def test_the_examples_recipes_are_valid(name):
    assert demo_recipe(name).max_tokens >= 16


def test_only_what_was_changed_is_listed():
    assert changed_settings(Recipe(rank=8)) == {"rank": 8}
