"""Tells the first of several engines after each step what the rows of this one cost."""

from __future__ import annotations

from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from studio.engine.rowtap import RowTap
from studio.engine.share import Share
from studio.engine.team import Team


class Along(TrainerCallback):
    """Goes along with a training that another engine watches.

    Args:
        team: the engines of the run.
        share: this one's part of each step.
        tap: is told the losses of its rows.
    """

    def __init__(self, team: Team, share: Share, tap: RowTap) -> None:
        self._team, self._share, self._tap = team, share, tap

    def on_step_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Forget what was told of a step that was not taken."""
        self._tap.forget()

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Hand over what the rows cost."""
        step = state.global_step
        self._team.gathered(self._tap.records(step, self._share.sequences_of(step - 1)))
