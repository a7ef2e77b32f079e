"""The first micro-batch as it goes into the model: the tokens of each sequence and their mask."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from studio.core.events import FirstBatch
from studio.core.example import TokenState
from studio.engine.batches import NOT_TRAINED, Batch
from studio.engine.render import Renderer
from studio.engine.rowsfile import TokenRow

MOST_TOKENS = 4096
"""Tokens told of one sequence."""
MOST_ROWS = 64


def first_batch(batch: Batch, rows: Sequence[Sequence[TokenRow]], renderer: Renderer) -> FirstBatch:
    """Return what is told of a micro-batch; read from its tensors, not from the rows.

    Args:
        batch: input_ids and labels, (B, T).
        rows: the rows in each of its B sequences.
        renderer: knows what a token is as text.
    """
    sequences = zip(batch["input_ids"].tolist(), batch["labels"].tolist(), rows, strict=True)
    told = [_sequence(ids, labels, inside, renderer) for ids, labels, inside in sequences]
    return FirstBatch(rows=told[:MOST_ROWS])


def _sequence(
    ids: list[int], labels: list[int], rows: Sequence[TokenRow], renderer: Renderer
) -> dict[str, Any]:
    length = sum(len(row.ids) for row in rows)
    shown = list(zip(ids, labels, strict=True))[: min(length, MOST_TOKENS)]
    return {
        "row": rows[0].row,
        "rows": [row.row for row in rows],
        "tokens": [[renderer.text(i), _state(i, label, renderer)] for i, label in shown],
        "padding": len(ids) - length,
        "left_out": max(0, length - MOST_TOKENS),
    }


def _state(token: int, label: int, renderer: Renderer) -> str:
    if label == NOT_TRAINED:
        return TokenState.MASKED
    return TokenState.END if token == renderer.end_id else TokenState.TRAINED
