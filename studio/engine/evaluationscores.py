"""Judges the answers of all columns: scores, intervals, differences, row by row."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from studio.core.evaluation import BASE, ColumnResult, Gain, Score
from studio.core.metrics.catalogue import MAIN, METRICS, SHARES
from studio.core.metrics.classes import (
    confusion,
    label_in,
    label_scores,
    likelihood_shares,
    macro_f1,
    mean_auc,
)
from studio.core.metrics.jsonanswers import Schema, are_json, fits_schema, is_json, schema_of
from studio.core.metrics.meteor import meteor
from studio.core.metrics.overlap import contains, exact_match, token_f1
from studio.core.metrics.refusals import refuses
from studio.core.metrics.resample import Resamples, Statistic, mean_of, ratio_of
from studio.core.metrics.rouge import rouge
from studio.core.metrics.words import plain, words
from studio.core.votes import wilson
from studio.data.writtenanswers import KeptAnswer


@dataclass(slots=True)
class Written:
    """What one column wrote.

    Attributes:
        answers: one a row; none where the rows are running text.
        nats: of the written answers: (summed nats, tokens) a row.
        label_nats: for each row the nats of each label; empty lists where they are not known.
    """

    name: str
    answers: list[KeptAnswer]
    nats: list[tuple[float, int]]
    label_nats: list[list[float]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Judged:
    """What came of all columns.

    Attributes:
        scores: for each column, of each row the scores by name.
    """

    columns: list[ColumnResult]
    scores: dict[str, list[dict[str, float]]]
    main: str


def judge(
    written: Sequence[Written],
    references: Sequence[str],
    labels: Sequence[str],
    schema: str,
    shown: str = "",
) -> Judged:
    """Return every score of every column, and how each column differs from the base.

    Args:
        written: the columns on the same rows, the base first.
        references: the written answer of each row.
        labels: of a classification, as they are written; empty if the answers are texts.
        schema: JSON Schema as a value in text; empty takes each reference's form.
        shown: name of the column of the base that is shown examples; empty if there is none.
    """
    draws = Resamples(len(references))
    forms = _forms(references, schema)
    rows = {c.name: _rows_of(c, references, forms, labels) for c in written}
    whole = {c.name: _statistics(c, rows[c.name], references, labels) for c in written}
    results = []
    for column in written:
        name = column.name
        metrics = {each: _score(draws, each, s, len(references)) for each, s in whole[name].items()}
        gains, over = (
            {} if name in (BASE, other) else _gains(draws, (whole, rows), name, other)
            for other in (BASE, shown)
        )
        result = _result(column, metrics, gains, references, labels)
        results.append(dataclasses.replace(result, over_examples=over))
    there = results[0].metrics if results else {}
    main = next((name for name in MAIN if name in there), "token_f1")
    return Judged(results, rows, main)


def _rows_of(
    column: Written, references: Sequence[str], forms: Sequence[Schema], labels: Sequence[str]
) -> list[dict[str, float]]:
    """Return the scores of a column row by row; those of an answer where there are answers."""
    made = [{"perplexity": _perplexity(nats)} for nats in column.nats]
    for at, answer in enumerate(column.answers):
        made[at] |= _row_scores(answer, references[at], forms[at : at + 1])
        if labels:
            found = label_in(answer.text, [plain(label) for label in labels])
            made[at]["accuracy"] = float(found == plain(references[at]))
    return made


def _score(draws: Resamples, name: str, statistic: Statistic, rows: int) -> Score:
    """Return a score and its interval; of a share that all rows agree on, Wilson's.

    Draws from rows that are all alike are all alike, however few rows there are: none of twelve
    right does not mean that none of a thousand will be.
    """
    found = draws.interval(statistic)
    if name in SHARES and found.value in (0.0, 1.0):
        share = wilson(round(found.value * rows), rows)
        return Score(share.value, share.low, share.high)
    return Score(found.value, found.low, found.high)


def _gains(
    draws: Resamples,
    found: tuple[dict[str, dict[str, Statistic]], dict[str, list[dict[str, float]]]],
    name: str,
    other: str,
) -> dict[str, Gain]:
    """Return what a column has more than another; nothing if that one is not there."""
    whole, rows = found
    return {
        each: _gain(draws, each, (statistic, rows[name]), (whole[other][each], rows[other]))
        for each, statistic in whole[name].items()
        if each in whole.get(other, {})
    }


def _gain(
    draws: Resamples,
    name: str,
    ours: tuple[Statistic, Sequence[dict[str, float]]],
    base: tuple[Statistic, Sequence[dict[str, float]]],
) -> Gain:
    """Return what a column has more; of means by row the signs of the rows are tested."""
    if name in ours[1][0] and name != "perplexity":
        gap = draws.mean_difference([r[name] for r in ours[1]], [r[name] for r in base[1]])
    else:
        gap = draws.difference(ours[0], base[0])
    return Gain(gap.value, gap.low, gap.high, gap.p)


def _forms(references: Sequence[str], schema: str) -> list[Schema]:
    """Return the form that each answer should have; empty if answers are not to be JSON."""
    if schema:
        wanted = json.loads(schema)
        return [wanted] * len(references)
    return [schema_of(text) for text in references] if are_json(list(references)) else []


def _perplexity(nats: tuple[float, int]) -> float:
    return math.exp(min(nats[0] / nats[1], 700.0)) if nats[1] else math.nan


def _row_scores(answer: KeptAnswer, reference: str, forms: Sequence[Schema]) -> dict[str, float]:
    """Return the scores of an answer; the first form is its own, if there are any."""
    text = answer.text
    made = {
        "exact_match": exact_match(text, reference),
        "contains": contains(text, reference),
        "token_f1": token_f1(text, reference),
        **rouge(text, reference),
        "meteor": meteor(text, reference),
        "refusals": refuses(text),
        "ended": float(answer.reason == "end"),
        "words": float(len(words(text))),
    }
    if forms:
        made |= {"json_valid": is_json(text), "json_form": fits_schema(text, forms[0])}
    return made


def _statistics(
    column: Written,
    rows: Sequence[dict[str, float]],
    references: Sequence[str],
    labels: Sequence[str],
) -> dict[str, Statistic]:
    """Return each metric of a column as a number of any choice of rows, in the tables' order."""
    made: dict[str, Statistic] = {
        name: mean_of([row[name] for row in rows]) for name in rows[0] if name != "perplexity"
    }
    made["perplexity"] = ratio_of(
        [nats for nats, _ in column.nats],
        [float(n) for _, n in column.nats],
        lambda nats: math.exp(min(nats, 700.0)),
    )
    texts = [answer.text for answer in column.answers]
    if texts:
        made["bleu"], made["chrf"] = _corpus_scores(texts, references)
    if labels:
        made |= _class_statistics(column, texts, references, labels)
    return {metric.name: made[metric.name] for metric in METRICS if metric.name in made}


