"""Which blocks of a model a recipe's ranges name: "8-23", "0-3, 28-31", "16-"."""

from __future__ import annotations

import re

from studio.core.problems import RecipeError

_RANGE = re.compile(r"(\d{1,6})(?:\s*(-)\s*(\d{1,6})?)?")


def fault_of_blocks(text: str) -> str:
    """Return why a text names no blocks, as the rest of a sentence; empty if it does."""
    try:
        for part in _parts(text):
            _ends(part, 0)
    except ValueError as err:
        return str(err)
    return ""


def block_numbers(text: str, layers: int) -> tuple[int, ...]:
    """Return the blocks that a setting names in a model, ascending; all where it is empty.

    Args:
        text: ranges from 0 on with both ends in them; one without an end goes to the top.
        layers: how many blocks the model has.

    Raises:
        RecipeError: it names no blocks, or some that the model does not have.
    """
    found: set[int] = set()
    try:
        for part in _parts(text):
            first, last = _ends(part, layers - 1)
            if last >= layers or first >= layers:
                raise ValueError(f"names {part.strip()}; the model has blocks 0 to {layers - 1}")
            found |= set(range(first, last + 1))
    except ValueError as err:
        raise RecipeError({"blocks": str(err)}) from err
    return tuple(sorted(found)) if found else tuple(range(layers))


def _parts(text: str) -> list[str]:
    return text.split(",") if text.strip() else []


def _ends(part: str, top: int) -> tuple[int, int]:
    """Return the first and the last block of a range."""
    found = _RANGE.fullmatch(part.strip())
    if not found:
        raise ValueError(f"is {part.strip()!r:.40}, not a range such as 8-23")
    first = int(found[1])
    if not found[2]:
        return first, first
    last = int(found[3]) if found[3] else max(top, first)
    if last < first:
        raise ValueError(f"is {part.strip()}, which ends before it begins")
    return first, last
