"""Imports a module piece by piece, so that a window can do it between two frames."""

from __future__ import annotations

import importlib
import importlib.util
import re
import sys
from collections.abc import Iterator
from pathlib import Path

_OURS = re.compile(r"^from (studio[\w.]*) import (\w+(?:, \w+)*)?", re.MULTILINE)
"""What a module of ours imports at its top, as `ruff format` writes it."""
_OTHERS = re.compile(r"^(?:from|import) (numpy|orjson|psutil|pyqtgraph|tomlkit)\b", re.MULTILINE)
"""Packages that take longer than all modules of ours that need them."""


def pieces_of(name: str, seen: set[str] | None = None) -> Iterator[str]:
    """Import a module, after those that it needs, and give its name after each of them.

    What the scan of the source does not find is imported with the module that needs it: the
    pieces are larger then, and nothing else is different.

    Args:
        name: of a module under ``studio``, or of another package.
        seen: names that need not be looked at any more.
    """
    seen = set() if seen is None else seen
    if name in seen or name in sys.modules:
        return
    seen.add(name)
    if name.startswith("studio"):
        source = _source_of(name)
        for found in _OTHERS.finditer(source):
            yield from pieces_of(found[1], seen)
        for found in _OURS.finditer(source):
            yield from pieces_of(found[1], seen)
            package = sys.modules[found[1]]
            for part in (found[2] or "").split(", "):
                if part and not hasattr(package, part):  # then it is a module
                    yield from pieces_of(f"{found[1]}.{part}", seen)
    importlib.import_module(name)
    yield name


def _source_of(name: str) -> str:
    """Return what is written in a module; nothing if it has no source."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.origin or not spec.origin.endswith(".py"):
        return ""
    return Path(spec.origin).read_text(encoding="utf-8")
