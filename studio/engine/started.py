"""What a run says of itself once everything is loaded."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from studio.core.events import RunStarted
from studio.core.recipe import Recipe
from studio.core.workspace import RunFolder
from studio.data.runfiles import predicted_bytes, read_origin
from studio.engine.branches import parameter_counts
from studio.engine.load import Base
from studio.engine.rowsfile import FrozenRows

if TYPE_CHECKING:
    from studio.engine.trainer import StudioTrainer


def started(
    run: RunFolder,
    recipe: Recipe,
    base: Base,
    rows: FrozenRows,
    trainer: StudioTrainer,
    *,
    resumed_from: int,
) -> RunStarted:
    """Return the event that a run begins with, or goes on with.

    Args:
        run: the run.
        recipe: as it is carried out.
        base: the loaded base.
        rows: that it trains on.
        trainer: that is about to begin.
        resumed_from: step of the checkpoint that it goes on from; 0 at its start.
    """
    trainable, total = parameter_counts(trainer.model)
    return RunStarted(
        run=run.id,
        total_steps=int(trainer.args.max_steps),
        pid=os.getpid(),
        device=base.device_title,
        precision=base.precision,
        quantization=base.quantization,
        trainable_parameters=trainable,
        total_parameters=total,
        train_rows=len(rows.train),
        validation_rows=len(rows.validation),
        resumed_from=resumed_from,
        predicted_peak_bytes=predicted_bytes(read_origin(run), "peak"),
        start_from=recipe.start_from,
        processes=trainer.team.size,
    )
