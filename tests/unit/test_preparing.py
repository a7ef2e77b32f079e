"""Splits, recipes as files, the example dataset, and the folder a run starts from."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.core.example import SPLITS, Triple
from studio.core.guardplan import GUARD_KNOBS
from studio.core.mix import MIX_WORDS
from studio.core.problems import DataError, DiskFullError, ModelError, RecipeError, RunError
from studio.core.recipe import KNOBS, Recipe
from studio.core.workspace import Workspace
from studio.data.datasetnames import free_name, resolve_dataset
from studio.data.demo import install_demo
from studio.data.recipefile import read_recipe, recipe_text, write_recipe
from studio.data.runprep import prepare_run
from studio.data.splits import choose_validation
from studio.data.store import Dataset
from tests.helpers.tinymodel import make_tiny_model


@given(st.sets(st.integers(1, 10**6), max_size=60), st.floats(0.01, 0.9), st.integers(0, 5))
def test_a_split_is_the_same_whatever_the_order_and_never_takes_all(
    ids: set[int], share: float, seed: int
) -> None:
    chosen = choose_validation(sorted(ids), share, seed)
    assert chosen == choose_validation(sorted(ids, reverse=True), share, seed)
    assert set(chosen) <= ids
    assert len(chosen) < max(len(ids), 1)
    assert bool(chosen) == (len(ids) > 1)


def test_rows_held_back_stay_so_when_others_come() -> None:
    before = set(choose_validation(range(1, 1001)))
    after = set(choose_validation(range(1, 1011)))
    assert len(before) == 100
    assert len(before - after) <= 2


@given(
    st.builds(
        Recipe,
        title=st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
        system_prompt=st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
        learning_rate=st.floats(1e-8, 1.0),
        rank=st.integers(1, 1024),
        packing=st.booleans(),
        tables=st.just({"mix": [{"dataset": "x", "weight": 0.1}], "guard": {"tolerance": 0.2}}),
    )
)
def test_a_recipe_comes_back_from_its_file_as_it_was(recipe: Recipe) -> None:
    assert Recipe.from_mapping(tomllib.loads(recipe_text(recipe))) == recipe


def test_what_guards_a_run_and_its_mix_stand_in_the_file_with_their_sentences() -> None:
    mix = [{"dataset": "a", "weight": 3.0}, {"dataset": "b", "rows": 10, "split": "test"}]
    tables = {"guard": {"kl": 1.0, "probes": ["general", "dataset:a"]}, "mix": mix}
    made = Recipe(tables=tables)
    for recipe in (Recipe(), made):
        text = recipe_text(recipe)
        assert Recipe.from_mapping(tomllib.loads(text)) == recipe
        for name, knob in GUARD_KNOBS.items():
            line = next(
                x for x in text.splitlines() if x.removeprefix("# ").startswith(f"{name} =")
            )
            assert knob.sentence in line
            assert line.startswith("#") == (name not in recipe.tables.get("guard", {}))
            value = tomllib.loads(line.removeprefix("# "))[name]
            value = tuple(value) if isinstance(value, list) else value
            assert value == getattr(recipe.guard, name)
    for name, words in MIX_WORDS.items():
        assert [x for x in text.splitlines() if x.startswith(f"{name} = ") and words in x]


def test_every_setting_stands_in_the_file_with_its_sentence(tmp_path: Path) -> None:
    write_recipe(Recipe(), tmp_path / "recipe.toml")
    lines = (tmp_path / "recipe.toml").read_text().splitlines()
    for name, knob in KNOBS.items():
        (line,) = (line for line in lines if line.startswith(f"{name} = "))
        assert knob.sentence in line
    assert [path.name for path in tmp_path.iterdir()] == ["recipe.toml"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rank = \n", r"is not TOML: .*line 1"),
        ('model = "m"\nrank == 3\n', r"is not TOML: .*line 2"),
        ("rank = 0", "rank is 0, not from 1 to 1024"),
        ("rnak = 8", "rnak is not a setting; did you mean rank"),
        ('rank = "8"', "rank is '8', not a whole number"),
        ("x = " + "[" * 5000, "is not TOML"),
    ],
)
def test_a_recipe_that_is_wrong_is_refused_with_its_place(
    tmp_path: Path, text: str, said: str
) -> None:
    path = tmp_path / "recipe.toml"
    path.write_text(text)
    with pytest.raises(RecipeError, match=said):
        read_recipe(path)


def test_a_recipe_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="cannot be read: no such file"):
        read_recipe(tmp_path / "nowhere.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(RecipeError, match="is not UTF-8 text"):
        read_recipe(tmp_path / "bytes.toml")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = Workspace(tmp_path / "ws").create()
    with Dataset.create(made.dataset("hotel")) as data:
        data.insert(0, [Triple(f"q{i}\u2028", "", f"a{i}") for i in range(5)])
        data.set_split([int(data.ids[1])], "validation")
        data.delete([int(data.ids[2])])
    return made


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_model(tmp_path_factory.mktemp("tiny"))


def test_a_dataset_is_found_by_name_and_near_names_are_told(workspace: Workspace) -> None:
    assert resolve_dataset(workspace, "hotel") == workspace.dataset("hotel")
    assert resolve_dataset(workspace, str(workspace.dataset("hotel"))).name == "hotel.sqlite"
    with pytest.raises(DataError, match="There is no dataset 'hotle'") as caught:
        resolve_dataset(workspace, "hotle")
    assert caught.value.hint == "Did you mean hotel?"
    with pytest.raises(DataError, match="There is no dataset"):
        resolve_dataset(workspace, "../../etc/passwd")
    assert free_name(workspace, "Hotel") == "Hotel-2"
    assert free_name(workspace, "../con") == "dataset-con"


def test_the_example_has_its_splits_and_is_made_once(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path).create()
    name = install_demo(workspace)
    with Dataset.open(workspace.dataset(name)) as data:
        counts = data.split_counts()
        assert counts["validation"] == 24
        assert counts["test"] == 40
        assert counts["train"] >= 200
        first = [row.id for row in data.rows() if row.split == "validation"]
        data.edit(int(data.ids[0]), "output", "mine")
    assert install_demo(workspace) == name
    with Dataset.open(workspace.dataset(name)) as data:
        assert data.read(0, 1)[0].output == "mine"
    other = Workspace(tmp_path / "other").create()
    install_demo(other)
    with Dataset.open(other.dataset(name)) as data:
        assert [row.id for row in data.rows() if row.split == "validation"] == first


def test_a_run_freezes_recipe_rows_and_origin(workspace: Workspace, tiny_model: Path) -> None:
    recipe = Recipe(dataset="hotel", model=str(tiny_model), title="first try", rank=8)
    run = prepare_run(workspace, recipe, predicted_peak_bytes=123)
    assert read_recipe(run.recipe) == recipe
    rows = [json.loads(line) for line in run.rows.read_bytes().split(b"\n") if line]
    assert [(row["row"], row["split"], row["instruction"]) for row in rows] == [
        (1, "train", "q0\u2028"),
        (2, "validation", "q1\u2028"),
        (4, "train", "q3\u2028"),
        (5, "train", "q4\u2028"),
    ]
    origin = json.loads(run.origin.read_text())
    assert origin["rows"] == {"train": 3, "validation": 1, "test": 0}
    assert set(origin["rows"]) == set(SPLITS)
    assert origin["predicted_peak_bytes"] == 123
    assert origin["versions"]["torch"] != "missing"
    with Dataset.open(workspace.dataset("hotel")) as data:
        assert origin["dataset_fingerprint"] == data.fingerprint()
    assert tomllib.loads(run.meta.read_text())["title"] == "first try"
    again = prepare_run(workspace, recipe)
    assert again.id != run.id
    assert again.id.endswith("-hotel-2")
    assert workspace.run_folders() == [again, run]


def test_a_model_named_by_its_way_from_here_is_found_from_anywhere(
    workspace: Workspace, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tiny_model.parent)
    run = prepare_run(workspace, Recipe(dataset="hotel", model=f"./{tiny_model.name}"))
    assert read_recipe(run.recipe).model == str(tiny_model.resolve())


def test_a_run_that_cannot_be_made_leaves_no_folder(
    workspace: Workspace, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = Recipe(dataset="hotel", model=str(tiny_model))
    with pytest.raises(DataError, match="There is no dataset 'nix'"):
        prepare_run(workspace, good.replace(dataset="nix"))
    with pytest.raises(ModelError):
        prepare_run(workspace, good.replace(model="nix"))
    monkeypatch.setattr("studio.data.runprep.LEAST_ROOM", 1 << 60)
    with pytest.raises(DiskFullError, match="The run's rows and checkpoints need"):
        prepare_run(workspace, good)
    monkeypatch.undo()
    with Dataset.open(workspace.dataset("hotel")) as data:
        data.set_split(data.ids.tolist(), "test")
    with pytest.raises(RunError, match="hotel has no row to train on"):
        prepare_run(workspace, good)
    assert list(workspace.runs.iterdir()) == []
    assert list((workspace.path / ".staging").iterdir()) == []
