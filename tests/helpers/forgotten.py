"""The events of runs that gained and forgot, for pages that show them; nothing was trained."""

from __future__ import annotations

from typing import Any

from studio.core.events import (
    CheckpointCommitted,
    Evaluated,
    Remark,
    RolledBack,
    RunEnded,
    RunStarted,
    StepDone,
)
from studio.core.recipe import Recipe
from studio.core.workspace import RunFolder, Workspace
from studio.data.checkpoints import write_manifest
from studio.data.recipefile import write_recipe
from tests.helpers.runs import add_events, make_run

STEPS = 60
FORGOT = {10: 0.03, 20: 0.05, 30: 0.08, 40: 0.15, 50: 0.24, 60: 0.31}
"""Nats that general answers lost, by step; the tolerance is 0.1."""
RUN = "2026-11-22-hotel-concierge-1"


def forgetting_run(workspace: Workspace, **guard: Any) -> RunFolder:
    """Make a run that has not begun, with a guard."""
    run = make_run(workspace, RUN)
    recipe = Recipe(model="starter", dataset="hotel-concierge", title="concierge")
    tables = {"guard": guard} if guard else {}
    write_recipe(recipe.replace(learning_rate=3e-3, tables=tables), run.recipe)
    return run


def begin(
    run: RunFolder, until: int = STEPS, lost: dict[int, float] = FORGOT, spread: float = 0.03
) -> None:
    """Tell a run up to a step: evaluations and checkpoints every ten."""
    add_events(run, [RunStarted(run=run.id, total_steps=STEPS, pid=0, time=1.0)])
    add_events(run, [evaluated(0, 0.0)])
    for step in range(1, until + 1):
        numbers = {"loss": 2.0, "learning_rate": 1e-3, "grad_norm": 1.0, "seconds": 0.1}
        done = StepDone(step=step, tokens=100, trained_tokens=50, **numbers)
        add_events(run, [done])
        if step in lost:
            keep(run, step)
            told = CheckpointCommitted(step=step, path=f"checkpoints/step-{step:06d}")
            add_events(run, [evaluated(step, lost[step], spread), told])


def evaluated(step: int, lost: float, spread: float = 0.03) -> Evaluated:
    """Return an evaluation with general questions; spread is half of the interval."""
    return Evaluated(
        step=step,
        target_loss=4.0 - 2.0 * (1 - 0.9 ** (step / 5)),
        general_loss=2.0 + lost,
        general_accuracy=0.5 - lost / 2,
        drift=1.5 * lost,
        general_ranges={
            "general_loss_change": [lost - spread, lost + spread] if step else [0.0, 0.0],
            "target_loss": [3.9, 4.1] if not step else [2.1, 2.6],
        },
        general_tags={
            tag: {"loss": 2.0 + share * lost, "items": items}
            for tag, share, items in (("facts", 2.0, 30), ("code", 0.5, 20), ("rare", 9.0, 1))
        },
    )


def keep(run: RunFolder, step: int) -> None:
    """Put a checkpoint on the disk."""
    folder = run.checkpoint(step)
    folder.mkdir(parents=True)
    (folder / "adapter_config.json").write_text("{}")
    (folder / "adapter_model.safetensors").write_bytes(f"weights of {step}".encode())
    write_manifest(folder, step)


def crossed(run: RunFolder, step: int = 40, back: int = 30) -> None:
    """Tell what the guard says at a crossing."""
    said = Remark(
        code="guard_crossed",
        summary="General answers are past the tolerance.",
        hint="Lower the rate.",
        step=step,
        action=f"roll_back:{back}",
    )
    add_events(run, [said])


def went_back(run: RunFolder, step: int, to_step: int) -> None:
    """Tell that the guard went back."""
    why = "General answers were past the tolerance."
    add_events(
        run,
        [
            RolledBack(step=step, to_step=to_step, reason=why),
            Remark(code="guard_rolled_back", summary="The guard went back.", step=to_step),
        ],
    )


def end(run: RunFolder, step: int = STEPS, outcome: str = "done") -> None:
    """Tell that a run ended, with a result."""
    run.adapter.mkdir()
    (run.adapter / "adapter_config.json").write_text("{}")
    (run.adapter / "adapter_model.safetensors").write_bytes(f"weights of {step}".encode())
    add_events(run, [RunEnded(outcome=outcome, run=run.id, step=step, adapter="adapter")])
