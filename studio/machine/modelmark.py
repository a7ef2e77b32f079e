"""A mark of a model's files that tells in milliseconds whether they are still the same."""

from __future__ import annotations

import hashlib
from pathlib import Path

_SAMPLES = 64
_SAMPLE_BYTES = 4096
_SETTINGS = ("config.json", "tokenizer.json", "tokenizer_config.json", "chat_template.jinja")


def model_mark(folder: Path) -> str:
    """Return a hash over a model's settings, tokenizer, and samples of its weights; in hex.

    Weights are read at 64 places of each file, not whole: another training, another precision or a
    file cut short shows, one changed number may not. Empty if the folder cannot be read.
    """
    digest = hashlib.sha256()
    try:
        for name in _SETTINGS:
            path = folder / name
            if path.is_file():
                digest.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
        for path in sorted(folder.glob("*.safetensors")):
            _add_weights(digest, path)
    except OSError:
        return ""
    return digest.hexdigest()


def _add_weights(digest: hashlib._Hash, path: Path) -> None:
    size = path.stat().st_size
    digest.update(f"{path.name} {size}".encode() + b"\0")
    with path.open("rb") as file:
        for at in range(_SAMPLES):
            file.seek(max(size - _SAMPLE_BYTES, 0) * at // (_SAMPLES - 1))
            digest.update(file.read(_SAMPLE_BYTES))
