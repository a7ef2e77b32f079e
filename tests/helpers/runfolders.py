"""Run folders as the studio prepares them, small enough to train in seconds."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from studio.core.events import EVENTS, StepDone
from studio.core.recipe import Recipe
from studio.core.workspace import RunFolder, Workspace
from studio.data.recipefile import write_recipe

ROWS = [
    (
        "train",
        f"What is {i} times {i}?",
        "" if i % 3 else "Be short.",
        f"It is {i * i}." * (1 + i % 4),
    )
    for i in range(22)
] + [("validation", f"What is {i} times {i}?", "", f"It is {i * i}.") for i in range(30, 34)]
SMALL: dict[str, Any] = {
    "rank": 4,
    "alpha": 8,
    "learning_rate": 1e-2,
    "warmup_steps": 2,
    "max_tokens": 128,
    "device": "cpu",
}
QUIET: dict[str, Any] = {"samples": {"held_out": 0}, "guard": {"enabled": False}}
"""Answers at each checkpoint, and general questions, take longer than the steps of so small a run."""


def make_run(
    place: Path, model: Path, rows: Iterable[tuple[str, str, str, str]] = ROWS, **settings: Any
) -> RunFolder:
    """Write a run that an engine can work on; rows are (split, instruction, input, output)."""
    workspace = Workspace(place).create()
    run = workspace.run(f"run-{len(list(workspace.runs.iterdir())) + 1}")
    run.rows.parent.mkdir(parents=True)
    with run.rows.open("w", encoding="utf-8") as file:
        for i, (split, instruction, text, output) in enumerate(rows):
            row = {"row": i, "split": split, "instruction": instruction, "input": text}
            file.write(json.dumps(row | {"output": output}) + "\n")
    settings = SMALL | settings | {"tables": QUIET | settings.get("tables", {})}
    write_recipe(Recipe(model=str(model), dataset="sums", **settings), run.recipe)
    return run


def events_of(run: RunFolder) -> list[Any]:
    """Return all events of a run that are written whole; the last may still be on its way."""
    lines = run.events.read_bytes().split(b"\n")[:-1] if run.events.is_file() else []
    return [EVENTS.decode(line) for line in lines if line.strip()]


def steps_of(run: RunFolder) -> dict[int, StepDone]:
    """Return the last event of each step."""
    return {event.step: event for event in events_of(run) if isinstance(event, StepDone)}
