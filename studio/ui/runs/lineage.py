"""Where a run comes from: the runs and adapters it goes on from, the oldest first; no widgets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from studio.core.workspace import Workspace
from studio.data.runfiles import RunSummary
from studio.ui.widgets.graftline import Kind, LineagePart

MOST = 20
"""Generations; a circle of runs ends there too."""


def ancestor_of(run: RunSummary, workspace: Workspace) -> str:
    """Return the id of the run whose adapter a run goes on from; empty for none, or a stranger's."""
    if not run.start_from:
        return ""
    path = Path(run.start_from).expanduser()
    if not path.is_absolute():  # a run is meant by its id, before a folder of that name
        named = workspace.run(run.start_from)
        path = named.path if named.recipe.is_file() else workspace.path / path
    runs = workspace.runs.resolve()
    resolved = path.resolve()
    return resolved.relative_to(runs).parts[0] if resolved.is_relative_to(runs) else ""


def lineage_words(
    run: RunSummary, known: Mapping[str, RunSummary], workspace: Workspace
) -> Sequence[str]:
    """Return titles from the first ancestor to the run itself; one title when it has none.

    An adapter from elsewhere is named by its folder.
    """
    titles, at, seen = [run.title or run.run], run, {run.run}
    while at.start_from and len(titles) < MOST:
        before = ancestor_of(at, workspace)
        if not before or before in seen:
            titles.append(before or Path(at.start_from).name)
            break
        seen.add(before)
        if before not in known:
            titles.append(before)
            break
        at = known[before]
        titles.append(at.title or at.run)
    return tuple(reversed(titles))


def lineage_parts(run: RunSummary) -> tuple[LineagePart, ...]:
    """Return the parts of the graft line of a run: dataset, base, method and the run itself."""
    named = ((Kind.DATASET, run.dataset), (Kind.BASE, run.model), (Kind.METHOD, run.method))
    parts = [
        LineagePart(kind, words, trained=bool(run.state.step)) for kind, words in named if words
    ]
    return (*parts, LineagePart(Kind.RUN, run.title or run.run, trained=bool(run.state.step)))
