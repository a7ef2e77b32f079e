"""Remembers how files with the same columns were imported, and which are not asked about again."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.core.example import Kind
from studio.data.layouts import Layout, Reading
from studio.data.rowshapes import lacking
from studio.data.textrows import Each

logger = logging.getLogger(__name__)
_MOST = 300
"""Sets of columns that are remembered; the one not used for longest is forgotten first."""


@dataclass(frozen=True, slots=True)
class Habit:
    """What the user did with files that have certain columns.

    Attributes:
        reading: how they are read.
        each: what becomes a row, of running text.
        ask: whether to show what was recognised before the import.
    """

    reading: Reading
    each: Each = Each.FILE
    ask: bool = True


class ImportMemory:
    """Habits by set of columns, in one JSON file; a file that is damaged is an empty memory."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def habit(self, columns: Sequence[str]) -> Habit | None:
        """Return what was done with files of these columns; None if there was none."""
        return _habit(self._read().get(_key(columns)), columns)

    def remember(self, columns: Sequence[str], habit: Habit) -> None:
        """Do the same with the next file of these columns."""
        known = self._read()
        known.pop(_key(columns), None)
        known[_key(columns)] = {
            "kind": habit.reading.kind,
            "layout": habit.reading.layout,
            "roles": habit.reading.roles,
            "each": habit.each,
            "ask": habit.ask,
        }
        staged = self._path.with_name(self._path.name + ".new")
        try:
            kept = dict(list(known.items())[-_MOST:])
            staged.write_text(json.dumps(kept, ensure_ascii=False, indent=1), encoding="utf-8")
            os.replace(staged, self._path)
        except (OSError, UnicodeEncodeError):
            logger.exception("how files are imported could not be kept in %s", self._path)

    def _read(self) -> dict[str, Any]:
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}


def _key(columns: Sequence[str]) -> str:
    return json.dumps(sorted(columns), ensure_ascii=True)


def _habit(found: Any, columns: Sequence[str]) -> Habit | None:
    try:
        reading = Reading(Kind(found["kind"]), Layout(found["layout"]), dict(found["roles"]))
        made = Habit(reading, Each(found["each"]), bool(found["ask"]))
    except (KeyError, TypeError, ValueError):
        return None
    fits = set(reading.roles) <= set(columns) and not lacking(reading.kind, reading.roles)
    return made if fits else None
