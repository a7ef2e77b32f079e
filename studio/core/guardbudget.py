"""What guarding a run costs: questions that are affordable, rows, time and memory of remedies."""

from __future__ import annotations

import math
from functools import partial

from studio.core.guardplan import DATASET, GuardPlan

GOOD = 64
"""Questions from which on more evaluations are measured rather than more questions asked."""
LEAST = 24
"""Questions below which an interval says too little; a short run is measured less often for them."""
FEWEST = 16
"""Questions that the shortest run is asked, whatever its share."""
POINTS = 3
"""How often a run is measured after its base, if it can be: enough to project a crossing. A short one
is measured half-way and at its end, the shortest at its end."""
TRAINING = 1.6
"""What a trained token costs beside one of a question: it passes, and its gradient comes back through
the same frozen weights. The starter in four bits gave 1.9 on two cores; less is taken, so that the
share is kept where questions are dearer."""
RECOMPUTING = 1.0
"""What it costs more where activations are computed twice."""


GENERAL_TOKENS = 45
"""Mean tokens of a bundled general row, as it is trained."""


def replay_rows(trained: int, ratio: float) -> int:
    """Return how many general rows make that share of all rows beside the rows that are trained."""
    return round(trained * ratio / (1 - ratio))


def slower(guard: GuardPlan, batch: int, mean_tokens: float) -> float:
    """Return how many times as long a step takes with the remedies; 1 if they cost no time.

    KL passes its general rows forward and back once more; the base's states on them are kept. The
    pull towards the start is a sum over the trained weights, which takes no time beside that.

    Args:
        guard: the recipe's.
        batch: rows of a step.
        mean_tokens: of a row.
    """
    if not guard.kl:
        return 1.0
    each = mean_tokens if guard.replay_source.kind == DATASET else GENERAL_TOKENS
    return 1.0 + guard.kl_rows * each / max(batch * mean_tokens, 1.0)


def copies(guard: GuardPlan) -> int:
    """Return how many copies of the trained weights the remedies keep.

    One is their start; for EWC another says by how much general answers depend on each.
    """
    return (1 if guard.l2 or guard.ewc else 0) + (1 if guard.ewc else 0)


def affordable(
    *,
    there: int,
    tokens_each: float,
    step_tokens: float,
    evaluate_every: int,
    steps: int,
    share: float,
    recomputes: bool = False,
    goes_on: bool = False,
) -> tuple[int, int]:
    """Return how many questions are asked, and that they are at every n-th evaluation.

    All evaluations are measured where each can ask enough; else some are, since an evaluation of a
    few questions tells nothing. Only the shortest runs cost more than the share.

    Args:
        there: questions that could be asked.
        tokens_each: mean tokens that are read for a question with its answer.
        step_tokens: mean tokens of a training step.
        evaluate_every: steps between evaluations.
        steps: of the run.
        share: of the training time, what all measuring may cost.
        recomputes: activations are computed twice in training.
        goes_on: the run begins with an adapter, which is asked before its first step too.
    """
    evaluations = max(1, math.ceil(steps / max(evaluate_every, 1)))
    training = steps * step_tokens * (TRAINING + (RECOMPUTING if recomputes else 0.0))
    passes = share * training / max(tokens_each, 1.0)
    each = partial(_each, passes, 1 + goes_on, evaluations)
    for rarely in range(1, max(1, evaluations // POINTS) + 1):
        if each(rarely) >= min(GOOD, there):
            return min(each(rarely), there), rarely
    for points, least in ((POINTS, LEAST), (2, FEWEST), (1, 0)):
        rarely = math.ceil(evaluations / points)
        if each(rarely) >= min(least, there):
            break
    return min(max(each(rarely), FEWEST), there), rarely


def _each(passes: float, before: int, evaluations: int, rarely: int) -> int:
    """Return the questions of a measurement if some are made before the run and every n-th time."""
    return math.floor(passes / (before + math.ceil(evaluations / rarely)))
