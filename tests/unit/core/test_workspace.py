from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.core.problems import StudioError
from studio.core.workspace import Workspace, file_name


@given(st.text())
def test_any_title_becomes_a_name_that_stays_in_its_folder(title: str):
    name = file_name(title)
    assert name and "/" not in name and "\\" not in name and "\0" not in name and ":" not in name
    assert name not in (".", "..") and len(name.encode()) <= 140
    assert not name.startswith((".", "-")) and not name.endswith((".", " "))


@pytest.mark.parametrize("title", ["CON", "nul.txt", "../../etc/passwd", "C:\\x", ""])
def test_names_that_mean_something_to_a_system_are_changed(title: str):
    name = file_name(title)
    assert name.split(".")[0].lower() not in ("con", "nul", "") and ".." not in name.split("/")


def test_a_workspace_lists_what_is_in_it(tmp_path: Path):
    workspace = Workspace(tmp_path / "w").create()
    workspace.dataset("b").touch()
    workspace.dataset("a").touch()
    for run_id in ("2026-01-01-x-1", "2026-01-02-x-1"):
        run = workspace.run(run_id)
        run.path.mkdir()
        run.recipe.touch()
    (workspace.runs / "not-a-run").mkdir()
    assert workspace.dataset_names() == ["a", "b"]
    assert [run.id for run in workspace.run_folders()] == ["2026-01-02-x-1", "2026-01-01-x-1"]
    assert workspace.run("r").checkpoint(120).name == "step-000120"


def test_a_run_that_nobody_may_look_into_hides_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    workspace, is_file = Workspace(tmp_path / "w").create(), Path.is_file
    for run_id in ("theirs", "mine"):
        workspace.run(run_id).path.mkdir()
        workspace.run(run_id).recipe.touch()

    def refused(path: Path) -> bool:
        if path.parent.name == "theirs":
            raise PermissionError("of somebody else")
        return is_file(path)

    monkeypatch.setattr(Path, "is_file", refused)
    assert [run.id for run in workspace.run_folders()] == ["mine"]


def test_a_place_that_cannot_be_used_is_a_sentence(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(StudioError) as caught:
        Workspace(tmp_path / "file").create()
    assert "cannot be used" in caught.value.summary and caught.value.hint
