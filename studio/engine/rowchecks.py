"""What is wrong with the rows of a dataset, gathered row by row while they are rendered."""

from __future__ import annotations

import hashlib
from typing import Any

from studio.core.example import (
    TRAIN,
    VALIDATION,
    Example,
    ExampleError,
    Preference,
    Text,
    Triple,
    turns_text,
)
from studio.engine.findings import STOP, WARN, Finding
from studio.engine.rendered import Rendered

LEAK = Finding(
    "leak",
    WARN,
    "The row's question is also asked in a row that is trained on.",
    "Move both to the same split, or delete one: a held-out row must be new to the model.",
)
NO_VALIDATION = Finding(
    "no_validation",
    WARN,
    "No row is held out for validation: nothing tells learning from learning by heart.",
    "Hold out a tenth of the rows.",
)
NO_ROWS = Finding("no_rows", STOP, "No row is in the training split.", "Add rows, or move some.")


class RowChecks:
    """Gathers findings over all rows of a dataset; remembers a few bytes for each row."""

    def __init__(self) -> None:
        self._found: dict[str, tuple[Finding, list[int]]] = {}
        self._asked: dict[bytes, list[tuple[int, bool]]] = {}
        self._splits: dict[str, int] = {}

    def add(
        self, row_id: int, split: str, example: Example | ExampleError, rendered: Rendered
    ) -> list[str]:
        """Take one more row; return the codes of what is wrong with it."""
        for found in rendered.findings:
            self._found.setdefault(found.code, (found, []))[1].append(row_id)
        self._splits[split] = self._splits.get(split, 0) + 1
        words = " ".join(_question(example).split()).casefold()
        key = hashlib.blake2b(words.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        self._asked.setdefault(key, []).append((row_id, split == TRAIN))
        return [found.code for found in rendered.findings]

    def found(self) -> list[list[Any]]:
        """Return [code, level, summary, hint, [row ids]] of each finding, the grave ones first."""
        gathered = dict(self._found)
        leaked = [
            row_id
            for same in self._asked.values()
            if any(trained for _, trained in same)
            for row_id, trained in same
            if not trained
        ]
        if leaked:
            gathered[LEAK.code] = LEAK, sorted(leaked)
        if not self._splits.get(TRAIN):
            gathered[NO_ROWS.code] = NO_ROWS, []
        elif not self._splits.get(VALIDATION):
            gathered[NO_VALIDATION.code] = NO_VALIDATION, []
        ordered = sorted(gathered.values(), key=lambda each: each[0].level != STOP)
        return [[*found.as_list(), rows] for found, rows in ordered]


def _question(example: Example | ExampleError) -> str:
    """Return what two rows must not share if one of them is held out."""
    match example:
        case Triple():
            return example.question
        case Preference():
            return example.prompt
        case Text():
            return example.text
        case ExampleError():
            return str(id(example))  # shared with no other row
    return turns_text(example.turns)
