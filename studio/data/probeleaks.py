"""General questions that the columns of an evaluation have been told already: they do not count."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from studio.core.evaluation import EvaluationSetup
from studio.core.example import TRAIN
from studio.core.frozen import frozen_texts
from studio.core.probes import Probe, find_leaks, leak_words
from studio.core.workspace import RunFolder

Turns = Sequence[tuple[str, str]]


def without_leaks(
    probes: Sequence[Probe], setup: EvaluationSetup, shots: Sequence[Turns]
) -> tuple[list[Probe], list[str]]:
    """Return the questions that no column was trained on or is shown, and what is said of others.

    Columns are compared on the same questions, so one that leaked into one column counts in none.

    Args:
        probes: the general questions.
        setup: whose columns' runs have frozen rows; an adapter from elsewhere tells nothing.
        shots: the examples that are said before each question.
    """
    told: list[str] = []
    leaked: set[str] = set()
    shown = {0: "\n".join(text for turns in shots for _, text in turns)} if shots else {}
    if found := find_leaks(probes, shown.items()):
        leaked |= found.keys()
        words = "question is" if len(found) == 1 else "questions are"
        told.append(f"{len(found)} general {words} among the examples shown, and left out.")
    for run in dict.fromkeys(column.run for column in setup.columns if column.run):
        if found := find_leaks(probes, _training_texts(RunFolder(Path(run)).rows)):
            leaked |= found.keys()
            fact, where = leak_words(found, len(probes))
            told.append(f"{Path(run).name}: {fact} {where}")
    return [probe for probe in probes if probe.id not in leaked], told


def _training_texts(path: Path) -> Iterator[tuple[int, str]]:
    """Give id and text of the rows a run was trained on; a run may have come without them."""
    try:
        with path.open("rb") as file:
            for line in file:
                body = json.loads(line.decode("utf-8", "surrogatepass"))
                if body["split"] == TRAIN:
                    yield int(body["row"]), "\n".join(frozen_texts(body)[1])
    except (OSError, ValueError, KeyError, TypeError):
        return
