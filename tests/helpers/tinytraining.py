"""A workspace with a tiny model and two dozen rows, and a recipe that trains on them in seconds."""

from __future__ import annotations

from pathlib import Path

from studio.core.example import Triple
from studio.core.recipe import Recipe
from studio.core.workspace import Workspace
from studio.data.store import Dataset
from tests.helpers.runs import workspace_in
from tests.helpers.tinymodel import make_tiny_model

RECIPE = Recipe(
    model="tiny",
    dataset="rows",
    title="tiny",
    max_steps=40,
    micro_batch=2,
    max_tokens=96,
    eval_steps=20,
    save_steps=20,
    learning_rate=3e-3,
    quantization="none",
    device="cpu",
)


def training_workspace(folder: Path) -> Workspace:
    """Return a workspace in which the recipe can be trained."""
    made = workspace_in(folder)
    make_tiny_model(made.model("tiny"))
    rows = [Triple(f"Room {n}?", "", f"Breakfast is at {n % 12}.") for n in range(24)]
    with Dataset.create(made.dataset("rows")) as dataset:
        dataset.insert(0, rows[:20], "train")
        dataset.insert(20, rows[20:], "validation")
    return made
