"""Puts the trained branch on a frozen base: LoRA through PEFT."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from studio.core.blocks import block_numbers
from studio.core.capabilities import check_capabilities
from studio.core.problems import ModelError, RecipeError
from studio.core.recipe import Recipe, target_names
from studio.engine.startfrom import go_on_from

_GROUPS = {
    "attention": re.compile(r"attn|attention", re.IGNORECASE),
    "mlp": re.compile(r"mlp|feed_forward|ffn|expert", re.IGNORECASE),
}


def attach_branch(model: Any, recipe: Recipe, start: Path | None = None) -> Any:
    """Return the model with a trainable branch, in fp32, on its target layers.

    The same seed gives the same start.

    Args:
        model: the base.
        recipe: the settings.
        start: folder of the adapter to go on from; None takes the recipe's ``start_from``.

    Raises:
        RecipeError: the recipe asks for what this version cannot train.
        ModelError: the targets are not in the model, or the adapter to start from is not for it.
    """
    from peft import get_peft_model

    check_capabilities(recipe)
    if recipe.init in ("pissa", "loftq"):
        raise RecipeError(
            {"init": f"is {recipe.init}, which cannot be trained in this version"},
            "Choose default or gaussian.",
        )
    torch.manual_seed(recipe.seed)
    try:
        if recipe.start_from:
            with _old_name_unsaid():
                return go_on_from(model, start or Path(recipe.start_from), recipe.dropout)
        config = _config(model, recipe)
        with _old_name_unsaid():
            return get_peft_model(model, config)
    except (ValueError, OSError, RuntimeError) as err:
        raise ModelError(
            f"The branch cannot be put on the model: {str(err).splitlines()[0]}",
            "Choose other targets, or another adapter to go on from.",
        ) from err


def _config(model: Any, recipe: Recipe) -> Any:
    from peft import LoraConfig

    return LoraConfig(
        r=recipe.rank,
        lora_alpha=recipe.alpha,
        lora_dropout=recipe.dropout,
        target_modules=branch_targets(model, recipe),
        use_rslora=recipe.rslora,
        init_lora_weights="gaussian" if recipe.init == "gaussian" else True,
        task_type="CAUSAL_LM",
    )


@contextmanager
def _old_name_unsaid() -> Iterator[None]:
    """Let PEFT ask transformers by a name that is to go, without a warning in each run's log."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*is_gradient_checkpointing.*", FutureWarning)
        yield


def save_branch(model: Any, folder: Path) -> None:
    """Write the branch in PEFT's layout: weights as safetensors, and its config."""
    model.save_pretrained(folder, safe_serialization=True, save_embedding_layers=False)
    (folder / "README.md").unlink(missing_ok=True)  # a form to fill in, which nobody asked for


def parameter_counts(model: Any) -> tuple[int, int]:
    """Return how many weights are trained, and how many there are in all."""
    trained, total = model.get_nb_trainable_parameters()
    return int(trained), int(total)


def branch_targets(model: Any, recipe: Recipe) -> str | list[str]:
    """Return the layers that get a branch, as PEFT wants them named.

    Raises:
        ModelError: the model has no layer of such a name.
        RecipeError: the recipe names blocks that the model does not have.
    """
    if not recipe.blocks:
        return _targets(model, recipe.targets)
    blocks = set(block_numbers(recipe.blocks, int(model.config.num_hidden_layers)))
    found = _chosen(_linears(model), recipe.targets)
    inside = sorted(name for name in found if _block(name) in blocks)
    if not inside:
        raise ModelError(
            f"No layer of the model is in the blocks {recipe.blocks}.", "Choose other blocks."
        )
    return inside


def _block(name: str) -> int:
    """Return the block that a layer is in, by its dotted name; -1 outside of all."""
    return next((int(part) for part in name.split(".") if part.isdigit()), -1)


def _targets(model: Any, targets: str) -> str | list[str]:
    if target_names(targets) == ("all-linear",):
        return "all-linear"
    linears = _linears(model)
    found = _chosen(linears, targets)
    short = {_last(name) for name in found}
    if any(_last(name) in short for name in linears if name not in found):
        return sorted(found)  # a layer elsewhere has the same short name
    return sorted(short)


def _linears(model: Any) -> list[str]:
    """Return the dotted names of the linear layers, the head left out."""
    head = model.get_output_embeddings()
    return [
        name
        for name, layer in model.named_modules()
        if isinstance(layer, torch.nn.Linear) and layer is not head
    ]


def _chosen(linears: list[str], targets: str) -> set[str]:
    """Return those of the layers that a targets setting means."""
    names = target_names(targets)
    chosen = {wanted: {name for name in linears if _is_meant(name, wanted)} for wanted in names}
    missing = [wanted for wanted, found in chosen.items() if not found]
    if missing or not chosen:
        raise ModelError(
            f"The model has no linear layer named {', '.join(missing) or targets}.",
            "Choose all-linear, attention or mlp, or names of its layers.",
        )
    return set().union(*chosen.values())


def _is_meant(name: str, wanted: str) -> bool:
    """Return whether a targets setting's word means the layer of that dotted name."""
    if wanted in _GROUPS:
        return any(_GROUPS[wanted].search(part) for part in name.split(".")[:-1])
    return wanted == "all-linear" or name == wanted or name.endswith(f".{wanted}")


def _last(name: str) -> str:
    return name.rpartition(".")[2]
