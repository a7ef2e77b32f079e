"""Runs, datasets and splits offered in a field, the same in every form that asks a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from studio.core.example import SPLITS, TEST, VALIDATION
from studio.data.runfiles import RunSummary
from studio.ui.widgets.parts import ChoiceField


def offer_runs(field: ChoiceField, runs: Sequence[RunSummary], current: str) -> None:
    """Offer runs by their titles; their ids are the data."""
    field.clear()
    for summary in runs:
        field.addItem(summary.title or summary.run, summary.run)
    field.setCurrentIndex(max(field.findData(current), 0))


def offer_datasets(field: ChoiceField, names: Sequence[str], current: str) -> None:
    """Offer datasets by name."""
    field.clear()
    field.addItems(list(names))
    field.setCurrentIndex(max(field.findText(current), 0))


def offer_splits(field: ChoiceField, counts: Mapping[str, int]) -> None:
    """Offer the splits with their rows; the test split is chosen if it has any."""
    field.clear()
    for name in reversed(SPLITS):
        field.addItem(f"{name} · {counts.get(name, 0):,} rows", name)
    best = next((name for name in (TEST, VALIDATION) if counts.get(name)), TEST)
    field.setCurrentIndex(field.findData(best))
