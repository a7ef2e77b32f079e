"""Looks at the facts of each step and says what is wrong with a run: once, and what to do.

Each condition is told when it begins and not again before it has been gone for a while, and only
a few times in a run; what stops being news stops being told.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from studio.core.actions import LOWER_RATE, RAISE_RATE, ROLL_BACK, SHOW_ROWS, STOP, action_text
from studio.core.events import Remark

WINDOW = 50
"""Steps that say what is usual."""
FEWEST = 20
"""Steps before anything can be unusual."""
QUIET = 25
"""Steps that a condition must be gone before it is told again."""
MOST_TOLD = 5
"""Times one condition is told in a run."""
SPIKE = 6.0
"""Robust deviations above the median from which a loss is a spike."""
JUMP = 1.25
"""And at least this many times the median: a calm run has a tiny deviation."""
GRADIENT_JUMP = 10.0
"""Times the usual gradient from which one is a spike."""
RISING = 8
"""Spikes in a row that are no spike any more, but a loss that rises."""
FLAT_STEPS = 60
"""Steps after which a loss should have begun to fall."""
FLAT = 0.02
"""A loss that fell by less than this share is flat."""
LEARNED = 0.1
"""Nats per token under which nothing is left to learn."""
ZEROS = 5
"""Steps in a row without a gradient after which going on is of no use."""
WORSE = 1.02
"""Times the best held-out loss from which one counts as worse."""
WORSE_TIMES = 2
_MAD_TO_SIGMA = 1.4826


@dataclass(frozen=True, slots=True, kw_only=True)
class StepLook:
    """What the watchdog looks at after a step.

    Attributes:
        step: counts from 1.
        loss: mean over trained tokens, in nats.
        grad_norm: before clipping.
        trained_tokens: of the step.
        rows: ids of its rows.
        empty_rows: those of them in a micro-batch without a trained token.
        warmed_up: the rate has reached its height.
    """

    step: int
    loss: float
    grad_norm: float
    trained_tokens: int
    rows: Sequence[int] = ()
    empty_rows: Sequence[int] = ()
    warmed_up: bool = True


def fault_before_move(step: int, loss: float, grad_norm: float, *, scaled: bool) -> str:
    """Return why the optimizer must not move, as a sentence; empty if it may.

    Args:
        step: that would be taken.
        loss: of the step.
        grad_norm: before clipping.
        scaled: a scaler watches the gradient, to which an infinite one is normal.
    """
    if math.isfinite(loss) and (scaled or math.isfinite(grad_norm)):
        return ""
    return (
        f"At step {step} the loss was {loss:g} and the gradient {grad_norm:g}: "
        "the run left the numbers. The step was not taken."
    )


class Watchdog:
    """Looks at one run, step by step.

    Attributes:
        zeros: steps in a row whose loss or gradient was exactly zero.
    """

    def __init__(self) -> None:
        self._losses: deque[float] = deque(maxlen=WINDOW)
        self._norms: deque[float] = deque(maxlen=WINDOW)
        self._first: list[float] = []
        self._spikes = 0
        self._steps = 0
        self._best: tuple[float, int, float] | None = None
        """Held-out loss, step and usual training loss of the best evaluation."""
        self._worse = 0
        self._voice = _Voice()
        self.zeros = 0

    def step(self, look: StepLook) -> list[Remark]:
        """Return what is to be said after a step; empty nearly always."""
        self._voice.step = look.step
        found = [*self._zero(look), *self._empty(look), *self._spike(look), *self._flat(look)]
        if math.isfinite(look.loss):
            self._losses.append(look.loss)
        if math.isfinite(look.grad_norm):
            self._norms.append(look.grad_norm)
        return found

    def evaluated(self, step: int, target_loss: float) -> list[Remark]:
        """Return what is to be said after an evaluation: training goes one way, held-out another."""
        if not math.isfinite(target_loss):
            return []
        self._voice.step = step
        train = median(self._losses) if self._losses else math.inf
        best = self._best
        if best is None or target_loss < best[0]:
            self._best, self._worse = (target_loss, step, train), 0
            return []
        worse = target_loss > best[0] * WORSE and train < best[2]
        self._worse = self._worse + 1 if worse else 0
        if self._worse != WORSE_TIMES:  # told once, until there is a new best
            return []
        back = action_text(ROLL_BACK, [best[1]]) if best[1] else STOP
        return self._voice.say(
            "gap_grows",
            f"The held-out loss rose from {best[0]:.3f} at step {best[1]} to {target_loss:.3f}, "
            f"while the training loss fell to {train:.3f}: the rows are being learned by heart.",
            "Stop and keep the best step, train fewer epochs, or add rows.",
            back,
        )

    def _zero(self, look: StepLook) -> list[Remark]:
        if look.loss != 0 and look.grad_norm != 0:
            self.zeros = 0
            return []
        if not look.trained_tokens:
            return []  # told as such
        self.zeros += 1
        what = "gradient" if look.grad_norm == 0 else "loss"
        return self._voice.say(
            "no_gradient",
            f"At step {look.step} the {what} was exactly zero: nothing was learned.",
            "Look at the rows of that step, or at the layers that are trained.",
            action_text(SHOW_ROWS, look.rows),
        )

    def _empty(self, look: StepLook) -> list[Remark]:
        if look.trained_tokens and not look.empty_rows:
            return []
        rows = look.empty_rows or look.rows
        return self._voice.say(
            "nothing_trained",
            f"A batch of step {look.step} had no token to train: its rows taught nothing.",
            "Their answers are empty or were cut away. Write answers, or raise the longest "
            "sequence.",
            action_text(SHOW_ROWS, rows),
        )

    def _spike(self, look: StepLook) -> list[Remark]:
        if len(self._losses) < FEWEST:
            return []
        usual = median(self._losses)
        spread = _MAD_TO_SIGMA * median(abs(loss - usual) for loss in self._losses)
        if not look.loss > max(usual + SPIKE * spread, usual * JUMP, LEARNED):
            self._spikes = 0
            return self._gradient_spike(look)
        self._spikes += 1
        if self._spikes >= RISING:
            return self._voice.say(
                "loss_rises",
                f"The loss has been above {look.loss:.2f} or near it for {self._spikes} steps; "
                f"{usual:.2f} was usual before. The run is losing what it learned.",
                "The learning rate is likely too high. Go back to the last good checkpoint and on "
                "at a lower rate.",
                ROLL_BACK,
            )
        return self._voice.say(
            "loss_spike",
            f"At step {look.step} the loss was {look.loss:.2f}, where {usual:.2f} is usual.",
            "One such step does no harm. Its rows may be unlike the others, or wrong.",
            action_text(SHOW_ROWS, look.rows),
        )

    def _gradient_spike(self, look: StepLook) -> list[Remark]:
        usual = median(self._norms) if len(self._norms) >= FEWEST else math.inf
        if not look.grad_norm > GRADIENT_JUMP * usual or not usual:
            return []
        return self._voice.say(
            "gradient_spike",
            f"At step {look.step} the gradient was {look.grad_norm:.2f}, where {usual:.2f} is "
            "usual.",
            "Clipping, where it is on, keeps such a step small. If more come, lower the learning "
            "rate.",
            LOWER_RATE,
        )

    def _flat(self, look: StepLook) -> list[Remark]:
        """Say once, early, that the loss does not fall; a plateau after learning is normal."""
        if not look.warmed_up or not math.isfinite(look.loss):
            return []
        self._steps += 1
        if len(self._first) < FEWEST:
            self._first.append(look.loss)
        if self._steps != FLAT_STEPS:
            return []
        then, now = median(self._first), median(list(self._losses)[-FEWEST:])
        if now < LEARNED or now < then * (1 - FLAT):
            return []
        return self._voice.say(
            "flat_loss",
            f"The loss has not fallen in {FLAT_STEPS} steps: {then:.3f} then, {now:.3f} now.",
            "The learning rate is likely too low, or the answers do not follow from the prompts.",
            RAISE_RATE,
        )


class _Voice:
    """Says a thing once, and again only after it was gone."""

    def __init__(self) -> None:
        self.step = 0
        self._told: dict[str, int] = {}
        self._last: dict[str, int] = {}

    def say(self, code: str, summary: str, hint: str, action: str) -> list[Remark]:
        """Return the remark, unless it is still the same trouble or was told often enough."""
        last, self._last[code] = self._last.get(code), self.step
        if last is not None and 0 <= self.step - last <= QUIET:
            return []
        count = self._told[code] = self._told.get(code, 0) + 1
        if count > MOST_TOLD:
            return []
        if count == MOST_TOLD:
            hint += " This is not told again in this run."
        return [Remark(code=code, summary=summary, hint=hint, step=self.step, action=action)]
