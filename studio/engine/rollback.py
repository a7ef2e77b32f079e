"""Goes back to an earlier checkpoint: later ones are set aside, and the plan says what changes."""

from __future__ import annotations

from studio.core.events import PlanChanged, RolledBack
from studio.core.problems import RunError
from studio.core.workspace import RunFolder
from studio.data.checkpointplaces import checkpoint_folder
from studio.data.checkpoints import fault_of, set_aside_after
from studio.engine.emit import EventLog


def go_back(
    run: RunFolder, log: EventLog, *, step: int, to_step: int, learning_rate: float, reason: str
) -> None:
    """Make the run go on from an earlier step when its engine begins again.

    Args:
        run: the run, whose lock this process holds.
        log: of the run.
        step: where the run is.
        to_step: step of a whole checkpoint, or 0 for the start.
        learning_rate: the highest rate from then on; 0 keeps it.
        reason: a sentence.

    Raises:
        RunError: there is no such checkpoint, or it is damaged. Nothing was changed.
    """
    fault = fault_of(checkpoint_folder(run, to_step)) if to_step else ""
    if fault or to_step > step:
        why = f"The checkpoint of step {to_step} {fault}." if fault else "The run is not there yet."
        raise RunError(f"The run cannot go back to step {to_step}. {why}", "Choose another one.")
    set_aside_after(run, to_step)
    log.emit(RolledBack(step=step, to_step=to_step, reason=reason, learning_rate=learning_rate))
    if learning_rate:
        changes = {"learning_rate": learning_rate}
        log.emit(PlanChanged(step=to_step, changes=changes, reason=reason))
