"""Runs that go on: from another run's adapter, and from a checkpoint when something has changed."""

from __future__ import annotations

import json
import shutil

import pytest

from studio.core.control import PauseAsked
from studio.core.events import Evaluated, RunStarted
from studio.core.example import Triple
from studio.core.problems import ModelError, RunError
from studio.core.recipe import Recipe
from studio.core.workspace import Workspace
from studio.data.checkpoints import file_hash, latest_verified
from studio.data.resuming import changes_of, check_same
from studio.data.runfiles import read_origin
from studio.data.runprep import prepare_run
from studio.data.store import Dataset
from studio.engine.resumed import remarks_on_resume
from tests.helpers.runfolders import SMALL, events_of, steps_of
from tests.helpers.working import ask_at, work

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning"),
]
WEIGHTS = "adapter_model.safetensors"


@pytest.fixture(scope="module")
def workspace(tmp_path_factory, tiny_model):
    """A workspace with a dataset, a model, and a run that was paused after two steps."""
    made = Workspace(tmp_path_factory.mktemp("continued")).create()
    shutil.copytree(tiny_model, made.model("tiny"))
    with Dataset.create(made.dataset("rows")) as data:
        data.insert(0, [Triple(f"Room {n}?", "", f"At {n}.") for n in range(12)])
        data.insert(12, [Triple("Pool?", "", "At nine.")], "validation")
    run = prepare_run(made, recipe())
    assert work(run, ask_at(run, 2, PauseAsked())).outcome == "paused"
    return made


def recipe(**changes):
    return Recipe(model="tiny", dataset="rows", max_steps=4, save_steps=9, **SMALL | changes)


@pytest.fixture
def paused(workspace, tmp_path):
    """A copy of the workspace that a test may change, and its paused run."""
    copy = Workspace(shutil.copytree(workspace.path, tmp_path / "copy"))
    return copy, copy.run_folders()[0]


def test_a_run_goes_on_where_nothing_has_changed(paused):
    workspace, run = paused
    assert changes_of(workspace, run) == []
    assert list(remarks_on_resume(run, anyway=False)) == []


def test_a_run_does_not_go_on_with_other_files_of_its_model(paused, capsys):
    from studio.engine.train import main

    workspace, run = paused
    config = workspace.model("tiny") / "config.json"
    config.write_text(config.read_text() + "\n")
    before = run.events.read_bytes()
    with pytest.raises(RunError, match="the files of tiny have changed"):
        check_same(workspace, run)
    assert main([str(run.path)]) == 1
    assert "resume anyway" in capsys.readouterr().err
    assert run.events.read_bytes() == before
    (remark,) = remarks_on_resume(run, anyway=True)
    assert remark.code == "resumed_anyway"


def test_the_window_is_told_why_a_run_is_not_resumed(paused, qtbot):
    from studio.app.runlibrary import RunLibrary

    workspace, run = paused
    config = workspace.model("tiny") / "config.json"
    config.write_text(config.read_text() + "\n")
    runs = RunLibrary(workspace)
    with qtbot.waitSignal(runs.resume_refused) as told:
        runs.resume(run.id)
    assert told.args[0] == run.id
    assert "the files of tiny have changed" in told.args[1].summary
    assert runs.current is None and runs.live is None
    runs.close()


def test_a_run_does_not_go_on_with_other_versions_and_says_which(paused):
    workspace, run = paused
    origin = read_origin(run)
    origin["versions"] |= {"torch": "1.0", "tokenizers": "0.1"}
    run.origin.write_text(json.dumps(origin))
    (change,) = changes_of(workspace, run)
    assert change.startswith("torch was 1.0 and is ")
    shutil.rmtree(run.checkpoints)
    check_same(workspace, run)  # without a checkpoint it begins anew


def test_a_changed_dataset_is_only_a_remark(paused):
    workspace, run = paused
    with Dataset.open(workspace.dataset("rows")) as data:
        data.edit(int(data.ids[0]), "output", "At ten.")
    (remark,) = remarks_on_resume(run, anyway=False)
    assert remark.code == "dataset_changed"
    assert remark.summary.startswith("rows was edited since")
    workspace.dataset("rows").unlink()
    (remark,) = remarks_on_resume(run, anyway=False)
    assert "gone" in remark.summary
    assert work(run).outcome == "done"


def test_stage_after_stage_goes_on_from_the_last_result_and_the_lineage_is_kept(paused):
    workspace, first = paused
    assert work(first).outcome == "done"
    second = prepare_run(workspace, recipe(start_from=first.id, rank=8, learning_rate=1e-8))
    start = read_origin(second)["start_from"]
    assert (start["run"], start["sha256"]) == (first.id, file_hash(first.adapter / WEIGHTS))
    shutil.rmtree(first.adapter)  # the second has its own copy
    assert work(second).outcome == "done"
    (started,) = [e for e in events_of(second) if isinstance(e, RunStarted)]
    assert started.start_from == first.id
    last, next_ = steps_of(first)[4], steps_of(second)[1]
    assert next_.loss < steps_of(first)[1].loss - 0.05  # what the first stage learned is there
    assert next_.loss == pytest.approx(last.loss, abs=0.6)
    config = json.loads((second.adapter / "adapter_config.json").read_text())
    assert (config["r"], config["lora_alpha"]) == (SMALL["rank"], SMALL["alpha"])
    before, start = (_at_start(run) for run in (first, second))
    assert start.base["target_loss"] == pytest.approx(before.target_loss)  # counted from the base
    assert start.target_loss < before.target_loss
    low, high = start.general_ranges["general_loss_change"]
    assert low <= start.general_loss - start.base["general_loss"] <= high
    assert before.base == {}
    third = prepare_run(workspace, recipe(start_from=str(second.adapter)))
    assert read_origin(third)["start_from"]["run"] == second.id


def _at_start(run):
    return next(e for e in events_of(run) if isinstance(e, Evaluated) and e.step == 0)


def test_a_stage_resumes_exactly(paused):
    workspace, first = paused
    work(first)
    settings = {"start_from": first.id, "dropout": 0.2}
    whole, halved = (prepare_run(workspace, recipe(**settings)) for _ in range(2))
    work(whole)
    assert work(halved, ask_at(halved, 2, PauseAsked())).outcome == "paused"
    assert latest_verified(halved)[0] == 2
    work(halved)
    assert file_hash(halved.adapter / WEIGHTS) == file_hash(whole.adapter / WEIGHTS)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"use_dora": True}, "it is LoRA with use_dora"),
        ({"auto_mapping": {"base_model_class": "x"}}, "asks to run code"),
        ({"r": 64}, "does not fit its own settings"),
        ({"target_modules": ["q_proj"]}, "was made for another base model"),
    ],
)
def test_an_adapter_that_is_not_what_it_says_is_refused(paused, change, said):
    workspace, first = paused
    work(first)
    path = first.adapter / "adapter_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(ModelError, match=said):
        work(prepare_run(workspace, recipe(start_from=str(first.adapter))))


def test_a_start_that_is_no_adapter_is_refused_before_anything_is_made(paused):
    workspace, _ = paused
    with pytest.raises(RunError, match="no adapter to go on from"):
        prepare_run(workspace, recipe(start_from="nowhere"))
    assert len(workspace.run_folders()) == 1
