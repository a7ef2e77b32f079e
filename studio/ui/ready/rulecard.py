"""The rule that sends prompts to the base: tried on a prompt, and copied."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout

from studio.core.routing import HOW, Routing, rule_text
from studio.core.units import signed
from studio.ui.look.fonts import Role
from studio.ui.look.tokens import PADDING
from studio.ui.widgets.card import Card
from studio.ui.widgets.parts import Button, fill, label, prose

LONGEST_PROMPT = 4_000
STRONGEST = 6
"""Words named on each side."""


class RuleCard(Card):
    """Hidden where there is no rule.

    Signals:
        copy_requested(str): the rule as JSON is to be copied.
    """

    copy_requested = Signal(str)

    def __init__(self) -> None:
        self.copy_button = Button("Copy the rule", "copy", compact=True)
        super().__init__("Who answers", " ", self.copy_button)
        self._routing: Routing | None = None
        self.field = QLineEdit()
        self.field.setAccessibleName("A prompt to try the rule on")
        self.field.setPlaceholderText("Try it on a prompt")
        self.field.setMaxLength(LONGEST_PROMPT)
        self.answer = prose("", tone="")
        self.words = prose("", Role.SMALL)
        tried = fill(QHBoxLayout(), label("Prompt"), self.field, gap=10)
        edge = (PADDING, 12, PADDING, 14)
        rest = (self.answer, self.words, prose(HOW, Role.SMALL))
        self.body.addLayout(fill(QVBoxLayout(), tried, *rest, gap=8, edge=edge))
        self.field.textChanged.connect(self._try)
        self.copy_button.clicked.connect(self._copy)

    def show_routing(self, routing: Routing | None) -> None:
        """Show a rule, or hide without one."""
        self._routing = routing
        self.setVisible(routing is not None)
        if routing is None:
            return
        self.remark.setText(f"threshold {signed(routing.rule.threshold)} · {_many(routing)}")
        ranked = sorted(routing.rule.weights, key=lambda word: routing.rule.weights[word])
        ours, others = ", ".join(ranked[: -STRONGEST - 1 : -1]), ", ".join(ranked[:STRONGEST])
        self.words.setText(f"Most for the adapter: {ours}. Most for the base: {others}.")
        self._try()

    def _try(self) -> None:
        prompt = self.field.text()
        if self._routing is None or not prompt.strip():
            self.answer.setText("The rule says here who would answer.")
            return
        score = self._routing.rule.score(prompt)
        who = "The adapter" if self._routing.rule.keeps(prompt) else "The base"
        self.answer.setText(f"{who} answers: the prompt's score is {signed(score)}.")

    def _copy(self) -> None:
        if self._routing is not None:
            self.copy_requested.emit(rule_text(self._routing))


def _many(routing: Routing) -> str:
    return f"{len(routing.rule.weights):,} words"
