"""Proves that a model keeps rows apart that share a sequence, before anything is learned from them."""

from __future__ import annotations

from typing import Any

import torch

from studio.core.problems import ModelError

_LENGTHS = 5, 3
_TOLERANCE = 0.02
"""Of the largest number; a row that sees another one differs by far more."""


def check_rows_apart(model: Any) -> None:
    """Compare two rows in one sequence with the same rows alone.

    Args:
        model: the ``...ForCausalLM`` itself.

    Raises:
        ModelError: what the second row computes depends on the first.
    """
    device = model.get_input_embeddings().weight.device
    vocabulary = int(model.config.get_text_config().vocab_size)
    ids = torch.arange(1, sum(_LENGTHS) + 1, device=device)[None] * 7 % vocabulary
    positions = torch.cat([torch.arange(n, device=device) for n in _LENGTHS])[None]
    was_training = model.training
    model.eval()
    with torch.no_grad():
        together = _states(model, ids, positions)[0]
        alone = [_states(model, part)[0] for part in ids.split(_LENGTHS, dim=1)]
    model.train(was_training)
    expected = torch.cat(alone)
    scale = expected.abs().max().clamp(min=1.0)
    if not torch.all((together - expected).abs() <= _TOLERANCE * scale):
        raise ModelError(
            f"The model {type(model).__name__} does not keep rows apart that share a sequence.",
            "Turn packing off; rows of like length are put together then.",
        )


def _states(model: Any, ids: torch.Tensor, positions: torch.Tensor | None = None) -> torch.Tensor:
    found = model.base_model(input_ids=ids, position_ids=positions, use_cache=False)
    states: torch.Tensor = found.last_hidden_state.float()
    return states
