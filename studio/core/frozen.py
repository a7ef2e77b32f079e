"""Rows as runs freeze them: JSON objects with the row's kind and its texts by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from studio.core.example import FIELDS, Kind


def frozen_texts(body: Mapping[str, Any]) -> tuple[Kind, tuple[str, ...]]:
    """Return a frozen row's kind and its texts, in the order of ``FIELDS``.

    Runs of the first version have triples alone, and do not say so.

    Raises:
        KeyError: a text is missing.
        ValueError: there is no such kind, or what should be a text is none.
    """
    kind = Kind(body.get("kind", Kind.TRIPLE))
    texts = tuple(body[name] for name in FIELDS[kind])
    if not all(isinstance(text, str) for text in texts):
        raise ValueError(f"row {body.get('row')} holds what is not text")
    return kind, texts
