"""The open dataset: changes of very many rows on a thread, while the window lives on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from studio.app import datasetdocument
from studio.app.datasetdocument import DatasetDocument
from studio.core.example import Kind, Triple
from studio.core.problems import DataError
from studio.data import schema
from studio.data.schema import Stopped
from studio.data.store import Change, Dataset

ROWS = 300


@pytest.fixture
def document(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[DatasetDocument]:
    monkeypatch.setattr(datasetdocument, "MANY", 100)
    with Dataset.create(tmp_path / "rows.sqlite") as data:
        data.insert(0, [Triple(f"q{i}", "", f"a{i}") for i in range(ROWS)])
    made = DatasetDocument(tmp_path / "rows.sqlite")
    yield made
    made.close()


class Gate:
    """Work on the dataset that waits, on its thread, until the test lets it go on."""

    def __init__(self) -> None:
        self.begun, self.go = threading.Event(), threading.Event()

    def __call__(
        self,
        data: Dataset,
        tell: Callable[[int, int], None],
        cancelled: Callable[[], bool],
    ) -> Change | None:
        self.begun.set()
        tell(1, 2)
        assert self.go.wait(20)
        return data.add_tag(data.ids, "good")


def test_a_change_of_very_many_rows_is_one_step_that_comes_back_the_same_way(
    qtbot: QtBot, document: DatasetDocument
) -> None:
    changes: list[Change] = []
    document.changed.connect(changes.append)
    with qtbot.waitSignal(document.bulk_ended):
        document.set_split(document.ids, "test")
        assert document.busy == "Use 300 rows as test"
    assert document.split_counts()["test"] == ROWS
    assert len(changes[0].rows) == ROWS
    with qtbot.waitSignal(document.bulk_ended):
        document.delete(document.ids[:200])
    assert len(document) == 100
    for _ in range(2):
        with qtbot.waitSignal(document.bulk_ended):
            document.undo()
    assert document.split_counts()["train"] == ROWS
    assert [change.name for change in changes] == [
        "Use 300 as test",
        "Delete 200 rows",
        "Delete 200 rows",
        "Use 300 as test",
    ]


def test_while_many_rows_change_reading_goes_on_and_writing_is_refused(
    qtbot: QtBot, document: DatasetDocument
) -> None:
    gate = Gate()
    progress: list[object] = []
    document.bulk_progressed.connect(progress.append)
    settled: list[str] = []
    document.settling.connect(lambda: settled.append(document.busy))
    with qtbot.waitSignal(document.bulk_ended) as ended:
        document.run_bulk("Tag all rows", gate)
        assert gate.begun.wait(20)
        assert document.row(int(document.ids[5])).instruction == "q5"
        for act in (
            lambda: document.edit(int(document.ids[0]), "output", "x"),
            lambda: document.delete([int(document.ids[0])]),
            lambda: document.run_bulk("Another", gate),
            document.undo,
        ):
            with pytest.raises(DataError, match="Tag all rows is under way"):
                act()
        gate.go.set()
    assert isinstance(ended.args[0], Change)
    assert document.tag_counts() == {"good": ROWS}
    assert len(progress) == 2
    assert settled.count("") == 2  # before it began, and when typing can be saved again
    document.edit(int(document.ids[0]), "output", "x")
    assert document.undo_text == "Edit output"


def test_a_change_that_is_stopped_leaves_the_rows_as_they_were(
    qtbot: QtBot, document: DatasetDocument
) -> None:
    gate = Gate()
    with qtbot.waitSignal(document.bulk_ended) as ended:
        document.run_bulk("Tag all rows", _until_stopped)
        document.cancel_bulk()
    assert isinstance(ended.args[0], Stopped)
    assert len(document.read(document.ids.tolist())) == ROWS
    assert document.undo_text == "Add 300 rows"
    gate.go.set()
    with qtbot.waitSignal(document.bulk_ended):
        document.run_bulk("Tag all rows", gate)
    assert document.tag_counts() == {"good": ROWS}


def _until_stopped(data: Dataset, *_: object) -> None:
    """Delete all rows, and let the statement after that never end."""
    with data._transaction():
        data._sql.execute("UPDATE marks SET rank = NULL")
        data.select(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) SELECT MAX(i) FROM n"
        )


def test_what_goes_wrong_on_the_thread_is_told_and_what_was_done_is_shown(
    qtbot: QtBot, document: DatasetDocument
) -> None:
    changes: list[Change] = []
    document.changed.connect(changes.append)

    def half(data: Dataset, *_: object) -> Change:
        data.delete(data.ids[:10])
        raise DataError("That row is odd.")

    with qtbot.waitSignal(document.bulk_ended) as ended:
        document.run_bulk("Odd", half)
    assert ended.args[0].summary == "That row is odd."
    assert len(document) == ROWS - 10
    assert np.array_equal(changes[0].rows, document.ids)


def test_a_document_that_is_closed_meanwhile_stops_the_change(
    document: DatasetDocument,
) -> None:
    document.run_bulk("Tag all rows", _until_stopped)
    document.close()
    with Dataset.open(document.path) as data:
        assert len(data) == ROWS


def test_a_second_window_on_the_same_dataset_gets_a_sentence(document: DatasetDocument) -> None:
    with pytest.raises(DataError, match=r"rows is open for editing in another window"):
        DatasetDocument(document.path)
    document.close()
    again = DatasetDocument(document.path)
    assert len(again) == ROWS
    again.close()


def test_a_change_that_ended_just_before_the_close_is_there_when_it_is_opened_again(
    document: DatasetDocument,
) -> None:
    document.set_split(document.ids, "test")
    assert document._job is not None
    document._job.wait()
    document.close()  # before the window has heard of the end
    with Dataset.open(document.path) as again:
        assert again.split_counts()["test"] == ROWS
        assert again.undo_text == f"Use {ROWS} as test"
        again.undo()
        assert again.split_counts()["train"] == ROWS


@pytest.mark.parametrize("replaced", [False, True])
def test_a_file_that_was_deleted_or_replaced_is_told_at_the_next_edit(
    document: DatasetDocument, tmp_path: Path, replaced: bool
) -> None:
    kept = tmp_path / "kept.sqlite"
    document.path.rename(kept)
    if replaced:
        schema.create(document.path, Kind.TRIPLE).close()
    changes = (
        lambda: document.edit(int(document.ids[0]), "output", "lost"),
        lambda: document.delete(document.ids[:9]),
        document.reader,
    )
    for change in changes:
        with pytest.raises(DataError, match="deleted, moved or replaced"):
            change()
    kept.replace(document.path)
    document.edit(int(document.ids[0]), "output", "kept")
    assert document.row(int(document.ids[0])).output == "kept"
