"""What each method can do: read by window, preflight and engine, so nothing falls back in silence."""

from __future__ import annotations

from dataclasses import dataclass

from studio.core.problems import RecipeError
from studio.core.recipe import METHODS, Recipe


@dataclass(frozen=True, slots=True)
class Capability:
    """What one method can do.

    Attributes:
        title: the method as people call it.
        sense: what it is and when to take it, in one or two short sentences.
        quantized_base: the frozen base may be stored in 4 or 8 bits.
        checkpointing: activations can be recomputed instead of kept.
        packing: several rows may share a sequence.
        mixed_batch_chat: base and result answer in one batch.
        merge: the result can be folded into the base's weights.
        trainable_now: this version can train it.
        not_yet: why it cannot be trained, as a sentence; empty if it can.
    """

    title: str
    sense: str
    quantized_base: bool = True
    checkpointing: bool = True
    packing: bool = True
    mixed_batch_chat: bool = False
    merge: bool = False
    trainable_now: bool = False
    not_yet: str = ""


def _later(title: str, sense: str, **can: bool) -> Capability:
    return Capability(title, sense, not_yet=f"{title} cannot be trained in this version.", **can)


CAPABILITIES: dict[str, Capability] = {
    "lora": Capability(
        "LoRA",
        "A small branch learns beside the frozen base.",
        mixed_batch_chat=True,
        merge=True,
        trainable_now=True,
    ),
    "dora": _later("DoRA", "LoRA that also learns a length per column; slower.", merge=True),
    "ia3": _later("IA³", "Learns to scale what flows; the smallest of all.", merge=True),
    # Source: PEFT 0.21: prompt tokens lengthen the logits, prefixes refuse checkpointing.
    "prompt": _later("Prompt", "Learns a few tokens before the prompt.", packing=False),
    "prefix": _later(
        "Prefix", "Learns keys and values before the prompt.", packing=False, checkpointing=False
    ),
    "adapter": _later("Adapter", "Small layers are put in between."),
    "layernorm": _later("Layer norms", "Only the norms learn.", merge=True),
    "full": _later("Full", "Everything learns; forgets most easily.", quantized_base=False),
    "last-n": _later("Last N layers", "Trains the top layers themselves.", quantized_base=False),
}
assert tuple(CAPABILITIES) == METHODS


def check_capabilities(recipe: Recipe) -> None:
    """Refuse settings that the method cannot carry out, or this version cannot.

    Raises:
        RecipeError: with the reason for each field.
    """
    can = CAPABILITIES[recipe.method]
    if not can.trainable_now:
        fault = f"is {recipe.method}: {can.not_yet.removesuffix('.')}"
        raise RecipeError({"method": fault}, "Choose LoRA or QLoRA.")
    check_together(recipe)
    later = {
        name: f"is {getattr(recipe, name)}, which cannot be trained in this version"
        for name, now in _NOW.items()
        if getattr(recipe, name) not in now
    }
    if later:
        raise RecipeError(later)


_NOW: dict[str, tuple[object, ...]] = {
    "objective": ("instruction",),
    "init": ("default", "gaussian"),
    "checkpointing": ("auto", "on", "off", "offload"),
    "checkpoint_every": (1,),
    "attention": ("auto",),
    "gpus": (1,),
}
"""Settings of which this version carries out only some values, though all are estimated."""


def check_together(recipe: Recipe) -> None:
    """Refuse settings that do not go together, whichever version trains them.

    Raises:
        RecipeError: with the reason for each field.
    """
    can, faults = CAPABILITIES[recipe.method], {}
    if recipe.quantization != "none" and not can.quantized_base:
        faults["quantization"] = f"is {recipe.quantization}, but {can.title} trains whole weights"
    if recipe.checkpointing in ("on", "offload") and not can.checkpointing:
        faults["checkpointing"] = f"is {recipe.checkpointing}, which {can.title} does not go with"
    if recipe.packing and not can.packing:
        faults["packing"] = f"is on, which {can.title} does not go with"
    if recipe.guard.kl and recipe.method in _CHANGES_BASE:
        faults["guard"] = f"has kl, which needs the base beside it, but {can.title} trains the base"
    if faults:
        raise RecipeError(faults)


_CHANGES_BASE = ("full", "last-n")
