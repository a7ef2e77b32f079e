"""How likely a model finds written answers, by the loss that training has.

Letters: B rows, T tokens of a row, N trained tokens, d hidden size.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F

from studio.core.activations import HEAD_CHUNK_NUMBERS
from studio.engine.batches import NOT_TRAINED, collate
from studio.engine.loss import Head
from studio.engine.rowsfile import TokenRow


@torch.inference_mode()
def row_nats(model: Any, rows: Sequence[TokenRow], pad_id: int) -> list[tuple[float, int]]:
    """Return the summed cross-entropy of each row's trained tokens in nats, and their number.

    As :func:`studio.engine.loss.train_on_supervised_tokens` has it, but row by row.

    Args:
        model: the ``...ForCausalLM`` itself, its adapter on or off as it should be.
        rows: one micro-batch.
        pad_id: what fills the shorter rows.
    """
    batch = collate(rows, pad_id)
    ids, labels = (batch[name].to(model.device) for name in ("input_ids", "labels"))
    targets = labels[:, 1:]
    chosen = targets != NOT_TRAINED
    hidden = model.base_model(input_ids=ids, use_cache=False).last_hidden_state[:, :-1][chosen]
    head, wanted = Head(model), targets[chosen]
    size = max(1, HEAD_CHUNK_NUMBERS // head.vocabulary)
    parts = [
        F.cross_entropy(head(h).float(), t, reduction="none")
        for h, t in zip(hidden.split(size), wanted.split(size), strict=True)
    ]
    counts = chosen.sum(1).tolist()
    sums = [part.double().sum() for part in torch.cat(parts).split(counts)] if parts else []
    return [(float(nats), int(n)) for nats, n in zip(sums, counts, strict=True)]
