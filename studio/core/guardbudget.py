"""What guarding a run costs: questions that are affordable, rows, time and memory of remedies."""

from __future__ import annotations

import math

from studio.core.guardplan import DATASET, GuardPlan

LEAST = 32
"""Questions below which an interval says too little; rather than fewer, they are asked less often."""
FEWEST = 16
"""Questions that a short run is asked: with fewer times than POINTS there would be no curve."""
POINTS = 3
"""How often a run is measured after its base, whatever its share: enough to project a crossing."""
TRAINING = 2.0
"""What a trained token costs beside a token that only passes: it passes, and its gradient comes
back through the same frozen weights."""
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
) -> tuple[int, int]:
    """Return how many questions are asked, and that they are at every n-th evaluation.

    A run too short for its share still has the base and three points of a few questions each.

    Args:
        there: questions that could be asked.
        tokens_each: mean tokens of a question with its answer.
        step_tokens: mean tokens of a training step.
        evaluate_every: steps between evaluations.
        steps: of the run.
        share: of the training time, what all measuring may cost.
        recomputes: activations are computed twice in training.
    """
    evaluations = max(1, math.ceil(steps / max(evaluate_every, 1)))
    training = steps * step_tokens * (TRAINING + (RECOMPUTING if recomputes else 0.0))
    affordable_questions = share * training / max(tokens_each, 1.0)
    each = math.floor(affordable_questions / (evaluations + 1))  # the base is asked once, too
    if each >= min(LEAST, there):
        return min(each, there), 1
    for asked in (min(LEAST, there), min(FEWEST, there)):
        times = math.floor(affordable_questions / asked) - 1
        if times >= POINTS:
            return asked, math.ceil(evaluations / times)
    return asked, max(1, math.ceil(evaluations / POINTS))
