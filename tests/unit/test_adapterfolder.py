"""An adapter is looked at before training goes on from it; nothing of it is run."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from studio.app.continuing import recipe_after, recipe_from_elsewhere
from studio.core.problems import ModelError
from studio.core.recipe import Recipe
from studio.core.workspace import Workspace
from studio.data.recipefile import write_recipe
from studio.data.runfiles import summarize
from studio.machine.adapterfolder import inspect_adapter, misfit
from studio.ui.runs.lineage import lineage_words
from tests.helpers.adapters import make_adapter
from tests.helpers.runs import make_run
from tests.helpers.tinymodel import make_tiny_model


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("workspace")
    base = make_tiny_model(place / "models" / "tiny")
    make_tiny_model(place / "models" / "small", layers=1)
    make_adapter(base, place / "theirs", r=6, lora_alpha=12)
    return place


@pytest.fixture
def theirs(made: Path, tmp_path: Path) -> Path:
    return shutil.copytree(made / "theirs", tmp_path / "theirs")


def changed(folder: Path, **settings: object) -> Path:
    body = json.loads((folder / "adapter_config.json").read_text()) | settings
    (folder / "adapter_config.json").write_text(json.dumps(body))
    return folder


def test_an_adapter_says_what_it_is_and_fits_its_base(made: Path, theirs: Path):
    found = inspect_adapter(theirs)
    assert (found.kind, found.rank, found.alpha) == ("LORA", 6, 12.0)
    assert found.branches["model.layers.0.self_attn.k_proj"] == (32, 64)
    assert misfit(found, made / "models" / "tiny") == ""
    why = misfit(found, made / "models" / "small")
    assert "has a branch at model.layers.1." in why
    assert "It was trained on tiny." in why


def test_an_adapter_that_cannot_be_continued_says_why(theirs: Path):
    for settings, words in (
        ({"peft_type": "IA3"}, "of the kind IA3"),
        ({"peft_type": "LORA", "r": "8"}, "no rank or alpha"),
        ({"r": 6, "auto_mapping": {"base_model_class": "X"}}, "asks to run code"),
        ({"r": 99, "auto_mapping": None}, "say rank 99, and its branches have rank 6"),
    ):
        with pytest.raises(ModelError, match=words):
            inspect_adapter(changed(theirs, **settings))
    (theirs / "adapter_model.safetensors").rename(theirs / "adapter_model.bin")
    with pytest.raises(ModelError, match="format that can run code"):
        inspect_adapter(theirs)
    with pytest.raises(ModelError, match="no adapter folder"):
        inspect_adapter(theirs / "nothing")


def test_a_recipe_goes_on_from_an_adapter_and_takes_over_its_rank(made: Path, theirs: Path):
    workspace = Workspace(made).create()
    recipe = recipe_from_elsewhere(workspace, theirs, Recipe(model="tiny", dataset="d", rank=64))
    assert (recipe.rank, recipe.alpha, recipe.start_from) == (6, 12, str(theirs))
    with pytest.raises(ModelError, match="does not have"):
        recipe_from_elsewhere(workspace, theirs, recipe.replace(model="small"))


def test_the_lineage_of_stages_is_kept(made: Path):
    workspace = Workspace(made).create()
    first = make_run(workspace, "one", title="stage one")
    write_recipe(Recipe(model="tiny", dataset="d", title="stage one"), first.recipe)
    shutil.copytree(made / "theirs", first.adapter)
    recipe = recipe_after(workspace, summarize(first))
    assert recipe.title == "stage one, continued"
    second = make_run(workspace, "two", title="stage two")
    write_recipe(recipe, second.recipe)
    third = make_run(workspace, "three", title="stage three")
    write_recipe(recipe.replace(start_from=str(second.adapter)), third.recipe)
    fourth = make_run(workspace, "four", title="stage four")
    write_recipe(recipe.replace(start_from="three"), fourth.recipe)  # as one writes it by hand
    known = {folder.id: summarize(folder) for folder in (first, second, third, fourth)}
    words = lineage_words(known["three"], known, workspace)
    assert words == ("stage one", "stage two", "stage three")
    assert lineage_words(known["four"], known, workspace) == (*words, "stage four")
    assert lineage_words(known["one"], known, workspace) == ("stage one",)


@pytest.mark.parametrize("name", ["adapter_config.json", "adapter_model.safetensors"])
def test_a_broken_file_is_the_adapters_own_and_no_model_is_to_be_fetched(theirs: Path, name: str):
    whole = (theirs / name).read_bytes()
    (theirs / name).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ModelError) as met:
        inspect_adapter(theirs)
    assert met.value.summary.startswith("theirs cannot be used: ")
    assert met.value.hint.startswith("Copy the adapter again")
