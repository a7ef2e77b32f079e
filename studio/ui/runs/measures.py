"""What can be drawn of several runs over one another, and where a run's history has it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from studio.app.runhistory import Floats, History
from studio.core.events import Evaluated

Points = tuple[Floats, Floats]


@dataclass(frozen=True, slots=True)
class Measure:
    """One curve that a run may have.

    Attributes:
        name: in the drop-down.
        points: steps and values of a history.
        nothing: what is said where no chosen run has any.
        is_marked: whether each point is drawn, as those of an evaluation are.
        decimals: of the crosshair's values.
        unit: behind a value.
    """

    name: str
    points: Callable[[History], Points]
    nothing: str
    is_marked: bool = False
    decimals: int = 3
    unit: str = ""


def _evaluated(value: Callable[[Evaluated], float | None]) -> Callable[[History], Points]:
    def points(history: History) -> Points:
        found = [(e.step, v) for e in history.evaluations if (v := value(e)) is not None]
        found.sort()
        return _arrays([step for step, _ in found], [value for _, value in found])

    return points


def _column(name: str) -> Callable[[History], Points]:
    return lambda history: (history.column("step"), history.column(name))


def _arrays(x: Sequence[float], y: Sequence[float]) -> Points:
    return np.array(x, dtype=np.float64), np.array(y, dtype=np.float64)


_NO_STEP = "No chosen run has taken a step yet."
_NO_GENERAL = "No chosen run asks general questions."
MEASURES = (
    Measure(
        "Held-out loss",
        _evaluated(lambda e: e.target_loss),
        "No chosen run has evaluated its held-out rows yet.",
        is_marked=True,
    ),
    Measure("Training loss", _column("smoothed"), _NO_STEP),
    Measure("General loss", _evaluated(lambda e: e.general_loss), _NO_GENERAL, is_marked=True),
    Measure(
        "General questions right",
        _evaluated(lambda e: None if e.general_accuracy is None else 100 * e.general_accuracy),
        _NO_GENERAL,
        is_marked=True,
        decimals=0,
        unit="\u00a0%",
    ),
    Measure("Drift from the base", _evaluated(lambda e: e.drift), _NO_GENERAL, is_marked=True),
    Measure("Learning rate", _column("learning_rate"), _NO_STEP, decimals=6),
    Measure("Gradient norm", _column("grad_norm"), _NO_STEP),
    Measure("Tokens/s", _column("tokens_per_second"), _NO_STEP, decimals=0),
)
