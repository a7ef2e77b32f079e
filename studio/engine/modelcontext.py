"""How much a model reads at once."""

from __future__ import annotations

from pathlib import Path

from studio.machine.modelgate import check_model_files

_DEFAULT_CONTEXT = 4096


def context_of(folder: Path) -> int:
    """Return the longest sequence in tokens.

    Raises:
        ModelError: the model's folder cannot be used.
    """
    config = check_model_files(folder)
    inner = config.get("text_config")
    told = config.get("max_position_embeddings") or (
        inner.get("max_position_embeddings") if isinstance(inner, dict) else None
    )
    return int(told or _DEFAULT_CONTEXT)
