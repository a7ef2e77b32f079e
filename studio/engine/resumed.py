"""What is to be said before a run goes on from a checkpoint, or why it does not."""

from __future__ import annotations

from collections.abc import Iterator

from studio.core.events import Remark
from studio.core.workspace import RunFolder
from studio.data.checkpoints import checkpoint_steps
from studio.data.resuming import changes_of, check_same, dataset_remark


def remarks_on_resume(run: RunFolder, *, anyway: bool) -> Iterator[Remark]:
    """Yield what the user should know of a run that goes on.

    Args:
        run: with or without a checkpoint.
        anyway: go on though its next steps may not be those that it would have taken.

    Raises:
        RunError: the model or a version has changed; nothing of the run was touched.
    """
    steps = checkpoint_steps(run)
    if not steps:
        return
    workspace = run.workspace
    if not anyway:
        check_same(workspace, run)
    elif found := changes_of(workspace, run):
        yield Remark(
            code="resumed_anyway",
            summary=f"The run goes on though {'; '.join(found)}.",
            hint="Its next steps are not exactly those that it would have taken.",
            step=steps[0],
        )
    if said := dataset_remark(workspace, run):
        yield Remark(code="dataset_changed", summary=said, step=steps[0])
