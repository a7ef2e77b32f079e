"""Whether a run can go on exactly: its model and what trains it must be what they were."""

from __future__ import annotations

from contextlib import suppress

from studio.core.problems import RunError, StudioError
from studio.core.workspace import RunFolder, Workspace
from studio.data.checkpoints import checkpoint_steps
from studio.data.datasetnames import resolve_dataset
from studio.data.recipefile import read_recipe
from studio.data.runfiles import read_origin
from studio.data.runprep import versions
from studio.data.store import Dataset
from studio.machine.modelmark import model_mark
from studio.machine.models import resolve_model

_DECIDING = ("torch", "transformers", "peft", "bitsandbytes")
"""Packages that the numbers of a step depend on."""


def check_same(workspace: Workspace, folder: RunFolder) -> None:
    """Refuse to go on with a run whose next step would not be the one it would have taken.

    Raises:
        RunError: the model or a version has changed; it says which, and what can be done.
    """
    if refusal := refusal_of(workspace, folder):
        raise refusal


def refusal_of(workspace: Workspace, folder: RunFolder) -> RunError | None:
    """Return why a run would not go on as it began; None if it would.

    A run without a checkpoint begins anew and may begin with anything.
    """
    found = changes_of(workspace, folder) if checkpoint_steps(folder) else []
    if not found:
        return None
    return RunError(
        f"{folder.id} would not go on as it began: {'; '.join(found)}.",
        "Put back what it began with, resume anyway, or train it again from its start.",
    )


def changes_of(workspace: Workspace, folder: RunFolder) -> list[str]:
    """Return what decides about a run's numbers and is not as it was, as parts of a sentence.

    A model that is gone is none of it: whoever loads it says so.
    """
    origin, found = read_origin(folder), []
    mark = str(origin.get("model_mark") or "")
    with suppress(StudioError):
        model = resolve_model(workspace, read_recipe(folder.recipe).model)
        if mark and model_mark(model) != mark:
            found.append(f"the files of {model.name} have changed")
    then, now = origin.get("versions"), versions()
    if isinstance(then, dict):
        found += [
            f"{name} was {then[name]} and is {now.get(name, 'missing')}"
            for name in _DECIDING
            if name in then and str(then[name]) != now.get(name)
        ]
    return found


def dataset_remark(workspace: Workspace, folder: RunFolder) -> str:
    """Return a sentence if a run's dataset was changed since; the run has rows of its own."""
    known = str(read_origin(folder).get("dataset_fingerprint") or "")
    if not known:
        return ""
    try:
        path = resolve_dataset(workspace, read_recipe(folder.recipe).dataset)
        with Dataset.open(path, read_only=True) as data:
            same = data.fingerprint() == known
    except StudioError:
        return "Its dataset is gone; the run goes on with the rows that it froze."
    if same:
        return ""
    return f"{path.stem} was edited since; the run goes on with the rows that it froze."
