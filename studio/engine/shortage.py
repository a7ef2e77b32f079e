"""What a run does when memory ran out: keep what can be kept, plan what needs less, begin again."""

from __future__ import annotations

from dataclasses import dataclass

from studio.core.events import MemoryShort, PlanChanged
from studio.core.recipe import Recipe
from studio.core.saferplan import safer_plan
from studio.engine.again import StartAgain
from studio.engine.emit import EventLog
from studio.engine.explain import Ending
from studio.engine.memoryshort import free_memory

_WHERE = {
    "loading": "while the model was loaded",
    "training": "for a step",
    "evaluating": "to evaluate",
    "sampling": "to answer the prompts",
    "saving": "to save",
}


@dataclass(frozen=True, slots=True)
class Shortage:
    """Memory ran out.

    Attributes:
        step: optimizer steps done.
        where: loading, training, evaluating, sampling or saving.
        said: what whoever wanted the memory says.
        details: where in the program.
    """

    step: int
    where: str
    said: str
    details: str


def plan_for(
    shortage: Shortage, *, started: Recipe, now: Recipe, device: str, going_on: int, log: EventLog
) -> Ending:
    """Return how the run ends if nothing that trains the same takes less memory.

    Args:
        shortage: what happened.
        started: the recipe as the run was started.
        now: as it is carried out.
        device: what it trains on.
        going_on: step of the checkpoint that it goes on from.
        log: told what happened and what is done about it.

    Raises:
        StartAgain: there is a safer plan.
    """
    log.emit(
        MemoryShort(
            step=shortage.step,
            where=shortage.where,
            summary=shortage.said,
            free_bytes=free_memory(),
        )
    )
    safer = safer_plan(started, now, device) if shortage.where != "loading" else None
    if safer is None:
        return _nothing_left(shortage)
    log.emit(PlanChanged(step=going_on, changes=safer.changes, reason=safer.reason))
    raise StartAgain


def _nothing_left(shortage: Shortage) -> Ending:
    summary = f"There was not enough memory {_WHERE.get(shortage.where, 'to go on')}"
    if shortage.where == "loading":
        return Ending(
            "out_of_memory",
            f"{summary}.",
            "End what else takes memory, store the base in 4 bits, or choose a smaller model.",
            shortage.details,
        )
    return Ending(
        "out_of_memory",
        f"{summary}, though everything that trains the same was tried.",
        "Resume once more memory is free, or train again with shorter rows: lower the longest "
        "sequence.",
        shortage.details,
    )
