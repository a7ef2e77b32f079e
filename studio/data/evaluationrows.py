"""Draws the rows of an evaluation from a dataset, and the examples that are shown before them."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from studio.core.evaluation import EvaluationRow, EvaluationSetup
from studio.core.example import TRAIN, ExampleError, Kind, Text, example_of
from studio.core.frozen import frozen_texts
from studio.core.problems import DataError
from studio.core.questions import BEGINNING, Question, question_of
from studio.core.workspace import RunFolder
from studio.data.row import Row
from studio.data.store import Dataset

_SPARE = 4
"""As many rows as examples are wanted are drawn this many times, since some cannot be shown."""


def draw_rows(setup: EvaluationSetup) -> tuple[list[EvaluationRow], dict[str, Any]]:
    """Return the rows of an evaluation and what is to be said about them.

    Returns:
        The rows in the dataset's order; "shots": the examples, as lists of (role, words);
        "warnings": sentences; "left_out": how many rows of the draw cannot be judged.

    Raises:
        DataError: the dataset cannot be read, or has no row to judge by.
    """
    dataset = Dataset.open(Path(setup.dataset), read_only=True)
    try:
        found = _drawn(dataset, setup)
        shots = _shots(dataset, setup)
    finally:
        dataset.close()
    rows = [made for row in found if (made := _row(row)) is not None]
    if not rows:
        raise DataError(
            f"No row of the {setup.split} split has a question and a written answer.",
            "Choose another split.",
        )
    told = {"shots": shots, "left_out": len(found) - len(rows)}
    return rows, told | {"warnings": _warnings(setup, rows, len(found) - len(rows))}


def _drawn(dataset: Dataset, setup: EvaluationSetup) -> list[Row]:
    ids = [int(number) for number in dataset.find(split=setup.split)]
    if not ids:
        counts = ", ".join(f"{name} {n:,}" for name, n in dataset.split_counts().items())
        raise DataError(
            f"The dataset {Path(setup.dataset).stem} has no {setup.split} rows.",
            f"Its rows: {counts}. Choose another split, or hold rows out on the Data page.",
        )
    if 0 < setup.limit < len(ids):
        kept = set(random.Random(setup.seed).sample(ids, setup.limit))
        ids = [number for number in ids if number in kept]
    return dataset.rows_of(ids)


def _shots(dataset: Dataset, setup: EvaluationSetup) -> list[list[tuple[str, str]]]:
    """Return the examples of the training split that columns say before each question."""
    most = max((column.shots for column in setup.columns), default=0)
    ids = [int(number) for number in dataset.find(split=TRAIN)] if most else []
    drawn = random.Random(setup.seed).sample(ids, min(len(ids), most * _SPARE))
    made = []
    for row in dataset.rows_of(sorted(drawn)):
        asked = _asked(row)
        if asked is not None and asked.written.strip():
            turns = [turn for turn in asked.turns if turn[0] != "system"]
            made.append([*turns, ("assistant", asked.written)])
    if len(made) < most:
        raise DataError(
            f"The training split has {len(made)} rows that can be shown as examples, not {most}.",
            "Ask for fewer examples.",
        )
    return made[:most]


def _row(row: Row) -> EvaluationRow | None:
    """Return what is asked or, of running text, judged; None if there is nothing."""
    if row.kind is Kind.TEXT:
        text = row.texts[0]
        return EvaluationRow(row.id, text[:BEGINNING], text, ()) if text.strip() else None
    asked = _asked(row)
    if asked is None or not asked.written.strip():
        return None
    return EvaluationRow(row.id, asked.question, asked.written, asked.turns)


def _asked(row: Row) -> Question | None:
    try:
        return question_of(row.example)
    except ExampleError:
        return None


def _warnings(
    setup: EvaluationSetup, rows: Sequence[EvaluationRow], without_answer: int
) -> list[str]:
    told = []
    what = "texts" if rows[0].is_text else "questions"
    if rows[0].is_text:
        told.append(
            "The rows are running text: there is nothing to answer, so only how well each "
            "column foretells them is measured."
        )
    if without_answer:
        have = "row has" if without_answer == 1 else "rows have"
        lack = "text" if rows[0].is_text else "written answer"
        told.append(f"{without_answer:,} {have} no {lack} and cannot be judged.")
    asked = {(row.question.strip(), row.reference.strip()) for row in rows}
    for column in setup.columns:
        seen = _trained_on(Path(column.run), asked) if column.run else 0
        if seen:
            told.append(
                f"{column.name} was trained on {seen:,} of these {len(rows):,} {what}: "
                "its numbers are too good."
            )
    return told


def _trained_on(run: Path, asked: set[tuple[str, str]]) -> int:
    """Return how many of the questions are among the rows that a run was trained on."""
    seen = set()
    try:
        with RunFolder(run).rows.open("rb") as file:
            for line in file:
                body = json.loads(line.decode("utf-8", "surrogatepass"))
                if body["split"] == TRAIN and (found := _frozen(body)) is not None:
                    seen.add(found)
    except (OSError, ValueError, KeyError, TypeError):
        return 0  # a run copied from elsewhere may come without its rows
    return len(asked & seen)


def _frozen(body: dict[str, Any]) -> tuple[str, str] | None:
    """Return question and written answer of a frozen row, as the rows of an evaluation have them."""
    try:
        example = example_of(*frozen_texts(body))
    except ExampleError:
        return None
    if isinstance(example, Text):
        return example.text[:BEGINNING].strip(), example.text.strip()
    found = question_of(example)
    return (found.question.strip(), found.written.strip()) if found is not None else None
