"""Evaluations as entries of a list."""

from __future__ import annotations

import time
from pathlib import Path

from studio.core.evaluation import EvaluationState
from studio.core.units import percent
from studio.data.evaluations import EvaluationSummary
from studio.ui.widgets.lists import Entry

BADGES = {
    EvaluationState.QUEUED: ("waits", "plain", "clock"),
    EvaluationState.RUNNING: ("running", "good", "play"),
    EvaluationState.PAUSED: ("paused", "plain", "pause"),
    EvaluationState.DONE: ("done", "good", "okay"),
    EvaluationState.FAILED: ("failed", "danger", "error"),
}


def entry_of(summary: EvaluationSummary, live: bool) -> Entry:
    """Return an evaluation as an entry; live if our own process works on it."""
    words, tone, icon = BADGES[EvaluationState.RUNNING if live else summary.state]
    if summary.state is EvaluationState.PAUSED and summary.total and not live:
        words = f"at {percent(summary.done / summary.total)}"
    when = time.strftime("%d %b %H:%M", time.localtime(summary.made)).lstrip("0")
    tip = "\n".join(column.name for column in summary.setup.columns)
    return Entry(title_of(summary), when, icon=icon, mark=words, tone=tone, tip=tip)


def title_of(summary: EvaluationSummary) -> str:
    """Return what an evaluation is called where there is one line."""
    return f"{summary.id} · {Path(summary.setup.dataset).stem} · {summary.setup.split}"
