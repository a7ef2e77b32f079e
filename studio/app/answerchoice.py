"""What can be voted on without an evaluation: who answers, with whose base and numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from studio.app.evaluationchoice import columns_of
from studio.core.answerlist import AnswerSetup
from studio.core.evaluation import BASE, ColumnSpec
from studio.core.sampler import Sampler
from studio.core.workspace import Workspace
from studio.data.recipefile import read_recipe
from studio.data.runfiles import RunSummary
from studio.machine.models import resolve_model


@dataclass(frozen=True, slots=True)
class AnswersWanted:
    """Answers that somebody wants to vote on.

    Attributes:
        run: whose base, number format and system prompt are taken.
        dataset: name of the dataset whose rows are asked; empty for ``questions``.
        limit: rows at most; 0 for all.
        questions: those that somebody wrote.
    """

    run: RunSummary
    first: ColumnSpec
    second: ColumnSpec
    dataset: str = ""
    split: str = ""
    limit: int = 0
    questions: tuple[str, ...] = ()
    sampler: Sampler = field(default_factory=Sampler)


def answerers(summary: RunSummary, runs: Sequence[RunSummary]) -> list[ColumnSpec]:
    """Return who can answer on a run's base: the base first."""
    return [ColumnSpec(BASE), *columns_of(summary, runs)]


def setup_for(workspace: Workspace, wanted: AnswersWanted) -> AnswerSetup:
    """Return the setup of answers that are wanted.

    Raises:
        StudioError: the run's recipe cannot be read, or its base is not on this computer.
    """
    recipe = read_recipe(wanted.run.folder.recipe)
    return AnswerSetup(
        model=str(resolve_model(workspace, recipe.model)),
        first=wanted.first,
        second=wanted.second,
        dataset=str(workspace.dataset(wanted.dataset)) if wanted.dataset else "",
        split=wanted.split if wanted.dataset else "",
        quantization=recipe.quantization,
        double_quant=recipe.double_quant,
        precision=recipe.precision,
        device=recipe.device,
        sampler=wanted.sampler,
    )
