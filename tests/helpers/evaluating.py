"""A small workspace to evaluate in: a dataset of short questions, and the evaluation process."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from studio.core.evaluation import ColumnSpec, EvaluationSetup
from studio.core.evaluationmessages import Evaluate
from studio.core.example import Triple
from studio.core.protocol import PROTOCOL
from studio.core.wire import LineReader
from studio.data.store import Dataset
from studio.machine.enginecommand import engine_command, engine_environment

WORDS = ("breakfast", "parking", "the train", "colours", "the garden room", "counting", "guests")


def make_questions(path: Path, rows: int = 12, labels: bool = False) -> Path:
    """Make a dataset with that many training and as many test rows; return its file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    dataset = Dataset.create(path)
    for split in ("train", "test"):
        triples = [
            Triple(
                f"Tell me {number} things about {WORDS[number % len(WORDS)]}, {split}"
                + " and more" * (number % 5),
                "",
                ("yes", "no")[number % 2] if labels else f"{WORDS[number % 7]} is number {number}.",
            )
            for number in range(rows)
        ]
        dataset.insert(len(dataset), triples, split)
    dataset.close()
    return path


def setup_for(dataset: Path, model: Path, *columns: ColumnSpec, **settings: Any) -> EvaluationSetup:
    """Return a setup in fp32 without quantisation, whose numbers anyone can repeat."""
    exact = {"quantization": "none", "precision": "fp32", "device": "cpu", "max_new_tokens": 12}
    exact |= {"general": False}
    asked = exact | settings
    return EvaluationSetup(
        dataset=str(dataset), model=str(model), columns=columns or (ColumnSpec("base"),), **asked
    )


@contextmanager
def evaluation_process(store: Path, number: int) -> Iterator[tuple[Any, Iterator[Any]]]:
    """Start the real process on an evaluation; give it and its messages."""
    process = subprocess.Popen(
        engine_command("evaluate"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=engine_environment(),
    )
    with process:
        process.stdin.write(PROTOCOL.encode(Evaluate(id=1, store=str(store), evaluation=number)))
        process.stdin.flush()
        try:
            yield process, _messages(process.stdout)
        finally:
            process.kill()
            process.wait()


def _messages(stdout: Any) -> Iterator[Any]:
    reader = LineReader(PROTOCOL)
    for line in stdout:
        yield from reader.feed(line)
