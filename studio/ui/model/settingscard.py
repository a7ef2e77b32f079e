"""The settings card: every setting of the recipe with its sentence, in three depths."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from studio.core.knobreasons import about
from studio.core.knobtitles import title_of
from studio.core.presets import PRESETS, Preset, preset_of
from studio.core.recipe import DEFAULTS, KNOBS, Recipe
from studio.core.relevant import matters, settings_that_matter
from studio.ui.look.fonts import Role
from studio.ui.model.knobfields import BY_NAME, Field, PickField, make_field
from studio.ui.widgets.card import Card
from studio.ui.widgets.formrow import FormRow
from studio.ui.widgets.parts import Button, label, plain_tip
from studio.ui.widgets.segmented import Segmented

DEPTHS = ("simple", "standard", "everything")
ELSEWHERE = frozenset({"model", "dataset", "method", "objective"})
"""Settings that the page shows in other places."""
SHOWN = tuple(name for name in KNOBS if name not in ELSEWHERE)
OWN = "Own settings"


MAIN = frozenset({"virtual_tokens", "bottleneck", "last_n"})
"""What a method that has few settings turns on."""


def depth_of(name: str) -> str:
    """Return from which depth on a setting is shown."""
    if name in MAIN:
        return "standard"
    if name == "quantization":  # the method cards choose between 4 and 16 bits
        return "everything"
    return KNOBS[name].level


class SettingsCard(Card):
    """Shows a recipe as a form; knows ranges and words, not what becomes of an edit.

    Signals:
        edited(str, object): a setting was given another value, which may be out of range.
        preset_chosen(object): the user wants a Preset.
        reset_requested(): the user wants all defaults back.
        targets_requested(): the user wants to choose layers by name.
        depth_changed(str): simple, standard or everything is shown.
    """

    edited = Signal(str, object)
    preset_chosen = Signal(object)
    reset_requested = Signal()
    targets_requested = Signal()
    depth_changed = Signal(str)

    def __init__(self) -> None:
        self._depth = Segmented(
            "Depth of settings", "Simple", "Standard", "Everything", current=1, height=24
        )
        self._preset = PickField(*(preset.title for preset in PRESETS))
        reset = Button("Reset all", "rollback", "quiet", compact=True)
        words = label("Preset", Role.SMALL, tone="muted")
        super().__init__("Settings", "", words, self._preset, reset)
        self._small = False
        self._preset.setMinimumWidth(136)
        self._preset.setPlaceholderText(OWN)
        self._preset.setAccessibleName("Preset")
        for at, preset in enumerate(PRESETS):
            self._preset.setItemData(at, preset)
        self._preset.activated.connect(self._on_preset_activated)
        reset.clicked.connect(self.reset_requested)
        self._depth.chosen.connect(self._lay_out)
        row = self.header.layout()
        assert row is not None
        row.insertWidget(1, self._depth)  # type: ignore[attr-defined]
        self._form = QWidget()
        self._fields: dict[str, Field] = {}
        self.rows: dict[str, FormRow] = {}
        self._recipe, self._faults = Recipe(), dict[str, str]()
        self._help: dict[str, str] = {}
        self._grid = QGridLayout(self._form)
        self._grid.setContentsMargins(16, 6, 16, 6)
        self._grid.setHorizontalSpacing(24)
        self._grid.setVerticalSpacing(0)
        self.body.addWidget(self._form)
        self.body.addStretch(1)
        self._lay_out()

    def _add_row(self, name: str) -> None:
        field = make_field(name)
        row = FormRow(title_of(name), field.widget, KNOBS[name].sentence)
        row.setToolTip(plain_tip(about(name)))
        row.setParent(self._form)
        row.reset_requested.connect(lambda: self.edited.emit(name, DEFAULTS[name]))
        field.edited.connect(lambda value: self._on_edited(name, value))
        self._fields[name], self.rows[name] = field, row
        self._show_value(name)
        if name in self._help:
            row.set_help(self._help[name])

    def _on_edited(self, name: str, value: Any) -> None:
        if name == "targets" and value == BY_NAME:
            self._fields[name].show_value(self._recipe.targets)
            self.targets_requested.emit()
        else:
            self.edited.emit(name, value)

    def field(self, name: str) -> QWidget:
        """Return the control of a setting."""
        return self._fields[name].widget

    def set_depth(self, depth: str) -> None:
        """Show the settings of a depth: simple, standard or everything."""
        self._depth.set_current(DEPTHS.index(depth))
        self._lay_out()

    def set_small(self, small: bool) -> None:
        """Take one column in a narrow window."""
        self._small = small
        self._lay_out()

    def show_recipe(self, recipe: Recipe, faults: dict[str, str]) -> None:
        """Show a recipe's values; a field whose last value was refused keeps that value."""
        was, self._recipe, self._faults = settings_that_matter(self._recipe), recipe, faults
        for name in self.rows:
            self._show_value(name)
        if was != settings_that_matter(recipe):
            self._lay_out()
        self._show_preset(preset_of(recipe))

    def _show_value(self, name: str) -> None:
        value = getattr(self._recipe, name)
        if name not in self._faults:
            self._fields[name].show_value(value)
        self.rows[name].set_changed(value != DEFAULTS[name] or name in self._faults)

    def set_fault(self, name: str, why: str) -> None:
        """Say in place of a setting's sentence why its value was refused; empty lifts it."""
        if name in self.rows:
            self.rows[name].set_error(f"{title_of(name)} {why}." if why else "")
            if why:
                self.rows[name].set_changed(True)

    def set_help(self, name: str, sentence: str) -> None:
        """Say what a value comes to; empty says what the setting is again."""
        self._help[name] = sentence or KNOBS[name].sentence
        if name in self.rows:
            self.rows[name].set_help(self._help[name])

    def _show_preset(self, preset: Preset | None) -> None:
        self._preset.setCurrentIndex(-1 if preset is None else PRESETS.index(preset))
        self._preset.setToolTip("" if preset is None else preset.sentence)

    def _on_preset_activated(self, at: int) -> None:
        self.preset_chosen.emit(PRESETS[at])

    def _lay_out(self, _chosen: Any = None) -> None:
        """Put the rows of the depth that matter into two columns, or one when narrow."""
        depth = self._depth.current()
        shown = [
            name
            for name in SHOWN
            if matters(name, self._recipe) and DEPTHS.index(depth_of(name)) <= depth
        ]
        for name in shown:
            if name not in self.rows:  # made when first needed: forty controls take a while
                self._add_row(name)
        per_column = len(shown) if self._small else (len(shown) + 1) // 2
        for name, row in self.rows.items():
            self._grid.removeWidget(row)
            if name in shown:
                column, at = divmod(shown.index(name), per_column)
                self._grid.addWidget(row, at, column)
            row.setVisible(name in shown)
        self._set_tab_order(shown)
        self.depth_changed.emit(DEPTHS[depth])
        for column in (0, 1):
            self._grid.setColumnStretch(column, 0 if column and self._small else 1)

    def _set_tab_order(self, shown: list[str]) -> None:
        """Let Tab follow the reading order, whenever the rows were made."""
        for before, after in pairwise(shown):
            QWidget.setTabOrder(self._fields[before].widget, self._fields[after].widget)
