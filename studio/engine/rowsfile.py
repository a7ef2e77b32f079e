"""The frozen tokens of a run: written once from its frozen rows, then only read."""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from studio.core.example import TRAIN, VALIDATION, Preference, TokenState
from studio.core.frozen import frozen_texts
from studio.core.problems import DataError, ModelError
from studio.core.workspace import RunFolder
from studio.data.checkpoints import sync
from studio.engine.findings import REFUSED
from studio.engine.render import Renderer
from studio.engine.rowdraft import read_example

_STATES = tuple(TokenState)
_NUMBER = {state: n for n, state in enumerate(_STATES)}
_TRAINED = [_NUMBER[TokenState.TRAINED], _NUMBER[TokenState.END]]
_CUT = _NUMBER[TokenState.CUT]
_SCHEMA = [
    ("row", pa.int64()),
    ("split", pa.string()),
    ("ids", pa.list_(pa.int32())),
    ("states", pa.list_(pa.uint8())),
]
_CHUNK_ROWS = 2000


@dataclass(frozen=True, slots=True)
class TokenRow:
    """One row as it is trained, cut to the longest sequence.

    Attributes:
        row: the id in the dataset.
        ids: vocabulary ids, shape (tokens,).
        trained: whether each token is trained, shape (tokens,).
    """

    row: int
    ids: npt.NDArray[np.int64]
    trained: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class FrozenRows:
    """All rows of a run that train or judge something.

    Attributes:
        train: rows of the training split.
        validation: rows that are held out.
        left_out: ids of rows without a trained token, which can teach nothing.
        pad_id: what fills a batch.
        template_hash: of the template they were rendered with.
    """

    train: list[TokenRow]
    validation: list[TokenRow]
    left_out: list[int]
    pad_id: int
    template_hash: str


def freeze_rows(run: RunFolder, renderer: Renderer, max_tokens: int) -> frozenset[str]:
    """Render the run's rows and write their tokens; the file appears whole or not at all.

    Returns:
        What is to be said about the rows as a whole: default_template, chosen_only.

    Raises:
        DataError: the rows cannot be read.
        OSError: the file cannot be written.
    """
    told = {
        "template_hash": renderer.template_hash,
        "template": renderer.chosen.sentence,
        "pad_id": str(renderer.pad_id),
        "max_tokens": str(max_tokens),
    }
    schema = pa.schema(_SCHEMA, metadata=told)
    remarks = {"default_template"} if renderer.chosen.source == "default" else set[str]()
    staged = run.tokens.with_name(f".{run.tokens.name}.{os.getpid()}.partial")
    try:
        with pa.OSFile(str(staged), "wb") as file, pa.ipc.new_file(file, schema) as writer:
            rows = _rows(run.rows)
            while chunk := list(itertools.islice(rows, _CHUNK_ROWS)):
                if any(isinstance(row["example"], Preference) for row in chunk):
                    remarks.add("chosen_only")
                frozen = list(_rendered(renderer, chunk, max_tokens))
                writer.write_batch(pa.RecordBatch.from_pylist(frozen, schema))
        sync(staged)
        staged.replace(run.tokens)
        sync(run.tokens.parent)
    finally:
        staged.unlink(missing_ok=True)
    return frozenset(remarks)


def read_frozen(path: Path) -> FrozenRows:
    """Read the tokens of a run.

    Raises:
        DataError: the file is damaged, or no row of the training split trains anything.
    """
    try:
        with pa.memory_map(str(path)) as file:
            table = pa.ipc.open_file(file).read_all()
        told = {key.decode(): value.decode() for key, value in table.schema.metadata.items()}
        rows: dict[str, list[TokenRow]] = {TRAIN: [], VALIDATION: []}
        left_out = []
        for batch in table.to_batches():
            for split, row in _token_rows(batch):
                if not row.trained.any():
                    left_out.append(row.row)
                elif split in rows:
                    rows[split].append(row)
        pad_id, template_hash = int(told["pad_id"]), told["template_hash"]
    except (OSError, ValueError, KeyError, pa.ArrowException) as err:
        raise DataError(
            f"The run's frozen tokens cannot be read: {err}.",
            f"Delete {path.name} in the run's data folder; it is written again from the rows.",
        ) from err
    if not rows[TRAIN]:
        raise DataError(
            "No row of the training split has a token to train.",
            "Raise the longest sequence, write answers, or move rows into the training split.",
        )
    return FrozenRows(rows[TRAIN], rows[VALIDATION], left_out, pad_id, template_hash)


def _rendered(
    renderer: Renderer, rows: list[dict[str, Any]], max_tokens: int
) -> Iterator[dict[str, Any]]:
    """Yield the sequences of rows that answers are learned from; one row may make several."""
    examples = [row["example"] for row in rows]
    for row, rendered in zip(rows, renderer.rows(examples, max_tokens), strict=True):
        found = next((f for f in rendered.findings if f.code in REFUSED), None)
        if found:
            raise ModelError(f"Row {row['row']}: {found.summary}", found.hint)
        for sequence in rendered.learned:
            spans = () if sequence.compared else sequence.spans
            states = [_NUMBER[state] for state in replace(sequence, spans=spans).states]
            yield {
                "row": row["row"],
                "split": row["split"],
                "ids": sequence.ids,
                "states": states,
            }


def _token_rows(batch: pa.RecordBatch) -> Iterator[tuple[str, TokenRow]]:
    columns = [batch.column(name) for name, _ in _SCHEMA]
    for row, split, ids, states in zip(*columns, strict=True):
        state = states.values.to_numpy()
        kept = state != _CUT
        yield (
            split.as_py(),
            TokenRow(
                row.as_py(),
                ids.values.to_numpy()[kept].astype(np.int64),
                np.isin(state[kept], _TRAINED),
            ),
        )


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    try:
        with path.open("rb") as file:
            for line in file:
                row = json.loads(line.decode("utf-8", "surrogatepass"))
                example = read_example(*frozen_texts(row))
                yield {"row": row["row"], "split": row["split"], "example": example}
    except (OSError, ValueError, KeyError, TypeError) as err:
        raise DataError(
            f"The run's frozen rows cannot be read: {err}.", "Start the run again from its dataset."
        ) from err
