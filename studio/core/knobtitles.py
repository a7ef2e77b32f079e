"""What settings and their choices are called, in the form, in comparisons and on the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from studio.core import units

TITLES = {
    "learning_rate": "Learning rate",
    "max_tokens": "Length",
    "micro_batch": "Micro-batch",
    "grad_accum": "Accumulation",
    "quantization": "Base stored as",
    "double_quant": "Double quantisation",
    "rslora": "Rank-stable scale",
    "loraplus_ratio": "LoRA+ ratio",
    "init": "Start of the branch",
    "start_from": "Go on from",
    "system_prompt": "System prompt",
    "title": "Name of the run",
    "gpus": "Number of cards",
    "mix": "Mix",
    "guard": "Guard",
    "layers": "Layers",
    "samples": "Samples",
}
GUARD_TITLES = {
    "enabled": "Watch what it forgets",
    "probes": "Asked",
    "budget_seconds": "Longest measuring",
    "share": "Share of the time",
    "tolerance": "Tolerance",
    "on_crossing": "Past the tolerance",
    "patience": "Early stop",
    "replay": "Replay",
    "replay_from": "General rows from",
    "l2": "Keep close: L2",
    "ewc": "Keep close: EWC",
    "fisher_rows": "Rows for EWC",
    "kl": "Keep close: KL",
    "kl_rows": "Rows for KL",
    "layer_decay": "Slower early layers",
}
"""Of the parts of the guard, which are a table of their own in a recipe."""
CHOICES = {
    "none": "16-bit, as it is",
    "nf4": "4-bit (NF4)",
    "fp4": "4-bit (FP4)",
    "int8": "8-bit",
    "all-linear": "All linear",
    "attention": "Attention",
    "mlp": "MLP",
    "auto": "Auto",
    "on": "On",
    "off": "Off",
    "cuda": "NVIDIA card",
    "cpu": "Processor",
    "adamw": "AdamW",
    "adamw_8bit": "AdamW 8-bit",
    "paged_adamw_8bit": "Paged AdamW 8-bit",
    "paged_adamw_32bit": "Paged AdamW",
    "adafactor": "Adafactor",
    "lion_8bit": "Lion 8-bit",
    "sgd": "SGD",
    "constant_with_warmup": "Constant, warmed up",
    "pissa": "PiSSA",
    "loftq": "LoftQ",
    "warn": "Warn",
    "stop": "Stop and keep",
    "roll_back": "Stop, go back",
}
_SHARES = frozenset({"guard.replay", "guard.share"})


def title_of(name: str) -> str:
    """Return what a setting is called; a part of the guard is named guard.NAME."""
    table, _, part = name.partition(".")
    if table == "guard" and part in GUARD_TITLES:
        return GUARD_TITLES[part]
    return TITLES.get(name, name.replace("_", " ").capitalize())


def words_of(name: str, value: Any) -> str:
    """Return the value of a named setting as a reader sees it, shares in percent."""
    if name in _SHARES and isinstance(value, float):
        return units.percent(value)
    return value_words(value)


def value_words(value: Any) -> str:
    """Return a setting's value as a reader sees it; empty text and zero tables as a dash."""
    if value is None or value in ("", [], (), {}):
        return units.NO_VALUE
    if isinstance(value, bool):
        return "On" if value else "Off"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return units.learning_rate(value) if 0 < abs(value) < 0.01 else f"{value:g}"
    if isinstance(value, str):
        return CHOICES.get(value, value)
    if isinstance(value, Mapping):
        parts = (f"{title_of(str(k)).lower()} {value_words(v)}" for k, v in value.items())
        return ", ".join(parts)
    if isinstance(value, list | tuple):
        return ", ".join(value_words(part) for part in value)
    return str(value)
