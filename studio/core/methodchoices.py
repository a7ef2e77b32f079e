"""The methods and objectives as people choose them: each some settings of the recipe at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from studio.core.capabilities import CAPABILITIES, check_capabilities
from studio.core.problems import RecipeError
from studio.core.recipe import Recipe


@dataclass(frozen=True, slots=True)
class MethodChoice:
    """A method as it is offered.

    Attributes:
        title: the method as people call it.
        sense: when to take it, what it costs and what it risks, in two sentences.
        values: the settings that make it this method; others stay as they are.
    """

    title: str
    sense: str
    values: Mapping[str, Any] = field(hash=False)

    def changes(self, recipe: Recipe) -> dict[str, Any]:
        """Return the settings that turn a recipe into one of this method, and allow it."""
        wanted: dict[str, Any] = {**_plain(recipe), **self.values}
        can = CAPABILITIES[wanted["method"]]
        if recipe.packing and not can.packing:
            wanted["packing"] = False
        if recipe.checkpointing in ("on", "offload") and not can.checkpointing:
            wanted["checkpointing"] = "auto"
        return wanted

    @property
    def not_yet(self) -> str:
        """Why this version cannot train it, as a sentence; empty if it can."""
        try:
            check_capabilities(Recipe(**self.changes(Recipe())))
        except RecipeError:
            return f"{self.title} cannot be trained in this version."
        return ""


def _plain(recipe: Recipe) -> dict[str, Any]:
    """Return what makes a branch a plain one; how it starts stays if it is as good as any."""
    init = recipe.init if recipe.init in ("default", "gaussian") else "default"
    return {"init": init, "rslora": False, "loraplus_ratio": 0.0}


QLORA = MethodChoice(
    "QLoRA",
    "The default on one card: base in 4 bits, a small branch learns. "
    "Least memory; the base is a little less exact.",
    {"method": "lora", "quantization": "nf4"},
)
LORA = MethodChoice(
    "LoRA",
    "When memory allows: base in 16 bits, a small branch learns. "
    "Faster and more exact; needs far more memory.",
    {"method": "lora", "quantization": "none"},
)
DORA = MethodChoice(
    "DoRA",
    "When a low rank should learn more: lengths are learned, too. Slower; gains little at high rank.",
    {"method": "dora", "quantization": "nf4"},
)
LAST_N = MethodChoice(
    "Last N layers",
    "For style and classification: the top layers learn themselves. "
    "Forgets more than a branch does.",
    {"method": "last-n", "quantization": "none"},
)
FULL = MethodChoice(
    "Full",
    "For large data: everything learns. Most memory and disk; forgets most easily.",
    {"method": "full", "quantization": "none"},
)
RSLORA = MethodChoice(
    "rsLoRA",
    "For ranks from 64 on: the branch is scaled by the root of its rank. "
    "Costs nothing; the same rate learns harder.",
    {"method": "lora", "rslora": True},
)
LORA_PLUS = MethodChoice(
    "LoRA+",
    "When learning is slow: B learns faster than A. Costs nothing; can unsettle a run.",
    {"method": "lora", "loraplus_ratio": 16.0},
)
PISSA = MethodChoice(
    "PiSSA",
    "To learn faster: starts from the base's main directions. "
    "Needs a 16-bit base; the result fits no other.",
    {"method": "lora", "quantization": "none", "init": "pissa"},
)
LOFTQ = MethodChoice(
    "LoftQ",
    "For a 4-bit base: starts from what 4 bits lose. Takes minutes before the first step.",
    {"method": "lora", "quantization": "nf4", "init": "loftq"},
)
IA3 = MethodChoice(
    "IA³",
    "For little data or many tasks: only scales what flows. A tiny result; learns least.",
    {"method": "ia3", "quantization": "nf4"},
)
PROMPT = MethodChoice(
    "Prompt",
    "For one narrow task: learns tokens before the prompt. The smallest; weak on small models.",
    {"method": "prompt", "quantization": "nf4"},
)
PREFIX = MethodChoice(
    "Prefix",
    "For one fixed form: learns keys and values before the prompt. "
    "Recomputes nothing, so steps take memory.",
    {"method": "prefix", "quantization": "nf4"},
)
ADAPTER = MethodChoice(
    "Bottleneck",
    "For many tasks on one base: small layers are put in between. "
    "Answers are slower; cannot be merged.",
    {"method": "adapter", "quantization": "nf4"},
)
LAYERNORM = MethodChoice(
    "Layer norms",
    "For a change of tone: only the norms learn. Almost free; learns little that is new.",
    {"method": "layernorm", "quantization": "nf4"},
)
CHOICES = (QLORA, LORA, DORA, LAST_N, FULL)
"""Those that most people choose among."""
MORE_CHOICES = (RSLORA, LORA_PLUS, PISSA, LOFTQ, IA3, PROMPT, PREFIX, ADAPTER, LAYERNORM)
_BY_METHOD = {choice.values["method"]: choice for choice in reversed((*CHOICES, *MORE_CHOICES))}


def choice_of(recipe: Recipe) -> MethodChoice:
    """Return the method that a recipe has, as it is offered; the most particular one."""
    if recipe.method != "lora":
        return _BY_METHOD[recipe.method]
    if recipe.init in ("pissa", "loftq"):
        return PISSA if recipe.init == "pissa" else LOFTQ
    if recipe.loraplus_ratio or recipe.rslora:
        return LORA_PLUS if recipe.loraplus_ratio else RSLORA
    return QLORA if recipe.quantization in ("nf4", "fp4") else LORA


@dataclass(frozen=True, slots=True)
class Objective:
    """What a run learns, as it is offered: a value of the recipe, a title and a sentence."""

    value: str
    title: str
    sense: str

    @property
    def not_yet(self) -> str:
        """Why this version cannot train it, as a sentence; empty if it can."""
        try:
            check_capabilities(Recipe(objective=self.value))
        except RecipeError:
            return f"{self.title} cannot be trained in this version."
        return ""


OBJECTIVES = (
    Objective("instruction", "Answers", "Learns the answers to instructions and in conversations."),
    Objective("text", "Running text", "Learns all of a text; may forget how to answer."),
    Objective("dpo", "Preferences (DPO)", "Learns the better of two answers; takes both at once."),
    Objective("kto", "Ratings (KTO)", "Learns from answers that were found good or bad."),
    Objective("reward", "Reward", "Learns to score answers; the result answers nothing itself."),
)
