"""Freezes what guards a run: its general questions, and the general rows of its remedies."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from studio.core.example import FIELDS, TRAIN, Example, Kind, Preference, Triple
from studio.core.frozen import frozen_texts
from studio.core.guardplan import GENERAL, OWN, Source
from studio.core.probes import Probe, bundled_probes, bundled_replay, find_leaks, plain, probe_of
from studio.core.problems import DataError
from studio.core.recipe import Recipe
from studio.core.workspace import RunFolder, Workspace
from studio.data.datasetnames import resolve_dataset
from studio.data.mixing import draw
from studio.data.store import Dataset

MOST_OF_A_DATASET = 1000
"""Rows of a dataset that are taken as probes or as general rows, drawn by the run's seed."""
MOST_LEAKS = 5
"""Rows that are named for each probe which leaks."""


def freeze_guard(workspace: Workspace, recipe: Recipe, run: RunFolder) -> None:
    """Write the general questions and rows of a run beside its frozen rows, where it wants some.

    General rows that are questions are left out. Which questions are in a training row is looked up
    by :func:`look_for_leaks`, since among a million rows it takes a minute.

    Raises:
        DataError: a dataset is missing, has no such row, or a file cannot be read.
        OSError: a file cannot be written.
    """
    guard = recipe.guard
    probes = guard_probes(workspace, recipe) if guard.enabled else []
    if guard.enabled:
        _write(run.probes, [probe.to_mapping() for probe in probes])
    if guard.wants_rows:
        asked = {plain(probe.question) for probe in probes}
        rows = _replay(workspace, recipe, guard.replay_source)
        kept = [row for row in rows if plain(row.question) not in asked]
        _write(run.replay, [_body(row, own=guard.replay_source.kind == OWN) for row in kept])


def look_for_leaks(run: RunFolder) -> None:
    """Note beside each frozen question in which training rows it is, if that is not known yet.

    Raises:
        DataError: a file is missing or damaged.
        OSError: the file cannot be written.
    """
    bodies = _read(run.probes)
    if all("leaks" in body for body in bodies):
        return
    leaks = find_leaks([probe_of(body) for body in bodies], _training_texts(run.rows))
    _write(run.probes, [b | {"leaks": leaks.get(b["id"], [])[:MOST_LEAKS]} for b in bodies])


def read_guard_probes(run: RunFolder) -> tuple[list[Probe], dict[str, list[int]]]:
    """Return the frozen probes of a run that do not leak, and where the others do.

    Raises:
        DataError: the file is missing or damaged.
    """
    probes, leaks = [], {}
    for body in _read(run.probes):
        probe = probe_of(body)
        if body.get("leaks"):
            leaks[probe.id] = [int(row) for row in body["leaks"]]
        else:
            probes.append(probe)
    return probes, leaks


def steps_between(run: RunFolder) -> int:
    """Return after how many steps general questions are asked again; 0 if it is not known."""
    try:
        found = json.loads(run.probed.read_bytes())
        return max(int(found["between"]), 0)
    except (OSError, ValueError, KeyError, TypeError):
        return 0


def read_guard_rows(run: RunFolder) -> list[Triple]:
    """Return the frozen general rows of a run; those without an answer wait for the base's own.

    Raises:
        DataError: the file is missing or damaged.
    """
    bodies = _read(run.replay)
    return [Triple(body["instruction"], body["input"], body["output"]) for body in bodies]


def write_guard_rows(run: RunFolder, rows: Iterable[Triple]) -> None:
    """Write general rows in the place of the frozen ones, once the base has answered them.

    Raises:
        OSError: the file cannot be written; what was there is untouched.
    """
    _write(run.replay, [_body(row, own=False) for row in rows])


def guard_probes(workspace: Workspace, recipe: Recipe) -> list[Probe]:
    """Return the general questions that a recipe asks.

    Raises:
        DataError: a dataset is missing, or holds no question.
    """
    found: list[Probe] = []
    for source in recipe.guard.sources:
        if source.kind == GENERAL:
            found += bundled_probes()
        else:
            found += _probes_of(workspace, recipe, source)
    return found


def _probes_of(workspace: Workspace, recipe: Recipe, source: Source) -> list[Probe]:
    name = resolve_dataset(workspace, source.dataset).stem
    found = []
    for number, example in _examples(workspace, recipe, source):
        row = _asked(example)
        if row is not None:
            rejected = (example.rejected,) if isinstance(example, Preference) else ()
            named = f"{name}-{number}"
            wrong = tuple(text for text in rejected if text.strip() and text != row.output)
            found.append(Probe(named, name, row.instruction, row.input, row.output, wrong=wrong))
    return _some(found, source, "question with an answer")


def _replay(workspace: Workspace, recipe: Recipe, source: Source) -> list[Triple]:
    if source.kind in (GENERAL, OWN):
        return bundled_replay()
    rows = (_asked(example) for _, example in _examples(workspace, recipe, source))
    return _some([row for row in rows if row is not None], source, "question with an answer")


def _asked(example: Example) -> Triple | None:
    """Return an example as one question and its answer; None if it is none."""
    match example:
        case Triple(output=output) if output.strip() and example.question.strip():
            return example
        case Preference(prompt=prompt, chosen=chosen, context=()) if prompt.strip():
            return Triple(prompt, "", chosen) if chosen.strip() else None
        case _:
            return None


def _examples(
    workspace: Workspace, recipe: Recipe, source: Source
) -> Iterator[tuple[int, Example]]:
    path = resolve_dataset(workspace, source.dataset)
    with Dataset.open(path, read_only=True) as data:
        ids = data.find(split=source.split)
        chosen = draw(ids, min(len(ids), MOST_OF_A_DATASET), recipe.seed, path.stem)
        for row in data.rows_of(chosen.tolist()):
            yield row.id, row.example


def _some(found: list[Any], source: Source, what: str) -> list[Any]:
    if not found:
        raise DataError(
            f"The {source.split} rows of {source.dataset} hold no {what}.",
            "Name another split or dataset in [guard].",
        )
    return found


def _training_texts(path: Path) -> Iterator[tuple[int, str]]:
    with path.open("rb") as file:
        for line in file:
            body = json.loads(line.decode("utf-8", "surrogatepass"))
            if body["split"] == TRAIN:
                _, texts = frozen_texts(body)
                yield int(body["row"]), "\n".join(texts)


def _body(row: Triple, *, own: bool) -> dict[str, Any]:
    texts = (row.instruction, row.input, "" if own else row.output)
    return dict(zip(FIELDS[Kind.TRIPLE], texts, strict=True))


def _read(path: Path) -> list[dict[str, Any]]:
    try:
        lines = path.read_bytes().split(b"\n")
        found: list[dict[str, Any]] = [json.loads(line) for line in lines if line.strip()]
    except (OSError, ValueError) as err:
        raise DataError(
            f"What guards the run cannot be read: {err}.",
            f"Delete {path.name} in the run's data folder; it is written again.",
        ) from err
    return found


def _write(path: Path, bodies: Iterable[dict[str, Any]]) -> None:
    staged = path.with_name(f".{path.name}.{os.getpid()}.partial")
    with staged.open("w", encoding="utf-8", errors="surrogatepass", newline="\n") as file:
        for body in bodies:
            file.write(json.dumps(body, ensure_ascii=False) + "\n")
        file.flush()
        os.fsync(file.fileno())
    staged.replace(path)
