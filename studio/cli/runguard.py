"""What runs show tells of gained and forgotten: the curves, the checkpoints, and one sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from studio.core.events import Evaluated, Event, Remark, RolledBack, StepDone
from studio.core.guardplan import GuardPlan
from studio.core.guardwords import cost_words, verdict_words
from studio.core.problems import StudioError
from studio.core.tradeoff import (
    Point,
    base_of,
    best_of,
    crossed,
    points_of,
    questions_of,
)
from studio.core.workspace import RunFolder
from studio.data.checkpoints import checkpoint_steps
from studio.data.recipefile import read_recipe
from studio.data.runfiles import read_events

_CODES = frozenset(
    {"guard_coming", "guard_crossed", "guard_rolled_back", "guard_blind", "probes_leak"}
)
"""Remarks of the guard."""


@dataclass(frozen=True, slots=True)
class _Known:
    """A run as its folder tells it: the last evaluation of each step, its guard, what was said."""

    evaluations: list[Evaluated]
    plan: GuardPlan
    kept: list[int]
    said: list[Remark]
    went_back: list[RolledBack]
    training: float

    @property
    def points(self) -> list[Point]:
        return points_of(self.evaluations, self.kept)

    @property
    def verdict(self) -> str:
        return verdict_words(self.evaluations, self.kept, self.plan.tolerance)

    @property
    def cost(self) -> str:
        return cost_words(self.evaluations, self.training)


def guard_document(folder: RunFolder) -> dict[str, Any]:
    """Return a run's evaluations as curves, its trade-off points and its verdict, for JSON.

    Losses are in nats a token. What was gained and lost is counted from the base, which is the zero
    of both; of what was gained less than 0 is worse, of what was lost more than 0.
    """
    known = _known(folder)
    plan, base = known.plan, base_of(known.evaluations)
    best = best_of(known.points, plan.tolerance)
    measured = base is not None and base.general_loss is not None
    spent = sum(event.guard_seconds for event in known.evaluations)
    return {
        "evaluations": [_evaluation(event) for event in known.evaluations],
        "guard": {
            "enabled": plan.enabled,
            "tolerance": plan.tolerance,
            "on_crossing": plan.on_crossing,
            "remedies": list(plan.remedies),
            "base": _base(base) if base is not None and measured else None,
            "points": [_point(point, known, base) for point in known.points],
            "tags": _tags(known, base) if base is not None and measured else {},
            "best_step": best.step if best is not None else None,
            "verdict": known.verdict,
            "said": [
                {"step": told.step, "code": told.code, "summary": told.summary, "hint": told.hint}
                for told in known.said
            ],
            "went_back": [{"from": turn.step, "to": turn.to_step} for turn in known.went_back],
            "cost": {
                "seconds": spent,
                "training_seconds": known.training,
                "share": spent / known.training if known.training else None,
            },
        },
    }


def guard_facts(folder: RunFolder) -> list[tuple[str, str]]:
    """Return what a person reads of it; empty for a run that nothing guarded."""
    known = _known(folder)
    if not known.points:
        return []
    general = " → ".join(f"{point.step}: {point.general:.3f}" for point in known.points)
    found = [("general", general), ("measuring", known.cost), ("verdict", known.verdict)]
    return [(name, value) for name, value in found if value]


def _known(folder: RunFolder) -> _Known:
    events: list[Event] = list(read_events(folder))
    found = {e.step: e for e in events if isinstance(e, Evaluated)}
    try:
        plan = read_recipe(folder.recipe).guard
    except StudioError:
        plan = GuardPlan()  # what it was told is shown all the same; the recipe says why
    return _Known(
        evaluations=[found[step] for step in sorted(found)],
        plan=plan,
        kept=checkpoint_steps(folder),
        said=[e for e in events if isinstance(e, Remark) and e.code in _CODES],
        went_back=[e for e in events if isinstance(e, RolledBack)],
        training=sum(e.seconds for e in events if isinstance(e, StepDone)),
    )


def _base(base: Evaluated) -> dict[str, Any]:
    return {
        "target_loss": base.target_loss,
        "general_loss": base.general_loss,
        "general_accuracy": base.general_accuracy,
        "questions": questions_of(base),
    }


def _point(point: Point, known: _Known, base: Evaluated | None) -> dict[str, Any]:
    event = next(event for event in known.evaluations if event.step == point.step)
    return {
        "step": point.step,
        "target_loss": point.target,
        "general_loss": point.general,
        "gained": base.target_loss - point.target if base is not None else None,
        "lost": point.lost,
        "lost_range": list(point.lost_range) if point.lost_range else None,
        "accuracy": point.accuracy,
        "drift": point.drift,
        "questions": questions_of(event),
        "kept": point.kept,
        "crossed": crossed(point, known.plan.tolerance),
    }


def _tags(known: _Known, base: Evaluated) -> dict[str, list[dict[str, Any]]]:
    """Return a curve for each subject: how much worse than the base's its answers are."""
    curves: dict[str, list[dict[str, Any]]] = {}
    for event in known.evaluations:
        for tag, body in sorted(event.general_tags.items()):
            start = base.general_tags.get(tag)
            if isinstance(body, dict) and isinstance(start, dict) and "loss" in body:
                lost = body["loss"] - start["loss"]
                told = {name: body.get(name) for name in ("accuracy", "drift", "items")}
                curves.setdefault(tag, []).append({"step": event.step, "lost": lost, **told})
    return curves


def _evaluation(event: Evaluated) -> dict[str, Any]:
    return {
        "step": event.step,
        "target_loss": event.target_loss,
        "general_loss": event.general_loss,
        "general_accuracy": event.general_accuracy,
        "drift": event.drift,
        "ranges": event.general_ranges,
        "tags": event.general_tags,
        "seconds": event.seconds,
        "guard_seconds": event.guard_seconds,
    }
