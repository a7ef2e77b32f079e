"""Which linear layers of a model a recipe's targets name."""

from __future__ import annotations

from studio.core.modelshape import Linear, ModelShape
from studio.core.problems import RecipeError
from studio.core.recipe import target_names

ATTENTION = ("q_proj", "k_proj", "v_proj", "o_proj", "dense")
MLP = ("gate_proj", "up_proj", "down_proj", "c_fc", "c_proj", "fc1", "fc2")
FUSED = {
    "qkv_proj": ("q_proj", "k_proj", "v_proj"),
    "gate_up_proj": ("gate_proj", "up_proj"),
}
"""Layers that some families store as one; their inputs are the same."""


def targeted(shape: ModelShape, targets: str) -> tuple[Linear, ...]:
    """Return the kinds of linear layer that a targets setting names.

    Raises:
        RecipeError: a name is not a layer of this model.
    """
    wanted: set[str] = set()
    for name in target_names(targets):
        wanted |= set(_group(name))
    found = tuple(
        linear
        for linear in shape.linears
        if linear.name in wanted or (set(FUSED.get(linear.name, ())) & wanted and _grouped(targets))
    )
    known = {linear.name for linear in shape.linears}
    for name in target_names(targets):
        if name not in known and len(_group(name)) == 1:
            raise RecipeError({"targets": f"names {name}, which is not among {', '.join(known)}"})
    if not found:
        raise RecipeError({"targets": "is empty; nothing would be trained"})
    return found


def _group(name: str) -> tuple[str, ...]:
    groups = {"all-linear": ATTENTION + MLP, "attention": ATTENTION, "mlp": MLP}
    return groups.get(name, (name,))


def _grouped(targets: str) -> bool:
    return any(len(_group(name)) > 1 for name in target_names(targets))
