"""The block that is drawn anew at each step in a terminal: a progress bar and a small table."""

from __future__ import annotations

import shutil
import sys

from studio.core.runstate import RunState
from studio.core.units import GIB, NO_VALUE, duration, learning_rate, percent, rate

UP_AND_CLEAR = "\x1b[{lines}A\r\x1b[J"
HEADS = ("loss", "held-out", "best", "rate", "tokens/s", "memory")
WIDTH = 12
"""Characters of a column."""
BAR = 30
FULL, EMPTY = "█", "░"


def block(state: RunState, columns: int) -> list[str]:
    """Return the lines of a run as it stands, each at most that many characters long."""
    held, best = state.target_loss, state.best_target_loss
    memory = state.measured_peak_bytes or state.memory_bytes
    of = f" of {state.predicted_peak_bytes / GIB:.1f}" if state.predicted_peak_bytes else ""
    values = (
        _loss(state.loss),
        _loss(held),
        NO_VALUE if best is None else f"{best:.3f} @{state.best_step}",
        learning_rate(state.learning_rate),
        rate(state.tokens_per_second),
        f"{memory / GIB:.1f}{of} GiB" if memory else NO_VALUE,
    )
    lines = [
        _progress(state),
        "".join(f"{head:<{WIDTH}}" for head in HEADS),
        "".join(f"{value:<{WIDTH}}" for value in values),
    ]
    return [line.rstrip()[: max(columns - 1, 1)] for line in lines]


def _progress(state: RunState) -> str:
    total = max(state.total_steps, 1)
    share = min(state.step / total, 1.0)
    full = round(share * BAR)
    bar = FULL * full + EMPTY * (BAR - full)
    left = "" if state.seconds_left is None else f" · {duration(state.seconds_left)} left"
    doing = f" · {state.detail}" if state.detail else ""
    return f"{bar} {percent(share)} · step {state.step:,} of {state.total_steps:,}{left}{doing}"


def _loss(value: float | None) -> str:
    return NO_VALUE if value is None else f"{value:.3f}"


class LiveTable:
    """Draws the block below what was printed, and takes it away before something else is."""

    def __init__(self) -> None:
        self._drawn = 0

    def draw(self, state: RunState) -> None:
        """Draw a run as it stands in place of what was drawn before."""
        lines = block(state, shutil.get_terminal_size().columns)
        sys.stdout.write(self._cleared() + "\n".join(lines) + "\n")
        sys.stdout.flush()
        self._drawn = len(lines)

    def clear(self) -> None:
        """Take the block away, so that a line can be printed in its place."""
        sys.stdout.write(self._cleared())
        sys.stdout.flush()

    def keep(self) -> None:
        """Leave the block where it is; the next one is drawn below."""
        self._drawn = 0

    def _cleared(self) -> str:
        before, self._drawn = self._drawn, 0
        return UP_AND_CLEAR.format(lines=before) if before else ""
