"""Adapters in PEFT's layout whose branches are not zero, so that they really change answers."""

from __future__ import annotations

import warnings
from pathlib import Path


def make_adapter(base: Path, folder: Path, *, seed: int = 0, **settings) -> Path:
    """Save a random LoRA for a base; return its folder. Settings are PEFT's."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    asked = {"r": 4, "lora_alpha": 8, "target_modules": "all-linear", "task_type": "CAUSAL_LM"}
    with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecations inside peft
        torch.manual_seed(seed)
        model = AutoModelForCausalLM.from_pretrained(base)
        grown = get_peft_model(model, LoraConfig(**(asked | settings)))
        for name, weight in grown.named_parameters():
            if "lora_B" in name:
                weight.data.normal_(0, 0.1)
        grown.save_pretrained(str(folder))
    return folder
