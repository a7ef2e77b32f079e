"""Rows a second of a full check report, and what each family of checks costs.

    python -m tests.bench.check_report MODEL_FOLDER [--rows 20000] [--file rows.jsonl]

Without a file the rows are made: short ones of about 200 characters, or with --words so many in
each answer. The dataset is judged as the render process does it, by texts alone, then by texts and
tokens, into a new sidecar; then once more after one edit, as the window asks for it.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from studio.core.example import Kind, Triple
from studio.core.protocol import CheckDataset, DatasetChecked
from studio.core.resources import resource
from studio.data.checks import sidecar
from studio.data.store import Dataset
from studio.engine.checkserver import CheckServer
from studio.engine.render import Renderer

GOAL = 5_000
"""Rows a second, with tokens."""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("model", type=Path)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--words", type=int, default=25, help="of an answer, on average")
    parser.add_argument("--file", type=Path, help="JSON lines with question and answer")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "many.sqlite"
        rows = list(_rows(args.file, args.rows, args.words))
        with Dataset.create(path, Kind.TRIPLE) as dataset:
            dataset.insert(0, rows)
        renderer = Renderer(args.model)
        server = CheckServer(lambda *_: renderer)
        characters = sum(len(row.question) + len(row.output) for row in rows) / len(rows)
        print(f"{len(rows):,} rows of {characters:,.0f} characters")
        ask = _ask(path, "")
        _told("texts alone", _run(server, ask), len(rows))
        sidecar.discard(Path(ask.sidecar))
        ask = _ask(path, str(args.model))
        _told("texts and tokens", _run(server, ask), len(rows))
        with Dataset.open(path) as dataset:
            dataset.edit(int(dataset.ids[7]), "output", "Another answer than before.")
        seconds, _, _ = _run(server, ask)
        print(f"after one edit: {seconds * 1000:,.0f} ms")
        server.close()


def _ask(path: Path, model: str) -> CheckDataset:
    return CheckDataset(id=1, dataset=str(path), sidecar=f"{path}.checks", model=model)


def _run(server: CheckServer, ask: CheckDataset) -> tuple[float, float, DatasetChecked]:
    started, used = time.perf_counter(), time.process_time()
    pieces = [piece for piece in server.pieces(ask) if piece is not None]
    return time.perf_counter() - started, time.process_time() - used, pieces[-1]


def _told(name: str, run: tuple[float, float, DatasetChecked], rows: int) -> None:
    seconds, used, last = run
    each = f"{used / rows * 1e6:,.0f} µs of processor a row, whoever else used it"
    print(f"{name}: {rows / seconds:,.0f} rows/s (goal {GOAL:,}); {each}")
    for family, took in sorted(last.seconds.items(), key=lambda item: -item[1]):
        print(
            f"  {family:24} {took / rows * 1e6:8.1f} µs a row  {rows / max(took, 1e-9):12,.0f} rows/s"
        )


def _rows(file: Path | None, count: int, mean: int) -> Iterator[Triple]:
    if file is not None:
        lines = file.read_text(encoding="utf-8").splitlines()
        for at in range(count):
            row = json.loads(lines[at % len(lines)])
            again = f" ({at // len(lines)})" if at >= len(lines) else ""
            yield Triple(row["question"] + again, "", row["answer"])
        return
    dice = random.Random(1)
    words = resource("texts", "general.txt").read_text(encoding="utf-8").split()
    for _ in range(count):
        size = dice.randint(mean // 2, mean + mean // 2)
        yield Triple(
            " ".join(dice.choices(words, k=10)) + "?", "", " ".join(dice.choices(words, k=size))
        )


if __name__ == "__main__":
    main()