def _class_statistics(
    column: Written, texts: Sequence[str], references: Sequence[str], labels: Sequence[str]
) -> dict[str, Statistic]:
    forms = [plain(label) for label in labels]
    wanted = [plain(text) for text in references]
    found = [label_in(text, forms) for text in texts]

    def f1_of(places: Sequence[int]) -> float:
        return macro_f1([found[at] for at in places], [wanted[at] for at in places], forms)

    made: dict[str, Statistic] = {"macro_f1": f1_of}
    if column.label_nats and all(column.label_nats):
        shares = [
            likelihood_shares(dict(zip(forms, nats, strict=True))) for nats in column.label_nats
        ]

        def auc_of(places: Sequence[int]) -> float:
            return mean_auc([shares[at] for at in places], [wanted[at] for at in places])

        made["auc"] = auc_of
    return made


def _result(
    column: Written,
    metrics: dict[str, Score],
    gains: dict[str, Gain],
    references: Sequence[str],
    labels: Sequence[str],
) -> ColumnResult:
    if not labels:
        return ColumnResult(name=column.name, metrics=metrics, gains=gains)
    forms = [plain(label) for label in labels]
    found = [label_in(answer.text, forms) for answer in column.answers]
    matrix = confusion(found, [plain(text) for text in references], forms)
    each = label_scores(matrix, forms)
    told = {
        label: [each[form].precision, each[form].recall, each[form].f1, float(each[form].support)]
        for label, form in zip(labels, forms, strict=True)
    }
    return ColumnResult(
        name=column.name, metrics=metrics, gains=gains, matrix=matrix, label_scores=told
    )


def _corpus_scores(texts: Sequence[str], references: Sequence[str]) -> tuple[Statistic, Statistic]:
    """Return BLEU and chrF as sacrebleu computes them, from the counts of each row.

    Sources: Papineni et al. 2002, BLEU; Popović 2015, chrF; Post 2018, A Call for Clarity.
    """
    from sacrebleu.metrics.bleu import BLEU  # only when something is judged
    from sacrebleu.metrics.chrf import CHRF

    return tuple(  # type: ignore[return-value]
        _summed(metric, texts, references) for metric in (BLEU(effective_order=False), CHRF())
    )


def _summed(metric: Any, texts: Sequence[str], references: Sequence[str]) -> Statistic:
    counts = np.array(metric._extract_corpus_statistics(list(texts), [list(references)]))  # noqa: SLF001 - its own bootstrap goes this way
    score: Callable[[list[Any]], Any] = metric._compute_score_from_stats  # noqa: SLF001

    def statistic(places: Sequence[int]) -> float:
        return float(score(counts[np.asarray(places)].sum(axis=0).tolist()).score)

    return statistic
