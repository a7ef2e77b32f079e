"""The controls of what guards a run: choices with words, and numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtWidgets import QLineEdit

from studio.core.guardplan import GENERAL, GUARD_DEFAULTS, OWN
from studio.core.knobtitles import GUARD_TITLES
from studio.core.units import percent
from studio.ui.model.knobfields import Field, NumberField, PickField

TITLES = GUARD_TITLES
CROSSING = {"warn": "Warn", "stop": "Stop and keep", "roll_back": "Stop, go back"}
SHARES = (0.0, 0.1, 0.2, 0.3, 0.5)
SIMPLE_SHARES = (0.0, 0.2)
STRENGTHS: dict[str, tuple[float, ...]] = {
    "l2": (0.0, 0.01, 0.1, 1.0),
    "ewc": (0.0, 0.1, 0.3, 1.0),
    "kl": (0.0, 0.3, 1.0, 3.0),
    "layer_decay": (1.0, 0.95, 0.9, 0.8),
    "share": (0.05, 0.1, 0.2, 0.5, 1.0),
}
"""What is offered. In tests.bench.forgetting L2 at 0.01 and EWC at 0.1 kept what the base knew and
let the task be learnt; at 10 next to nothing of it was."""
LONGEST_NAME = 32


class GuardField(Field):
    """A control of one part of the guard."""


def make_guard_field(name: str) -> GuardField:
    """Return the control of a part of the guard; choices of datasets are filled later."""
    kind = type(GUARD_DEFAULTS[name])
    if kind is bool:
        return _pick({True: "On", False: "Off"})
    if name == "on_crossing":
        return _pick(CROSSING)
    if name == "replay":
        return _pick({share: _share(share) for share in SHARES})
    if name in STRENGTHS:
        return _pick({value: strength(name, value) for value in STRENGTHS[name]})
    if name in ("probes", "replay_from"):
        return _pick({})
    return _number() if kind is int else _amount()


def strength(name: str, value: float) -> str:
    """Return a strength in words."""
    if name == "share":
        return f"At most {percent(value)}"
    if name == "layer_decay":
        return "Off" if value == 1 else f"× {value:g} a layer"
    return f"{value:g}" if value else "Off"


def _share(value: float) -> str:
    return percent(value) if value else "Off"


def probe_choices(names: Sequence[str]) -> dict[tuple[str, ...], str]:
    """Return what can be asked: ours, rows of a dataset, or both."""
    found: dict[tuple[str, ...], str] = {(GENERAL,): "Bundled"}
    for name in names:
        source, shown = f"dataset:{name}:validation", name[:LONGEST_NAME]
        found[(GENERAL, source)] = f"Bundled, and {shown}"
        found[(source,)] = f"{shown} alone"
    return found


def row_choices(names: Sequence[str]) -> dict[str, str]:
    """Return where general rows can come from."""
    found = {GENERAL: "Bundled rows", OWN: "Base's answers"}
    return found | {f"dataset:{name}:train": name[:LONGEST_NAME] for name in names}


def fill_choices(field: Field, words: dict[Any, str]) -> None:
    """Offer other choices; the one that is shown stays."""
    widget = field.widget
    assert isinstance(widget, PickField)
    now = widget.currentData()
    before = widget.blockSignals(True)
    widget.clear()
    for value, shown in words.items():
        widget.addItem(shown, value)
    widget.blockSignals(before)
    if now is not None:
        field.show_value(now)


def _pick(words: dict[Any, str]) -> GuardField:
    widget = PickField()
    for value, shown in words.items():
        widget.addItem(shown, value)

    def put(value: Any) -> None:
        at = next((i for i in range(widget.count()) if widget.itemData(i) == value), -1)
        if at < 0:
            widget.addItem(_unknown(value), value)
            at = widget.count() - 1
        widget.setCurrentIndex(at)

    field = GuardField(widget, put)
    widget.activated.connect(lambda at: field.edited.emit(widget.itemData(at)))
    return field


def _unknown(value: Any) -> str:
    """Return a value that was written in a file, as a choice."""
    if isinstance(value, tuple):
        return ", ".join(value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _number() -> GuardField:
    widget = NumberField()
    widget.setKeyboardTracking(False)  # one undo step for what is typed
    field = GuardField(widget, widget.setValue)
    widget.valueChanged.connect(lambda value: field.edited.emit(value))
    return field


def _amount() -> GuardField:
    widget = QLineEdit()

    def put(value: float) -> None:
        widget.setText(f"{value:g}")

    field = GuardField(widget, put)
    widget.editingFinished.connect(lambda: field.edited.emit(_parsed(widget.text())))
    return field


def _parsed(text: str) -> float | str:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return text
