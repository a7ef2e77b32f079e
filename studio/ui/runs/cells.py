"""What the table of runs shows of one run, and what it is sorted and searched by; no widgets."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from studio.core.runstate import RunState, State
from studio.core.units import GIB, NO_VALUE, day, duration, percent, rate
from studio.data.runfiles import RunSummary
from studio.ui.runs.changecell import change_cell
from studio.ui.train.words import BADGES
from studio.ui.widgets.cells import Cell

CHANGE = "Gained · forgotten"
HEADS = (
    "",
    "Run",
    "State",
    "Model",
    "Dataset",
    "Method",
    "Held-out",
    CHANGE,
    "Tokens/s",
    "Peak, GiB",
    "Made",
    "Tags",
    "Took",
)
RIGHT = frozenset({HEADS.index("Tokens/s"), HEADS.index("Took")})
_NUMBERS = re.compile(r"(\d+)")


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run as the table has it.

    Attributes:
        summary: as read from the disk.
        state: as it stands now; newer than the summary's while it is followed.
        place: its place in the queue, from 1; 0 when it does not wait.
    """

    summary: RunSummary
    state: RunState
    place: int = 0


def cells_of(row: RunRow, widest: int, now: float, per_nat: float = 1.0) -> tuple[Cell, ...]:
    """Return the cells of a run but the first, which is the mark of what is compared.

    Args:
        row: the run.
        widest: bytes that the bar of a peak is long for.
        per_nat: share of the room of the bars of a change that a nat a token takes.
        now: seconds since the epoch, for saying when a run was made.
    """
    run, state = row.summary, row.state
    icon, words, tone = badge_of(row)
    tip, title = run.problem or state.summary, run.title or run.run
    name = run.run if title == run.run else f"{title}\n{run.run}"
    return (
        Cell(title, bold=run.alive, tip=name, middle=True),
        Cell(words, icon=icon, badge=tone, tip=tip),
        Cell(Path(run.model).name or NO_VALUE, tip=run.model),
        Cell(_dataset(run), tip=run.mix),
        Cell(run.method or NO_VALUE),
        Cell(held_out(run, state)),
        change_cell(run, per_nat),
        Cell(rate(state.tokens_per_second), right=True),
        _peak_cell(state, widest),
        Cell(when(run.created, now), tip=_moment(run.created)),
        Cell(", ".join(run.tags), tone="muted", tip=", ".join(run.tags)),
        Cell(duration(state.seconds) if state.seconds else NO_VALUE, right=True),
    )


def keys_of(row: RunRow) -> tuple[object, ...]:
    """Return what each column but the first is sorted by; None for what is not known."""
    run, state = row.summary, row.state
    best = state.best_target_loss
    return (
        natural(run.title or run.run),
        badge_of(row)[1].lower(),
        run.model.lower(),
        _dataset(run).lower(),
        natural(run.method),
        best,
        None if run.outcome is None else -run.outcome.lost,
        state.tokens_per_second or None,
        (state.measured_peak_bytes or state.memory_bytes) or None,
        (run.created, natural(run.run)),
        ", ".join(run.tags).lower() or None,
        state.seconds or None,
    )


def natural(words: str) -> tuple[tuple[int, int, str], ...]:
    """Return a key that sorts hotel-2 before hotel-10."""
    parts = (part for part in _NUMBERS.split(words.lower()) if part)
    return tuple((0, int(p), "") if p.isdecimal() and p.isascii() else (1, 0, p) for p in parts)


def searched(run: RunSummary) -> str:
    """Return everything of a run that is searched."""
    words = (run.run, run.title, run.model, run.dataset, run.mix, run.method, run.notes, *run.tags)
    return " ".join(words).lower()


def badge_of(row: RunRow) -> tuple[str, str, str]:
    """Return icon, words and tone of the state, with what can be done about it."""
    run, state = row.summary, row.state
    if run.problem:
        return "error", "Unreadable", "danger"
    if run.foreign:
        return "eye", "Read only", "plain"
    icon, words, tone = BADGES[state.state]
    if run.alive and state.state is State.TRAINING and state.total_steps:
        return icon, f"{words} {percent(state.step / state.total_steps)}", tone
    if state.state is State.QUEUED and not run.alive:
        return ("queue", f"Queued · {row.place}", "plain") if row.place else _NOT_STARTED
    if run.resumable and state.state is State.PAUSED:
        return "play", "Can resume", "frozen"
    if state.state is State.DONE and state.plan:
        return icon, "Done, replanned", "warning"
    return icon, words, "plain" if state.state is State.DONE else tone


def standing_of(row: RunRow) -> str:
    """Return the state of a run as it is filtered by: without how far it is, or its place."""
    if row.summary.alive:
        return "Training"
    return "Queued" if row.place else badge_of(row)[1]


def model_of(row: RunRow) -> str:
    """Return the name of a run's base."""
    return Path(row.summary.model).name or NO_VALUE


def dataset_of(row: RunRow) -> str:
    """Return the dataset of a run, and that it is mixed with others."""
    return _dataset(row.summary)


_NOT_STARTED = ("clock", "Not started", "plain")


def peak_of(state: RunState) -> int:
    """Return the larger of a run's measured and predicted peak, in bytes."""
    return max(state.measured_peak_bytes or state.memory_bytes, state.predicted_peak_bytes)


def held_out(run: RunSummary, state: RunState) -> str:
    """Return the held-out loss before and at its best: "2.01 → 1.32"."""
    best = state.best_target_loss
    if best is None:
        return NO_VALUE
    before = run.base_target_loss
    return f"{before:.2f} → {best:.2f}" if before is not None else f"{best:.2f}"


def _dataset(run: RunSummary) -> str:
    """Return the dataset of a run, and that it is mixed with others."""
    name = Path(run.dataset).name or NO_VALUE
    return f"{name}, mixed" if run.mix else name


def _peak_cell(state: RunState, widest: int) -> Cell:
    measured = state.measured_peak_bytes or state.memory_bytes
    if not measured or not widest:
        return Cell(NO_VALUE, tone="muted")
    predicted = state.predicted_peak_bytes
    tip = f"measured {measured / GIB:.2f} GiB"
    tip += f", predicted {predicted / GIB:.2f} GiB" if predicted else ""
    return Cell(f"{measured / GIB:.1f}", peak=(measured / widest, predicted / widest), tip=tip)


def when(moment: float, now: float) -> str:
    """Return when something was, as people say it: 14:07, Yesterday, 17 Nov, 17 Nov 2025."""
    if not moment:
        return NO_VALUE
    then, today = time.localtime(moment), time.localtime(now)
    if then[:3] == today[:3]:
        return time.strftime("%H:%M", then)
    if date(*then[:3]) == date(*today[:3]) - timedelta(days=1):  # a day may have 23 hours
        return "Yesterday"
    return day(then) if then.tm_year == today.tm_year else f"{day(then)} {then.tm_year}"


def _moment(moment: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(moment)) if moment else ""
