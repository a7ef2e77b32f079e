"""The tables beside the evaluations: where they cannot be made, nothing holds the file open."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from studio.core.problems import DataError
from studio.data.answerlists import AnswerLists
from studio.data.benchmarks import Benchmarks
from studio.data.evaluationfile import EvaluationFile
from studio.data.judgements import Judgements
from studio.data.readiness import ReadinessLooks
from studio.data.votes import Votes


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="nothing lists the open files")
@pytest.mark.parametrize(
    ("kind", "table"),
    [
        (AnswerLists, "answer_lists"),
        (Benchmarks, "benchmarks"),
        (Judgements, "judgings"),
        (ReadinessLooks, "readiness"),
        (Votes, "ballots"),
    ],
)
def test_a_file_whose_tables_cannot_be_made_is_closed(
    tmp_path: Path, kind: type[EvaluationFile], table: str
) -> None:
    path = tmp_path / "evaluations.sqlite"
    with sqlite3.connect(path) as file:
        file.execute("CREATE TABLE other(x)")
        file.execute(f"CREATE INDEX {table} ON other(x)")  # no table can have its name
    file.close()
    with pytest.raises(DataError) as caught:
        kind(path)
    open_files = [file.resolve() for file in Path("/proc/self/fd").iterdir()]
    assert path not in open_files and str(caught.value)
