"""How many general questions are asked, and how often, so that measuring costs what it may."""

from __future__ import annotations

import math

LEAST = 32
"""Questions below which an interval says too little; rather than fewer, they are asked less often."""
TRAINING = 2.0
"""What a trained token costs beside a token that only passes: it passes, and its gradient comes
back through the same frozen weights."""
RECOMPUTING = 1.0
"""What it costs more where activations are computed twice."""


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
    asked = min(LEAST, there)
    times = max(1, math.floor(affordable_questions / asked) - 1)
    return asked, max(1, math.ceil(evaluations / times))
