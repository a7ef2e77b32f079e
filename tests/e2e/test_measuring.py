"""The measuring process itself: real steps on the longest rows of a tiny model, and nothing left."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.app.measureclient import MeasureClient
from studio.core.example import Triple
from studio.core.recipe import Recipe
from studio.core.workspace import Workspace
from studio.data.store import Dataset
from studio.engine.render import Renderer
from tests.helpers.runs import workspace_in

pytestmark = pytest.mark.slow
LONG_MS = 180_000
RECIPE = Recipe(
    model="tiny",
    dataset="rows",
    quantization="nf4",
    device="cpu",
    micro_batch=2,
    grad_accum=4,
    max_tokens=120,
)
LONG = Triple("Room 7?", "", "Breakfast is at seven in the garden room. " * 4)


@pytest.fixture
def workspace(tmp_path: Path, tiny_model: Path) -> Workspace:
    made = workspace_in(tmp_path)
    made.model("tiny").symlink_to(tiny_model)
    rows = [Triple(f"Room {n}?", "", f"At {n % 12}.") for n in range(24)]
    with Dataset.create(made.dataset("rows")) as dataset:
        dataset.insert(0, [*rows[:10], LONG, *rows[10:20]], "train")
        dataset.insert(21, rows[20:], "validation")
    return made


@pytest.fixture
def client(qtbot):
    made = MeasureClient()
    yield made
    made.close()


def test_two_steps_on_the_longest_rows_are_measured_and_nothing_is_left(client, workspace, qtbot):
    stages = []
    client.progressed.connect(lambda progress: stages.append(progress.what))
    with qtbot.waitSignal(client.measured, timeout=LONG_MS) as came:
        client.start(workspace, RECIPE)
    found = came.args[0]
    longest = len(Renderer(workspace.model("tiny")).render(LONG, RECIPE.max_tokens))
    assert found.longest_tokens == longest
    assert found.rows == 4  # two micro-batches: further ones would take no more
    assert found.counted == "resident"
    assert found.peak_bytes >= found.evaluation_bytes > 100 * 2**20
    assert found.peak_bytes >= found.training_bytes > 100 * 2**20
    assert found.step_seconds > 0
    assert found.step_tokens > longest
    assert "Training step 2" in stages
    assert stages[-1] == "Evaluation step"
    qtbot.waitUntil(lambda: client.pid == 0, timeout=LONG_MS)
    assert list((workspace.path / ".staging").iterdir()) == []
    assert not list(workspace.runs.iterdir())


def test_a_model_that_is_missing_is_a_sentence(client, workspace, qtbot):
    with qtbot.waitSignal(client.failed, timeout=LONG_MS) as failed:
        client.start(workspace, RECIPE.replace(model="gone"))
    assert "gone" in failed.args[0].summary
    assert not client.measuring


def test_memory_that_runs_out_is_told_with_what_was_held():
    from studio.engine.measureserver import OutOfMemory, _explained

    problem = _explained(RuntimeError("DefaultCPUAllocator: can't allocate memory: 99 bytes"))
    assert isinstance(problem, OutOfMemory)
    assert problem.summary.startswith("It needs more than ")
    assert "micro-batches" in problem.hint
    assert "measurement failed" in _explained(KeyError("x")).summary
