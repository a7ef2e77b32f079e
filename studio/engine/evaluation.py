"""Carries out an evaluation: every column answers every row, then all is judged."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from studio.core.evaluation import (
    ColumnResult,
    EvaluationRow,
    EvaluationSetup,
    EvaluationState,
    Results,
)
from studio.core.probes import bundled_probes
from studio.core.problems import DataError
from studio.core.recipe import Recipe
from studio.core.workspace import RunFolder
from studio.data.evaluationrows import draw_rows
from studio.data.evaluations import Evaluations, JudgedRow
from studio.data.probeleaks import without_leaks
from studio.data.recipefile import read_recipe
from studio.data.writtenanswers import WrittenAnswers
from studio.engine.adapterfile import AdapterFile
from studio.engine.chatmodel import base_hash
from studio.engine.columnwork import ColumnWork
from studio.engine.evaluationcolumns import Resident, base_facts, read_columns
from studio.engine.evaluationkeys import Keys
from studio.engine.evaluationpace import Pace
from studio.engine.evaluationplan import Plan, make_plan
from studio.engine.evaluationprobes import Known, ProbeWork, judge_general
from studio.engine.evaluationscores import Written, judge
from studio.engine.modelcontext import context_of
from studio.engine.proberows import Asked, ask_probes
from studio.engine.render import Renderer


class Evaluation:
    """One evaluation from its setup to its results; a second call goes on where one was paused.

    Args:
        store: the workspace's evaluations.
        written: what was answered so far.
        number: of the evaluation.
        pace: told of every answer.
        stopped: asked all the time; true pauses.
    """

    def __init__(
        self,
        store: Evaluations,
        written: WrittenAnswers,
        number: int,
        pace: Pace,
        stopped: Callable[[], bool],
    ) -> None:
        self._store, self._written, self._number = store, written, number
        self._pace, self._stopped = pace, stopped
        self._setup = store.one(number).setup
        self._resident: Resident | None = None
        self._adapters: dict[str, AdapterFile | None] = {}
        self._probes: list[Asked] = []
        self._known: dict[str, list[Known]] = {}
        self._context = 0

    def run(self) -> EvaluationState:
        """Answer and judge what is not yet; return DONE or PAUSED.

        Raises:
            StudioError: it cannot be carried out; the sentence says why.
        """
        setup = self._setup
        self._pace.say("Reading the rows")
        rows, told = self._rows()
        self._adapters = read_columns(setup.columns)
        renderer, warnings = _renderer(setup)
        self._context = context_of(Path(setup.model))
        plan = make_plan(rows, setup.columns, told["shots"], renderer, self._context)
        if not plan.rows:
            raise DataError(
                "No question fits the model's context.", "Choose fewer examples, or other rows."
            )
        self._probes, leaks = self._general(renderer, told["shots"])
        warnings = [*told["warnings"], *warnings, *_too_long(plan), *leaks]
        self._pace.begin(plan.total + len(self._probes) * len(plan.columns))
        found = self._columns(plan, renderer)
        if found is None:
            return EvaluationState.PAUSED
        self._pace.say("Judging the answers")
        self._judge(plan, found, renderer, (*warnings,), told["left_out"])
        return EvaluationState.DONE

    def _rows(self) -> tuple[list[EvaluationRow], dict[str, Any]]:
        frozen = self._store.frozen(self._number)
        if frozen is None:
            self._store.freeze(self._number, *draw_rows(self._setup))
            frozen = self._store.frozen(self._number)
        assert frozen is not None
        return frozen

    def _general(self, renderer: Renderer, shots: list[Any]) -> tuple[list[Asked], list[str]]:
        """Return the general questions that no column has seen, and what is said of the others."""
        if not self._setup.general:
            return [], []
        self._pace.say("Looking for the general questions among the training rows")
        probes, told = without_leaks(bundled_probes(), self._setup, shots)
        return ask_probes(renderer, probes, self._context), told

    def _columns(self, plan: Plan, renderer: Renderer) -> list[Written] | None:
        """Return what every column wrote; None if it was paused on the way."""
        self._pace.say("Looking at the model")
        facts = base_facts(self._setup, base_hash(Path(self._setup.model)))
        found = []
        for column in plan.columns:
            adapter = self._adapters[column.spec.name]
            keys = Keys(self._setup, facts, adapter, renderer.stop_ids)
            work = ColumnWork(column, keys, self._written, self._pace, self._stopped)
            asked = ProbeWork(self._probes, keys, self._written, self._pace, self._stopped)
            if (work.waits or asked.waits) and not self._stopped():
                resident = self._loaded(renderer)
                with resident.column(adapter) as model:
                    work.carry_out(model, self._setup, renderer, self._context)
                    if asked.waits and not self._stopped():
                        self._pace.say("Asking general questions", column.spec.name)
                        asked.carry_out(model, renderer.pad_id)
            if work.waits or asked.waits:
                return None
            found.append(work.result())
            self._known[column.spec.name] = asked.result()
        return found

    def _loaded(self, renderer: Renderer) -> Resident:
        """Return the base, loaded when the first column needs it."""
        if self._resident is None:
            self._pace.say("Loading the model")
            prompt = renderer.prompt_ids([{"role": "user", "content": "Who are you?"}])
            self._resident = Resident(self._setup, prompt)
        return self._resident

    def _judge(
        self,
        plan: Plan,
        written: Sequence[Written],
        renderer: Renderer,
        warnings: tuple[str, ...],
        left_out: int,
    ) -> None:
        references = [row.reference for row in plan.rows]
        shown = (c.name for c in self._setup.columns if c.shots and not c.adapter)
        judged = judge(written, references, plan.labels, self._setup.schema, next(shown, ""))
        facts = base_facts(self._setup, base_hash(Path(self._setup.model)))
        results = Results(
            columns=tuple(map(self._told, judged.columns)),
            rows=len(plan.rows),
            left_out=left_out + plan.too_long,
            labels=tuple(plan.labels),
            main=judged.main,
            warnings=warnings,
            model_hash=str(facts["weights"]),
            template_hash=renderer.template_hash,
            precision=str(facts["precision"]),
            quantization=self._setup.quantization,
            device=str(facts["device"]),
        )
        rows = [
            JudgedRow(
                place,
                row.row,
                row.question,
                row.reference,
                {w.name: w.answers[at].text if w.answers else "" for w in written},
                {name: scores[at] for name, scores in judged.scores.items()},
            )
            for at, (place, row) in enumerate(zip(plan.places, plan.rows, strict=True))
        ]
        self._store.finish(self._number, results, rows)

    def _told(self, column: ColumnResult) -> ColumnResult:
        """Return a column with its adapter, its speed and its general questions."""
        adapter = self._adapters[column.name]
        metrics, gains = judge_general(self._known).get(column.name, ({}, {}))
        return dataclasses.replace(
            column,
            metrics=column.metrics | metrics,
            gains=column.gains | gains,
            adapter_hash=adapter.sha256 if adapter else "",
            tokens_per_second=self._pace.speed_of(column.name),
        )


def _renderer(setup: EvaluationSetup) -> tuple[Renderer, list[str]]:
    """Return what turns questions into tokens, and where a run was trained with another one."""
    recipe = read_recipe(RunFolder(Path(setup.run)).recipe) if setup.run else Recipe()
    renderer = Renderer(Path(setup.model), recipe.template, recipe.system_prompt)
    warnings = []
    for column in setup.columns:
        if not column.run or column.run == setup.run:
            continue
        other = read_recipe(RunFolder(Path(column.run)).recipe)
        if (other.template, other.system_prompt) != (recipe.template, recipe.system_prompt):
            warnings.append(
                f"{column.name} was trained with another template or system prompt than it is "
                "asked with here."
            )
    return renderer, warnings


def _too_long(plan: Plan) -> list[str]:
    told = []
    if plan.too_long:
        rows = "row is" if plan.too_long == 1 else "rows are"
        told.append(f"{plan.too_long:,} {rows} longer than the model reads and cannot be asked.")
    if plan.cut:
        texts = "text is" if plan.cut == 1 else "texts are"
        told.append(f"{plan.cut:,} {texts} longer than the model reads: the beginning is judged.")
    return told
