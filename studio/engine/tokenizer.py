"""The tokenizer of a model folder: loading it, its template, where its answers end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from studio.core.problems import ModelError


def load_tokenizer(folder: Path) -> Any:
    """Load the tokenizer of a model folder, from that folder alone.

    Raises:
        ModelError: there is none, or it cannot be read.
    """
    try:
        if (folder / "tokenizer.json").is_file():
            # Not AutoTokenizer: it imports torch, five seconds that a preview does not need
            from transformers.tokenization_utils_tokenizers import TokenizersBackend as Loader
        else:
            from transformers import AutoTokenizer as Loader  # type: ignore[assignment]
        return Loader.from_pretrained(folder, local_files_only=True)
    except Exception as err:  # anything may come out of a damaged or foreign file
        raise ModelError(
            f"The tokenizer in {folder} cannot be read: {str(err).strip().rstrip('.')}.",
            "Fetch the model again, or choose another one.",
        ) from err


def own_template(tokenizer: Any) -> str:
    """Return the chat template that comes with a model; empty if there is none."""
    template = tokenizer.chat_template
    if isinstance(template, dict):
        template = template.get("default")
    return template if isinstance(template, str) else ""


def own_tokens(tokenizer: Any) -> dict[str, str]:
    """Return the named tokens that a template may write: bos_token, eos_token and others."""
    return {name: str(token) for name, token in tokenizer.special_tokens_map.items()}


def generation_ends(folder: Path) -> list[int]:
    """Return the ids at which the model's own generation settings stop."""
    try:
        settings = json.loads((folder / "generation_config.json").read_text(encoding="utf-8"))
        ends = settings.get("eos_token_id", [])
    except (OSError, ValueError, AttributeError):
        return []  # the file is optional
    found = ends if isinstance(ends, list) else [ends]
    return [i for i in found if isinstance(i, int)]
