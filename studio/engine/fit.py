"""How well a tokenizer fits a dataset: characters per token, and the words that it shatters."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from studio.core.resources import resource
from studio.core.wholetext import whole
from studio.data.checks.parts import parts_of
from studio.data.rowreader import RowReader
from studio.engine.render import Renderer

WORDS_FROM, RATIO_FROM = 2000, 250
"""Rows, spread over the dataset, whose words are counted, and whose texts are encoded."""
LEAST_PIECES, LEAST_COUNT = 3, 5
WORDS = 40
MOST_WORDS = 20_000
"""Different words that are encoded, the commonest ones."""
_WORD = re.compile(r"[^\W\d_]{4,40}")
_PAGE = 500


def fit(renderer: Renderer, reader: RowReader) -> dict[str, Any]:
    """Return how a dataset's texts fall into tokens, as plain values.

    Returns:
        rows looked at and all rows; characters per token of them and of general text; words, the
        costliest first: word, how often, pieces, tokens that it would save as one token.
    """
    ids = reader.ids
    chosen = ids[:: max(1, len(ids) // WORDS_FROM)][:WORDS_FROM].tolist()
    counts: Counter[str] = Counter()
    sample: list[str] = []
    every = max(1, len(chosen) // RATIO_FROM)
    for start in range(0, len(chosen), _PAGE):
        rows = reader.rows_of(chosen[start : start + _PAGE])
        texts = [parts_of(row.kind, row.texts).whole for row in rows]
        sample += texts[::every]
        for text in texts:
            counts.update(_WORD.findall(text))
    tokens = sum(_sizes(renderer, sample))
    general = resource("texts", "general.txt").read_text(encoding="utf-8")
    scale = len(ids) / max(len(chosen), 1)
    return {
        "sampled": len(chosen),
        "rows": len(ids),
        "characters_per_token": sum(map(len, sample)) / tokens if tokens else 0.0,
        "general_characters_per_token": len(general) / max(sum(_sizes(renderer, [general])), 1),
        "words": _shattered(renderer, counts, scale),
    }


def _shattered(renderer: Renderer, counts: Counter[str], scale: float) -> list[dict[str, Any]]:
    common = [
        (word, count) for word, count in counts.most_common(MOST_WORDS) if count >= LEAST_COUNT
    ]
    pieces = _sizes(renderer, [f" {word}" for word, _ in common])
    found = [
        (count * (size - 1), word, count, size)
        for (word, count), size in zip(common, pieces, strict=True)
        if size >= LEAST_PIECES
    ]
    return [
        {
            "word": word,
            "count": round(count * scale),
            "pieces": size,
            "saved": round(saved * scale),
        }
        for saved, word, count, size in sorted(found, key=lambda each: (-each[0], each[1]))[:WORDS]
    ]


def _sizes(renderer: Renderer, texts: list[str]) -> list[int]:
    """Return how many tokens each text is, by itself."""
    if not texts:
        return []
    asked = [whole(text) for text in texts]
    backend = getattr(renderer.tokenizer, "backend_tokenizer", None)
    if backend is None:
        encoded = renderer.tokenizer(asked, add_special_tokens=False)["input_ids"]
        return [len(ids) for ids in encoded]
    return [len(each.ids) for each in backend.encode_batch_fast(asked, add_special_tokens=False)]
