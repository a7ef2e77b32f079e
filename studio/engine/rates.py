"""Changes the highest learning rate of a schedule that is under way; its shape stays."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

_SAME = 1e-9
"""Relative difference below which two rates are one, written down in another way."""


def rates_of(scheduler: Any) -> list[float]:
    """Return the highest rate of each group of parameters."""
    return [float(rate) for rate in scheduler.base_lrs]


def at_highest_rate(rates: Sequence[float], before: float, after: float) -> list[float]:
    """Return the groups' highest rates when that of the recipe changes; ratios of groups stay."""
    return [
        after if math.isclose(rate, before, rel_tol=_SAME) else rate * after / before
        for rate in rates
    ]


def set_rates(scheduler: Any, rates: Sequence[float]) -> None:
    """Give each group its highest rate, and the rate of the next step by the schedule's shape.

    Rates that are the same already are not touched, to the last bit.

    Args:
        scheduler: one whose rate is the highest one times a factor of the step.
        rates: the highest rate of each group.
    """
    groups = scheduler.optimizer.param_groups
    highest = []
    for group, old, new in zip(groups, scheduler.base_lrs, rates, strict=True):
        if math.isclose(old, new, rel_tol=_SAME):
            highest.append(old)
            continue
        group["lr"] = float(group["lr"]) * new / old
        group["initial_lr"] = new
        highest.append(new)
    scheduler.base_lrs = highest
    scheduler._last_lr = [float(group["lr"]) for group in groups]  # noqa: SLF001 - what it reports
