"""Which settings matter for a recipe: those that its method, base and device look at."""

from __future__ import annotations

from studio.core.capabilities import CAPABILITIES
from studio.core.recipe import KNOBS, Recipe

_BRANCH = frozenset(
    {"rank", "alpha", "dropout", "targets", "blocks", "init", "rslora", "loraplus_ratio"}
)
_OF_METHOD: dict[str, frozenset[str]] = {
    "lora": _BRANCH,
    "dora": _BRANCH - {"init", "loraplus_ratio"},
    "prompt": frozenset({"virtual_tokens"}),
    "prefix": frozenset({"virtual_tokens"}),
    "adapter": frozenset({"bottleneck"}),
    "last-n": frozenset({"last_n"}),
}
"""Settings that only some methods look at."""
_SOME_METHODS = frozenset().union(*_OF_METHOD.values())


def matters(name: str, recipe: Recipe) -> bool:
    """Whether a setting changes what a recipe does."""
    can = CAPABILITIES[recipe.method]
    if name in _SOME_METHODS:
        return name in _OF_METHOD.get(recipe.method, frozenset())
    match name:
        case "quantization":
            return can.quantized_base
        case "double_quant":
            return can.quantized_base and recipe.quantization in ("nf4", "fp4")
        case "checkpointing":
            return can.checkpointing
        case "checkpoint_every":
            return can.checkpointing and recipe.checkpointing != "off"
        case "packing":
            return can.packing
        case "card":
            return recipe.device != "cpu"
        case "sharding":
            return recipe.gpus > 1
        case "warmup_steps":
            return recipe.scheduler != "constant"
        case "epochs":
            return not recipe.max_steps
    return True


def settings_that_matter(recipe: Recipe) -> tuple[str, ...]:
    """Return the settings that matter for a recipe, in the order of the table."""
    return tuple(name for name in KNOBS if matters(name, recipe))
