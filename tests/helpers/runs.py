"""Runs on disk for tests: a folder with recipe, meta and origin, and events in its file."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from studio.core.events import EVENTS
from studio.core.recipe import Recipe
from studio.core.workspace import RunFolder, Workspace
from studio.data.recipefile import write_recipe

GIB = 1024**3


def make_run(
    workspace: Workspace, run_id: str = "2026-11-22-hotel-concierge-1", title: str = "concierge"
) -> RunFolder:
    """Make the folder of a run that has not started."""
    folder = workspace.run(run_id)
    folder.path.mkdir(parents=True)
    write_recipe(Recipe(model="starter", dataset="hotel-concierge", title=title), folder.recipe)
    folder.meta.write_text(f'title = "{title}"\n')
    predicted = {"peak": 1.9, "low": 1.7, "high": 2.1}
    origin = {f"predicted_{name}_bytes": round(v * GIB) for name, v in predicted.items()}
    folder.origin.write_text(json.dumps(origin))
    return folder


def add_events(folder: RunFolder, events: Iterable[object]) -> None:
    """Append events to a run, as an engine does."""
    with folder.events.open("ab") as file:
        for event in events:
            file.write(EVENTS.encode(event))


def workspace_in(folder: Path) -> Workspace:
    """Return a fresh workspace."""
    return Workspace(folder / "workspace").create()
