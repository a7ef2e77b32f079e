"""Traces what one training step of a model would hold: no weights, no card, about a second.

Two small models, one a layer deeper than the other, are run forward and back under FakeTensorMode: memory
grows by the same amount with every further layer, so that any depth follows from the two.
"""

from __future__ import annotations

import gc
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from transformers import masking_utils

from studio.core.modelshape import FAMILIES
from studio.core.problems import ModelError
from studio.core.recipe import Recipe
from studio.engine.attention import attention_for
from studio.engine.fakemodel import depth_of, fill_in, meta_model
from studio.engine.loss import Head, chunked_loss
from studio.engine.lowrank import join_branches
from studio.engine.storagemeter import StorageMeter

_DTYPES = {"bf16": torch.bfloat16, "fp16": torch.float16, "fp32": torch.float32}


@dataclass(frozen=True, slots=True)
class Trace:
    """What a step holds, in bytes of tensors; optimizer states are not among them.

    Attributes:
        resting: weights and branch.
        saved: what the forward pass leaves for the backward pass.
        peak: the most at once, resting included, and the gradients.
        at: the operation at the peak.
        trained: numbers that are trained.
        weights: numbers in the base model.
    """

    resting: int
    saved: int
    peak: int
    at: str
    trained: int = 0
    weights: int = 0

    def deeper(self, other: Trace, layers: int) -> Trace:
        """Return the trace of a model of many layers more than another's, which has one less."""

        def grown(more: int, less: int) -> int:
            return less + layers * (more - less)

        return Trace(
            grown(self.resting, other.resting),
            grown(self.saved, other.saved),
            grown(self.peak, other.peak),
            self.at,
            grown(self.trained, other.trained),
            grown(self.weights, other.weights),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class StepShape:
    """How a step is run.

    Attributes:
        device: "cuda" or "cpu", for the attention that is used there.
        precision: bf16, fp16 or fp32.
        length: tokens of each row; the recipe says how many rows pass at once.
        trained_share: of all tokens, those that the loss looks at, 0 to 1.
        recompute: whether activations are recomputed instead of kept.
    """

    device: str
    precision: str
    length: int
    trained_share: float = 1.0
    recompute: bool = False


def trace_step(config: Mapping[str, Any], recipe: Recipe, step: StepShape) -> Trace:
    """Return what one step of a recipe holds on a model.

    Args:
        config: the object of the model's ``config.json``, checked before.
        recipe: the settings.
        step: how it is run.

    Raises:
        ModelError: the architecture cannot be built or traced.
    """
    layers, least = depth_of(config), _least_depth(recipe)
    alike = config.get("model_type") in FAMILIES and not recipe.blocks
    if layers <= least or not alike:  # where layers may differ from each other all are traced
        return _traced(config, recipe, step, layers)
    less, more = (_traced(config, recipe, step, depth) for depth in (least, least + 1))
    return more.deeper(less, layers - least)


def _least_depth(recipe: Recipe) -> int:
    """Return from how many layers on each further one takes as much as the one before."""
    if recipe.method == "last-n":
        return recipe.last_n + 1  # below the trained layers nothing is kept
    return 10 if recipe.method == "full" else 1  # gradients grow as activations go


def _traced(config: Mapping[str, Any], recipe: Recipe, step: StepShape, layers: int) -> Trace:
    dtype = _DTYPES[step.precision]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the libraries' advice is for those who train
        attention = attention_for(config, step.device)
        base, whole = meta_model(config, recipe, layers, dtype, attention)
        learns = {id(p): p.numel() for p in whole.parameters() if p.requires_grad}
        weights = {id(p): p.numel() for p in base.parameters()}
        if base is not whole and recipe.method != "layernorm":
            weights = {key: size for key, size in weights.items() if key not in learns}
        counts = sum(learns.values()), sum(weights.values())
        try:
            return _measured(base, whole, recipe, step, dtype, counts)
        except Exception as err:  # models raise whatever their authors wrote
            raise ModelError(
                f"A step of {config.get('model_type', 'this model')} cannot be traced: {err}.",
                "The estimate from its dimensions stays.",
                details=repr(err),
            ) from err


def _measured(
    base: Any,
    whole: Any,
    recipe: Recipe,
    step: StepShape,
    dtype: torch.dtype,
    counts: tuple[int, int],
) -> Trace:
    meter = StorageMeter()
    with _untold(), FakeTensorMode(), meter:
        fill_in(base, whole, recipe, dtype)
        if base.config.model_type in FAMILIES:  # others may change in place what it hands on
            join_branches(whole)
        if step.recompute:
            base.gradient_checkpointing_enable({"use_reentrant": False})
            base.enable_input_require_grads()
        whole.train()
        gc.collect()  # what attaching a branch left in cycles is no memory of the step
        resting = meter.now
        meter.restart()
        saved = _forth_and_back(base, whole, recipe.micro_batch, step, meter)
        return Trace(resting, saved - resting, meter.peak, meter.at, *counts)


def _forth_and_back(base: Any, whole: Any, rows: int, step: StepShape, meter: StorageMeter) -> int:
    """Run forward and back as training does; return what was alive between the two."""
    ids = torch.zeros((rows, step.length), dtype=torch.long)
    trained = max(1, round(rows * (step.length - 1) * step.trained_share))
    hidden = _hidden(base, whole, ids)
    saved = meter.now
    # The loss picks its tokens by a mask, whose result no trace can know; the sizes are the same
    picked = hidden[:, -(step.length - 1) :].reshape(-1, hidden.shape[-1])[:trained].clone()
    del hidden
    targets = ids[:, 1:].reshape(-1)[:trained]
    trains_head = any(p.requires_grad for p in base.get_output_embeddings().parameters())
    loss = chunked_loss(Head(base), picked, targets, trains_head)
    del picked
    loss.backward()
    return saved


def _hidden(base: Any, whole: Any, ids: torch.Tensor) -> torch.Tensor:
    """Return the last hidden states, (B, T, d), with whatever the method puts around the model."""
    if getattr(getattr(whole, "active_peft_config", None), "is_prompt_learning", False):
        return _prompted(base, whole, ids)
    hidden: torch.Tensor = base.base_model(
        input_ids=ids, use_cache=False, return_dict=True
    ).last_hidden_state
    return hidden


def _prompted(base: Any, whole: Any, ids: torch.Tensor) -> torch.Tensor:
    from transformers import DynamicCache

    kind = whole.active_peft_config.peft_type
    if kind == "PREFIX_TUNING":
        past = whole.get_prompt(batch_size=len(ids))
        cache = past if hasattr(past, "get_seq_length") else DynamicCache(past)
        out = base.base_model(input_ids=ids, past_key_values=cache, return_dict=True)
    else:
        prompts = whole.get_prompt(batch_size=len(ids))
        embedded = base.get_input_embeddings()(ids)
        joined = torch.cat((prompts.to(embedded.dtype), embedded), dim=1)
        out = base.base_model(inputs_embeds=joined, use_cache=False, return_dict=True)
    hidden: torch.Tensor = out.last_hidden_state
    return hidden


@contextmanager
def _untold() -> Iterator[None]:
    """Let transformers take the way of a real step, without a mask, though tensors are fake."""
    masks: Any = masking_utils
    told, packed = masks.is_tracing, masks.find_packed_sequence_indices
    masks.is_tracing = lambda *_: False
    masks.find_packed_sequence_indices = lambda *_: None  # it looks into the numbers
    try:
        yield
    finally:
        masks.is_tracing, masks.find_packed_sequence_indices = told, packed
