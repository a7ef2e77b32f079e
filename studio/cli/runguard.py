"""What runs show tells of gained and forgotten: the curves, the checkpoints, and one sentence."""

from __future__ import annotations

from typing import Any

from studio.core.events import Evaluated
from studio.core.guardplan import GuardPlan
from studio.core.guardwords import verdict_words
from studio.core.problems import StudioError
from studio.core.tradeoff import best_of, crossed, points_of
from studio.core.workspace import RunFolder
from studio.data.checkpoints import checkpoint_steps
from studio.data.recipefile import read_recipe
from studio.data.runfiles import read_events


def guard_document(folder: RunFolder) -> dict[str, Any]:
    """Return a run's evaluations as curves, its trade-off points and its verdict, for JSON."""
    evaluations, plan, kept = _known(folder)
    points = points_of(evaluations, kept)
    best = best_of(points, plan.tolerance)
    return {
        "evaluations": [_evaluation(event) for event in evaluations],
        "guard": {
            "enabled": plan.enabled,
            "tolerance": plan.tolerance,
            "on_crossing": plan.on_crossing,
            "remedies": list(plan.remedies),
            "points": [
                {
                    "step": point.step,
                    "target_loss": point.target,
                    "general_loss": point.general,
                    "lost": point.lost,
                    "drift": point.drift,
                    "kept": point.kept,
                    "crossed": crossed(point, plan.tolerance),
                }
                for point in points
            ],
            "best_step": best.step if best is not None else None,
            "verdict": verdict_words(evaluations, kept, plan.tolerance),
        },
    }


def guard_facts(folder: RunFolder) -> list[tuple[str, str]]:
    """Return what a person reads of it; empty for a run that nothing guarded."""
    evaluations, plan, kept = _known(folder)
    points = points_of(evaluations, kept)
    if not points:
        return []
    general = " → ".join(f"{point.step}: {point.general:.3f}" for point in points)
    verdict = verdict_words(evaluations, kept, plan.tolerance)
    return [("general", general), *([("verdict", verdict)] if verdict else [])]


def _known(folder: RunFolder) -> tuple[list[Evaluated], GuardPlan, list[int]]:
    """Return the last evaluation of each step, how the run is guarded, and its checkpoints."""
    found = {e.step: e for e in read_events(folder) if isinstance(e, Evaluated)}
    try:
        plan = read_recipe(folder.recipe).guard
    except StudioError:
        plan = GuardPlan()  # what it was told is shown all the same; the recipe says why
    return [found[step] for step in sorted(found)], plan, checkpoint_steps(folder)


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
