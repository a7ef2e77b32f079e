"""The card "Remember the rest": what watches forgetting, and what helps against it."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from studio.core.guardplan import GUARD_DEFAULTS, GUARD_KNOBS, GuardPlan
from studio.ui.model.guardfields import (
    SHARES,
    SIMPLE_SHARES,
    TITLES,
    GuardField,
    fill_choices,
    make_guard_field,
    probe_choices,
    row_choices,
)
from studio.ui.widgets.card import Card
from studio.ui.widgets.formrow import FormRow
from studio.ui.widgets.parts import plain_tip

DEPTHS = ("simple", "standard", "everything")
REMARK = "General answers beside your task: measured, and kept"
LEVELS = {
    "enabled": "simple",
    "replay": "simple",
    "on_crossing": "standard",
    "tolerance": "standard",
    "probes": "standard",
    "replay_from": "standard",
    "kl": "standard",
    "patience": "standard",
}
"""From which depth on a part is shown; the others with everything."""
ORDER = (
    "enabled",
    "probes",
    "tolerance",
    "on_crossing",
    "budget_seconds",
    "share",
    "patience",
    "replay",
    "replay_from",
    "kl",
    "kl_rows",
    "l2",
    "ewc",
    "fisher_rows",
    "layer_decay",
)
SENTENCES = {
    "enabled": "Asks general questions, so that forgetting is seen.",
    "probes": "Our questions, or held-out rows of yours.",
    "share": "With less, fewer are asked, more rarely.",
    "budget_seconds": "The longest that one measuring may take.",
    "kl_rows": "General rows of each step whose answers are kept.",
    "fisher_rows": "General rows that tell which weights those are.",
    "tolerance": "How much worse general answers may become, in nats a token.",
    "on_crossing": "What the guard does past it.",
    "replay": "General rows are learned along with yours, which keeps the rest.",
    "replay_from": "Replay, EWC and KL take their general rows from here.",
    "l2": "Pulls every trained weight towards where it started.",
    "ewc": "Pulls most the weights on which general answers depend.",
    "kl": "Keeps the answers to general rows as the base gives them.",
    "patience": "Evaluations without a lower held-out loss after which it ends; 0 never.",
    "layer_decay": "Rate of each layer beside the one above: early layers learn slower.",
}
OF_WATCHING = frozenset({"probes", "tolerance", "on_crossing", "budget_seconds", "share"})
OF_REMEDY = {"kl_rows": "kl", "fisher_rows": "ewc"}
"""Parts that matter only while another is on."""


class GuardCard(Card):
    """Shows a guard as a form; knows words, not what becomes of an edit.

    Signals:
        edited(str, object): a part was given another value, which may be out of range.
    """

    edited = Signal(str, object)

    def __init__(self) -> None:
        super().__init__("Remember the rest", REMARK)
        self._plan, self._stale = GuardPlan(), True
        self._depth, self._small = DEPTHS[1], False
        self._fields: dict[str, GuardField] = {}
        self.rows: dict[str, FormRow] = {}
        self._costs: dict[str, str] = {}
        self._names: tuple[str, ...] = ()
        form = QWidget()
        self._grid = QGridLayout(form)
        self._grid.setContentsMargins(16, 6, 16, 6)
        self._grid.setHorizontalSpacing(24)
        self._grid.setVerticalSpacing(0)
        for name in ORDER:
            self._add_row(name, form)
        self.body.addWidget(form)
        self.set_datasets(())
        self._lay_out()

    def _add_row(self, name: str, form: QWidget) -> None:
        field = make_guard_field(name)
        row = FormRow(TITLES[name], field.widget, self._sentence(name))
        row.setToolTip(plain_tip(GUARD_KNOBS[name].sentence))
        row.setParent(form)
        row.reset_requested.connect(lambda: self.edited.emit(name, GUARD_DEFAULTS[name]))
        field.edited.connect(lambda value: self._on_edited(name, value))
        self._fields[name], self.rows[name] = field, row

    def _on_edited(self, name: str, value: Any) -> None:
        if value != getattr(self._plan, name):
            self.edited.emit(name, value)
        else:
            self.rows[name].set_error("")  # what was refused is as it was

    def _sentence(self, name: str) -> str:
        """Return what a part is, and what it costs here."""
        return f"{SENTENCES.get(name, GUARD_KNOBS[name].sentence)} {self._cost(name)}".strip()

    def _cost(self, name: str) -> str:
        return self._costs.get(name, "")

    def field(self, name: str) -> QWidget:
        """Return the control of a part."""
        return self._fields[name].widget

    def set_depth(self, depth: str) -> None:
        """Show the parts of a depth: simple, standard or everything."""
        self._depth, self._stale = depth, True
        shares = SIMPLE_SHARES if depth == "simple" else SHARES
        words = {share: f"{100 * share:.0f}\u00a0%" if share else "Off" for share in shares}
        fill_choices(self._fields["replay"], words)
        self._lay_out()

    def set_small(self, small: bool) -> None:
        """Take one column in a narrow window."""
        self._small = small
        self._lay_out()

    def set_datasets(self, names: tuple[str, ...]) -> None:
        """Offer rows of these datasets as questions and as general rows."""
        if names == self._names and self._fields["probes"].widget.count():  # type: ignore[attr-defined]
            return
        self._names = names
        fill_choices(self._fields["probes"], probe_choices(names))
        fill_choices(self._fields["replay_from"], row_choices(names))

    def set_costs(self, costs: dict[str, str]) -> None:
        """Say beside each part what it adds to memory and time here."""
        self._costs = costs
        for name, row in self.rows.items():
            row.set_help(self._sentence(name))

    def show_plan(self, plan: GuardPlan) -> None:
        """Show the values of a guard, and that nothing of it is refused."""
        if plan == self._plan and not self._stale:
            return  # every change of the recipe comes here
        self._plan, self._stale = plan, False
        for name, field in self._fields.items():
            value = getattr(plan, name)
            field.show_value(value)
            self.rows[name].set_changed(value != GUARD_DEFAULTS[name])
            self.rows[name].set_error("")
        self._lay_out()

    def set_fault(self, name: str, why: str) -> None:
        """Say in place of a part's sentence why its value was refused."""
        self._stale = True
        self.rows[name].set_error(f"{TITLES[name]} {why}.")

    def _matters(self, name: str) -> bool:
        plan = self._plan
        if name in OF_WATCHING:
            return plan.enabled
        if name == "replay_from":
            return plan.wants_rows
        return name not in OF_REMEDY or bool(getattr(plan, OF_REMEDY[name]))

    def _lay_out(self) -> None:
        """Put the rows of the depth that matter into two columns, or one when narrow."""
        depth = DEPTHS.index(self._depth)
        shown = [
            name
            for name in ORDER
            if self._matters(name) and DEPTHS.index(LEVELS.get(name, DEPTHS[-1])) <= depth
        ]
        per_column = len(shown) if self._small else (len(shown) + 1) // 2
        for name, row in self.rows.items():
            self._grid.removeWidget(row)
            if name in shown:
                column, at = divmod(shown.index(name), per_column)
                self._grid.addWidget(row, at, column)
            row.setVisible(name in shown)
        for column in (0, 1):
            self._grid.setColumnStretch(column, 0 if column and self._small else 1)
