"""What differs between the frozen rows of two runs: added, removed, changed, moved in their split."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from studio.core.example import FIELDS
from studio.core.frozen import frozen_texts
from studio.core.problems import RunError
from studio.core.workspace import RunFolder
from studio.data.runfiles import read_origin

EXAMPLES = 20
"""Most rows of each kind that are shown."""

_Key = tuple[object, ...]
_Found = dict[int, tuple[tuple[str, str], ...]]


@dataclass(frozen=True, slots=True)
class RowChange:
    """One row that is not the same in both runs.

    Attributes:
        row: its id in its dataset.
        dataset: the dataset's name in a mix; else empty.
        before, after: (field, text) of each field; empty where the run lacks the row.
        splits: its split in the first and in the second run.
    """

    row: int
    dataset: str
    before: tuple[tuple[str, str], ...] = ()
    after: tuple[tuple[str, str], ...] = ()
    splits: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True)
class RowsDiff:
    """The difference from one run's rows to another's; counts are whole, rows are examples."""

    rows: tuple[int, int]
    added: int
    removed: int
    changed: int
    moved: int
    """In another split, with the same texts."""
    examples: dict[str, tuple[RowChange, ...]]
    """Rows under added, removed, changed and moved."""

    @property
    def same(self) -> bool:
        """Whether both runs learn from the same rows."""
        return not (self.added or self.removed or self.changed or self.moved)


def rows_difference(first: RunFolder, second: RunFolder, most: int = EXAMPLES) -> RowsDiff:
    """Compare the frozen rows of two runs; takes memory for a hash of each row, not for its text.

    Rows of one dataset are matched by their ids. Ids of two datasets have nothing to do with each
    other, so there rows are matched by their texts, and none counts as changed.

    Raises:
        RunError: a run's rows cannot be read.
    """
    by_text = _dataset(first) != _dataset(second)
    before, after = _marks(first, by_text), _marks(second, by_text)
    both = [key for key in after if key in before]
    kinds = {
        "added": [key for key in after if key not in before],
        "removed": [key for key in before if key not in after],
        "changed": [key for key in both if after[key].digest != before[key].digest],
        "moved": [
            key
            for key in both
            if after[key].digest == before[key].digest and after[key].split != before[key].split
        ],
    }
    shown = {kind: keys[:most] for kind, keys in kinds.items()}
    wanted = [key for keys in shown.values() for key in keys]
    texts = (
        _texts(first, {before[key].line for key in wanted if key in before}),
        _texts(second, {after[key].line for key in wanted if key in after}),
    )
    examples = {
        kind: tuple(_change(before.get(key), after.get(key), texts) for key in keys)
        for kind, keys in shown.items()
    }
    counts = {kind: len(keys) for kind, keys in kinds.items()}
    return RowsDiff((len(before), len(after)), **counts, examples=examples)


@dataclass(frozen=True, slots=True)
class _Mark:
    """Where a row is, and a hash of what it says."""

    line: int
    row: int
    dataset: str
    split: str
    digest: bytes


def _change(before: _Mark | None, after: _Mark | None, texts: tuple[_Found, _Found]) -> RowChange:
    mark = after or before
    assert mark is not None
    return RowChange(
        mark.row,
        mark.dataset,
        texts[0][before.line] if before else (),
        texts[1][after.line] if after else (),
        (before.split if before else "", after.split if after else ""),
    )


def _marks(run: RunFolder, by_text: bool) -> dict[_Key, _Mark]:
    """Return the mark of each row; one that was drawn again has a key of its own."""
    found: dict[_Key, _Mark] = {}
    times: Counter[tuple[object, ...]] = Counter()
    for line, body in enumerate(_bodies(run)):
        kind, texts = frozen_texts(body)
        digest = hashlib.blake2b(json.dumps([kind, *texts]).encode(), digest_size=12).digest()
        dataset, row = str(body.get("dataset", "")), int(body["row"])
        name: tuple[object, ...] = (digest,) if by_text else (dataset, row)
        found[(*name, times[name])] = _Mark(line, row, dataset, str(body["split"]), digest)
        times[name] += 1
    return found


def _texts(run: RunFolder, lines: set[int]) -> _Found:
    """Return (field, text) of each field of the rows on some lines."""
    found: _Found = {}
    for line, body in enumerate(_bodies(run)) if lines else ():
        if line in lines:
            kind, texts = frozen_texts(body)
            found[line] = tuple(zip(FIELDS[kind], texts, strict=True))
    return found


def _dataset(run: RunFolder) -> str:
    """Return the name of a run's dataset; its mix's parts name theirs in each row."""
    return str(read_origin(run).get("dataset", ""))


def _bodies(run: RunFolder) -> Iterator[dict[str, Any]]:
    try:
        with run.rows.open("rb") as file:
            for line in file:
                body = json.loads(line)
                frozen_texts(body)
                yield body
    except OSError as err:
        raise RunError(
            f"The rows of {run.id} cannot be read: {err.strerror or err}.",
            "Runs keep them in data/rows.jsonl.",
        ) from err
    except (ValueError, KeyError, TypeError) as err:
        raise RunError(
            f"The rows of {run.id} cannot be read: a line is no row.",
            f"Somebody changed {run.rows}.",
        ) from err
