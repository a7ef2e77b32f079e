"""Which runs the table shows: by state, model and dataset, each with the values there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QMenu, QWidget

from studio.ui.look import fonts
from studio.ui.runs.cells import RunRow, dataset_of, model_of, standing_of
from studio.ui.widgets.parts import Button, fill

SHOWN = 14
"""Characters of a choice that its chip shows."""
MOST = 60
"""Characters of a choice in the menu."""
OF = {"State": standing_of, "Model": model_of, "Dataset": dataset_of}
"""What each chip goes by."""
Wanted = dict[str, frozenset[str]]


def fits(row: RunRow, wanted: Wanted) -> bool:
    """Return whether a run is among what is wanted; nothing wanted of a kind leaves all."""
    return all(not values or OF[name](row) in values for name, values in wanted.items())


class ValuesChip(Button):
    """A chip with a menu of values, of which several may be chosen.

    Signals:
        changed(): other values are chosen.
    """

    changed = Signal()

    def __init__(self, name: str) -> None:
        super().__init__(name, "", "chip", drop=True)
        self._name = name
        self.values: frozenset[str] = frozenset()
        self._known: Counter[str] = Counter()
        self.setCheckable(True)
        self.menu_of_values = QMenu(name, self)
        self.menu_of_values.setFont(fonts.font())
        self.clicked.connect(self._pop)
        self._show()

    def offer(self, values: Iterable[str]) -> None:
        """Offer these values; one that is chosen stays, though no run has it any more."""
        known = Counter(values)
        if known == self._known and self.menu_of_values.actions():
            return
        self._known = known
        self.menu_of_values.clear()
        for value in sorted({*known, *self.values}, key=str.lower):
            words = value if len(value) <= MOST else value[: MOST - 1] + "…"
            act = QAction(f"{words} · {known[value]:,}".replace("&", "&&"), self.menu_of_values)
            act.setCheckable(True)
            act.setChecked(value in self.values)
            act.setData(value)
            act.triggered.connect(lambda on, value=value: self._choose(value, on=on))
            self.menu_of_values.addAction(act)
        self.menu_of_values.addSeparator()
        self.menu_of_values.addAction("Show all").triggered.connect(lambda: self.choose())

    def choose(self, *values: str) -> None:
        """Choose these values and no others; none shows all."""
        if frozenset(values) != self.values:
            self.values = frozenset(values)
            self._show()
            self.changed.emit()

    def _choose(self, value: str, *, on: bool) -> None:
        self.choose(*(self.values | {value} if on else self.values - {value}))

    def _show(self) -> None:
        chosen = sorted(self.values)
        words = chosen[0] if len(chosen) == 1 else f"{self._name} · {len(chosen)}"
        words = words if len(words) <= SHOWN else words[: SHOWN - 1] + "…"
        self.setText((words if chosen else self._name).replace("&", "&&"))
        self.setChecked(bool(chosen))
        self.setAccessibleName(f"{self._name}: {', '.join(chosen) or 'all'}")
        for act in self.menu_of_values.actions():
            if act.isCheckable():
                act.setChecked(act.data() in self.values)

    def _pop(self) -> None:
        self.setChecked(bool(self.values))
        self.menu_of_values.popup(self.mapToGlobal(self.rect().bottomLeft()))


class Filters(QWidget):
    """The chips side by side; in a narrow window one button with all of their menus.

    Signals:
        changed(): other runs are wanted.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.chips = {name: ValuesChip(name) for name in OF}
        self._all = QMenu("Filter", self)
        self._all.setFont(fonts.font())
        self.button = Button("Filter", "filter", "chip", drop=True)
        self.button.setCheckable(True)
        self.button.clicked.connect(self._pop)
        row = fill(QHBoxLayout(self), *self.chips.values(), self.button, gap=6)
        row.setContentsMargins(0, 0, 0, 0)
        for chip in self.chips.values():
            self._all.addMenu(chip.menu_of_values)
            chip.changed.connect(self._on_changed)
        self.set_small(False)

    @property
    def wanted(self) -> Wanted:
        """What is chosen of each kind."""
        return {name: chip.values for name, chip in self.chips.items()}

    def set_small(self, small: bool) -> None:
        """Take the form for narrow windows, or leave it."""
        for chip in self.chips.values():
            chip.setVisible(not small)
        self.button.setVisible(small)

    def show_runs(self, rows: Iterable[RunRow]) -> None:
        """Offer what these runs have."""
        rows = list(rows)
        for name, chip in self.chips.items():
            chip.offer(OF[name](row) for row in rows)

    def clear(self) -> None:
        """Show all runs."""
        for chip in self.chips.values():
            chip.choose()

    def _on_changed(self) -> None:
        self.button.setChecked(any(self.wanted.values()))
        self.changed.emit()

    def _pop(self) -> None:
        self.button.setChecked(any(self.wanted.values()))
        self._all.popup(self.button.mapToGlobal(self.button.rect().bottomLeft()))
