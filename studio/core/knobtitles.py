"""What settings and their choices are called, in the form, in comparisons and on the terminal."""

from __future__ import annotations

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
}


def title_of(name: str) -> str:
    """Return what a setting is called."""
    return TITLES.get(name, name.replace("_", " ").capitalize())


def value_words(value: Any) -> str:
    """Return a setting's value as a reader sees it; empty text and zero tables as a dash."""
    if value is None or value in ("", [], {}):
        return units.NO_VALUE
    if isinstance(value, bool):
        return "On" if value else "Off"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return units.learning_rate(value) if 0 < abs(value) < 0.01 else f"{value:g}"
    return CHOICES.get(value, value) if isinstance(value, str) else str(value)
