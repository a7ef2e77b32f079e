"""A run on rows of each kind: from the dataset through the frozen tokens to what was learned."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest

from studio.core.events import Evaluated, Remark, RunStarted
from studio.core.example import Conversation, Example, Preference, Text, kind_of
from studio.core.recipe import Recipe
from studio.core.workspace import RunFolder, Workspace
from studio.data.runprep import prepare_run
from studio.data.store import Dataset
from studio.engine.render import Renderer
from studio.engine.rowsfile import read_frozen
from studio.machine.enginecommand import engine_command, engine_environment
from tests.helpers import chattemplates
from tests.helpers.runfolders import events_of, steps_of
from tests.helpers.tinymodel import make_tiny_model

pytestmark = [pytest.mark.slow, pytest.mark.timeout(500)]
STEPS, ROWS = 12, 16
END = "<|im_end|>"


def talk(n: int) -> Conversation:
    return Conversation(
        (
            {"role": "system", "content": "Be short."},
            {"role": "user", "content": f"Room {n}?"},
            {"role": "assistant", "content": f"Breakfast is at {n % 3}."},
            {"role": "user", "content": "And parking?"},
            {"role": "assistant", "content": "Parking is free."},
        )
    )


def text(n: int) -> Text:
    return Text(f"Breakfast is served from seven in room {n % 4}.")


def pair(n: int) -> Preference:
    return Preference(f"Room {n}?", "Breakfast is at seven.", "No.")


def train(place: Path, rows: list[Example], **settings: object) -> RunFolder:
    """Train a tiny model on rows in an engine process, and return the run."""
    workspace = Workspace(place).create()
    if not workspace.model("tiny").exists():
        make_tiny_model(workspace.model("tiny"))
    with Dataset.create(workspace.dataset("rows"), kind_of(rows[0])) as dataset:
        dataset.insert(0, rows[:-3], "train")
        dataset.insert(len(dataset), rows[-3:], "validation")
    recipe = Recipe(
        model="tiny",
        dataset="rows",
        max_steps=STEPS,
        micro_batch=4,
        max_tokens=128,
        learning_rate=1e-2,
        eval_steps=STEPS,
        device="cpu",
        **settings,  # type: ignore[arg-type]
    )
    run = prepare_run(workspace, recipe)
    done = subprocess.run(
        engine_command("train", str(run.path)),
        env=engine_environment() | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return run


def learned(run: RunFolder, template: str = "") -> list[str]:
    """Return the trained text of each frozen row of the training split."""
    renderer = Renderer(Workspace(run.path.parent.parent).model("tiny"), template)
    return [
        "".join(renderer.text(int(i)) for i in row.ids[row.trained])
        for row in read_frozen(run.tokens).train
    ]


def check_fell(run: RunFolder) -> None:
    losses = [event.loss for event in steps_of(run).values()]
    assert len(losses) == STEPS
    assert np.isfinite(losses).all()
    first, *_, last = [
        event.target_loss for event in events_of(run) if isinstance(event, Evaluated)
    ]
    assert last < first


def remarks(run: RunFolder) -> set[str]:
    return {event.code for event in events_of(run) if isinstance(event, Remark)}


def test_a_conversation_teaches_every_answer(tmp_path):
    run = train(tmp_path, [talk(n) for n in range(ROWS)])
    for n, words in enumerate(learned(run)):
        assert words == f"Breakfast is at {n % 3}.{END}Parking is free.{END}"
    check_fell(run)
    assert remarks(run) == set()


def test_running_text_teaches_all_of_itself(tmp_path):
    run = train(tmp_path, [text(n) for n in range(ROWS)])
    for n, words in enumerate(learned(run)):
        assert words == f"Breakfast is served from seven in room {n % 4}.{END}"
    check_fell(run)
    assert remarks(run) == set()


def test_a_preference_teaches_its_chosen_answer_and_the_run_says_so(tmp_path):
    run = train(tmp_path, [pair(n) for n in range(ROWS)])
    assert set(learned(run)) == {f"Breakfast is at seven.{END}"}
    check_fell(run)
    assert remarks(run) == {"chosen_only"}


def test_answers_that_a_template_rewrites_are_sequences_of_their_own(tmp_path):
    run = train(tmp_path, [talk(n) for n in range(8)], template=chattemplates.QWEN3)
    words = learned(run, chattemplates.QWEN3)
    blank = "<think>\n\n</think>\n\n"
    assert words[:2] == [f"{blank}Parking is free.{END}", f"{blank}Breakfast is at 0.{END}"]
    (started,) = [event for event in events_of(run) if isinstance(event, RunStarted)]
    assert started.train_rows == 2 * 5


def test_a_model_without_a_template_trains_with_the_default_and_says_so(tmp_path):
    model = make_tiny_model(tmp_path / "models" / "tiny")
    (model / "chat_template.jinja").unlink()
    run = train(tmp_path, [pair(n) for n in range(ROWS)])
    assert set(learned(run)) == {f" Breakfast is at seven.{END}"}
    assert remarks(run) == {"chosen_only", "default_template"}
