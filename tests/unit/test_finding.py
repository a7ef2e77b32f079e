"""Finding and sorting rows in SQLite, the word index and how it is kept."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from studio.core.example import Conversation, Kind, Triple
from studio.core.problems import DataError, DiskFullError
from studio.data import schema, wordindex
from studio.data.checks import sidecar
from studio.data.finding import Finder, FindInterrupted, Sort, select_ids
from studio.data.query import parse
from studio.data.schema import WordsDamaged
from studio.data.store import Dataset


@pytest.fixture
def dataset(tmp_path: Path) -> Iterator[Dataset]:
    with Dataset.create(tmp_path / "rows.sqlite") as made:
        made.insert(0, [Triple(name) for name in ("pear", "Apple", "fig", "apple", "Fig")])
        yield made


def instructions(dataset: Dataset, expression: str, sort: Sort = Sort()) -> list[str]:  # noqa: B008
    ids = select_ids(dataset, expression, sort)
    return [row.instruction for row in dataset.rows_of(ids.tolist())]


@pytest.fixture
def checks(dataset: Dataset, tmp_path: Path) -> Path:
    path = sidecar.place(tmp_path, dataset.uid)
    made = sidecar.open_writing(path)
    first, second, third, *_ = dataset.ids.tolist()
    lengths = [(first, 0, 600, 20, 590, 570), (second, 0, 90, 20, 89, 70), (third, 0, 90, 9, 9, 0)]
    made.executemany("INSERT INTO lengths VALUES (?, ?, ?, ?, ?, ?)", lengths)
    made.execute("INSERT INTO problems VALUES ('leak', ?, '')", (second,))
    made.close()
    return path


def test_rows_are_sorted_in_any_case_and_equal_ones_stay_as_they_stand(dataset: Dataset) -> None:
    up, down = Sort("instruction"), Sort("instruction", descending=True)
    assert instructions(dataset, "", up) == ["Apple", "apple", "fig", "Fig", "pear"]
    assert instructions(dataset, "", down) == ["pear", "fig", "Fig", "Apple", "apple"]
    assert instructions(dataset, "p", down) == ["pear", "Apple", "apple"]


def test_rows_are_sorted_by_what_is_known_of_them_and_the_others_come_last(
    dataset: Dataset, checks: Path
) -> None:
    dataset.add_tag(dataset.ids[3:4], "b")
    dataset.add_tag(dataset.ids[1:2], "a")
    dataset.set_split(dataset.ids[:1], "test")
    ids = dataset.ids.tolist()

    def places(column: str, descending: bool = False) -> list[int]:
        found = select_ids(dataset, "", Sort(column, descending), checks=checks, limit=512)
        return [ids.index(row) for row in found]

    assert places("tags") == [1, 3, 0, 2, 4]
    assert places("tags", descending=True) == [3, 1, 0, 2, 4]
    assert places("tokens") == [1, 2, 0, 3, 4]
    assert places("tokens", descending=True) == [0, 1, 2, 3, 4]
    assert places("problems", descending=True) == [0, 1, 2, 3, 4]
    assert places("split") == [0, 1, 2, 3, 4]
    assert places("split", descending=True) == [1, 2, 3, 4, 0]
    assert places("chars") == [2, 4, 0, 1, 3]
    assert places("id", descending=True) == [4, 3, 2, 1, 0]
    assert places("", descending=True) == [4, 3, 2, 1, 0]


def test_tokens_and_problems_come_from_the_checks(dataset: Dataset, checks: Path) -> None:
    ids = dataset.ids.tolist()

    def found(expression: str, limit: int = 512) -> list[int]:
        rows = select_ids(dataset, expression, checks=checks, limit=limit)
        return [ids.index(row) for row in rows]

    assert found("tokens>90") == [0]
    assert found("tokens<=90") == [1, 2]
    assert found("-tokens<=90") == [0, 3, 4]
    assert found("trained=0") == [2]
    assert found("problem:leak") == [1]
    assert found("problem:any") == [0, 1]
    assert found("problem:any", limit=1000) == [1]
    assert found("problem:end_cut or problem:leak") == [0, 1]
    assert found("problem:leak", limit=0) == [1]


def test_what_is_not_known_yet_is_said(dataset: Dataset, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="not known yet"):
        select_ids(dataset, "tokens>5", checks=tmp_path / "none.sqlite")
    with pytest.raises(DataError, match="not known yet"):
        select_ids(dataset, "", Sort("problems"))


@pytest.mark.parametrize("indexed", [False, True])
def test_a_conversation_is_searched_by_what_is_said_in_it(tmp_path: Path, indexed: bool) -> None:
    turns = (
        {"role": "user", "content": 'First line\nSecond "line"'},
        {"role": "assistant", "content": [{"type": "text", "text": "Gladly"}, "Café"]},
    )
    with Dataset.create(tmp_path / "talks.sqlite", Kind.CONVERSATION) as dataset:
        dataset.insert(0, [Conversation(turns), ("no JSON first", "")])
        first, second = dataset.ids.tolist()
        if indexed:
            assert wordindex.build(dataset.path)
        for expression, rows in {
            "Second": [first],
            "first": [first, second],
            '"line\nsecond ""L"': [first],
            '"line second"': [],
            '"Second ""line"""': [first],
            "role": [],
            "content": [],
            "user:gladly": [],
            "assistant:gladly": [first],
            "turns=2": [first],
            "-messages:gladly": [second],
        }.items():
            assert select_ids(dataset, expression).tolist() == rows, expression


