"""What a look at an adapter asks: the setup of its run, and the prompts that its rows hold."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from studio.core.evaluation import BASE, ColumnSpec, EvaluationSetup
from studio.core.example import TRAIN, ExampleError, example_of
from studio.core.frozen import frozen_texts
from studio.core.probes import bundled_probes, bundled_replay
from studio.core.questions import Question, question_of
from studio.core.readiness import ReadinessSetup
from studio.core.routing import Prompts
from studio.core.workspace import RunFolder, Workspace
from studio.data.evaluationsetup import column_named, result_column
from studio.data.recipefile import read_recipe
from studio.machine.models import resolve_model


@dataclass(slots=True)
class Domain:
    """What the rows of a run ask.

    Attributes:
        training: of the rows it was trained on.
        held: of the rows it has not seen.
    """

    training: list[Question] = field(default_factory=list)
    held: list[Question] = field(default_factory=list)


def make_readiness(
    workspace: Workspace, run: RunFolder, adapter: str = "", device: str = "auto"
) -> ReadinessSetup:
    """Return the setup of a look at a run's result, or at another adapter of its.

    Args:
        workspace: where runs and models are.
        run: whose template, base and rows are taken.
        adapter: a checkpoint's step, or a folder in PEFT's layout; empty for the run's result.
        device: auto takes the one the run was trained on.

    Raises:
        StudioError: something that is named is not there.
    """
    recipe = read_recipe(run.recipe)
    column = column_named(workspace, run, adapter) if adapter else result_column(run)
    return ReadinessSetup(
        run=str(run.path),
        name=column.name,
        adapter=column.adapter,
        model=str(resolve_model(workspace, recipe.model)),
        quantization=recipe.quantization,
        double_quant=recipe.double_quant,
        precision=recipe.precision,
        device=device if device != "auto" else recipe.device,
    )


def read_domain(run: RunFolder) -> Domain:
    """Return what the frozen rows of a run ask; nothing where it came without them."""
    domain = Domain()
    try:
        with run.rows.open("rb") as file:
            for line in file:
                body = json.loads(line.decode("utf-8", "surrogatepass"))
                asked = question_of(example_of(*frozen_texts(body)))
                if asked is not None and asked.question.strip():
                    part = domain.training if body["split"] == TRAIN else domain.held
                    part.append(asked)
    except (OSError, ValueError, KeyError, TypeError, ExampleError):
        return domain
    return domain


def prompts_of(domain: Domain) -> Prompts:
    """Return what a rule is made of: the run's own prompts, and ours of everything else."""
    return Prompts(
        [asked.question for asked in domain.training],
        [asked.question for asked in domain.held],
        [triple.question for triple in bundled_replay()],
        [probe.question for probe in bundled_probes()],
    )


def as_evaluation(setup: ReadinessSetup) -> EvaluationSetup:
    """Return what loads the base, and whose rows leaks are looked for in."""
    return EvaluationSetup(
        dataset="",
        model=setup.model,
        columns=(ColumnSpec(BASE), ColumnSpec(setup.name, setup.adapter, setup.run)),
        run=setup.run,
        quantization=setup.quantization,
        double_quant=setup.double_quant,
        precision=setup.precision,
        device=setup.device,
    )
