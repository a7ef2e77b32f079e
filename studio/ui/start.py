"""Builds the application and its window; the one composition root."""

from __future__ import annotations


def open_studio(*, demo: bool = False, workspace: str | None = None) -> int:
    """Open the window and run until it is closed."""
    raise NotImplementedError
