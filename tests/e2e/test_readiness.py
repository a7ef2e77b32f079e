"""A look at an adapter on a tiny model: real merging, real timing, nothing done twice."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from studio.core.evaluation import EvaluationState
from studio.core.recipe import Recipe
from studio.core.workspace import Workspace
from studio.data.readiness import ReadinessLooks
from studio.data.readinessrows import make_readiness, read_domain
from studio.data.recipefile import write_recipe
from tests.helpers.adapters import make_adapter

pytestmark = pytest.mark.slow
RUN = "2026-11-22-questions-1"


@pytest.fixture(scope="module")
def workspace(tiny_model, tmp_path_factory):
    made = Workspace(tmp_path_factory.mktemp("ready") / "ws").create()
    made.model("tiny").symlink_to(tiny_model)
    run = made.run(RUN)
    make_adapter(tiny_model, run.adapter)
    recipe = {"model": "tiny", "dataset": "rooms", "precision": "fp32", "device": "cpu"}
    write_recipe(Recipe(quantization="nf4", **recipe), run.recipe)
    run.rows.parent.mkdir(parents=True)
    with run.rows.open("w") as file:
        for number in range(40):
            split = "test" if number % 4 == 0 else "train"
            row = {"row": number, "split": split, "instruction": f"Is room {number} free?"}
            file.write(json.dumps(row | {"input": "", "output": "It is."}) + "\n")
    return made


def look(workspace, stopped=lambda: False, said=None, **changes):
    from dataclasses import replace

    from studio.data.runfiles import find_run
    from studio.engine.evaluationpace import Pace
    from studio.engine.readiness import ReadinessLook

    setup = make_readiness(workspace, find_run(workspace.run(RUN)))
    setup = replace(setup, prompts=2, answer_tokens=6, questions=8, question_tokens=4, **changes)
    with ReadinessLooks(workspace.evaluations) as store:
        number = store.same(setup) or store.add(setup)
        store.begin(number)
        said = [] if said is None else said
        pace = Pace(1, said.append, lambda done, total: store.advance(number, done, total))
        state = ReadinessLook(store, number, pace, stopped).run()
        store.end(number, state)
        return store.one(number)


def test_a_look_that_is_paused_goes_on_with_what_is_missing(workspace):
    said = []
    paused = look(workspace, lambda: bool(said) and said[-1].what == "Merging in memory", said)
    assert paused.state is EvaluationState.PAUSED and paused.found.merging is None
    speeds = paused.found.speeds
    assert speeds is not None and speeds.base.answers == speeds.adapter.answers == 4
    assert speeds.adapter.weight_bytes > speeds.base.weight_bytes
    assert speeds.base.first_token.low <= speeds.base.first_token.middle
    assert len(paused.found.outside.answers) == 8
    assert paused.found.routing.held == 10 and paused.found.routing.held_wrong == 0
    whole = look(workspace, said=(again := []))
    assert whole.id == paused.id and whole.state is EvaluationState.DONE
    assert whole.found.speeds == speeds  # not measured again
    assert not any("the base" in message.what for message in again)
    assert whole.done == whole.total
    merging = whole.found.merging
    assert merging.answers == 2 and merging.speed is not None
    assert merging.rounding > 0 and merging.divergence > 0 and 0 < merging.left < 1.5
    assert merging.whole.answers == 2 and merging.whole.weight_bytes > speeds.base.weight_bytes
    assert 0 <= merging.whole_divergence < merging.divergence / 4


def test_merging_into_weights_that_are_not_rounded_changes_nothing(workspace):
    whole = look(workspace, quantization="none")
    merging = whole.found.merging
    assert merging.same == merging.answers == 2
    assert merging.rounding is None and merging.whole is None and merging.whole_why == ""
    assert merging.divergence < 1e-3 and merging.likeliest == 1.0


def test_an_adapter_that_is_no_matrix_is_not_merged(tmp_path):
    from studio.engine.adapterfile import AdapterFile
    from studio.engine.merging import why_not_merged

    kinds = {
        kind: why_not_merged(AdapterFile(tmp_path, kind, {}, {}, "")) for kind in ("IA3", "LORA")
    }
    assert "only LoRA's change is a matrix" in kinds["IA3"] and kinds["LORA"] == ""


def test_a_run_that_came_without_its_rows_is_looked_at_with_other_questions(workspace, tmp_path):
    from studio.core.workspace import RunFolder

    assert read_domain(RunFolder(tmp_path)).training == []


def test_the_command_gives_the_figures_and_writes_the_rule(workspace, tmp_path, monkeypatch):
    rule = tmp_path / "rule.json"
    where = [sys.executable, "-m", "studio", "--workspace", str(workspace.path)]
    words = ["readiness", RUN, "--json", "--rule", str(rule)]
    done = subprocess.run([*where, *words], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["speed"]["base"]["tokens_per_second"]["middle"] > 0
    assert set(told["outside"]) >= {"base_right", "adapter_right", "lost", "won", "same"}
    assert told["merging"]["speed"]["answers"] > 0
    assert json.loads(rule.read_text())["threshold"] == told["rule"]["threshold"]
