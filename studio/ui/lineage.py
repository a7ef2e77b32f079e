"""What belongs together, read from the studio: the graft line that every page shows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from studio.app.studio import Studio
from studio.ui.widgets.graftline import Kind, LineagePart

if TYPE_CHECKING:
    from studio.app.runstore import RunStore

PAGE_OF = {Kind.DATASET: "Data", Kind.BASE: "Model", Kind.METHOD: "Model", Kind.RUN: "Train"}
"""The page a part leads to."""
ABOUT_RUNS = ("Train", "Chat", "Runs")
"""Pages that show the run which is open; the others show what is being prepared."""


def lineage_of(studio: Studio, page: str) -> tuple[LineagePart, ...]:
    """Return the parts for a page: those of the open run, or those of the draft."""
    run = studio.runs.current
    if run is not None and run.recipe is not None and page in ABOUT_RUNS:
        recipe = run.recipe
        dataset, base, method = recipe.dataset, Path(recipe.model).name, recipe.method_title
    else:
        open_set, chosen = studio.datasets.current, studio.models.current
        dataset = open_set.name if open_set is not None else ""
        base = chosen.name if chosen is not None else ""
        method = studio.draft.recipe.method_title
        run = None
    parts = []
    if dataset:
        parts.append(LineagePart(Kind.DATASET, Path(dataset).name))
    if base:
        parts.append(LineagePart(Kind.BASE, base))
        parts.append(LineagePart(Kind.METHOD, method, trained=bool(run and run.state.step)))
    if run is not None:
        parts.append(LineagePart(Kind.RUN, _run_words(run), trained=True))
    return tuple(parts)


def _run_words(run: RunStore) -> str:
    """Return how the branch is called: the run's title, with its step while it grows."""
    return f"{run.title} · step {run.state.step:,}" if run.alive else run.title
