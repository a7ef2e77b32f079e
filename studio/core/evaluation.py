"""An evaluation as values: what is asked of whom, how it stands, and what came of it."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from studio.core.example import TEST

BASE = "base"
"""Name of the column of the base alone."""


class EvaluationState(StrEnum):
    """How far an evaluation is."""

    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    """Also after its process was lost: every answer that was written is kept."""
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ColumnSpec:
    """Who answers.

    Attributes:
        name: the column's title, unique in its evaluation; "base" is the base alone.
        adapter: folder in PEFT's layout; empty for the base.
        run: folder of the run that the adapter is of; empty for one from elsewhere.
        shots: examples of the training split that are said before each question.
    """

    name: str
    adapter: str = ""
    run: str = ""
    shots: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationSetup:
    """What an evaluation is made of; never changed once it is made.

    Attributes:
        dataset: file of the rows.
        split: of the rows that are asked.
        limit: how many rows at most, drawn by the seed; 0 for all.
        run: folder of the run whose template and system prompt the questions are asked with;
            empty asks with the model's own template.
        model: folder of the base.
        columns: who answers, the base first.
        general: whether the general questions are asked beside it.
        schema: JSON Schema of the answers as text; empty judges by the written answers' form.
    """

    dataset: str
    model: str
    columns: tuple[ColumnSpec, ...]
    split: str = TEST
    limit: int = 0
    run: str = ""
    quantization: str = "nf4"
    double_quant: bool = True
    precision: str = "auto"
    device: str = "auto"
    max_new_tokens: int = 256
    temperature: float = 0.0
    top_p: float = 1.0
    seed: int = 42
    schema: str = ""
    general: bool = True


@dataclass(frozen=True, slots=True)
class Score:
    """A number and its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Gain:
    """What a column has more than the base, on the same rows, with its 95 % interval.

    Attributes:
        p: how often chance alone gives as much, either way.
    """

    value: float
    low: float
    high: float
    p: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnResult:
    """What came of one column.

    Attributes:
        metrics: by the names of ``core.metrics.catalogue``.
        gains: against the base, by the same names; empty for the base itself.
        over_examples: of an adapter against the base that is shown examples, if there is one.
        matrix: for each label, how often it was answered as each label and as none of them.
        label_scores: for each label precision, recall, F1 and the rows that have it.
        adapter_hash: SHA-256 of its weights; empty for the base.
        tokens_per_second: of the answers that were written, not of those known already.
    """

    name: str
    metrics: dict[str, Score]
    gains: dict[str, Gain] = field(default_factory=dict)
    over_examples: dict[str, Gain] = field(default_factory=dict)
    matrix: list[list[int]] = field(default_factory=list)
    label_scores: dict[str, list[float]] = field(default_factory=dict)
    adapter_hash: str = ""
    tokens_per_second: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """What came of an evaluation.

    Attributes:
        rows: how many were judged.
        left_out: how many were not, with the reasons in ``warnings``.
        labels: of a classification; empty if the answers are texts.
        main: name of the metric that stands for the whole.
    """

    columns: tuple[ColumnResult, ...]
    rows: int
    left_out: int = 0
    labels: tuple[str, ...] = ()
    main: str = "token_f1"
    warnings: tuple[str, ...] = ()
    model_hash: str = ""
    template_hash: str = ""
    precision: str = ""
    quantization: str = ""
    device: str = ""


@dataclass(frozen=True, slots=True)
class EvaluationRow:
    """One question of an evaluation, as it was when the evaluation began.

    Attributes:
        row: its id in the dataset.
        question: the last thing the user says; of running text its beginning.
        reference: the written answer; of running text all of it.
        turns: all that is said before the answer, (role, words) each; empty for running text,
            which is only judged, never answered.
    """

    row: int
    question: str
    reference: str
    turns: tuple[tuple[str, str], ...]

    @property
    def is_text(self) -> bool:
        """Whether it is running text."""
        return not self.turns


def setup_body(setup: EvaluationSetup) -> dict[str, Any]:
    """Return a setup as JSON values."""
    return dataclasses.asdict(setup)


def setup_of(body: Mapping[str, Any]) -> EvaluationSetup:
    """Return the setup that JSON values are; fields of newer versions are left out.

    Raises:
        ValueError: they are none.
    """
    try:
        fields = known_fields(EvaluationSetup, body)
        fields["columns"] = tuple(
            ColumnSpec(**known_fields(ColumnSpec, c)) for c in body["columns"]
        )
        return EvaluationSetup(**fields)
    except (KeyError, TypeError, AttributeError) as err:
        raise ValueError(f"not a setup: {err}") from err


def results_body(results: Results) -> dict[str, Any]:
    """Return results as JSON values; what is not finite becomes None."""
    made: dict[str, Any] = _finite(dataclasses.asdict(results))
    return made


def results_of(body: Mapping[str, Any]) -> Results:
    """Return the results that JSON values are.

    Raises:
        ValueError: they are none.
    """
    try:
        fields = known_fields(Results, body)
        fields["columns"] = tuple(map(_column_of, body["columns"]))
        fields["labels"] = tuple(body.get("labels", ()))
        fields["warnings"] = tuple(body.get("warnings", ()))
        return Results(**fields)
    except (KeyError, TypeError, AttributeError) as err:
        raise ValueError(f"not results: {err}") from err


def _column_of(body: Mapping[str, Any]) -> ColumnResult:
    fields = known_fields(ColumnResult, body)
    fields["metrics"] = {name: Score(**_numbers(s)) for name, s in body["metrics"].items()}
    fields["gains"] = {name: Gain(**_numbers(g)) for name, g in body.get("gains", {}).items()}
    shown = body.get("over_examples", {})
    fields["over_examples"] = {name: Gain(**_numbers(g)) for name, g in shown.items()}
    return ColumnResult(**fields)


def _numbers(body: Mapping[str, Any]) -> dict[str, float]:
    return {name: math.nan if value is None else float(value) for name, value in body.items()}


def known_fields(kind: Any, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of JSON values a dataclass has fields for; newer versions may write more."""
    names = {each.name for each in dataclasses.fields(kind)}
    return {name: value for name, value in body.items() if name in names}


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {name: _finite(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value
