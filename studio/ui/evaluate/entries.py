"""Evaluations as entries of a list."""

from __future__ import annotations

import time
from pathlib import Path

from studio.core.evaluation import EvaluationState
from studio.core.units import day, percent
from studio.data.evaluations import EvaluationSummary
from studio.data.readiness import ReadinessSummary
from studio.ui.evaluate.names import short_name
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
    setup = summary.setup
    tip = "\n".join([*(column.name for column in setup.columns), f"on {_on(summary)}"])
    judged, rows = _judged(summary), Path(setup.dataset).stem
    what = judged if rows in judged else f"{judged} on {rows}" if judged else rows
    title = f"{summary.id} · {what}"
    return _entry(title, tip, summary, live, setup.split)


def look_entry(summary: ReadinessSummary, live: bool) -> Entry:
    """Return a look at an adapter as an entry."""
    return _entry(look_title(summary), summary.setup.name, summary, live, "")


def look_title(summary: ReadinessSummary) -> str:
    """Return what a look is called where there is one line."""
    return f"{summary.id} · {short_name(summary.setup.name)}"


def _entry(
    title: str, tip: str, of: EvaluationSummary | ReadinessSummary, live: bool, split: str
) -> Entry:
    words, tone, icon = BADGES[EvaluationState.RUNNING if live else of.state]
    if of.state is EvaluationState.PAUSED and of.total and not live:
        words = f"at {percent(of.done / of.total)}"
    made = time.localtime(of.made)
    when = f"{day(made)} {time.strftime('%H:%M', made)}" + (f" · {split}" if split else "")
    return Entry(title, when, icon=icon, mark=words, tone=tone, tip=tip)


def title_words(summary: EvaluationSummary) -> str:
    """Return an evaluation's name above what is told of it."""
    return f"Evaluation {summary.id}"


def facts_of(summary: EvaluationSummary) -> list[tuple[str, str]]:
    """Return what an evaluation asks, as names and values."""
    setup = summary.setup
    rows = f"up to {setup.limit:,}" if setup.limit else "all"
    stem = setup.dataset.replace("\\", "/").rsplit("/", 1)[-1].removesuffix(".sqlite")
    return [
        ("Rows", f"{rows} of {stem}, {setup.split} split"),
        ("Columns", ", ".join(column.name for column in setup.columns)),
        ("Longest answer", f"{setup.max_new_tokens:,} tokens"),
    ]


def look_facts(summary: ReadinessSummary) -> list[tuple[str, str]]:
    """Return what a look asks, as names and values."""
    setup = summary.setup
    questions = f"{setup.questions:,}" if setup.questions else "all"
    return [
        ("Adapter", setup.name),
        ("Timed", f"{setup.prompts:,} prompts, {setup.answer_tokens:,} tokens each, in turns"),
        ("Outside", f"{questions} general questions, {setup.question_tokens:,} tokens at most"),
    ]


def title_of(summary: EvaluationSummary) -> str:
    """Return what an evaluation is called where there is one line: whom it judges, and on what."""
    parts = (str(summary.id), _judged(summary), _on(summary))
    return " · ".join(part for part in parts if part)


def _judged(summary: EvaluationSummary) -> str:
    adapted = [column for column in summary.setup.columns if column.adapter]
    return short_name(adapted[0].name) if adapted else ""


def _on(summary: EvaluationSummary) -> str:
    return f"{Path(summary.setup.dataset).stem} · {summary.setup.split}"
