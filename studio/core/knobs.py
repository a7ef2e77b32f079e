"""What is known about a setting, and whether a value can be one."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

_MOST = 10**300
"""Whole numbers from here on are more than a float can hold, and no setting goes as far."""
_TOO_LARGE = "has more digits than any setting"


@dataclass(frozen=True, slots=True)
class Knob:
    """What is known about one setting.

    Attributes:
        sentence: what it does, in one sentence, shown beside the control.
        low: smallest value allowed, for numbers.
        high: largest value allowed, for numbers.
        choices: the values allowed, for words.
        unit: what the number counts, such as "tokens".
        level: who sees it: simple, standard or everything.
    """

    sentence: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    unit: str = ""
    level: str = "everything"


def setting(default: Any, sentence: str, **limits: Any) -> Any:
    """Return a field of a dataclass that is a setting; limits are those of :class:`Knob`."""
    return dataclasses.field(default=default, metadata={"knob": Knob(sentence, **limits)})


def typed(value: Any, wanted: type) -> tuple[Any, str]:
    """Return a value as the type wanted, and why it is not one; empty if it is."""
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        return (float(value), "") if abs(value) < _MOST else (value, _TOO_LARGE)
    if isinstance(value, wanted) and not (wanted is int and isinstance(value, bool)):
        return value, ""
    words = {str: "text", int: "a whole number", float: "a number", bool: "true or false"}
    return value, f"is {value!r}, not {words[wanted]}"


def fault_of(knob: Knob, value: Any) -> str:
    """Return why a value is out of a setting's range; empty if it is not."""
    if knob.choices and value not in knob.choices:
        return f"is {value!r}, not one of {', '.join(knob.choices)}"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    if isinstance(value, int) and abs(value) >= _MOST:
        return _TOO_LARGE
    if not math.isfinite(value):
        return f"is {value}, not a number"
    low, high = knob.low, knob.high
    if (low is not None and value < low) or (high is not None and value > high):
        return f"is {value:g}, not from {low:g} to {high:g}"
    return ""


def nearest(name: str, known: Iterable[str]) -> str:
    """Return a question about the name that comes near, as the end of a sentence."""
    import difflib  # only needed once something is wrong

    found = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {found[0]}" if found else ""
