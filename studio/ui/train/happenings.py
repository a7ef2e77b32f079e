"""What changed the course of a run, in words: checkpoints, memory that ran out, ways back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from studio.app.runhistory import History
from studio.core.events import MemoryShort, PlanChanged, RolledBack, RunStarted
from studio.core.knobtitles import title_of
from studio.core.recipe import Recipe
from studio.core.units import gib, learning_rate

SHORT = {
    "micro_batch": "micro-batch",
    "grad_accum": "accumulation",
    "checkpointing": "checkpointing",
    "learning_rate": "learning rate",
}
BATCH = ("micro_batch", "grad_accum")
WHILE = {
    "loading": " while the model was loaded",
    "evaluating": " in an evaluation",
    "sampling": " while answers were written",
    "saving": " while a checkpoint was written",
}


@dataclass(frozen=True, slots=True)
class Happening:
    """Something at a step that the curves show a mark for.

    Attributes:
        kind: checkpoint, memory, plan, resume or rollback.
        words: what happened, as a sentence without its full stop.
    """

    step: int
    kind: str
    words: str


def happenings_of(history: History, recipe: Recipe | None) -> list[Happening]:
    """Return what happened to a run, in the order of its telling; checkpoints come last."""
    made: list[Happening] = []
    plan = recipe.to_mapping() if recipe is not None else {}
    short: MemoryShort | None = None
    started = False
    for turn in history.turns:
        match turn:
            case MemoryShort():
                short = turn
                made.append(Happening(turn.step, "memory", memory_words(turn)))
            case PlanChanged():
                words = plan_words(turn, plan, short)
                if short is not None and made and made[-1].kind == "memory":
                    made[-1] = Happening(short.step, "memory", words)
                else:
                    made.append(Happening(turn.step, "plan", words))
                plan, short = {**plan, **turn.changes}, None
            case RolledBack():
                made.append(Happening(turn.to_step, "rollback", back_words(turn)))
            case RunStarted(resumed_from=step):
                if started:
                    made.append(Happening(step, "resume", f"Went on from step {step:,}"))
                started = True
    kept = (Happening(c.step, "checkpoint", "Checkpoint") for c in history.checkpoints)
    return [*made, *kept]


def memory_words(event: MemoryShort) -> str:
    """Return where memory ran out, and how much was free."""
    free = f"; {gib(event.free_bytes)} were free" if event.free_bytes else ""
    return f"Memory ran out at step {event.step:,}{WHILE.get(event.where, '')}{free}"


def plan_words(event: PlanChanged, before: Mapping[str, Any], short: MemoryShort | None) -> str:
    """Return a change of plan: what became what, why, and what stays the same."""
    changed = [
        f"{SHORT.get(name, title_of(name).lower())} {_value(name, before.get(name))} → "
        f"{_value(name, value)}"
        for name, value in event.changes.items()
    ]
    words = ", ".join(changed) or "The plan changed"
    words = words[0].upper() + words[1:]
    if short is not None:
        where = WHILE.get(short.where, "")
        words += f": memory ran out at step {short.step:,}{where}"
    elif event.reason:
        words += f": {event.reason.rstrip('.')}"
    after = {**before, **event.changes}
    if set(BATCH) & set(event.changes) and _batch(after) == _batch(before) != 0:
        words += f"; the batch stays {_batch(after):,}"
    return words


def back_words(event: RolledBack) -> str:
    """Return a way back: from where to where, why, and with which rate."""
    words = f"Went back from step {event.step:,} to {event.to_step:,}"
    if event.reason:
        words += f": {event.reason.rstrip('.')}"
    if event.learning_rate:
        words += f"; the learning rate is {learning_rate(event.learning_rate)} from here on"
    return words


def at_step(found: Iterable[Happening], step: int, reach: float) -> list[Happening]:
    """Return what happened within ``reach`` steps of a step."""
    return [h for h in found if abs(h.step - step) <= reach]


def _batch(plan: Mapping[str, Any]) -> int:
    try:
        return int(plan["micro_batch"]) * int(plan["grad_accum"])
    except (KeyError, TypeError, ValueError):
        return 0


def _value(name: str, value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float):
        return learning_rate(value) if name == "learning_rate" else f"{value:g}"
    return f"{value:,}" if isinstance(value, int) else str(value)
