"""Has a render process judge all rows of a dataset, and reads what it found."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from studio.core.problems import StudioError
from studio.core.protocol import CheckDataset, DatasetChecked, RequestFailed
from studio.core.workspace import Workspace
from studio.data.checks import sidecar
from studio.data.checks.found import Found, read
from studio.data.checks.wholes import NEAR
from studio.data.store import Dataset
from studio.machine.enginecommand import engine_command, replies


def check_rows(
    workspace: Workspace,
    dataset: Path,
    *,
    model: Path | None = None,
    template: str = "",
    system_prompt: str = "",
    near: float = NEAR,
    tell: Callable[[DatasetChecked], None] | None = None,
) -> Found:
    """Return what is known of a dataset's rows after those that changed were judged again.

    Args:
        workspace: keeps what is found, for the next time.
        dataset: the dataset's file.
        model: folder of the base model; None judges the texts alone.
        template: as in a recipe.
        system_prompt: as in a recipe.
        near: similarity from which two rows are nearly the same.
        tell: is told how far it is.

    Raises:
        StudioError: the rows cannot be judged.
    """
    place = _place(workspace, dataset)
    request = CheckDataset(
        id=1,
        dataset=str(dataset),
        sidecar=str(place),
        model=str(model or ""),
        template=template,
        system_prompt=system_prompt,
        near=near,
    )
    for reply in replies(engine_command("render"), request):
        if isinstance(reply, RequestFailed):
            raise StudioError(reply.summary, reply.hint, reply.details)
        if isinstance(reply, DatasetChecked) and tell is not None:
            tell(reply)
    return read(place)


def _place(workspace: Workspace, dataset: Path) -> Path:
    """Return where what is found of a dataset is kept."""
    with Dataset.open(dataset, read_only=True) as opened:
        return sidecar.place(workspace.path, opened.uid)
