"""The catalogue's numbers: what its shapes add up to is what the models' files hold."""

import pytest

from studio.core.catalogue import catalogue
from studio.core.modelshape import FAMILIES


@pytest.mark.parametrize("model", catalogue(), ids=lambda model: model.id)
def test_the_shape_of_a_catalogue_model_adds_up_to_its_published_weights(model):
    assert model.shape.parameters == model.parameters
    assert model.shape.family in FAMILIES
    assert model.licence and model.template
    assert model.remark.endswith(".")


def test_the_catalogue_goes_from_small_to_large_and_names_nothing_twice():
    models = catalogue()
    assert [model.parameters for model in models] == sorted(model.parameters for model in models)
    assert len({model.id for model in models}) == len(models) >= 30
    assert models[0].name == "SmolLM2-135M-Instruct"
