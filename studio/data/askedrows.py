"""Draws rows of a dataset as questions that columns can be asked."""

from __future__ import annotations

import random
from pathlib import Path

from studio.core.answerlist import as_asked
from studio.core.evaluation import EvaluationRow
from studio.core.example import ExampleError
from studio.core.ownquestions import OwnQuestions, questions_in
from studio.core.problems import DataError
from studio.core.questions import question_of
from studio.data.row import Row
from studio.data.store import Dataset

MOST_BYTES = 16_000_000


def draw_questions(path: Path, split: str, limit: int, seed: int) -> list[EvaluationRow]:
    """Return rows of a split as questions, in the dataset's order.

    Args:
        path: of the dataset.
        split: of its rows.
        limit: rows at most, drawn by the seed; 0 for all.
        seed: the same one draws the same rows.

    Raises:
        DataError: the dataset cannot be read, or has no row that asks something.
    """
    data = Dataset.open(path, read_only=True)
    try:
        ids = [int(number) for number in data.find(split=split)]
        if 0 < limit < len(ids):
            ids = sorted(random.Random(seed).sample(ids, limit), key=ids.index)
        rows = data.rows_of(ids)
    finally:
        data.close()
    made = [question for row in rows if (question := _question(row)) is not None]
    if not made:
        raise DataError(
            f"No row of the {split} split of {path.stem} asks something.", "Choose another split."
        )
    return made


def read_questions(path: Path) -> OwnQuestions:
    """Return the questions of a text or JSON file.

    Raises:
        DataError: it cannot be read, is too large, is no text, or holds no question.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except OSError as err:
        raise DataError(
            f"{path.name} cannot be read: {err.strerror or err}.", "Choose another file."
        ) from err
    if len(raw) > MOST_BYTES:
        raise DataError(
            f"{path.name} is over {MOST_BYTES // 1_000_000} MB, too much for a list of questions.",
            "Import it on the Data page, and vote on rows of the dataset.",
        )
    try:
        found = questions_in(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as err:
        raise DataError(
            f"{path.name} is no UTF-8 text: byte {err.start:,} is none of it.",
            "Save it as UTF-8, one question a line.",
        ) from err
    if not found.questions:
        raise DataError(f"{path.name} holds no question.", "One question a line, or a JSON list.")
    return found


def own_question(text: str) -> EvaluationRow:
    """Return a question that somebody wrote; it is of no row."""
    return EvaluationRow(0, text, "", (("user", text),))


def _question(row: Row) -> EvaluationRow | None:
    try:
        asked = question_of(row.example)
    except ExampleError:
        return None
    if asked is None or not asked.question.strip() or as_asked(asked.turns) is None:
        return None
    return EvaluationRow(row.id, asked.question, asked.written, asked.turns)
