"""Turn marks of common chat templates inside texts, whatever model is chosen."""

from __future__ import annotations

import re

from studio.data.checks.emptiness import Found
from studio.data.checks.parts import Parts

_MARKS = re.compile(
    r"[<\[](?:"
    r"\|[A-Za-z][\w.-]{1,40}\|>"  # ChatML, Llama 3, Phi, Zephyr, Qwen, GPT-OSS
    r"|\uff5c[^\uff5c\s]{1,40}\uff5c>"  # DeepSeek
    r"|/?s>|</?SYS>>|/?INST\]|/?(?:AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS)\]"  # Llama 2, Mistral
    r"|(?:start|end)_of_turn>|(?:bos|eos|pad|unk)>)"  # Gemma
)
_ALPACA = re.compile(r"^### (?:Instruction|Input|Response):", re.MULTILINE)


def find(parts: Parts) -> Found:
    """Return the first turn mark in a row."""
    hit = _MARKS.search(parts.whole)
    if hit is None and "###" in parts.whole:
        hit = _ALPACA.search(parts.whole)
    return [] if hit is None else [("special_text", hit[0])]


def without_marks(text: str) -> str:
    """Return a text without turn marks."""
    return _ALPACA.sub("", _MARKS.sub("", text))
