"""What the guard of a run has to say above its curves, and the one thing that can be done."""

from __future__ import annotations

from dataclasses import dataclass

from studio.app.guardreading import GuardReading, last_remark, went_back
from studio.app.runstore import RunStore
from studio.core.guardplan import GuardPlan
from studio.core.runstate import State
from studio.core.takeback import WayBack
from studio.core.tradeoff import Point
from studio.core.units import MINUS, percent

CODES = frozenset({"guard_coming", "guard_crossed", "guard_rolled_back"})
"""Remarks that are said here instead of among the others."""
SLOWER, BACK, EVALUATE = "slower", "back", "evaluate"
WHY = "What it learns from your rows overwrites some of what it knew"
"""For somebody who has never heard of forgetting."""


@dataclass(frozen=True, slots=True)
class Saying:
    """What is the matter, what follows, and what the one button does.

    Attributes:
        kind: coming, unsure, past, stopped or back; one of a kind is said once.
        deed: slower, back, evaluate or empty for no button.
        words: of the button.
    """

    kind: str
    fact: str
    follows: str
    deed: str = ""
    words: str = ""
    tone: str = "warning"


def saying_of(store: RunStore, guard: GuardReading, way: WayBack | None) -> Saying | None:
    """Return what is to be said of forgetting; None if it keeps to the tolerance.

    Args:
        store: the run.
        guard: what its guard measured.
        way: how it would be taken back; None where it cannot be.
    """
    if not store.alive and not (store.is_loaded and _ended_well(store)):
        return None
    back = went_back(store)
    if back is not None:
        fact = f"The guard went back from step {back.step:,} to step {back.to_step:,}."
        follows = f"{_reason(back.reason)} The result is that of step {back.to_step:,}."
        return _with_way(Saying("back", fact, follows), way, "Go on with general rows")
    last = guard.last
    if last is None:
        return None
    if guard.is_past:
        return _past(store, guard, last, way)
    if guard.is_unsure:
        return _unsure(store, guard, last)
    if store.alive and guard.coming is not None:
        return _coming(guard, last, guard.coming)
    return None


def _past(store: RunStore, guard: GuardReading, last: Point, way: WayBack | None) -> Saying:
    plan = guard.plan
    fact = f"General questions got worse by {last.lost:.2f}{_interval(last)}."
    since = next((p.step for p in guard.points if p.step and p.lost > plan.tolerance), last.step)
    follows = f"{WHY}{_more_wrong(guard, last)}. "
    follows += f"That is past the tolerance of {plan.tolerance:g} since step {since:,}."
    if store.alive and plan.on_crossing != "warn":
        return Saying("stopped", fact, f"{follows} {_what_it_does(plan)}")
    if not store.alive and last_remark(store, "guard_crossed") and plan.on_crossing != "warn":
        follows = f"The guard stopped the run at step {store.state.step:,}. {follows}"
    return _with_way(Saying("past", fact, follows), way, "Take it back")


def _unsure(store: RunStore, guard: GuardReading, last: Point) -> Saying:
    """Say that too few questions were asked to tell; the guard does nothing until it is sure."""
    fact = f"General questions look worse by {last.lost:.2f}{_interval(last)}."
    many = f"{guard.asked:,} questions are" if guard.asked else "The questions are"
    follows = f"That is past the tolerance of {guard.plan.tolerance:g}, but may be chance: {many} "
    follows += "too few to tell."
    if store.alive:
        what = "" if guard.plan.on_crossing == "warn" else " The guard waits until it is sure."
        return Saying("unsure", fact, follows + what, SLOWER, "Halve the learning rate")
    follows += " Evaluate asks all of them."
    return Saying("unsure", fact, follows, EVALUATE, "Evaluate", "plain")


def _coming(guard: GuardReading, last: Point, step: int) -> Saying:
    plan = guard.plan
    then = {
        "warn": "",
        "stop": " and the guard stops there",
        "roll_back": " and the guard goes back",
    }[plan.on_crossing]
    if plan.on_crossing == "roll_back" and guard.best is not None:
        then = f" and the guard goes back to step {guard.best.step:,}"
    fact = f"General questions got worse by {last.lost:.2f}{_interval(last)}."
    follows = (
        f"{WHY}. At this pace general answers pass the tolerance of {plan.tolerance:g} near step "
        f"{step:,}{then}."
    )
    return Saying("coming", fact, follows, SLOWER, "Halve the learning rate")


def _with_way(saying: Saying, way: WayBack | None, words: str) -> Saying:
    if way is None:
        return saying
    follows = f"{saying.follows} {words}: {_lower(way.sentence)}"
    return Saying(saying.kind, saying.fact, follows, BACK, words, saying.tone)


def _what_it_does(plan: GuardPlan) -> str:
    if plan.on_crossing == "stop":
        return "The guard stops the run and keeps it."
    return "The guard stops the run and goes back to the best checkpoint."


def _more_wrong(guard: GuardReading, last: Point) -> str:
    """Return how many questions more are answered wrong, for whom nats mean nothing."""
    base = guard.base
    if last.accuracy is None or base is None or base.accuracy is None:
        return ""
    if last.accuracy >= base.accuracy:
        return ""
    many = f" of {guard.asked:,} questions" if guard.asked else ""
    now, before = percent(last.accuracy), percent(base.accuracy)
    return f": it answers {now}{many} right, the base {before}"


def _interval(point: Point) -> str:
    if point.lost_range is None:
        return ""
    low, high = point.lost_range
    return f" nats a token (95 %: {_number(low)} to {_number(high)})"


def _number(value: float) -> str:
    return f"{value:.2f}".replace("-", MINUS)


def _reason(reason: str) -> str:
    return reason if reason.endswith(".") or not reason else f"{reason}."


def _lower(sentence: str) -> str:
    return f"{sentence[:1].lower()}{sentence[1:]}"


def _ended_well(store: RunStore) -> bool:
    return store.state.state in (State.DONE, State.STOPPED) and bool(store.state.adapter)
