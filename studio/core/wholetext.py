"""Text that can be kept and asked: JSON may hold half of a character, which no file can."""

from __future__ import annotations


def whole(text: str) -> str:
    """Return a text with a question mark for each half of a character."""
    return text.encode("utf-8", "replace").decode("utf-8")
