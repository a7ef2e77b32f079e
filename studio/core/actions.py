"""What a remark offers to do about itself: one action, as a word with numbers behind it.

``roll_back:120`` goes back to the checkpoint of step 120 and on at a lower rate, ``lower_rate``
and ``raise_rate`` change the rate, ``show_rows:12,15`` shows rows of the dataset, ``stop`` stops
and keeps, ``wake`` lets a stopped process go on, ``end`` ends a process that does not react.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

ROLL_BACK = "roll_back"
LOWER_RATE = "lower_rate"
RAISE_RATE = "raise_rate"
SHOW_ROWS = "show_rows"
STOP = "stop"
WAKE = "wake"
END = "end"
ACTIONS = frozenset({ROLL_BACK, LOWER_RATE, RAISE_RATE, SHOW_ROWS, STOP, WAKE, END})
MOST_ROWS = 20
"""Rows named in one action."""
LOWERED = 0.5
"""Share of the rate that is kept when it is lowered, and its inverse when it is raised."""


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that can be done.

    Attributes:
        name: one of ACTIONS.
        numbers: a step for roll_back, row ids for show_rows; else empty.
    """

    name: str
    numbers: tuple[int, ...] = ()


def action_text(name: str, numbers: Iterable[int] = ()) -> str:
    """Return an action as it stands in a remark; of many numbers the first."""
    listed = ",".join(str(number) for number in list(numbers)[:MOST_ROWS])
    return f"{name}:{listed}" if listed else name


def read_action(text: str) -> Action | None:
    """Return the action of a remark; None when it has none that is known here."""
    name, _, listed = text.partition(":")
    if name not in ACTIONS:
        return None
    try:
        numbers = tuple(int(number) for number in listed.split(",") if number)
    except ValueError:
        return None
    return Action(name, numbers[:MOST_ROWS])
