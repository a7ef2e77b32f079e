"""The model that a command means: one on this computer, one of the catalogue, or one to trace."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from studio.core.catalogue import catalogue
from studio.core.memory import NUMBER_BYTES, Estimate, compute_precision, keeps_activations
from studio.core.modelshape import (
    EXPERT_FAMILIES,
    FAMILIES,
    PLAIN_FAMILIES,
    ModelShape,
    shape_from_config,
)
from studio.core.problems import EngineError, ModelError, StudioError
from studio.core.protocol import MemoryTraced, RequestFailed, TraceMemory
from studio.core.recipe import Recipe
from studio.core.tracedmemory import estimate_from_trace
from studio.core.workspace import Workspace
from studio.machine.enginecommand import engine_command, replies
from studio.machine.modelgate import check_model_files
from studio.machine.models import inspect_model, resolve_model

Config = Mapping[str, Any]


def shape_named(workspace: Workspace, name: str) -> ModelShape:
    """Return the dimensions of a model on this computer or, as owner/name, of the catalogue.

    Raises:
        ModelError: there is none of that name, or it may not be loaded.
    """
    if not Path(name).expanduser().is_dir():
        for entry in catalogue():
            if entry.id == name:
                return entry.shape
    return inspect_model(resolve_model(workspace, name)).shape


def shape_or_config(workspace: Workspace, name: str) -> tuple[ModelShape | None, Config]:
    """Return a model's dimensions, and its config where only its kind cannot be trained here.

    Raises:
        ModelError: there is none of that name, or it may not be loaded for another reason.
    """
    try:
        return shape_named(workspace, name), {}
    except ModelError:
        config = check_model_files(resolve_model(workspace, name), any_kind=True)
        kind = config.get("model_type")
        if kind in FAMILIES:
            raise
        if kind in (*EXPERT_FAMILIES, *PLAIN_FAMILIES):
            with suppress(ModelError):
                return shape_from_config(config), config
        return None, config


def config_named(workspace: Workspace, name: str) -> Config:
    """Return the config of a model on this computer, whatever its kind.

    Raises:
        ModelError: there is none of that name, or it may not be loaded.
    """
    return check_model_files(resolve_model(workspace, name), any_kind=True)


def trace(config: Config, recipe: Recipe, device: str, *, cpu_bf16: bool) -> MemoryTraced:
    """Run a step of a model without weights in a process of its own.

    Raises:
        StudioError: the model cannot be traced.
        EngineError: the process ended without an answer.
    """
    request = TraceMemory(
        id=0,
        config=dict(config),
        recipe=recipe.to_mapping(),
        device=device,
        precision=compute_precision(recipe, device, cpu_bf16=cpu_bf16),
        length=recipe.max_tokens,
        recompute=not keeps_activations(recipe, device),
    )
    for reply in replies(engine_command("trace"), request):
        if isinstance(reply, MemoryTraced):
            return reply
        if isinstance(reply, RequestFailed):
            raise StudioError(reply.summary, reply.hint, reply.details)
    raise EngineError("The trace ended without an answer.", "Do it again.")


def traced_estimate(traced: MemoryTraced, recipe: Recipe, device: str, cpu_bf16: bool) -> Estimate:
    """Return the estimate that a trace makes."""
    number = NUMBER_BYTES[compute_precision(recipe, device, cpu_bf16=cpu_bf16)]
    return estimate_from_trace(traced, recipe, device, number)


UNSEEN = ("optimizer", "buffers", "context")
"""Parts that a trace of tensors does not see; they are the estimate's in both."""


def judged_by(traced: MemoryTraced, estimate: Estimate, recipe: Recipe) -> dict[str, Any]:
    """Return what a trace comes to beside an estimate: bytes, and the share by which it is more."""
    unseen = sum(estimate.parts[name] for name in UNSEEN) + estimate.correction_bytes
    if recipe.grad_accum > 1:  # the trace is of one micro-batch
        unseen += estimate.parts["gradients"]
    size = traced.peak_bytes + unseen
    difference = round(size / estimate.total_bytes - 1, 4)
    return {"traced_bytes": size, "traced_difference": difference}
