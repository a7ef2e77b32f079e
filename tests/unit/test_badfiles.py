"""About 150 files as they should not be: each gets the right verdict and leaves nothing behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.core.problems import DataError
from studio.data.importing import import_file
from studio.data.store import Dataset
from tests.helpers.badfile import BadFile
from tests.helpers.badfiles import bad_files

CASES = {case.title: case for case in bad_files()}


def test_the_corpus_is_as_large_as_it_should_be() -> None:
    assert len(CASES) == len(list(bad_files())) >= 120


@pytest.mark.parametrize("title", CASES)
def test_a_bad_file_gets_the_right_verdict(tmp_path: Path, title: str) -> None:
    case = CASES[title]
    source, target = tmp_path / case.name, tmp_path / "data.sqlite"
    source.write_bytes(case.content)
    if case.rows is None:
        with pytest.raises(DataError, match=case.said):
            import_file(source, target)
        assert [path.name for path in tmp_path.iterdir()] == [case.name]
    else:
        check(case, source, target)
    assert source.read_bytes() == case.content


def check(case: BadFile, source: Path, target: Path) -> None:
    """Check what came in and what was left out."""
    report = import_file(source, target)
    found = [(p.line, p.byte, p.reason) for p in report.problems]
    wanted = [(line, case.byte(line)) for line, _ in case.problems]
    assert [(line, byte) for line, byte, _ in found] == wanted, found
    for (_, _, reason), (_, words) in zip(found, case.problems, strict=True):
        assert words in reason
    assert report.rows == case.rows
    with Dataset.open(target, read_only=True) as data:
        assert len(data) == case.rows
        assert [entry.line for entry in data.left_out()] == [line for line, _ in case.problems]
        if case.texts:
            assert data.read(0, 1)[0].texts == case.texts
