"""Datasets of the first studio: brought up to date whole, with their journal, or left alone."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from studio.core.example import Kind
from studio.core.problems import DataError, StudioError
from studio.data import migration
from studio.data.store import Dataset, glance
from tests.helpers.firstformat import write_first_format


@pytest.fixture
def old(tmp_path: Path) -> Path:
    write_first_format(tmp_path / "old.sqlite")
    return tmp_path / "old.sqlite"


def instructions(data: Dataset) -> list[str]:
    return [row.instruction for row in data.rows()]


def test_rows_sources_and_what_was_left_out_are_all_there(old: Path) -> None:
    with Dataset.open(old) as data:
        assert data.kind is Kind.TRIPLE
        assert instructions(data) == ["q1", "q12", *(f"q{i}" for i in (2, 3, 4, 6, 7, 8, 10))]
        assert data.row(1).output == "other"
        assert data.split_counts() == {"train": 5, "validation": 1, "test": 3}
        assert data.originals([2]) == {2: (b"raw", '{"k": 1}', 1)}
        mapped = dict(data.select("SELECT id, mapping FROM sources"))
        assert {source: json.loads(text) for source, text in mapped.items()} == {1: {"i": "input"}}
        assert [(f.line, f.byte, f.reason, f.preview) for f in data.left_out()] == [
            (3, 40, "it is odd", "{")
        ]
        assert data.revision == 7
        assert data.insert(0, [("new", "", "")]).rows.tolist() == [13]  # 11 is not given again


def test_every_step_can_be_taken_back_and_done_again(old: Path) -> None:
    with Dataset.open(old) as data:
        assert data.redo_text == "Edit input"
        data.redo()
        assert data.row(6).input == "given"
        names = []
        while data.undo_text:
            names.append(data.undo_text)
            data.undo()
        assert names == ["Edit input", "Add a row", "Delete 2 rows", "Use 3 as test", "Edit output"]
        assert instructions(data) == [f"q{i}" for i in range(1, 11)]
        assert data.row(1).output == "a1"
        assert data.split_counts()["test"] == 0
        while data.redo_text:
            data.redo()
        assert instructions(data)[:2] == ["q1", "q12"]
        assert data.split_counts()["test"] == 3


def test_it_is_done_once_and_leaves_nothing_beside_the_file(old: Path) -> None:
    with Dataset.open(old) as data:
        uid = data.uid
        data.edit(1, "output", "since then")
    with Dataset.open(old) as data:
        assert data.uid == uid
        assert data.row(1).output == "since then"
    assert {file.name for file in old.parent.iterdir()} == {"old.sqlite", ".old.lock"}


def test_a_reader_says_what_to_do_and_the_number_of_rows_is_known_all_the_same(old: Path) -> None:
    before = old.read_bytes()
    with pytest.raises(DataError, match=r"earlier studio \(format 1\)") as told:
        Dataset.open(old, read_only=True)
    assert "Open it once on the Data page" in told.value.hint
    assert glance(old) == (9, Kind.TRIPLE)
    assert old.read_bytes() == before


def test_one_that_fails_leaves_the_old_file_as_it_was(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for broken in ("_convert_steps", "write_snapshot", "sync_folder"):
        with monkeypatch.context() as patch:

            def fail(*_: object) -> None:
                raise sqlite3.OperationalError("disk I/O error")

            patch.setattr(migration, broken, fail)
            if broken == "sync_folder":  # the new file is in place: only the name may be lost
                patch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError(5, "bad")))
            with pytest.raises(StudioError):
                Dataset.open(old)
        connection = sqlite3.connect(old)
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
        assert connection.execute("SELECT COUNT(*) FROM rows").fetchone() == (11,)
        connection.close()
        assert not list(old.parent.glob("*.partial*"))
    with Dataset.open(old) as data:
        assert len(data) == 9


def test_one_that_another_program_has_open_is_left_alone(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.data.schema.BUSY_SECONDS", 0.01)
    other = sqlite3.connect(old)
    other.execute("BEGIN")
    other.execute("SELECT COUNT(*) FROM rows").fetchone()
    with pytest.raises(DataError, match=r"open in another program|being written"):
        Dataset.open(old)
    other.close()
    with Dataset.open(old) as data:
        assert len(data) == 9
