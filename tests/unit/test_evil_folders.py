"""Folders that want to run code are refused, each with its own words, and nothing of them runs."""

from __future__ import annotations

import pickle

import pytest

from studio.core.problems import ModelError
from studio.core.workspace import Workspace
from studio.machine.models import inspect_model, look_at_models
from tests.helpers.evilfolders import EVIL, Bomb
from tests.helpers.modelfolders import model_folder


def evil_folder(place, name):
    canary = place / "canary"
    folder = model_folder(place / "model")
    EVIL[name][0](folder, canary)
    return folder, canary


@pytest.mark.parametrize("name", EVIL)
def test_an_evil_folder_is_refused_in_its_own_words_and_sings_nothing(tmp_path, name):
    folder, canary = evil_folder(tmp_path, name)
    with pytest.raises(ModelError) as caught:
        inspect_model(folder)
    assert EVIL[name][1] in caught.value.summary
    assert caught.value.hint.endswith(".")
    assert not canary.exists()


def test_there_are_forty_and_no_two_say_the_same(tmp_path):
    said = {}
    for number, name in enumerate(EVIL):
        folder, _ = evil_folder(tmp_path / str(number), name)
        with pytest.raises(ModelError) as caught:
            inspect_model(folder)
        said[name] = caught.value.summary
    assert len(said) >= 40
    assert len(set(said.values())) == len(said)


def test_the_bombs_are_live(tmp_path):
    canary = tmp_path / "canary"
    pickle.loads(pickle.dumps(Bomb(canary)))
    assert canary.exists()


def test_evil_folders_in_the_workspace_are_listed_as_refused(tmp_path):
    workspace = Workspace(tmp_path / "workspace").create()
    names = ("plain pickle", "modelling code", "an unknown kind")
    for number, name in enumerate(names):
        EVIL[name][0](model_folder(workspace.model(f"m{number}")), tmp_path / "canary")
    good, refused = look_at_models(workspace)
    assert (good, len(refused)) == ([], 3)
    assert [one.config is not None for one in refused] == [False, False, True]
    assert not (tmp_path / "canary").exists()


def test_another_kind_is_no_excuse_for_code(tmp_path):
    workspace = Workspace(tmp_path / "workspace").create()
    folder = model_folder(workspace.model("m"))
    EVIL["an unknown kind"][0](folder, tmp_path / "canary")
    EVIL["modelling code"][0](folder, tmp_path / "canary")
    (refused,) = look_at_models(workspace)[1]
    assert refused.config is None
