"""Model folders that weigh nothing: settings and headers as real ones have them, no numbers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

SMOLLM2 = {
    "model_type": "llama",
    "hidden_size": 576,
    "num_hidden_layers": 30,
    "num_attention_heads": 9,
    "num_key_value_heads": 3,
    "intermediate_size": 1536,
    "vocab_size": 49152,
    "max_position_embeddings": 8192,
    "tie_word_embeddings": True,
}
LLAMA3_8B = {
    "model_type": "llama",
    "hidden_size": 4096,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "intermediate_size": 14336,
    "vocab_size": 128256,
    "max_position_embeddings": 131072,
    "tie_word_embeddings": False,
}
TINY = SMOLLM2 | {
    "hidden_size": 8,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "intermediate_size": 16,
    "vocab_size": 32,
}


def tensor_file(path: Path, tensors: dict[str, list[int]], dtype: str = "BF16") -> Path:
    """Write a safetensors file whose numbers are a hole in the file."""
    header: dict[str, Any] = {}
    at = 0
    for name, shape in tensors.items():
        size = 2
        for side in shape:
            size *= side
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(header).encode()
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        file.truncate(8 + len(text) + at)
    return path


def model_folder(folder: Path, config: dict[str, Any] | None = None) -> Path:
    """Make a folder that passes the gate; its weights are the embeddings alone."""
    config = TINY if config is None else config
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "tokenizer.json").write_text("{}")
    template = "{% for m in messages %}<|im_start|>{{ m['content'] }}<|im_end|>{% endfor %}"
    (folder / "tokenizer_config.json").write_text(json.dumps({"chat_template": template}))
    shape = [config["vocab_size"], config["hidden_size"]]
    tensor_file(folder / "model.safetensors", {"model.embed_tokens.weight": shape})
    return folder