def test_the_index_follows_every_change(dataset: Dataset) -> None:
    assert wordindex.build(dataset.path)
    row = int(dataset.ids[0])
    dataset.edit(row, "instruction", "quince")
    (added,) = dataset.insert(2, [Triple("", "quinces")]).rows
    assert select_ids(dataset, "quin").tolist() == [row, added]
    dataset.undo()
    dataset.undo()
    assert select_ids(dataset, "quin").tolist() == []
    dataset.redo()
    assert select_ids(dataset, "quin").tolist() == [row]
    dataset.delete([row])
    assert select_ids(dataset, "quin").tolist() == []


def test_an_index_that_is_being_built_misses_no_edit(dataset: Dataset) -> None:
    dataset.insert(5, [Triple(f"word{i}") for i in range(3 * wordindex.PIECE)])
    pieces, last = list[int](), int(dataset.ids[-1])

    def edit(done: int, _total: int) -> None:
        pieces.append(done)
        dataset.edit(1, "output", f"edit{len(pieces)}")
        dataset.edit(last, "output", f"late{len(pieces)}")
        dataset.insert(0, [Triple("newcomer")])

    assert not wordindex.build(dataset.path, edit, lambda: len(pieces) == 2)
    with Finder(dataset.path, dataset.kind) as finder:
        assert not finder.indexed
    assert wordindex.build(dataset.path, edit)
    assert len(pieces) == 4
    assert select_ids(dataset, "edit4").tolist() == select_ids(dataset, "edit").tolist() == [1]
    assert len(select_ids(dataset, "newcomer")) == 4
    assert select_ids(dataset, "late4").tolist() == select_ids(dataset, "late").tolist() == [last]
    assert select_ids(dataset, "word5998").tolist() == [last - 1]


def test_an_index_may_be_dropped_and_is_built_anew(dataset: Dataset) -> None:
    assert wordindex.build(dataset.path)
    wordindex.forget(dataset._sql)
    assert instructions(dataset, "ppl") == ["Apple", "apple"]
    assert wordindex.build(dataset.path)
    assert instructions(dataset, "ppl") == []
    assert instructions(dataset, "app") == ["Apple", "apple"]


def test_a_step_that_changes_most_texts_drops_the_index_and_undo_may_too(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wordindex, "MANY", 3)
    assert wordindex.build(dataset.path)
    rows = dataset.ids.tolist()
    dataset.edit_cells("Change two", [(row, "output", "two") for row in rows[:2]])
    assert instructions(dataset, "wo") == []
    dataset.edit_cells("Change all", [(row, "output", "threefold") for row in rows])
    assert len(instructions(dataset, "fold")) == 5
    assert wordindex.build(dataset.path)
    assert instructions(dataset, "fold") == []
    dataset.undo()
    assert len(instructions(dataset, "wo")) == 2


