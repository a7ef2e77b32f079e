"""Models of the Hugging Face cache are offered by name, and links out of it are still refused."""

from __future__ import annotations

import pytest

from studio.core.problems import ModelError
from studio.core.workspace import Workspace
from studio.machine.hubcache import LABEL, cached_folders
from studio.machine.models import inspect_model, look_at_models, resolve_model
from tests.helpers.modelfolders import TINY, model_folder

COMMIT = "c" * 40


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path / "workspace").create()


def cached(cache, repo, commit=COMMIT):
    """Put a model into the cache as its library does: links to blobs."""
    home = cache / f"models--{repo.replace('/', '--')}"
    folder = home / "snapshots" / commit
    model_folder(folder, TINY)
    (home / "blobs").mkdir()
    for number, path in enumerate(sorted(folder.iterdir())):
        blob = home / "blobs" / str(number)
        path.rename(blob)
        path.symlink_to(f"../../blobs/{number}")
    (home / "refs").mkdir()
    (home / "refs" / "main").write_text(commit)
    return folder


def test_a_cached_model_is_listed_by_its_name_and_found_by_it(cache, workspace):
    folder = cached(cache, "owner/small-model")
    [info], refused = look_at_models(workspace)
    assert (info.name, info.folder, info.label) == ("small-model", folder, LABEL)
    assert refused == []
    assert resolve_model(workspace, "small-model") == folder
    assert resolve_model(workspace, str(folder)) == folder


def test_one_in_the_workspace_goes_before_one_of_the_same_name(cache, workspace):
    cached(cache, "owner/tiny")
    model_folder(workspace.model("tiny"), TINY)
    assert resolve_model(workspace, "tiny") == workspace.model("tiny")


def test_what_cannot_be_trained_in_the_cache_is_left_out(cache, workspace):
    folder = cached(cache, "owner/evil")
    (folder / "modeling.py").write_text("raise SystemExit")
    half = cache / "models--owner--half"
    (half / "refs").mkdir(parents=True)
    (half / "refs" / "main").write_text("../../../elsewhere")
    (cache / "models--owner--none").mkdir()
    assert look_at_models(workspace) == ([], [])
    assert cached_folders() == [folder]


def test_a_link_that_leaves_the_cached_model_is_refused(cache, tmp_path):
    folder = cached(cache, "owner/links")
    (tmp_path / "secret.json").write_text("{}")
    (folder / "extra.json").symlink_to(tmp_path / "secret.json")
    with pytest.raises(ModelError, match="link that leaves"):
        inspect_model(folder)


def test_a_link_to_blobs_outside_any_cache_is_refused(cache, tmp_path):
    folder = cached(cache, "owner/tiny")
    copy = tmp_path / "mine"
    copy.mkdir()
    for path in folder.iterdir():
        (copy / path.name).symlink_to(path.resolve())
    with pytest.raises(ModelError, match="link that leaves"):
        inspect_model(copy)


def test_without_a_cache_nothing_is_found(cache):
    assert cached_folders() == []
