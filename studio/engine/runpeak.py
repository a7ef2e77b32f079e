"""The record of a run's peak for this computer: what was predicted for it, and what it took."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from studio.core.events import StepDone
from studio.core.memory import Estimate, estimate_memory
from studio.core.peakrecord import PeakRecord
from studio.core.problems import StudioError
from studio.core.recipe import KNOBS, Recipe
from studio.core.runstate import RunState, advance
from studio.core.timecost import SETTINGS
from studio.core.workspace import RunFolder
from studio.data.recipefile import read_recipe
from studio.data.runfiles import predicted_bytes, read_events, read_meta, read_origin
from studio.machine.models import inspect_model, resolve_model
from studio.machine.peakhistory import keep_peak


def keep_run_peak(folder: RunFolder) -> None:
    """Add a run that has just ended to this computer's records, if it took a step.

    Raises:
        StudioError: its recipe, model or rows are gone, or the record cannot be written.
    """
    record = run_peak(folder)
    if record is not None:
        keep_peak(record)


def run_peak(folder: RunFolder) -> PeakRecord | None:
    """Return what a run took beside what was predicted; None before its first step.

    Raises:
        StudioError: its recipe, model or rows are gone.
    """
    state, share = _state(folder)
    if not state.step or not state.measured_peak_bytes:
        return None
    recipe = _as_run(read_recipe(folder.recipe), state)
    plain = _plain(folder, recipe, state, share)
    predicted = predicted_bytes(read_origin(folder), "peak")
    title = str(read_meta(folder).get("title") or recipe.title or folder.id)
    return PeakRecord(
        kind="run",
        name=title,
        run=folder.id,
        time=state.updated or time.time(),
        device=state.device,
        quantization=recipe.quantization,
        predicted=predicted or plain.total_bytes,
        plain=plain.total_bytes,
        measured=state.measured_peak_bytes,
        parts=plain.parts,
        model=Path(recipe.model).name,
        method=recipe.method,
        recipe={name: getattr(recipe, name) for name in SETTINGS},
        tokens_per_second=state.tokens_per_second or 0.0,
    )


def _state(folder: RunFolder) -> tuple[RunState, float]:
    """Return a run's state, and the share of its tokens that are trained."""
    state, tokens, trained = RunState(run=folder.id), 0, 0
    for event in read_events(folder):
        state = advance(state, event)
        if isinstance(event, StepDone):
            tokens, trained = tokens + event.tokens, trained + event.trained_tokens
    return state, trained / tokens if tokens else 1.0


def _as_run(recipe: Recipe, state: RunState) -> Recipe:
    """Return the recipe with what was changed on the way."""
    changed: dict[str, Any] = {name: v for name, v in state.plan.items() if name in KNOBS}
    return recipe.replace(**changed) if changed else recipe


def _plain(folder: RunFolder, recipe: Recipe, state: RunState, share: float) -> Estimate:
    """Return the prediction that knows the rows, without anything this computer's records add."""
    workspace = folder.workspace
    shape = inspect_model(resolve_model(workspace, recipe.model)).shape
    return estimate_memory(
        shape,
        recipe,
        "cuda" if state.device.startswith("cuda") else "cpu",
        longest_tokens=_longest(folder),
        trained_share=share,
        cpu_bf16=state.precision == "bf16",
    )


def _longest(folder: RunFolder) -> int:
    """Return the tokens of the longest row; those that were cut off count, as they do before.

    Raises:
        StudioError: the tokens are gone or damaged.
    """
    try:
        with pa.memory_map(str(folder.tokens)) as file:
            reader = pa.ipc.open_file(file)
            batches = (reader.get_batch(i) for i in range(reader.num_record_batches))
            lengths = (pc.max(pc.list_value_length(batch.column("ids"))) for batch in batches)
            return max((length.as_py() or 0 for length in lengths), default=0)
    except (OSError, ValueError, KeyError, pa.ArrowException) as err:
        raise StudioError(f"The tokens of {folder.id} cannot be read: {err}.") from err