def test_building_ends_when_somebody_drops_the_index(dataset: Dataset) -> None:
    dataset.insert(5, [Triple(f"word{i}") for i in range(wordindex.PIECE)])
    assert not wordindex.build(dataset.path, lambda *_: wordindex.forget(dataset._sql))
    assert wordindex.build(dataset.path)


def test_the_first_rows_come_before_all_are_found(dataset: Dataset) -> None:
    dataset.insert(5, [Triple(f"word{i}") for i in range(60_000)])
    with Finder(dataset.path, dataset.kind) as finder:
        for expression, sort in (("word", Sort()), ("word", Sort("instruction"))):
            first, whole = finder.find(parse(expression, dataset.kind), sort, dataset.ids, first=10)
            assert len(first) == 10
            assert len(whole) == 60_000
            assert np.array_equal(first, whole[:10])


def test_a_search_is_stopped_from_outside(dataset: Dataset) -> None:
    dataset.insert(5, [Triple(f"word{i}") for i in range(60_000)])
    with Finder(dataset.path, dataset.kind) as finder:
        found = finder.find(parse("word", dataset.kind), Sort(), dataset.ids, first=10)
        next(found)
        finder._sql.set_progress_handler(lambda: 1, 100)
        with pytest.raises(FindInterrupted):
            next(found)


def test_a_damaged_word_index_is_dropped_and_neither_stops_editing_nor_searching(
    dataset: Dataset,
) -> None:
    wordindex.build(dataset.path)
    dataset._sql.execute("DELETE FROM rows_fts_data")
    first = int(dataset.ids[0])
    with pytest.raises(WordsDamaged, match="rows are as they were"):
        dataset.edit(first, "instruction", "plum")
    assert dataset.row(first).instruction == "pear"
    dataset.edit(first, "instruction", "plum")
    wordindex.build(dataset.path)
    assert instructions(dataset, "plum") == ["plum"]
    dataset._sql.execute("DELETE FROM rows_fts_data")
    with pytest.raises(WordsDamaged):
        instructions(dataset, "plum")
    assert instructions(dataset, "plum") == ["plum"]


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE sqlite_master SET sql = CAST(x'4352454154cd' AS TEXT) WHERE name = 'tagged'",
        "UPDATE facts SET value = CAST(x'78ff' AS TEXT) WHERE name = 'kind'",
    ],
)
def test_a_file_whose_tables_cannot_be_read_is_called_damaged(
    dataset: Dataset, damage: str
) -> None:
    path = dataset.path
    dataset.close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA writable_schema = ON")
    connection.execute(damage)
    connection.commit()
    connection.close()
    with pytest.raises(DataError, match="is damaged"):
        Dataset.open(path)


def test_a_damaged_memory_of_the_order_is_worked_out_again(dataset: Dataset) -> None:
    path, names = dataset.path, [row.instruction for row in dataset.rows()]
    dataset.close()
    connection = sqlite3.connect(path)
    (changed,) = connection.execute("SELECT COUNT(*) FROM snapshot").fetchone()
    connection.execute("UPDATE snapshot SET splits = x'00'")
    connection.commit()
    connection.close()
    with Dataset.open(path, read_only=True) as again:
        assert [row.instruction for row in again.rows()] == names
    assert changed


def test_a_full_disk_while_words_are_indexed_is_called_one(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset.insert(0, [Triple(f"word{i}" * 20) for i in range(2000)])
    connect = schema.connect

    def full(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
        made = connect(path, read_only=read_only)
        (pages,) = made.execute("PRAGMA page_count").fetchone()
        made.execute(f"PRAGMA max_page_count = {pages + 12}").fetchone()
        return made

    monkeypatch.setattr(schema, "connect", full)
    with pytest.raises(DiskFullError):
        wordindex.build(dataset.path)


def test_a_dataset_that_cannot_be_made_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "_TABLES", "CREATE TABLE nonsense(;")
    with pytest.raises(DataError):
        Dataset.create(tmp_path / "new.sqlite")
    assert not list(tmp_path.glob("new*"))
