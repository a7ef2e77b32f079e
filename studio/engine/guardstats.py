"""What answers to general questions say in numbers, with 95 % intervals from resampled questions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from studio.engine.probing import Answers, Floats

RESAMPLES = 1000
_ENDS = (2.5, 97.5)


def told(now: Answers, base: Answers, seed: int) -> dict[str, Any]:
    """Return the general fields of an evaluation.

    Changes from the base are judged question by question: the same resample of both.

    Args:
        now: of the model.
        base: of its base, to the same questions.
        seed: of the resampling; the same gives the same intervals.
    """
    many = len(now.tokens)
    drawn = np.random.default_rng(seed).multinomial(many, np.full(many, 1 / many), RESAMPLES)
    loss, before = _shares(drawn, now.loss, now.tokens), _shares(drawn, base.loss, base.tokens)
    ranges = {
        "general_loss": _range(loss),
        "drift": _range(_shares(drawn, now.drift, now.tokens)),
        "general_loss_change": _range(loss - before),
    }
    judged = ~np.isnan(now.right)
    accuracy = None
    if judged.any():
        one = np.ones(int(judged.sum()))
        weights = drawn[:, judged]
        weights = weights[weights.sum(1) > 0]
        right = _shares(weights, now.right[judged], one)
        accuracy = float(now.right[judged].mean())
        ranges["general_accuracy"] = _range(right)
        changed = right - _shares(weights, base.right[judged], one)
        ranges["general_accuracy_change"] = _range(changed)
    return {
        "general_loss": float(now.loss.sum() / now.tokens.sum()),
        "general_accuracy": accuracy,
        "drift": float(now.drift.sum() / now.tokens.sum()),
        "general_ranges": ranges,
        "general_tags": {tag: _of_tag(now, tag) for tag in sorted(set(now.tags))},
    }


def told_of_base(base: Answers) -> dict[str, Any]:
    """Return what the base itself answers, without intervals."""
    right = base.right[~np.isnan(base.right)]
    return {
        "general_loss": float(base.loss.sum() / base.tokens.sum()),
        "general_accuracy": float(right.mean()) if len(right) else None,
        "general_tags": {tag: _of_tag(base, tag) for tag in sorted(set(base.tags))},
    }


def held_out_range(parts: Sequence[tuple[float, int]], seed: int) -> list[float] | None:
    """Return the interval of the held-out loss, micro-batches resampled; None for too few.

    Args:
        parts: summed loss in nats and trained tokens of each micro-batch.
        seed: of the resampling.
    """
    if len(parts) < 4:
        return None
    many = len(parts)
    drawn = np.random.default_rng(seed).multinomial(many, np.full(many, 1 / many), RESAMPLES)
    loss, tokens = np.array(parts, np.float64).T
    return _range(_shares(drawn, loss, tokens))


def _of_tag(now: Answers, tag: str) -> dict[str, Any]:
    mine = np.array([name == tag for name in now.tags])
    tokens, right = now.tokens[mine].sum(), now.right[mine]
    right = right[~np.isnan(right)]
    return {
        "loss": float(now.loss[mine].sum() / tokens),
        "accuracy": float(right.mean()) if len(right) else None,
        "drift": float(now.drift[mine].sum() / tokens),
        "items": int(mine.sum()),
    }


def _shares(drawn: Any, sums: Floats, counts: Floats) -> Floats:
    found: Floats = (drawn @ sums) / (drawn @ counts)
    return found


def _range(values: Floats) -> list[float]:
    low, high = np.percentile(values, _ENDS)
    return [float(low), float(high)]
