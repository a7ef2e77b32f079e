"""A run on a mix, from the terminal to its result: parts of two kinds, paused work resumed exactly."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path

import pytest

from studio.cli import run_command
from studio.core.events import RunStarted
from studio.core.example import Conversation, Kind, Triple
from studio.core.workspace import RunFolder, Workspace
from studio.data.checkpoints import checkpoint_steps, file_hash
from studio.data.recipefile import read_recipe
from studio.data.store import Dataset
from tests.helpers.runfolders import events_of, steps_of
from tests.helpers.tinymodel import make_tiny_model

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning"),
]
RECIPE = """
model = "tiny"
dataset = "mine"
max_tokens = 96
micro_batch = 3
max_steps = 6
save_steps = 2
eval_steps = 3
device = "cpu"

[[mix]]
dataset = "mine"
weight = 0.6

[[mix]]
dataset = "general"
weight = 0.4
"""


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    made = Workspace(tmp_path_factory.mktemp("mixed")).create()
    make_tiny_model(made.model("tiny"))
    with Dataset.create(made.dataset("mine")) as data:
        data.insert(0, [Triple(f"Room {n}?", "", f"Breakfast is at {n}.") for n in range(12)])
        data.insert(
            12, [Triple(f"Pool {n}?", "", f"It opens at {n}.") for n in range(3)], "validation"
        )
    with Dataset.create(made.dataset("general"), Kind.CONVERSATION) as data:
        data.insert(0, [_conversation(n) for n in range(5)])
    (made.path / "recipe.toml").write_text(RECIPE)
    return made


def _conversation(n: int) -> Conversation:
    says = (("user", f"Hi {n}"), ("assistant", "Yes?"), ("user", "Why?"), ("assistant", f"So {n}."))
    return Conversation(tuple({"role": role, "content": text} for role, text in says))


def _run(workspace: Workspace, capfd: pytest.CaptureFixture[str], *words: str) -> list[dict]:
    code = run_command([*words, "--workspace", str(workspace.path), "--json"])
    out, err = capfd.readouterr()
    assert code == 0, err
    return [json.loads(line) for line in out.splitlines()]


@pytest.fixture(scope="module")
def finished(workspace: Workspace) -> RunFolder:
    code = run_command(
        ["train", str(workspace.path / "recipe.toml"), "--workspace", str(workspace.path)]
    )
    assert code == 0
    (run,) = workspace.run_folders()
    return run


def test_rows_of_all_parts_are_trained_and_the_main_dataset_judges(finished: RunFolder) -> None:
    rows = [json.loads(line) for line in finished.rows.read_bytes().splitlines()]
    assert Counter((row["dataset"], row["split"]) for row in rows) == {
        ("mine", "train"): 12,
        ("general", "train"): 8,
        ("mine", "validation"): 3,
    }
    (start,) = (event for event in events_of(finished) if isinstance(event, RunStarted))
    assert (start.train_rows, start.validation_rows) == (20, 3)
    assert sorted(steps_of(finished)) == [1, 2, 3, 4, 5, 6]
    assert (finished.adapter / "adapter_config.json").is_file()


def test_a_mixed_run_resumes_exactly_though_its_datasets_changed_since(
    workspace: Workspace, finished: RunFolder, capfd: pytest.CaptureFixture[str]
) -> None:
    killed = RunFolder(finished.path.with_name("killed-1"))
    shutil.copytree(finished.path, killed.path)
    shutil.rmtree(killed.adapter)
    for step in checkpoint_steps(killed):
        if step > 2:
            shutil.rmtree(killed.checkpoint(step))
    kept = [line for line in killed.events.read_bytes().splitlines() if b"RunEnded" not in line]
    killed.events.write_bytes(b"\n".join(kept) + b"\n")
    with Dataset.open(workspace.dataset("general")) as data:
        data.delete(data.ids[:4].tolist())
    _run(workspace, capfd, "resume", "killed-1")
    name = "adapter_model.safetensors"
    assert file_hash(killed.adapter / name) == file_hash(finished.adapter / name)
    assert read_recipe(killed.recipe).mix == read_recipe(finished.recipe).mix


def test_the_terminal_tells_the_mix_of_a_run(
    workspace: Workspace, finished: RunFolder, capfd: pytest.CaptureFixture[str]
) -> None:
    (told,) = _run(workspace, capfd, "runs", "show", finished.id)
    assert [(part["dataset"], part["rows_used"]) for part in told["mix"]] == [
        ("mine", 12),
        ("general", 8),
    ]
    run_command(["runs", "show", finished.id, "--workspace", str(workspace.path)])
    out, _ = capfd.readouterr()
    assert "mine 60 %, general 40 % (12 of mine, 8 of general)" in out


def test_a_mix_is_counted_and_a_dataset_split_from_the_terminal(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    workspace = Workspace(tmp_path).create()
    with Dataset.create(workspace.dataset("a")) as data:
        data.insert(0, [Triple(f"q{n}", "", f"a{n}") for n in range(40)])
    (told,) = _run(workspace, capfd, "data", "split", "a", "--test", "10", "--freeze", "test")
    assert told["rows"] == {"train": 26, "validation": 4, "test": 10}
    assert told["frozen"] == ["test"]
    (told,) = _run(workspace, capfd, "data", "split", "a", "--validation", "0", "--dry-run")
    assert (told["rows"]["test"], told["moved"]) == (10, 4)
    (told,) = _run(workspace, capfd, "data", "mix", "--part", "a=90%")
    assert (told["rows"], told["tokens"]) == (26, None)
    assert told["parts"][0]["repeats"] == ""
