"""The dataset store: any edit and its way back, over restarts, against a plain list."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from studio.core.example import Triple
from studio.core.problems import DataError, DiskFullError
from studio.data import order as order_module
from studio.data.loading import Loader
from studio.data.marks import read_marks
from studio.data.store import Dataset
from tests.helpers.children import held
from tests.helpers.killed import state_of


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Dataset]:
    with Dataset.create(tmp_path / "rows.sqlite") as made:
        made.insert(0, [Triple(f"q{i}", "", f"a{i}") for i in range(10)])
        yield made


def test_what_is_read_while_held_still_is_of_one_moment(tmp_path: Path) -> None:
    with Dataset.create(tmp_path / "rows.sqlite") as writer:
        writer.insert(0, [(f"q{i}", "", "a") for i in range(3)])
        with Dataset.open(writer.path, read_only=True) as reader:
            writer.edit(1, "output", "before")
            with reader.held_still():
                first = reader.fingerprint()
                writer.edit(3, "output", "meanwhile")
                writer.delete([2])
                assert [row.output for row in reader.rows()] == ["before", "a", "a"]
                assert reader.fingerprint() == first
            assert reader.row(3).output == "meanwhile"
        assert writer.fingerprint() != first


def test_rows_put_between_the_same_two_neighbours_never_run_out_of_room(
    data: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order_module, "GAP", 4)
    monkeypatch.setattr(order_module, "_ROOM", 2)
    for number in range(200):
        data.insert(5, [Triple(f"new {number}")])
        ranks = data._marks.order.ranks.tolist()
        assert ranks == sorted(set(ranks))  # two rows of one rank would change places
    found = [row.instruction for row in data.rows()]
    assert found == [
        *(f"q{i}" for i in range(5)),
        *(f"new {i}" for i in reversed(range(200))),
        *(f"q{i}" for i in range(5, 10)),
    ]
    while data.undo_text:
        data.undo()
    assert len(data) == 0


def test_typing_in_one_cell_is_one_step_and_another_cell_begins_a_new_one(data: Dataset) -> None:
    row = int(data.ids[0])
    data.edit(row, "output", "H")
    data.edit(row, "output", "He", merge=True)
    data.edit(row, "output", "Hel", merge=True)
    data.edit(row, "input", "x", merge=True)
    assert data.undo_text == "Edit input"
    data.undo()
    assert data.undo_text == "Edit output"
    data.undo()
    assert data.row(row).output == "a0"
    data.redo()
    assert data.row(row).output == "Hel"


def test_typing_after_an_undo_does_not_join_the_step_that_was_taken_back(data: Dataset) -> None:
    row = int(data.ids[0])
    data.edit(row, "output", "one")
    data.undo()
    data.edit(row, "output", "two", merge=True)
    data.undo()
    assert data.row(row).output == "a0"


def test_an_edit_that_changes_nothing_is_no_step(data: Dataset) -> None:
    before = data.revision
    data.edit(int(data.ids[0]), "output", "a0")
    assert data.undo_text == "Add 10 rows"
    assert data.revision == before


def test_text_comes_back_as_it_went_in(data: Dataset) -> None:
    row = int(data.ids[0])
    for text in (
        "007",
        "2020-01-01",
        "a\x00b",
        "\u2028\u2029\x85\r\n\r",
        "  x ",
        "\ufeff",
        "é" * 9,
    ):
        data.edit(row, "output", text)
        assert data.row(row).output == text


def test_half_a_character_is_refused_and_leaves_the_row_alone(data: Dataset) -> None:
    with pytest.raises(DataError, match="half of a character at position 3"):
        data.edit(int(data.ids[0]), "output", "ab\ud800")
    assert data.read(0, 1)[0].output == "a0"


def test_a_search_takes_percent_and_underscore_as_they_are(data: Dataset) -> None:
    data.edit(int(data.ids[3]), "output", "50 % of it_all")
    assert data.find("% OF it_").tolist() == [int(data.ids[3])]
    assert data.find("i_all").tolist() == []
    data.set_split([int(data.ids[4])], "test")
    assert data.find(split="test").tolist() == [int(data.ids[4])]
    assert data.find("q4", "train").tolist() == []


def test_a_fingerprint_follows_content_and_order_and_nothing_else(
    data: Dataset, tmp_path: Path
) -> None:
    before = data.fingerprint()
    data.edit(int(data.ids[0]), "output", "other")
    assert data.fingerprint() != before
    data.undo()
    assert data.fingerprint() == before
    with Dataset.create(tmp_path / "again.sqlite") as again:
        again.insert(0, [row.triple for row in data.rows()])
        assert again.fingerprint() == before
        again.delete([int(again.ids[0])])
        again.insert(9, [Triple("q0", "", "a0")])
        assert again.fingerprint() != before


def test_ids_of_rows_that_are_gone_for_good_are_not_given_again(
    data: Dataset, tmp_path: Path
) -> None:
    (gone,) = data.insert(10, [Triple("x")]).rows
    data.undo()
    data.edit(int(data.ids[0]), "output", "so that redo is forgotten")
    data.close()
    with Dataset.open(tmp_path / "rows.sqlite") as again:
        (new,) = again.insert(10, [Triple("y")]).rows
    assert new > gone


def test_every_edit_survives_a_process_that_is_killed_while_it_edits(tmp_path: Path) -> None:
    path = tmp_path / "rows.sqlite"
    with Dataset.create(path) as made:
        made.insert(0, [Triple("q", "", "0")])
    program = (
        "import sys; from pathlib import Path; from studio.data.store import Dataset\n"
        "data = Dataset.open(Path(sys.argv[1])); row = int(data.ids[0])\n"
        "for number in range(1, 100000):\n"
        "    data.edit(row, 'output', str(number)); print(number, flush=True)\n"
    )
    for round_ in range(1, 4):
        command = [sys.executable, "-c", program, str(path)]
        with held(subprocess.Popen(command, stdout=subprocess.PIPE)) as child:
            assert child.stdout is not None
            told = 0
            for line in child.stdout:
                told = int(line)
                if told == 7 * round_:
                    os.kill(child.pid, signal.SIGKILL)
                    break
            lines = child.stdout.read().split(b"\n")[:-1]  # the last may be half a number
            told = max([told, *(int(line) for line in lines)])
        with Dataset.open(path) as data:
            assert int(data.read(0, 1)[0].output) - told in (0, 1)
            data.undo()
            assert int(data.read(0, 1)[0].output) - told in (-1, 0)
            data.redo()
            data.edit(int(data.ids[0]), "output", "0")


def test_files_that_are_no_datasets_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"There is no dataset at"):
        Dataset.open(tmp_path / "nowhere.sqlite")
    text = tmp_path / "text.sqlite"
    text.write_text("not a database at all, only words " * 50)
    with pytest.raises(DataError, match="is no SQLite file"):
        Dataset.open(text)
    other = tmp_path / "other.sqlite"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE rows(id)")
    connection.close()
    with pytest.raises(DataError, match="not a dataset of this studio"):
        Dataset.open(other)
    with pytest.raises(DataError, match="There is a dataset at"):
        Dataset.create(other)


def test_a_dataset_of_a_newer_studio_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "rows.sqlite"
    Dataset.create(path).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(DataError, match="written by a newer studio"):
        Dataset.open(path)
    assert path.read_bytes() == before


def test_a_dataset_that_another_program_writes_says_so_and_loses_nothing(
    data: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = sqlite3.connect(data.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    data._sql.execute("PRAGMA busy_timeout = 10")
    with pytest.raises(DataError, match="being written by another program"):
        data.edit(int(data.ids[0]), "output", "x")
    with pytest.raises(DataError, match="being written by another program"):
        data.delete([int(data.ids[0])])
    assert len(data) == 10
    other.execute("ROLLBACK")
    other.close()
    data.edit(int(data.ids[0]), "output", "x")
    assert data.read(0, 1)[0].output == "x"


def test_a_dataset_opened_for_reading_refuses_edits(data: Dataset) -> None:
    with Dataset.open(data.path, read_only=True) as reader:
        assert len(reader) == 10
        with pytest.raises(DataError, match="read-only"):
            reader.edit(int(reader.ids[0]), "output", "x")


def test_a_full_disk_refuses_the_edit_and_keeps_what_was_there(data: Dataset) -> None:
    (pages,) = data._sql.execute("PRAGMA page_count").fetchone()
    data._sql.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(DiskFullError, match=r"not saved\. What was there is safe"):
        data.insert(3, [Triple("x" * 100_000)])
    assert [row.instruction for row in data.rows()] == [f"q{i}" for i in range(10)]
    data._sql.execute("PRAGMA max_page_count = 1000000")
    data.insert(3, [Triple("x" * 100_000)])
    assert len(data) == 11


def test_a_write_that_the_system_refuses_leaves_the_dataset_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "rows.sqlite"
    with Dataset.create(path) as made:
        made.insert(0, [Triple("q", "", "a")])
    program = (
        "import resource, sys; from pathlib import Path; from studio.data.store import Dataset\n"
        "from studio.core.example import Triple; from studio.core.problems import StudioError\n"
        "data = Dataset.open(Path(sys.argv[1]))\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))\n"
        "try:\n"
        "    data.insert(0, [Triple('x' * 1000000)])\n"
        "except StudioError as problem:\n"
        "    print(problem.summary); print(len(data))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=False
    )
    assert "the disk is full or reports a fault" in done.stdout, done.stderr
    assert done.stdout.split()[-1] == "1"
    with Dataset.open(path) as data:
        assert [row.output for row in data.rows()] == ["a"]


def test_a_position_in_a_hundred_thousand_rows_is_read_without_the_rows_before(
    tmp_path: Path,
) -> None:
    loader = Loader(tmp_path / "big.sqlite")
    for number in range(100_000):
        loader.add((str(number), "", ""))
    loader.finish()
    steps = 0
    with Dataset.open(tmp_path / "big.sqlite") as data:

        def count() -> int:
            nonlocal steps
            steps += 1
            return 0

        data._sql.set_progress_handler(count, 100)
        assert [row.instruction for row in data.read(99_000, 99_050)][:2] == ["99000", "99001"]
        assert steps < 60  # of 100 instructions each: two thousand rows at the most


def test_a_disk_that_fills_up_at_any_page_leaves_every_kind_of_step_undone(
    tmp_path: Path,
) -> None:
    with Dataset.create(tmp_path / "rows.sqlite") as data:
        data.insert(0, [(f"q{i}", "", f"a{i}") for i in range(3000)])
        some = data.ids[::3]
        steps: tuple[Callable[[], object], ...] = (
            lambda: data.edit(int(data.ids[0]), "output", "x" * 30_000),
            lambda: data.edit_cells("Fill", [(int(row), "input", "y" * 60) for row in some]),
            lambda: data.insert(7, [("z" * 9000, "", "")] * 3),
            lambda: data.add_tag(data.ids, "a rather long tag that takes its room"),
            lambda: data.set_note(int(data.ids[9]), "n" * 30_000),
            lambda: data.set_split(some[::2], "test"),
            lambda: data.move(some, 0),
            lambda: data.delete(some),
            data.undo,
        )
        refused = 0
        for step in steps:
            before = state_of(data)
            for room in range(200):
                (pages,) = data.select("PRAGMA page_count")[0]
                data._sql.execute(f"PRAGMA max_page_count = {pages + room}")
                try:
                    step()
                    break
                except DiskFullError:
                    refused += 1
                    assert state_of(data) == before
            assert state_of(data) != before
            data._sql.execute("PRAGMA max_page_count = 1000000")
        assert refused > 20
    with Dataset.open(tmp_path / "rows.sqlite") as data:
        assert data.undo_text == "Move 1,000 rows"


def test_what_was_closed_is_opened_without_reading_the_marks_of_its_rows(tmp_path: Path) -> None:
    loader = Loader(tmp_path / "big.sqlite")
    for number in range(20_000):
        loader.add((str(number), "", ""))
    loader.finish()
    for _ in range(2):
        connection = sqlite3.connect(tmp_path / "big.sqlite")
        steps = 0

        def count() -> int:
            nonlocal steps
            steps += 1
            return 0

        connection.set_progress_handler(count, 100)
        assert len(read_marks(connection).order.ids) in (20_000, 19_999)
        connection.close()
        assert steps < 5  # of 100 instructions each
        with Dataset.open(tmp_path / "big.sqlite") as data:
            data.delete([int(data.ids[5])])


def test_redo_is_kept_over_a_restart_and_a_thousand_steps_are(tmp_path: Path) -> None:
    path = tmp_path / "rows.sqlite"
    with Dataset.create(path) as data:
        data._sql.execute("PRAGMA synchronous = OFF")
        (row,) = data.insert(0, [("q", "", "")]).rows.tolist()
        for number in range(1100):
            data.edit(row, "output", str(number))
        data.undo()
    with Dataset.open(path) as data:
        data._sql.execute("PRAGMA synchronous = OFF")
        assert data.redo_text == "Edit output"
        data.redo()
        assert data.row(row).output == "1099"
        for _ in range(1000):
            assert data.undo() is not None
        assert data.undo() is None
        assert data.row(row).output == "99"
