"""What an evaluation asks each column, in tokens: prompts, references, labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from studio.core.evaluation import ColumnSpec, EvaluationRow
from studio.core.example import ASSISTANT, SYSTEM, Conversation, Text
from studio.core.metrics.classes import labels_of
from studio.core.metrics.words import plain
from studio.core.wholetext import whole
from studio.engine.render import Renderer
from studio.engine.rowsfile import TokenRow

MOST_LABELS = 10
"""More are not asked for their likelihoods: each costs a forward a row."""
Turns = Sequence[tuple[str, str]]


@dataclass(slots=True)
class ColumnPlan:
    """What one column is asked.

    Attributes:
        prompts: token ids of each row's question; none where the rows are running text.
        references: each row with its written answer as what is judged.
        labels: for each row the same with each label, in the plan's order; empty where one of
            them does not fit.
    """

    spec: ColumnSpec
    prompts: list[list[int]] = field(default_factory=list)
    references: list[TokenRow] = field(default_factory=list)
    labels: list[list[TokenRow]] = field(default_factory=list)


@dataclass(slots=True)
class Plan:
    """What an evaluation asks.

    Attributes:
        rows: those whose questions fit every column.
        places: of these rows among all that were drawn.
        labels: of a classification, as they are written; empty if the answers are texts.
        too_long: how many rows did not fit.
        cut: of how many running texts only the beginning is judged.
    """

    rows: list[EvaluationRow]
    places: list[int]
    columns: list[ColumnPlan]
    labels: list[str]
    too_long: int
    cut: int = 0

    @property
    def total(self) -> int:
        """Answers and judged texts of all columns."""
        return sum(
            len(c.prompts) + len(c.references) + sum(map(len, c.labels)) for c in self.columns
        )

    @property
    def judges_labels(self) -> bool:
        """Whether the likelihood of each label is asked for."""
        return 0 < len(self.labels) <= MOST_LABELS


def make_plan(
    rows: Sequence[EvaluationRow],
    columns: Sequence[ColumnSpec],
    shots: Sequence[Turns],
    renderer: Renderer,
    context: int,
) -> Plan:
    """Return the plan; a row that is too long for one column is asked in none.

    Raises:
        ModelError: the template refuses a question.
    """
    if rows[0].is_text:
        return _text_plan(rows, columns, renderer, context)
    written = _as_written(rows, labels_of([row.reference for row in rows]))
    asked = [_ColumnAsked(rows, c, shots[: c.shots], renderer, context) for c in columns]
    fits = [all(column.fits(at) for column in asked) for at in range(len(rows))]
    kept = [at for at, fit in enumerate(fits) if fit]
    plan = Plan([rows[at] for at in kept], kept, [], written, len(rows) - len(kept))
    labels = written if plan.judges_labels else []
    plan.columns = [column.plan(kept, labels) for column in asked]
    return plan


class _ColumnAsked:
    """What one column would be asked of every row, those that do not fit among them."""

    def __init__(
        self,
        rows: Sequence[EvaluationRow],
        spec: ColumnSpec,
        shots: Sequence[Turns],
        renderer: Renderer,
        context: int,
    ) -> None:
        self._rows, self._spec, self._shots = rows, spec, shots
        self._renderer, self._context = renderer, context
        self._prompts = [_prompt(row, shots, renderer) for row in rows]
        self._references = [_judged(r, r.reference, shots, renderer, context) for r in rows]

    def fits(self, at: int) -> bool:
        """Return whether a row's question leaves room for an answer, and its own fits."""
        return len(self._prompts[at]) < self._context and self._references[at] is not None

    def plan(self, kept: Sequence[int], labels: Sequence[str]) -> ColumnPlan:
        """Return what is asked of the rows at these places, with each label if there are any."""
        references = [row for at in kept if (row := self._references[at]) is not None]
        made = ColumnPlan(self._spec, [self._prompts[at] for at in kept], references)
        if labels:
            made.labels = [
                _all_labels(self._rows[at], labels, self._shots, self._renderer, self._context)
                for at in kept
            ]
        return made


def _text_plan(
    rows: Sequence[EvaluationRow], columns: Sequence[ColumnSpec], renderer: Renderer, context: int
) -> Plan:
    """Return the plan of running texts, judged as training has them: cut where the model ends."""
    kept, judged, cut = [], [], 0
    rendered = renderer.rows([Text(whole(row.reference)) for row in rows], context)
    for at, (row, made) in enumerate(zip(rows, rendered, strict=True)):
        trained = np.zeros(min(len(made.ids), context), dtype=np.bool_)
        for span in made.spans:
            trained[span.start : span.stop] = True
        if trained[1:].any():  # the first token is foretold by nothing
            kept.append(at)
            judged.append(TokenRow(row.row, np.asarray(made.ids[:context], np.int64), trained))
            cut += len(made.ids) > context
    plans = [ColumnPlan(column, [], judged) for column in columns]
    return Plan([rows[at] for at in kept], kept, plans, [], len(rows) - len(kept), cut)


def turns_of(row: EvaluationRow, shots: Sequence[Turns], system: str) -> list[tuple[str, str]]:
    """Return all that is said before the answer: system, examples, and what the row says."""
    own = [turn for turn in row.turns if turn[0] == SYSTEM]
    said = own or ([(SYSTEM, system)] if system else [])
    examples = [turn for shot in shots for turn in shot]
    return [*said, *examples, *(turn for turn in row.turns if turn[0] != SYSTEM)]


def _as_written(rows: Sequence[EvaluationRow], labels: Sequence[str]) -> list[str]:
    """Return labels in the form in which the references have them first."""
    forms: dict[str, str] = {}
    for row in rows:
        forms.setdefault(plain(row.reference), row.reference.strip())
    return [forms[label] for label in labels]


def _prompt(row: EvaluationRow, shots: Sequence[Turns], renderer: Renderer) -> list[int]:
    turns = turns_of(row, shots, renderer.system_prompt)
    return renderer.prompt_ids([{"role": role, "content": whole(text)} for role, text in turns])


def _all_labels(
    row: EvaluationRow,
    labels: Sequence[str],
    shots: Sequence[Turns],
    renderer: Renderer,
    context: int,
) -> list[TokenRow]:
    made = [_judged(row, label, shots, renderer, context) for label in labels]
    fitting = [each for each in made if each is not None]
    return fitting if len(fitting) == len(labels) else []


def _judged(
    row: EvaluationRow, answer: str, shots: Sequence[Turns], renderer: Renderer, context: int
) -> TokenRow | None:
    """Return a question with an answer that is judged; None if it does not fit."""
    turns = [*turns_of(row, shots, renderer.system_prompt), (ASSISTANT, answer)]
    told = tuple({"role": role, "content": whole(text)} for role, text in turns)
    rendered = renderer.row(Conversation(told), context)
    if not rendered.spans or len(rendered.ids) > context:
        return None
    span = rendered.spans[-1]
    trained = np.zeros(len(rendered.ids), dtype=np.bool_)
    trained[span.start : span.stop] = True
    return TokenRow(row.row, np.asarray(rendered.ids, dtype=np.int64), trained)
