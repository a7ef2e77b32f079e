"""What a start would train, in numbers, with the one button that starts it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout

from studio.app.checklist import Checklist
from studio.core.recipe import Recipe
from studio.core.units import GIB, count, duration, gib, learning_rate
from studio.machine.devices import Memory
from studio.ui.look.fonts import Role
from studio.ui.train.factlist import Fact, FactList
from studio.ui.widgets.card import Card
from studio.ui.widgets.meter import PeakMeter
from studio.ui.widgets.parts import Button, fill, line, prose


class PlanCard(Card):
    """The run as it would be.

    Signals:
        start_asked(): the user wants it to begin.
    """

    start_asked = Signal()

    def __init__(self) -> None:
        super().__init__("What will be trained")
        self._facts = FactList()
        self._peak_words = prose("", Role.SMALL)
        self._peak = PeakMeter()
        self.start_button = Button("Start training", "play", "primary")
        self.start_button.clicked.connect(self.start_asked)
        self._busy = ""
        self._below = prose("Goes on when this window is closed.", Role.SMALL)
        column = QVBoxLayout()
        fill(
            column,
            self._facts,
            6,
            line(),
            6,
            self._peak_words,
            self._peak,
            8,
            self.start_button,
            6,
            self._below,
            gap=2,
            edge=(14, 12, 14, 12),
        )
        self.body.addLayout(column)

    def set_busy(self, words: str) -> None:
        """Say that a start is under way; empty when it is not."""
        self._busy = words
        self.start_button.setText("Starting" if words else "Start training")
        if words:
            self.start_button.setEnabled(False)
            self._below.setText(words)

    def show_plan(
        self,
        checklist: Checklist,
        recipe: Recipe,
        dataset: str,
        model: str,
        memory: Memory | None,
        seconds: tuple[float, str] | None,
    ) -> None:
        """Show what is known of the run; seconds is its length and the run that speaks for it."""
        self._facts.show_facts(_facts(checklist, recipe, dataset, model, seconds))
        self._show_peak(checklist, memory)
        self.start_button.setEnabled(checklist.may_start and not self._busy)
        obstacle = checklist.obstacle
        if self._busy:
            self._below.setText(self._busy)
        elif obstacle is None:
            self._below.setText("Goes on when this window is closed.")
        else:
            self._below.setText(f"Waits for: {obstacle.summary}")
        self.start_button.setAccessibleDescription(self._below.text())

    def _show_peak(self, checklist: Checklist, memory: Memory | None) -> None:
        estimate = checklist.estimate
        there = estimate is not None and memory is not None
        self._peak.setVisible(there)
        self._peak_words.setVisible(there)
        if estimate is None or memory is None:
            return
        low, mid, high = estimate.low_bytes, estimate.total_bytes, estimate.high_bytes
        self._peak_words.setText(
            f"Peak memory about {gib(mid)}, {low / GIB:.1f} to {high / GIB:.1f};"
            f" {gib(memory.free_bytes)} of {memory.name} free"
        )
        self._peak.set_values(0, (low / GIB, high / GIB), mid / GIB, memory.free_bytes / GIB)


def _facts(
    checklist: Checklist,
    recipe: Recipe,
    dataset: str,
    model: str,
    seconds: tuple[float, str] | None,
) -> list[Fact]:
    plan = checklist.plan
    facts: list[Fact] = []
    if dataset:
        passes = "1 pass" if recipe.epochs == 1 else f"{recipe.epochs:,} passes"
        how = f"{recipe.max_steps:,} steps" if recipe.max_steps else passes
        facts.append(("Learns from", f"{dataset}: {plan.train_rows:,} rows, {how}"))
    if plan.validation_rows:
        facts.append(("Measured on", f"{plan.validation_rows:,} rows held out"))
    if model:
        facts.append(("Base", model))
    facts.append(("Method", f"{plan.method}, learning rate {learning_rate(recipe.learning_rate)}"))
    if plan.steps:
        rows = recipe.effective_batch
        batch = f"{recipe.micro_batch:,} × {recipe.grad_accum:,}" if recipe.grad_accum > 1 else ""
        of = f" ({batch})" if batch else ""
        facts.append(("Steps", f"{plan.steps:,} of {rows:,} rows{of}"))
    if plan.tokens:
        trained = f"{count(plan.tokens)}, {count(plan.trained_tokens)} of them trained"
        facts.append(("Tokens", f"{trained}; longest row {plan.longest:,}"))
    if seconds is not None:
        facts.append(("Time", f"about {duration(seconds[0])}, at the speed of {seconds[1]}"))
    elif plan.steps:
        facts.append(("Time", "known after the first steps"))
    return facts
