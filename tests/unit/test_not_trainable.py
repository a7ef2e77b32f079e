"""What this version cannot train yet is refused by the terminal, by the start, and before both."""

from __future__ import annotations

import pytest

from studio.cli import run_command
from studio.core.capabilities import CAPABILITIES
from studio.core.example import Triple
from studio.core.problems import RecipeError
from studio.core.recipe import Recipe
from studio.data.recipefile import write_recipe
from studio.data.runprep import prepare_run
from studio.data.store import Dataset
from tests.helpers.runs import workspace_in

LATER = [name for name, can in CAPABILITIES.items() if not can.trainable_now]


def recipe_of(method):
    quantization = "nf4" if CAPABILITIES[method].quantized_base else "none"
    return Recipe(model="tiny", dataset="rows", method=method, quantization=quantization)


@pytest.mark.parametrize("method", LATER)
def test_a_method_of_a_later_version_makes_no_run(method, tmp_path, tiny_model, capsys):
    workspace = workspace_in(tmp_path)
    workspace.model("tiny").symlink_to(tiny_model)
    with Dataset.create(workspace.dataset("rows")) as dataset:
        dataset.insert(0, [Triple("When?", "", "At seven.")], "train")
    write_recipe(recipe_of(method), file := tmp_path / "recipe.toml")
    code = run_command(["train", str(file), "--workspace", str(workspace.path)])
    said = capsys.readouterr().err
    assert code != 0
    assert f"{CAPABILITIES[method].title} cannot be trained in this version. " in said
    with pytest.raises(RecipeError, match="cannot be trained in this version"):
        prepare_run(workspace, recipe_of(method))
    assert workspace.run_folders() == []
