"""The command ``evaluate``: Ctrl-C pauses, the same command goes on, and its numbers are keys."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys

import pytest

from studio.core.recipe import Recipe
from studio.core.workspace import Workspace
from studio.data.evaluations import Evaluations
from studio.data.recipefile import write_recipe
from tests.helpers.adapters import make_adapter
from tests.helpers.children import held
from tests.helpers.evaluating import make_questions

pytestmark = pytest.mark.slow
RUN = "2026-11-22-questions-1"


@pytest.fixture(scope="module")
def workspace(tiny_model, tmp_path_factory):
    made = Workspace(tmp_path_factory.mktemp("evaluating") / "ws").create()
    shutil.copytree(tiny_model, made.model("tiny"))
    make_questions(made.dataset("questions"))
    run = made.run(RUN)
    make_adapter(tiny_model, run.adapter)
    recipe = Recipe(
        model="tiny", dataset="questions", quantization="none", precision="fp32", device="cpu"
    )
    write_recipe(recipe, run.recipe)
    return made


def command(workspace, *more):
    words = ["evaluate", RUN, "--data", "questions", "--limit", "3", "--few-shot", "2"]
    where = [sys.executable, "-m", "studio", "--workspace", str(workspace.path)]
    return [*where, *words, "--max-new-tokens", "400", *more]


def test_ctrl_c_pauses_and_the_same_command_gives_the_numbers(workspace):
    started = subprocess.Popen(
        command(workspace), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    with held(started):
        for line in started.stderr:
            if "Writing answers" in line:
                started.send_signal(signal.SIGINT)
                break
        said = started.stderr.read()
        assert started.wait() == 130, said
    assert "The same command goes on." in said
    done = subprocess.run(command(workspace, "--json"), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert [column["name"] for column in told["columns"]] == ["base", RUN, "base + 2 examples"]
    for column in told["columns"]:
        assert {"token_f1", "rouge_l", "bleu", "perplexity", "general_accuracy"} <= set(
            column["metrics"]
        )
        for score in column["metrics"].values():
            assert score["low"] <= score["value"] <= score["high"]
    assert told["columns"][0]["gains"] == {}
    assert set(told["columns"][1]["gains"]["token_f1"]) == {"value", "low", "high", "p"}
    with Evaluations(workspace.evaluations) as store:
        assert len(store.all()) == 1  # one evaluation, gone on with


def test_what_is_not_there_is_said(workspace, capsys):
    from studio.cli import run_command

    where = ["--workspace", str(workspace.path), "evaluate", RUN, "--data"]
    for words, sentence in (
        (["nothing"], "no dataset 'nothing'"),
        (["questions", "--columns", "elsewhere"], "neither a run, nor a checkpoint"),
        (["questions", "--columns", "120"], "no checkpoint at step 120"),
        (["questions", "--columns", f"{RUN},{RUN}"], "there twice"),
    ):
        assert run_command([*where, *words]) == 1
        assert sentence in capsys.readouterr().err
